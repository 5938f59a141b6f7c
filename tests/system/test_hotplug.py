# SPDX-License-Identifier: BSD-3-Clause
"""The IVI's screen is unplugged and plugged again while the cockpit runs, and then another monitor in its place."""
import os
import re

import numpy as np
import pytest

import clusterpix
from cockpit import Cockpit, IVI_LOG, LIMIT, TOP, variant_disk
from test_cockpit import DOCK_HOME, DOCK_MEDIA, STRIP_FROM, TELLTALES, accents, colours
from test_failover import account

SCREEN = 1  # the IVI's, of the virtual NUC's outputs
SMALL = (1024, 600)
SECOND = 60  # frames of the cluster's
FOLDER = os.path.join(TOP, "build/hotplug")


@pytest.fixture(scope="module")
def hotplug(tmp_path_factory):
    """A cockpit whose second screen is a monitor that can be pulled out, whatever the scenario tells the kernel."""
    disk = variant_disk(str(tmp_path_factory.mktemp("hotplug") / "disk.img"), "binnacle.debug video=Virtual-2:panel_orientation=normal")
    os.makedirs(FOLDER, exist_ok=True)
    with Cockpit(disk, os.path.join(TOP, "build/logs/hotplug"), disk=disk, monitors=True) as c:
        c.nuc.console.wait_for("display: ready", limit=LIMIT)
        c.at_home()
        c.wait_prompt()
        c.lives = lives(c)
        yield c


def lives(cockpit):
    """The processes that must not have been started again."""
    said = cockpit.run("echo processes $(pidof binnacle-display) $(pidof binnacle-gvt) $(pidof binnacle-dm)")[1]
    return sorted(re.search(r"^processes ([\d ]+)", said, re.MULTILINE)[1].split())


def said(cockpit, text, count):
    """Waits until the IVI's console has had that line so many times."""
    command = f'until [ "$(grep -c "{text}" {IVI_LOG})" -ge {count} ]; do usleep 100000; done'
    assert cockpit.run(command)[0] == 0


def connector(cockpit, what):
    """What the IVI's kernel says of its first connector: a file of its sysfs, asked in its debug shell."""
    connector.asked += 1
    mark = f"asked-{connector.asked}"
    cockpit.ivi(f"echo {mark}=$(cat /sys/class/drm/card0-Virtual-1/{what})=")
    said(cockpit, f"^{mark}=.*=", 1)
    return re.search(rf"^{mark}=(.*)=", cockpit.run(f"grep '^{mark}=' {IVI_LOG}")[1], re.MULTILINE)[1]


connector.asked = 0


def scaled(box, size=SMALL):
    return tuple(round(v * size[i % 2] / (1280, 720)[i % 2]) for i, v in enumerate(box))


def drive(cockpit, frames):
    """Lets the cluster draw so many frames more; its picture must be right then."""
    until = cockpit.frames()[0] + frames
    while cockpit.frames()[0] < until:
        cockpit.run("usleep 200000")
    (_, state), _, picture = cockpit.look()
    assert state == "SHARED" and clusterpix.speed_as_driven(picture, cockpit.sim)


class Counts:
    """with Counts(cockpit, report, row): no frame of the cluster's is missed or late meanwhile."""

    def __init__(self, cockpit, report, row):
        self.cockpit, self.report, self.row = cockpit, report, row

    def __enter__(self):
        self.before = self.cockpit.look()

    def __exit__(self, kind, *_):
        if kind:
            return
        found = account(self.before, self.cockpit.look())
        ok = self.report.add(f"{self.row}.drawn", found["drawn"], "frames", ok=found["drawn"] > SECOND)
        for what in ("missed", "late"):
            ok = self.report.add(f"{self.row}.{what}", found[what], "frames", bound=0) and ok
        assert ok, found


def gone(cockpit, times):
    cockpit.nuc.unplug(SCREEN)
    said(cockpit, "ivi: screen 1 is gone", times)
    assert connector(cockpit, "status") == "disconnected"
    assert cockpit.run("cat /sys/class/drm/card0-Virtual-2/status")[1].split()[-1] == "disconnected"


def test_the_screen_is_there_at_the_start(hotplug):
    assert connector(hotplug, "status") == "connected"
    assert connector(hotplug, "modes").split() == ["1280x720"]
    image = hotplug.nuc.wait_picture(SCREEN, lambda p: p and accents(p, DOCK_HOME) > 50, "the home screen", LIMIT)
    image.save(f"{FOLDER}/before.png")


def test_unplugged_and_plugged(hotplug, report):
    """The IVI's kernel sees its connector go and come, its home screen is back, and the driver has missed nothing."""
    with Counts(hotplug, report, "hotplug.unplugged"):
        gone(hotplug, 1)
        drive(hotplug, 2 * SECOND)
    assert hotplug.nuc.picture(SCREEN) is None  # nobody drives that output
    with Counts(hotplug, report, "hotplug.plugged"):
        hotplug.nuc.plug(SCREEN, 1280, 720)
        said(hotplug, "ivi: screen 1 is 1280x720", 1)
        drive(hotplug, 2 * SECOND)
    assert connector(hotplug, "status") == "connected"
    image = hotplug.nuc.wait_picture(SCREEN, lambda p: p and accents(p, DOCK_HOME) > 50 and colours(p, (0, 64, 1280, 720)) > 200,
                                     "the home screen again", LIMIT)
    image.save(f"{FOLDER}/again.png")
    hotplug.nuc.pause()
    one, two = (np.asarray(hotplug.nuc.picture(i)) for i in (0, SCREEN))
    hotplug.nuc.resume()
    box, source = TELLTALES, STRIP_FROM
    assert np.array_equal(two[box[1]:box[3], box[0]:box[2]], one[source[1]:source[3], source[0]:source[2]])


def test_another_monitor(hotplug, report):
    """One that has not the mode of the scenario: the layout is stretched to it, and the IVI gets a mode of that size."""
    with Counts(hotplug, report, "hotplug.other"):
        gone(hotplug, 2)
        hotplug.nuc.plug(SCREEN, *SMALL)
        said(hotplug, f"ivi: screen 1 is {SMALL[0]}x{SMALL[1]}", 1)
        drive(hotplug, 2 * SECOND)
    assert connector(hotplug, "modes").split() == [f"{SMALL[0]}x{SMALL[1]}"]
    image = hotplug.nuc.wait_picture(SCREEN, lambda p: p and p.size == SMALL and accents(p, scaled(DOCK_HOME)) > 30 and
                                     colours(p, scaled((0, 64, 1280, 720))) > 200, "the home screen on it", LIMIT)
    image.save(f"{FOLDER}/other.png")
    assert accents(image, scaled(DOCK_MEDIA)) == 0
    hotplug.nuc.qmp.pointer(715 / 1280, 668 / 720)  # where the button is, whatever the screen
    hotplug.nuc.qmp.button(True)
    hotplug.nuc.qmp.button(False)
    hotplug.nuc.wait_picture(SCREEN, lambda p: p and accents(p, scaled(DOCK_MEDIA)) > 30, "the media page", LIMIT)


def test_nothing_else_has_noticed(hotplug):
    """One life of the compositor, the mediators, the IVI (its device model is one process a life) and its home screen."""
    assert lives(hotplug) == hotplug.lives and len(hotplug.lives) >= 4
    assert hotplug.run(f"grep -c 'ivi: home screen' {IVI_LOG}")[1].split()[-1] == "1"
