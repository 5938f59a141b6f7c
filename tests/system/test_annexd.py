# SPDX-License-Identifier: BSD-3-Clause
"""The failures of ISO 26262-6 annex D, put into a driving cluster: how long until it knows, and what the driver then sees.

Exchange of information (D.2.4) on the vehicle bus, on a bare PC. What a fault does: "lost", the driver is told, with dashes and the
fail-safe telltales; "dropped", the frames that are wrong are not believed, and what is shown stays right. Timing and execution
(D.2.2): instructions of the running cluster are changed. What its own supervision sees ends in the fail-safe picture; the rest, and
that too, the hypervisor's watchdog, which starts the cluster again.
"""
import contextlib
import re
import struct
import subprocess

import pytest

import clusterpix
import glasscheck
from clustervm import CLUSTER_ELF, ClusterVM, address
from cockpit import region_addresses
from gdbstub import GdbStub
from machines import QEMU
from test_cluster_bare import check_picture
from test_cluster_guest import HypervisedVM, esp, look  # noqa: F401
from test_reclaim import CLUSTER_HPA, NOTICED_MS

pytestmark = [pytest.mark.campaign("annexd"), pytest.mark.alone]

START = 1705  # of the trace: 130 km/h
TIMEOUT_MS = 100  # guests/cluster/bus.h: BUS_TIMEOUT_MS
FRAME_MS = 1000 / 60
WIDTH = 1280  # of scenarios/test-cluster.dts
FAULTS = {  # annex D's name: the simulator's fault, what becomes of it
    "repetition": ("freeze", "lost"),
    "loss": ("cut", "lost"),
    "delay": ("late", "lost"),
    "insertion": ("insert", "dropped"),
    "masquerade": ("masquerade", "lost"),
    "wrong-order": ("order", "dropped"),
    "corruption": ("corrupt", "lost"),
    "wrong-length": ("length", "lost"),
    "blocked-channel": ("babble", "lost"),
}


def drives(vm):
    """Waits until a picture is right in everything: a host with other work may keep the cluster from its bus for a moment."""
    def right():
        try:
            return check_picture(vm, vm.screenshot())
        except AssertionError:
            return None
    vm.wait(right, "a right picture")


def drive_with(tmp_path, fault, during):
    """(counts before, counts after, ms of the cluster's time at which the fault began) of half a second with it; `during`(vm) is
    called at its end."""
    with ClusterVM(tmp_path, start=START) as vm:
        vm.until(2)
        drives(vm)
        before = vm.stats()
        vm.sim.fault = fault
        vm.run(0.5)
        began = vm.sim.fault_ms
        during(vm)
        vm.sim.fault = None
        drives(vm)
        return before, vm.stats(), began


def tells_the_driver(vm):
    picture = clusterpix.load(vm.screenshot())
    assert clusterpix.read_speed(picture) == "---" and clusterpix.read_speed_needle(picture) is None
    assert clusterpix.read_telltales(picture) == clusterpix.LOST


@pytest.mark.parametrize("failure", FAULTS)
def test_exchange(tmp_path, report, failure):
    fault, reaction = FAULTS[failure]
    shows = tells_the_driver if reaction == "lost" else lambda vm: check_picture(vm, vm.screenshot())
    before, after, began = drive_with(tmp_path, fault, shows)
    wrong = {name: after[name] - before[name] for name in ("Rejected", "BadLines")}
    report.add(f"annexd.{failure}.not-believed", sum(wrong.values()), "frames and lines")
    if reaction == "lost":
        # The last good answer is believed for its time; the frame that begins after that says so.
        assert after["Times"] == before["Times"] + 1
        assert report.add(f"annexd.{failure}.detected-ms", after["At"] - began, "ms", bound=round(TIMEOUT_MS + 2 * FRAME_MS))
    else:
        assert report.add(f"annexd.{failure}.believed", after["Times"] - before["Times"], "times", bound=0)
    assert fault == "cut" or sum(wrong.values()) >= 10


SUPERVISED_MS = 325  # of guests/cluster/supervision.c: a deadline of 100 ms, two reference cycles of 100 ms, a turn of the supervisor's
SPIN, NOTHING = bytes.fromhex("ebfe"), bytes.fromhex("9090909090")  # jmp .; what is put in the place of a call
TASKS = ["DrawTask", "BusTask", "ChimeTask", "PublishTask", "StoreTask"]  # their bits in StatsHealth.Failing


def command_line(tmp_path):
    return "-gdb", f"unix:{tmp_path}/gdb,server=on,wait=off"


def original(at, count):
    """What the image has there."""
    with open(CLUSTER_ELF, "rb") as f:
        image = f.read()
    headers, size, number = struct.unpack_from("<I", image, 28)[0], *struct.unpack_from("<HH", image, 42)
    for i in range(number):
        offset, virtual, _, length = struct.unpack_from("<4I", image, headers + i * size + 4)
        if virtual <= at < virtual + length:
            return image[offset + at - virtual:offset + at - virtual + count]
    raise AssertionError(f"{at:x} is nowhere in {CLUSTER_ELF}")


def ends_at_once(task):
    """A task that is activated, and ends without having done anything."""
    at = address(f"os_task_{task}")
    return at, b"\xe9" + struct.pack("<i", address("TerminateTask") - at - 5)


def left_out(function, callee):
    """The first call that one function makes of the other."""
    code = subprocess.run(["objdump", "-d", "--no-show-raw-insn", CLUSTER_ELF, f"--disassemble={function}"], check=True,
                          capture_output=True, text=True).stdout
    return int(re.search(rf"^ *(\w+):\s+call +\w+ <{callee}>$", code, re.MULTILINE)[1], 16), NOTHING


def waits(function):
    """Waits for an event that only the other one of two would set."""
    at = address(function)
    return at, b"\x68" + struct.pack("<I", 1 << 30) + b"\xe8" + struct.pack("<i", address("WaitEvent") - at - 10) + SPIN


SUPERVISED = {  # annex D's name: what is changed, and what the cluster says of it
    "livelock": (lambda: [(address("screen_draw"), SPIN)], r"DrawTask is (?:late|not alive)"),
    "lost-synchronisation": (lambda: [(address("SetRelAlarm"), bytes.fromhex("31c0c3"))], "DrawTask is not alive"),  # E_OK, nothing armed
    "wrong-program-flow": (lambda: [left_out("draw_frame", "WdgM_CheckpointReached")], "DrawTask has lost its way"),
    "blocked-task": (lambda: [(address("bus_sync"), SPIN)], r"\w+ is (?:late|not alive)"),  # and all below it
    "deadlock": (lambda: [waits("screen_draw"), waits("bus_sync")], r"(?:Draw|Bus)Task is (?:late|not alive)"),  # of two tasks
    "omitted-execution": (lambda: [ends_at_once("ChimeTask")], "ChimeTask is not alive"),
    "silent-supervisor": (lambda: [ends_at_once("SuperviseTask")], "SuperviseTask is silent"),
}


@pytest.mark.parametrize("failure", SUPERVISED)
def test_supervision(tmp_path, report, failure):
    change, says = SUPERVISED[failure]
    with ClusterVM(tmp_path, start=START, qemu=command_line(tmp_path)) as vm:
        vm.until(2)
        drives(vm)
        with GdbStub(f"{tmp_path}/gdb") as gdb:
            for at, code in change():
                gdb.write(at, code)
        vm.wait(lambda: "rtos panic: supervision" in vm.log(), "the cluster to notice")
        vm.wait(lambda: clusterpix.read_telltales(clusterpix.load(vm.screenshot())) == clusterpix.LOST_BODY, "the fail-safe picture")
        found = re.search(rf"supervision: {says}, last \w+(?: \d+)? before (\d+) ms", vm.log())
    assert found, vm.log()[-500:]
    assert report.add(f"annexd.{failure}.detected-ms", int(found[1]), "ms", bound=SUPERVISED_MS)


@contextlib.contextmanager
def for_a_while(vm, at, code):
    """The running cluster has other code there, then its own again, and all is right."""
    with GdbStub(f"{vm.folder}/gdb") as gdb:
        gdb.write(at, code)
    yield
    with GdbStub(f"{vm.folder}/gdb") as gdb:
        gdb.write(at, original(at, len(code)))
    vm.run(1)
    drives(vm)


@pytest.mark.parametrize("task, function", [("StoreTask", "store_step"), ("PublishTask", "window_publish_vehicle")])
def test_wrong_time_budget(tmp_path, report, task, function):
    """Who is not needed for what the driver sees and hears ends alone, turn by turn; when it is right again all is."""
    with ClusterVM(tmp_path, start=START, qemu=command_line(tmp_path)) as vm:
        vm.until(2)
        drives(vm)
        before = vm.stats()
        with for_a_while(vm, address(function), SPIN):
            vm.run(1)
            picture = clusterpix.load(vm.screenshot())
            during = vm.stats()
        after = vm.stats()
    assert clusterpix.speed_as_driven(picture, vm.sim) and clusterpix.telltales_as_driven(picture, vm.sim)
    assert before["Failing"] == 0 and during["Failing"] == 1 << TASKS.index(task) and after["Failing"] == 0
    assert during["Ended"] >= before["Ended"] + 2
    assert report.add(f"annexd.{task}-budget.overruns", after["Overruns"] - before["Overruns"], "frames", bound=0)


LISTENER = {  # annex D's name: what the reader of the bus does instead, how many slots may pass without a frame
    "memory-of-others-by-bus": (lambda: b"\xc7\x05" + struct.pack("<II", address("os"), 0) + SPIN, 0),  # writes into the kernel's state
    "instruction-by-bus": (lambda: b"\xfa" + SPIN, 0),  # turns interrupts off
    "time-budget-by-bus": (lambda: SPIN, 10),
}


@pytest.mark.parametrize("failure", LISTENER)
def test_listener_ends_alone(tmp_path, report, failure):
    """Whoever has taken over what reads the bus: each of its turns ends it alone. The driver sees that vehicle data is lost, every frame
    comes; when it is right again all is."""
    change, allowed = LISTENER[failure]
    with ClusterVM(tmp_path, start=START, qemu=command_line(tmp_path)) as vm:
        vm.until(2)
        drives(vm)
        before = vm.stats()
        with for_a_while(vm, address("bus_feed"), change()):
            vm.run(0.5)
            tells_the_driver(vm)
        after = vm.stats()
        assert "panic" not in vm.log()
    assert after["Failing"] == 0
    assert after["Ended"] >= before["Ended"] + 2
    # While it has the CPU for its budget, before it is ended, a slot may pass.
    assert report.add(f"annexd.{failure}.overruns", after["Overruns"] - before["Overruns"], "frames", bound=allowed)


EXECUTION = {  # annex D's name: the function, what is put in its place, who sees it first
    "blocked-execution": ("screen_draw", "faebfe", False),  # cli; jmp .: no interrupt is taken any more
    "endless-loop": ("screen_draw", "ebfe", True),
    "wrong-synchronisation": ("SetRelAlarm", "31c0c3", True),  # a task waits for an event that never comes
}


@pytest.mark.machine(QEMU, "by the emulator's debugger; elsewhere: matrix.a_spinning_cluster_is_taken_back")
@pytest.mark.parametrize("failure", EXECUTION)
def test_execution(tmp_path, esp, report, failure):  # noqa: F811
    function, code, supervised = EXECUTION[failure]
    with HypervisedVM(tmp_path, esp, start=START, more=command_line(tmp_path)) as vm:
        vm.until(2)
        drives(vm)
        with GdbStub(f"{tmp_path}/gdb") as gdb:
            gdb.write(CLUSTER_HPA + address(function), bytes.fromhex(code))
        last_life = vm.sim.time_ms
        vm.wait(lambda: "[cluster] started again" in vm.log(), "the watchdog")
        found = re.search(r"\[cluster\] watchdog: no frame after \d+ for (\d+) ms", vm.log())
        vm.wait(lambda: vm.sim.time_ms < last_life, "the cluster's clock, which begins anew")
        drives(vm)
        assert ("rtos panic: supervision" in vm.log()) == supervised
    assert report.add(f"annexd.{failure}.taken-back-ms", int(found[1]), "ms", bound=NOTICED_MS)


@pytest.mark.machine(QEMU, "by the emulator's debugger; the cluster's part: test_cluster_window, cluster/test_glass.c")
def test_corrupted_picture(tmp_path, esp, report):  # noqa: F811
    """One pixel of a dark telltale changes in a buffer that is drawn into, but not there: found in its turn, painted anew, counted."""
    region = region_addresses("test-cluster")["cluster-frames"]
    with HypervisedVM(tmp_path, esp, start=START, more=command_line(tmp_path)) as vm:
        vm.until(2)
        drives(vm)
        x, y, w, h = look(vm)[1].places["DoorOpen"]
        buffer = int.from_bytes(vm.payload(16, 4), "little")
        at = region + buffer + 4 * ((y + h // 2) * WIDTH + x + w // 2)
        before, pixel = vm.stats()["Repaired"], vm.memory(at, 4)
        with GdbStub(f"{tmp_path}/gdb") as gdb:
            gdb.write(at, b"\x80\xff\xff\0")
            began = glasscheck.latest(vm.payload)
        vm.wait(lambda: vm.stats()["Repaired"] > before, "the repair")
        took = glasscheck.latest(vm.payload) - began
        assert vm.memory(at, 4) == pixel
        drives(vm)
        assert vm.stats()["Repaired"] == before + 1
    # Its turn comes within 27 frames of each of four buffers; the rest is for asking on the bus.
    assert report.add("annexd.corrupted-picture.detected-ms", round(took * FRAME_MS), "ms", bound=2000)
