# SPDX-License-Identifier: BSD-3-Clause
"""Two guests of one kind share the GPU and the displays: the IVI, and the rear seat's, which is the same image in another role."""
import os
import re

import pytest

from cockpit import LIMIT, TOP, Cockpit, console_log, variant_disk
from test_cockpit import ACCENT, DOCK_HOME, DOCK_MEDIA, MAP_TILE, colours, pixels
from test_failover import Watch, account, noticed, report_account

pytestmark = pytest.mark.campaign("rear-seat")

ACCENTS = {"ivi": ACCENT, "rear": (0xB3, 0x9D, 0xFF)}  # of the roles: ivi-demo/ui.c
CLUSTER, IVI, REAR = range(3)  # screens of scenarios/rear-seat.dts
WHOLE = (0, 0, 1280, 720)
SCREEN = {"ivi": IVI, "rear": REAR}
DOCK = {"ivi": DOCK_HOME, "rear": (425, 640, 555, 696)}  # the lit button
REAR_DOCK_MEDIA = (725, 640, 855, 696)
REAR_ROUTE, REAR_FIGURES = (630, 200, 1234, 435), (640, 520, 1230, 570)
INK = (0xF3, 0xF6, 0xF8)
RATE = 30  # pictures a second of a home screen on which music plays


@pytest.fixture(scope="module")
def rear_seat(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rear-seat")
    disk = variant_disk(os.path.join(folder, "disk.img"), "binnacle.debug", "rear-seat")
    with Cockpit(folder, os.path.join(TOP, "build/logs/rear-seat"), disk=disk, plan="rear-seat",
                 screens=((1280, 720),) * 3, touch=(IVI, REAR)) as c:
        c.nuc.console.wait_for("display: ready", limit=LIMIT)
        for vm in ACCENTS:
            c.wait_home(vm)
        c.nuc.picture(CLUSTER)  # puts each window in its place; what was covered is drawn again with the next frame
        for vm in ACCENTS:
            c.wait_prompt(vm)
        for screen, x, y in ((IVI, 1032, 334), (REAR, 320, 532)):
            c.nuc.click(screen, x, y)  # music, so that there is something to draw while the car stands
        yield c


def pictures(cockpit):
    """All screens, taken at once, when both home screens are there."""
    for vm in ACCENTS:
        cockpit.nuc.wait_picture(SCREEN[vm], lambda p: pixels(p, DOCK[vm], ACCENTS[vm]) > 50, f"the {vm}'s home screen", LIMIT)
    cockpit.nuc.pause()
    screens = [cockpit.nuc.picture(i) for i in (CLUSTER, IVI, REAR)]
    cockpit.nuc.resume()
    folder = os.path.join(TOP, "build/rear-seat")
    os.makedirs(folder, exist_ok=True)
    for i, image in enumerate(screens):
        image.save(os.path.join(folder, f"screen-{i + 1}.png"))
    return screens


def counted(cockpit, vm):
    """(pictures begun, turns missed) of a guest's home screen since its start."""
    said = f"$(grep -c 'ivi: .* pictures' {console_log(vm)} || true)"
    cockpit.run(f"n={said}")
    cockpit.ivi("sv 1 home", vm)
    assert cockpit.run(f"until [ {said} -gt $n ]; do usleep 50000; done")[0] == 0
    last = cockpit.run(f"grep 'ivi: .* pictures' {console_log(vm)} | tail -n 1")[1]
    return tuple(int(n) for n in re.search(r"ivi: (\d+) pictures, (\d+) missed", last).groups())


@pytest.mark.parametrize("vm", ACCENTS)
def test_each_draws_on_the_gpu(rear_seat, report, vm):
    said = rear_seat.run(f"grep -o 'ivi: home screen.*' {console_log(vm)} | head -n 1")[1]
    renderer = re.search(r"in 3D by (.*?)\s*$", said, re.MULTILINE)
    assert renderer, said
    assert report.add(f"rear-seat.{vm}.renderer", renderer[1], "", ok=renderer[1].startswith("virgl")), said


def test_each_has_a_screen_of_its_own(rear_seat, report):
    """By the roles' colours: each screen has those of its guest where they belong, and not a pixel of the other's."""
    screens = pictures(rear_seat)
    assert [image.size for image in screens] == [(1280, 720)] * 3
    assert colours(screens[CLUSTER], MAP_TILE) > 50 and pixels(screens[CLUSTER], MAP_TILE, ACCENTS["ivi"]) > 50
    assert colours(screens[IVI], WHOLE) > 200 and colours(screens[REAR], WHOLE) > 200
    assert pixels(screens[REAR], REAR_ROUTE, ACCENTS["rear"]) > 500  # the way on its map
    found = {(vm, i): pixels(image, WHOLE, colour) for vm, colour in ACCENTS.items() for i, image in enumerate(screens)}
    for vm, own, others in (("ivi", IVI, (REAR,)), ("rear", REAR, (CLUSTER, IVI))):
        report.add(f"rear-seat.{vm}.pixels", found[vm, own], "pixels", ok=found[vm, own] > 2000)
        foreign = sum(found[vm, i] for i in others)
        assert report.add(f"rear-seat.{vm}.pixels-elsewhere", foreign, "pixels", bound=0), found
    assert found["ivi", IVI] > 2000 and found["rear", REAR] > 2000, found


def test_the_rear_knows_where_the_car_is(rear_seat):
    """The scenario lets it read the vehicle's region: time and way left, speed; and to write there is not its right."""
    rear_seat.nuc.wait_picture(REAR, lambda p: pixels(p, REAR_FIGURES, INK) > 400, "the trip's figures", LIMIT)


def test_each_is_touched_on_its_own_screen(rear_seat):
    """Each screen has a tablet of its own. A page of one is opened while a button is held down on the other: they share no pointer."""
    nuc = rear_seat.nuc

    def lit(vm, box):
        return lambda p: pixels(p, box, ACCENTS[vm]) > 50

    nuc.click(REAR, 790, 668)
    nuc.wait_picture(REAR, lit("rear", REAR_DOCK_MEDIA), "the rear's media page", LIMIT)
    assert lit("ivi", DOCK["ivi"])(nuc.picture(IVI))
    nuc.press(REAR, 490, 668)
    nuc.wait_picture(REAR, lit("rear", DOCK["rear"]), "the rear's home page", LIMIT)
    nuc.click(IVI, 715, 668)
    nuc.wait_picture(IVI, lit("ivi", DOCK_MEDIA), "the IVI's media page", LIMIT)
    nuc.release(REAR)
    nuc.click(IVI, 415, 668)
    nuc.wait_picture(IVI, lit("ivi", DOCK["ivi"]), "the IVI's home page", LIMIT)
    assert lit("rear", DOCK["rear"])(nuc.picture(REAR))


def test_both_use_the_gpu(rear_seat, report):
    table = rear_seat.run("binnaclectl gpu 2")[1]
    for vm, weight, priority, mib in (("ivi", 200, 1, 512), ("rear", 100, 0, 256)):
        lines = re.findall(rf"^{vm} +virtgpu +(\d+) +(\d+) +(\d+)/(\d+) .* (\d+) +\d+% ", table, re.MULTILINE)
        assert len(lines) == 3, table
        assert {(int(line[0]), int(line[1]), int(line[3])) for line in lines} == {(weight, priority, mib)}, table
        drawn = int(lines[-1][4]) - int(lines[0][4])
        assert report.add(f"rear-seat.{vm}.batches-in-2s", drawn, "batches", ok=drawn > RATE), table
    assert "without an arbiter" not in table and "has died" not in table


def since(before, after):
    """Pictures and missed turns of a home screen between two counts of the same life; a new one counts from 0."""
    assert after[0] > before[0], f"{before} and then {after}: it has started again, or stands still"
    return after[0] - before[0], after[1] - before[1]


class WatchBoth(Watch):
    """Looks at the screen of the one that dies as well: nothing of the other is ever to be seen there."""

    def __init__(self, cockpit, victim, other):
        super().__init__(cockpit)
        self.screen, self.colour, self.foreign = SCREEN[victim], ACCENTS[other], 0

    def one(self):
        super().one()
        self.foreign = max(self.foreign, pixels(self.cockpit.nuc.picture(self.screen), WHOLE, self.colour))


@pytest.mark.parametrize("victim, other, part, reason", [("rear", "ivi", "rear-gpu", "gpu-lost"), ("ivi", "rear", "ivi", "signal 9")])
def test_one_dies(rear_seat, report, victim, other, part, reason):
    """SIGKILL to the rear's mediator, or to the IVI's device model: the other guest and the driver do not notice, and it comes back."""
    cockpit, name = rear_seat, f"rear-seat.{part}-killed"
    said = len(cockpit.nuc.console.text)
    count = counted(cockpit, other)
    watch = WatchBoth(cockpit, victim, other)
    before = cockpit.look()
    watch.start()
    start = cockpit.uptime()
    assert cockpit.run(f"kill -9 $(cat /run/service/{part}/supervise/pid)")[0] == 0
    cockpit.wait_home(victim)
    back = cockpit.uptime()
    watch.finish()
    after = cockpit.look()
    drawn, missed = since(count, counted(cockpit, other))
    found = account(before, after)
    at, saw = noticed(cockpit, said, victim)

    right = report_account(report, f"{name}.cluster", found, watch)
    report.add(f"{name}.{other}-pictures", drawn, "pictures", ok=drawn > RATE)
    right = report.add(f"{name}.{other}-missed", missed, "pictures", bound=0) and right
    right = report.add(f"{name}.{other}-pixels-on-its-screen", watch.foreign, "pixels", bound=0) and right
    report.add(f"{name}.noticed-ms", round((at - start) * 1000), "ms")
    report.add(f"{name}.back-ms", round((back - start) * 1000), "ms")
    assert report.add(f"{name}.saw", saw, "", ok=reason in saw), saw
    assert right, f"{found} {watch.wrong}, {other}: {drawn} drawn, {missed} missed, {watch.foreign} foreign pixels"
    cockpit.nuc.wait_picture(SCREEN[victim], lambda p: pixels(p, DOCK[victim], ACCENTS[victim]) > 50, f"the {victim}'s home screen", LIMIT)


def test_a_missed_picture_is_counted(rear_seat, report):
    """The control: with its mediator stopped for half a second the IVI misses pictures, and says so."""
    pid = "$(cat /run/service/ivi-gpu/supervise/pid)"
    before = counted(rear_seat, "ivi")
    assert rear_seat.run(f"kill -STOP {pid} && usleep 500000; kill -CONT {pid}")[0] == 0
    missed = since(before, counted(rear_seat, "ivi"))[1]
    assert report.add("rear-seat.control.ivi-missed", missed, "pictures", ok=missed > 5)
