# SPDX-License-Identifier: BSD-3-Clause
"""The driver does not notice that the IVI dies: its deaths while the WLTC is driven, one machine, virtual time.

Frames drawn are the cluster's counter, frames missed and late the compositor's account, both read out of the machine's memory
from outside; pictures of the screen must agree with them. The negative control stops the compositor, and the same check fails.
"""
import re
import threading
import time

import numpy as np
import pytest

import clusterpix
import facepix
from cockpit import IVI_LOG

pytestmark = pytest.mark.campaign("failover")

CRASH = "/sys/kernel/debug/provoke-crash/DIRECT"
# How it is killed: (in the IVI's shell?, command), and the reason that the device model must give; of two, either; None: it
# died itself. Memory that runs out slows the IVI down so much that its watchdog may come before its kernel's own decision.
FAULTS = {
    "panic": (True, f"echo PANIC >{CRASH}", "guest-panic"),
    "hang": (True, "insmod /usr/lib/binnacle/die.ko", "watchdog"),
    "dm-killed": (False, "kill -9 $(pidof binnacle-dm)", None),
    "gvt-killed": (False, "kill -9 $(cat /run/service/ivi-gpu/supervise/pid)", "gpu-lost"),
    "oom": (True, "insmod /usr/lib/binnacle/die.ko memory=1", "guest-panic, watchdog"),
    "storm": (True, "insmod /usr/lib/binnacle/die.ko storm=1", "watchdog"),
}
IN_FLIGHT = 3  # drawn, being composed, waiting for its page flip


class Watch(threading.Thread):
    """Looks at the machine from outside until stopped: pictures against the accounts, pictures against the trace."""

    def __init__(self, cockpit):
        super().__init__(daemon=True)
        self.cockpit, self.pictures, self.wrong = cockpit, 0, []
        self.drawn, self.looked, self.told = 0, threading.Event(), set()
        self.end = threading.Event()

    def run(self):
        while not self.end.wait(0.5):
            try:
                self.one()
            except Exception as e:  # reported by the test, in its own thread
                self.wrong.append(repr(e))
                return

    def one(self):
        frames, status, picture = self.cockpit.look()
        self.drawn = frames[0]
        self.looked.set()
        counter = clusterpix.read_counter(picture)
        if counter is None or abs(counter - status["shown"]) > 1:
            self.wrong.append(f"picture {counter}, account {status['shown']}")
            return
        if not clusterpix.speed_as_driven(picture, self.cockpit.sim):
            true = self.cockpit.sim.state(clusterpix.picture_time(picture))["Motion"]["Speed"]
            self.wrong.append(f"frame {counter}: {clusterpix.read_speed(picture)} km/h, trace {true}")
        self.told.add(facepix.read_message(picture))
        self.pictures += 1

    def wait_for_frame(self, number):
        """Until it has seen that the cluster has drawn that frame, or has ended. Nobody else may ask the machine meanwhile."""
        while self.is_alive() and self.drawn < number:
            self.looked.wait(1)
            self.looked.clear()

    def finish(self):
        self.end.set()
        self.join()


def account(before, after):
    """Frames of the cluster between two looks: drawn; missed, counted by whoever saw more of it; late."""
    (drawn0, _), status0, _ = before
    (drawn1, _), status1, _ = after
    drawn, shown = drawn1 - drawn0, status1["total"] - status0["total"]
    missed = max(status1["missed"] - status0["missed"], drawn - shown - IN_FLIGHT, 0)
    return {"drawn": drawn, "missed": missed, "late": status1["late"] - status0["late"]}


def report_account(report, name, found, watch):
    ok = report.add(f"{name}.drawn", found["drawn"], "frames", ok=found["drawn"] > 0)
    for what in ("missed", "late"):
        ok = report.add(f"{name}.{what}", found[what], "frames", bound=0) and ok
    right = watch.pictures - len(watch.wrong)
    return report.add(f"{name}.pictures", right, "pictures", ok=right > 0 and not watch.wrong) and ok


def noticed(cockpit, since, vm="ivi"):
    """(when the service VM noticed it, in seconds of its clock; what it saw) from the device model's or its supervisor's line."""
    text = cockpit.nuc.console.text[since:]
    end = re.search(rf"{vm}: END reason=(\S+) action=(\S+) noticed_ns=(\d+)", text)
    if end:
        return int(end.group(3)) / 1e9, f"{end.group(1)}, {end.group(2)}"
    died = re.search(rf"{vm}: device model ended with status (\S+) signal (\S+), up (\S+) s", text)
    return float(died.group(3)), f"device model: status {died.group(1)} signal {died.group(2)}"


@pytest.fixture(scope="module")
def driving(session_cockpit):
    """The IVI is at home, the cluster is shown by the compositor."""
    cockpit = session_cockpit
    cockpit.nuc.resume()
    cockpit.at_home()
    assert cockpit.frames()[1] == "SHARED"
    cockpit.wait_prompt()
    cockpit.ivi("echo seat $((40+2)) >/data/seat; sync; cat /data/seat")
    wait_for_line(cockpit, "seat 42", 1)
    return cockpit


def wait_for_line(cockpit, line, times):
    """Until the IVI has said the line so often; what is typed to it is in its log too, but never a line of its own."""
    found = f'$(tr -d "\\r" <{IVI_LOG} | grep -cx "{line}")'
    assert cockpit.run(f'until [ {found} -ge {times} ]; do usleep 200000; done')[0] == 0


@pytest.mark.parametrize("name", FAULTS)
def test_ivi_dies(cockpit, driving, report, name):
    inside, command, reason = FAULTS[name]
    if inside:
        cockpit.wait_prompt()
        cockpit.ivi("insmod /usr/lib/binnacle/lkdtm.ko")
    since = len(cockpit.nuc.console.text)
    watch = Watch(cockpit)
    before = cockpit.look()
    watch.start()
    start = cockpit.uptime()
    if inside:
        cockpit.ivi(command)
    else:
        assert cockpit.run(command)[0] == 0
    cockpit.wait_home()
    back = cockpit.uptime()
    watch.finish()
    after = cockpit.look()

    found = account(before, after)
    at, saw = noticed(cockpit, since)
    right_reason = reason is None or saw.split(",")[0] in reason.split(", ")
    right = report_account(report, f"failover.{name}", found, watch)
    report.add(f"failover.{name}.noticed-ms", round((at - start) * 1000), "ms", bound=10000)
    report.add(f"failover.{name}.back-ms", round((back - start) * 1000), "ms")
    report.add(f"failover.{name}.saw", saw, "", ok=right_reason)
    report.add(f"failover.{name}.recovered", "by itself", "", ok=True)
    assert right, f"{found} {watch.wrong}"
    assert right_reason, saw
    assert "INFOTAINMENT LOST" in watch.told
    assert 0 <= at - start <= 10


def test_its_data_outlive_it(cockpit, driving):
    """What it wrote before all those deaths: its data partition was never unmounted."""
    cockpit.wait_prompt()
    cockpit.ivi("cat /data/seat")
    wait_for_line(cockpit, "seat 42", 2)


def test_a_guest_floods_the_gpu(cockpit, driving, report):
    """Another guest of the GPU, a process with a mediator of its own and no arbiter over it, gives it all the batches it takes."""
    assert cockpit.run("mkdir -p /tmp/esp && mount -o ro /dev/nvme0n1p1 /tmp/esp")[0] == 0
    cockpit.run("binnacle-gvt --socket-path /tmp/flood --vm flood --scanout 640x480 --wayland /tmp/none --gpu virtgpu "
                "--status /run/gpu/status/flood >/tmp/gvt 2>&1 & flooder=$!; until grep -q 'gvt: ready' /tmp/gvt; do usleep 50000; done")
    cockpit.run("/tmp/esp/gvt-client /tmp/flood saturate 1 10000000 >/tmp/flooding 2>&1 & flooding=$!; "
                "until grep -q begins /tmp/flooding; do usleep 50000; done")
    watch = Watch(cockpit)
    before = cockpit.look()
    watch.start()
    watch.wait_for_frame(before[0][0] + 60)
    watch.finish()
    after = cockpit.look()
    table = cockpit.run("binnaclectl gpu")[1]
    cockpit.run("kill $flooding $flooder; wait $flooding $flooder; rm /run/gpu/status/flood; umount /tmp/esp")
    found = account(before, after)
    batches = int(re.search(r"^flood +virtgpu +\d+ +\d+ +\S+ +\S+ +\S+ +\d+ +(\d+) ", table, re.MULTILINE)[1])
    assert re.search(r"^ivi +", table, re.MULTILINE), table
    report.add("gpu.flood.cluster-drawn", found["drawn"], "frames", ok=found["drawn"] >= 60)
    assert report.add("gpu.flood.batches", batches, "batches", ok=batches > 1000), table
    assert report.add("gpu.flood.cluster-missed", found["missed"], "frames", bound=0), found
    assert found["late"] == 0 and not watch.wrong, f"{found} {watch.wrong}"


def test_negative_control(cockpit, driving, report):
    """With the compositor stopped the same check must fail: it is able to see a missed frame."""
    watch = Watch(cockpit)
    before = cockpit.look()
    assert cockpit.run("kill -STOP $(pidof binnacle-display)")[0] == 0
    seen = before[0][0]
    while cockpit.frames()[0] < seen + 30:
        time.sleep(0.1)
    watch.one()
    after = cockpit.look()
    cockpit.run("kill -CONT $(pidof binnacle-display)")
    found = account(before, after)
    failed = not (found["missed"] == 0 and found["late"] == 0 and not watch.wrong)
    report.add("failover.control.missed", found["missed"], "frames", ok=failed)
    assert failed
    assert found["missed"] > 0
    assert np.array_equal(before[2].shape, after[2].shape)
