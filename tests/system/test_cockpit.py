# SPDX-License-Identifier: BSD-3-Clause
"""The whole cockpit, from power-on to both screens, as a driver and an engineer would look at it."""
import mmap
import os

import numpy as np
import pytest

import clusterpix
import facepix
import glasscheck
import ivipix
from clustervm import address
from cockpit import IVI_LOG, LIMIT, TOP
from gdbstub import GdbStub
from test_cluster_store import FIGURE_M, slots

ACCENT = (0x3D, 0xD6, 0xC0)  # of the IVI's home screen: ivi-demo/theme.c
DRIVE_AT = (15, 25, 35)  # seconds of the drive at which pictures are taken
MAP_TILE = (480, 228, 800, 548)  # on screen 1: scenarios/cockpit.dts
TELLTALES = (320, 0, 960, 64)  # the strip on screen 2
STRIP_FROM = (320, 40, 960, 104)  # where it comes from on the cluster's picture
GLASS_LOOKS, GLASS_TRIES = 5, 100
LIVE = (1130, 438, 1215, 462)  # on the IVI's home page: "Live" in its accent's colour, or "No data" in another
CLUSTER_HPA = 0x48000000  # scenarios/cockpit.dts
DOCK_HOME, DOCK_MEDIA = (350, 640, 480, 696), (650, 640, 780, 696)
TOWN_CAR, CAR_VIEW = (380, 440, 460, 560), (606, 234, 1238, 458)  # in 3D: the car on the home page, and on the vehicle page


def pixels(image, box, colour):
    """Pixels of about that colour in a box (left, top, right, bottom) of a picture."""
    part = np.asarray(image.convert("RGB"))[box[1]:box[3], box[0]:box[2]].astype(int)
    return int((np.abs(part - colour) <= 12).all(axis=2).sum())


def accents(image, box):
    """Pixels of the home screen's accent colour."""
    return pixels(image, box, ACCENT)


def colours(image, box):
    part = np.asarray(image.convert("RGB"))[box[1]:box[3], box[0]:box[2]]
    return len(np.unique(part.reshape(-1, 3), axis=0))


def paint(image, box):
    """Pixels of the car's blue, in light and shade."""
    red, green, blue = np.asarray(image.convert("RGB"))[box[1]:box[3], box[0]:box[2]].astype(int).transpose(2, 0, 1)
    return int(((blue > 90) & (blue > 1.3 * green) & (green > 1.5 * red)).sum())


@pytest.fixture(scope="module")
def home(session_cockpit):
    session_cockpit.nuc.resume()
    session_cockpit.at_home()
    return session_cockpit


def test_mainline_linux_found_our_hypervisor(cockpit, home):
    """The HSM driver is mainline's, and it drives our hypervisor."""
    assert "Linux" in cockpit.run("uname -a")[1] and "6.12" in cockpit.run("uname -a")[1]
    assert "hypervisor" in cockpit.run("grep -m1 ^flags /proc/cpuinfo")[1].split()
    assert "Hypervisor detected: ACRN" in cockpit.run("dmesg | grep Hypervisor")[1]
    assert cockpit.run("test -c /dev/acrn_hsm && ls -l /sys/class/misc/acrn_hsm")[0] == 0


def test_ivi_was_made_through_it(cockpit, home):
    status, output = cockpit.run("ls -l /proc/$(pidof binnacle-dm)/fd | grep -c acrn_hsm; binnaclectl list")
    assert status == 0 and int(output.split()[0]) >= 1
    ivi = next(line for line in output.splitlines() if line.startswith("ivi"))
    assert "running" in ivi


def test_each_has_its_own_data(cockpit, home):
    """The service VM by the partition's name: the file system's is whatever the IVI has written there."""
    status, where = cockpit.run("d=$(grep ' /data ext4 ' /proc/mounts) && grep PARTNAME /sys/class/block/$(basename ${d%% *})/uevent")
    assert status == 0 and where.split() == ["PARTNAME=binnacle-data"]


@pytest.mark.parametrize("at", DRIVE_AT)
def test_pictures_of_the_drive(cockpit, home, at):
    """At three times of the drive the picture's speed is the trace's at the picture's own time, on a screen that is whole."""
    while cockpit.frames()[0] < at * clusterpix.FPS:
        assert cockpit.nuc.running()
        cockpit.run("usleep 500000")
    cockpit.nuc.pause()
    screens = [cockpit.nuc.picture(i) for i in (0, 1)]
    cockpit.nuc.resume()
    folder = os.path.join(TOP, "build/cockpit")
    os.makedirs(folder, exist_ok=True)
    for i, image in enumerate(screens):
        image.save(os.path.join(folder, f"screen-{i + 1}-at-{at}s.png"))
    cluster = np.asarray(screens[0])
    time = clusterpix.picture_time(cluster)
    assert at - 0.2 <= time
    truth = cockpit.sim.state(time)
    assert clusterpix.speed_as_driven(cluster, cockpit.sim)
    assert clusterpix.read_telltales(cluster) == clusterpix.vehicle_sim.lamps_of(truth)
    assert colours(screens[0], MAP_TILE) > 50  # a map, not a black hole
    assert accents(screens[1], DOCK_HOME) > 50 and colours(screens[1], (0, 64, 1280, 720)) > 200


def test_telltale_strip_is_the_clusters(cockpit, home):
    """The strip on screen 2 is the cluster's picture to the pixel, also while the IVI draws around it."""
    cockpit.nuc.pause()
    one, two = (np.asarray(cockpit.nuc.picture(i)) for i in (0, 1))
    cockpit.nuc.resume()
    box, source = TELLTALES, STRIP_FROM
    assert np.array_equal(two[box[1]:box[3], box[0]:box[2]], one[source[1]:source[3], source[0]:source[2]])


def glass(cockpit, told):
    """(table, both screens) of a frame that is on the glass; its table may have been read before, for a frame is shown when newer ones
    are drawn already."""
    for _ in range(GLASS_TRIES):
        told.update(cockpit.telltale_tables())
        cockpit.nuc.pause()
        told.update(cockpit.telltale_tables())
        screens = [np.asarray(cockpit.nuc.picture(i).convert("RGB")) for i in (0, 1)]
        cockpit.nuc.resume()
        counter = clusterpix.read_counter(screens[0])
        if counter in told:
            return told[counter], screens
    raise AssertionError(f"no picture of a frame whose table was read: {counter} is shown, of {sorted(told)[-8:]}")


def test_the_glass_shows_the_telltales(cockpit, home):
    """Every telltale, lit or dark, is on screen 1 to the pixel as the cluster says that it drew it, those of the strip on screen 2 too;
    one pixel less and it is named. Between cluster and glass are the compositor, the GPU of the service VM and the display."""
    told, box = {}, TELLTALES
    for _ in range(GLASS_LOOKS):
        table, (one, two) = glass(cockpit, told)
        assert set(table.places) == set(glasscheck.NAMES)
        assert table.lit == clusterpix.read_telltales(one)
        assert glasscheck.not_shown(one, table) == set()
        assert glasscheck.names_the_changed_one(one, table)
        strip = two[box[1]:box[3], box[0]:box[2]]
        whole = {name: place for name, place in table.places.items() if STRIP_FROM[0] <= place[0] and place[1] < STRIP_FROM[3] and
                 place[0] + place[2] <= STRIP_FROM[2]}
        assert len(whole) == 8
        assert glasscheck.not_shown(strip, table._replace(places=whole), *STRIP_FROM[:2]) == set()


def test_ivi_shows_the_vehicles_speed(cockpit, home):
    """The IVI reads the vehicle region that the cluster writes: its home screen has figures, not "No data"."""
    image = cockpit.nuc.wait_picture(1, lambda p: accents(p, LIVE) > 10, "the vehicle's figures", LIMIT)
    assert image.size == (1280, 720)


def test_both_screens_have_one_clock_and_one_temperature(cockpit, home):
    """The IVI's are the vehicle's, as the cluster passes them on; its picture may be of a moment earlier."""
    def agree(ivi):
        cluster = np.asarray(cockpit.nuc.picture(0))
        shown, clock, air = facepix.read_clock(cluster), ivipix.read_clock(ivi), ivipix.read_air(ivi)
        if not shown or not shown[0].isdigit() or clock is None or air is None:
            return False
        minute = int(shown[:2]) * 60 + int(shown[3:])
        return clock in [divmod((minute - late) % 1440, 60) for late in (0, 1)] and abs(air - facepix.read_air(cluster)) <= 0.5
    cockpit.nuc.wait_picture(1, agree, "the vehicle's clock and temperature", LIMIT)


def test_ivi_shows_what_the_seats_are_kept_at(cockpit, home):
    """The driver has made it warmer on the way."""
    wanted = [cockpit.sim.state(t)["Cabin"] for t in (0, 60)]
    begun, later = ((c["DriverTemperature"], c["PassengerTemperature"]) for c in wanted)
    assert begun != later
    cockpit.nuc.wait_picture(1, lambda ivi: ivipix.read_seats(ivi) == later, "the seats' temperatures", LIMIT)


def test_what_reaches_the_cluster_alone(cockpit, home, report):
    """Annex D: information that only some of its receivers get. The cluster shows the vehicle and passes nothing on: the IVI says that it
    has no data, the cluster's picture stays right; when its copy goes on the IVI has it again."""
    path, at = f"{cockpit.nuc.work}/gdb", CLUSTER_HPA + address("window_publish_vehicle")
    code = cockpit.memory(at, 1)
    cockpit.nuc.wait_picture(1, lambda p: accents(p, LIVE) > 10, "the vehicle's figures", LIMIT)
    cockpit.nuc.qmp.hmp(f"gdbserver unix:{path},server=on,wait=off")
    with GdbStub(path) as gdb:
        gdb.write(at, b"\xc3")  # returns at once
        began = cockpit.frames()[0]
    cockpit.nuc.wait_picture(1, lambda p: accents(p, LIVE) == 0, "the IVI without data", LIMIT)
    took = cockpit.frames()[0] - began
    shown = np.asarray(cockpit.nuc.picture(0))
    with GdbStub(path) as gdb:
        gdb.write(at, code)
    cockpit.nuc.qmp.hmp("gdbserver none")
    cockpit.nuc.wait_picture(1, lambda p: accents(p, LIVE) > 10, "the vehicle's figures again", LIMIT)
    assert clusterpix.speed_as_driven(shown, cockpit.sim)
    # 500 ms of the IVI's own; the rest is for drawing, and for looking at it.
    assert report.add("annexd.asymmetric.detected-ms", round(took * 1000 / clusterpix.FPS), "ms", bound=3000)


def test_a_click_reaches_the_ivi(cockpit, home):
    cockpit.nuc.click(1, 715, 668)
    cockpit.nuc.wait_picture(1, lambda p: accents(p, DOCK_MEDIA) > 50, "the media page", LIMIT)
    cockpit.nuc.click(1, 415, 668)
    cockpit.nuc.wait_picture(1, lambda p: accents(p, DOCK_HOME) > 50, "the home page", LIMIT)


def test_the_ivi_draws_in_3d(cockpit, home):
    """By Mesa's virgl on what the mediator lends: the car in the town with its route, and on a page of its own, turning."""
    assert "ivi: home screen in 3D" in cockpit.run(f"cat {IVI_LOG}")[1]
    image = cockpit.nuc.wait_picture(1, lambda p: paint(p, TOWN_CAR) > 400, "the car in the town", LIMIT)
    route = [accents(image, (60, y, 780, y + 1)) for y in (600, 470)]
    assert route[0] > 1.2 * route[1] > 10, route  # nearer is wider
    cockpit.nuc.click(1, 865, 668)
    first = cockpit.nuc.wait_picture(1, lambda p: paint(p, CAR_VIEW) > 8000, "the car on the vehicle page", LIMIT)
    cockpit.nuc.wait_picture(1, lambda p: paint(p, CAR_VIEW) > 8000 and
                             abs(paint(p, CAR_VIEW) - paint(first, CAR_VIEW)) > 500, "the car, turned", LIMIT)
    cockpit.nuc.click(1, 415, 668)
    cockpit.nuc.wait_picture(1, lambda p: accents(p, DOCK_HOME) > 50, "the home page", LIMIT)


def test_every_device_is_behind_the_iommu(cockpit, home):
    assert not cockpit.behind_iommu("VT-d")
    status, output = cockpit.run("ls -d /sys/bus/virtio/devices/virtio*; grep -c PCI-MSI /proc/interrupts")
    assert status == 0 and "virtio0" in output and int(output.split()[-1]) > 4


def test_the_odometer_is_on_the_card(cockpit):
    """Of the machine's card reader, whose registers the cluster has: what the vehicle counts, to the figure."""
    with open(f"{cockpit.nuc.work}/sd.img", "rb") as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as image:
        kept = max((slot[1] for slot in slots(image) if slot), default=0)
    driven = kept - cockpit.sim.state(0)["Odometer"]["Distance"]
    assert 0 <= driven and (driven == 0 or driven % FIGURE_M < 10)
