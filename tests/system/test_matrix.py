# SPDX-License-Identifier: BSD-3-Clause
"""One hypervisor on every machine there is: AMD's SVM without and with next-RIP saving, Intel's VMX with much and with little.

The same CD boots them all: GRUB, Multiboot2, the scenario `bochs`. On each the cluster draws, Linux runs as service VM, and a
second Linux is started over mainline's HSM driver, then a guest that watches its registers while the service VM has turns on its CPU.
"""
import hashlib
import re
import time

import numpy as np
import pytest

import workers
import clusterpix
from machines import MACHINES, QEMU, SIZE, start

pytestmark = pytest.mark.campaign("matrix")

ISO = "build/tests/guests/matrix/matrix.iso"
HYPERVISOR = "build/hypervisor/hypervisor.bin"
LINES = {  # what must be said, in this order
    "hardware report": r"processor: {vendor}, .*\n.*processor has: {features}\n(?![\s\S]*needed: NO)",
    "virtualisation": r"virtualisation: {backend}\b",
    "cluster starts": r"\[cluster\] starts on CPU 1",
    "service VM": r"matrix: service VM is up, 6\.12",
    "vendor": r"vendor_id\s*: {vendor}",
    "HSM": r"Hypervisor detected: ACRN",
    "guest over HSM": r"matrix: device model ended, status 0[\s\S]*?matrix: guest is up, 6\.12",
    "registers of a guest that shares its CPU": r"registers: kept over 200 turns",
}
LIMIT = 120  # CPU seconds of the emulation
SETTLED = 90  # frames: the bulb check is over, the bus is known to be dead


@pytest.fixture(scope="module")
def iso():
    workers.make(ISO, "build/bochs/bochs")
    return ISO


@pytest.fixture(scope="module")
def pictures():
    return {}


HANG_ISO = "build/tests/guests/hang/hang.iso"
BY_VENDOR = {"qemu-svm": "svm", "bochs-vmx": "vmx"}  # the rows of the cluster's exits
HANG_ROUNDS = 3
# The watchdog's 500 ms, its look every 50 ms, and what the machine needs for a frame of this guest.
NOTICED_MS = 700


def log_dir(name):
    return f"build/logs/matrix-{name}"


def settled_picture(pc, model):
    """The cluster's picture once nothing but its counter changes."""
    began, wall, used = pc.cpu_seconds(), time.monotonic(), 0
    while used < LIMIT and time.monotonic() - wall < 5 * LIMIT:
        picture = np.asarray(pc.picture(*SIZE) if model else pc.picture(0))
        counter = clusterpix.read_counter(picture)
        if counter is not None and counter >= SETTLED:
            return picture
        time.sleep(0.2)  # the emulator's own screen is behind the machine's
        used = pc.cpu_seconds() - began
    pytest.fail(f"the cluster's picture stands at frame {counter}")


def without_counter(picture):
    cells = clusterpix.CODE_CELL, clusterpix.CODE_CELL * clusterpix.CODE_BITS
    picture = picture.copy()
    picture[-cells[0]:, :cells[1]] = 0
    return picture


@pytest.mark.parametrize("name", MACHINES)
def test_machine(name, iso, pictures, report):
    machine, failed = MACHINES[name], []
    said = {"backend": machine.backend, "vendor": machine.vendor, "features": machine.features}
    with open(HYPERVISOR, "rb") as f:
        report.add(f"matrix.{name}.sha256", hashlib.sha256(f.read()).hexdigest()[:16], "", ok=True)
    with start(name, iso, log_dir(name)) as pc:
        pc.console.wait_for("matrix: end|PANIC", limit=600)
        at = 0
        for what, pattern in LINES.items():
            found = re.compile(pattern.format(**said)).search(pc.console.text, at)
            if not found:
                failed.append(f"{what}: not seen")
            at = found.end() if found else at
        pictures[name] = settled_picture(pc, machine.model)
        exits = [int(n) for n in re.findall(r"cluster +pre-launched +running .* (\d+)\s*$", pc.console.text, re.MULTILINE)]
        if len(exits) != 2 or exits[1] != exits[0]:
            failed.append(f"exits of the cluster: {exits}")
    if re.search("PANIC|parked", pc.console.text):
        failed.append("the hypervisor's log tells of trouble")
    different = int((without_counter(pictures[name]) != without_counter(pictures[QEMU])).any(axis=2).sum())
    if different:
        failed.append(f"{different} pixels are not those of QEMU")
    rate = exits[1] - exits[0] if len(exits) == 2 else -1
    report.add(f"matrix.{name}.cluster-exits-per-s", rate, "1/s", bound=0, ok=rate == 0)
    if name in BY_VENDOR:
        report.add(f"cluster.exits-per-s.{BY_VENDOR[name]}", rate, "1/s", bound=0, ok=rate == 0)
    assert not failed


@pytest.mark.absent("qemu", "it has threads and the host's clock")
@pytest.mark.parametrize("name", MACHINES)
def test_bochs_repeats(name, iso):
    """What was seen once can be looked at again: two runs say the same to the byte, times and random numbers too."""
    seen = []
    for run in "first", "second":
        with start(name, iso, f"{log_dir(name)}-{run}") as pc:
            pc.console.wait_for("matrix: end|PANIC", limit=600)
            seen.append(pc.console.text.partition("matrix: end")[0])
    assert seen[0] == seen[1]


@pytest.mark.parametrize("name", MACHINES)
def test_a_spinning_cluster_is_taken_back(name, report):
    """Interrupts off, no exit ever: only the NMI of another CPU's watchdog ends its turn. It is built again, and again."""
    workers.make(HANG_ISO, "build/bochs/bochs")
    with start(name, HANG_ISO, log_dir(name)) as pc:
        for _ in range(HANG_ROUNDS):
            pc.console.wait_for(r"\[cluster\] started again|PANIC|parked", limit=300)
        text = pc.console.text
    assert not re.search("PANIC|parked", text), text[-2000:]
    noticed = [int(ms) for ms in re.findall(r"\[cluster\] watchdog: no frame after \d+ for (\d+) ms", text)]
    assert len(noticed) >= HANG_ROUNDS and len(re.findall(r"\[cluster\] ended: watchdog", text)) >= HANG_ROUNDS
    assert report.add(f"matrix.{name}.reclaimed-after-ms", max(noticed), "ms", NOTICED_MS)
