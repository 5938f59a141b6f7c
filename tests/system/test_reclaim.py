# SPDX-License-Identifier: BSD-3-Clause
"""A cluster that hangs with interrupts closed: noticed by its frames, its CPU taken back by NMI, built again, frames go on."""
import os
import re
import subprocess
import sys
import time

import pytest

from gdbstub import GdbStub
from machines import QEMU
from nuc import NucConfig

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools", "vehicle-sim"))
import vehicle_sim  # noqa: E402

WATCHDOG_MS = 500      # of scenarios/test-cluster.dts
# It looks every 50 ms, and a restart takes some 150; the rest is for an emulator whose host is busy with other things.
NOTICED_MS, RESTARTED_MS = 2000, 5000
CLUSTER_HPA, CLUSTER_BYTES, CLUSTER_CPU = 0x14000000, 0x10000000, 1
HANG = bytes.fromhex("faebfe")  # cli; jmp .
ROUNDS = 3


def build_disk(folder):
    loader, disk = str(folder / "BOOTX64.EFI"), str(folder / "esp.img")
    files = ["scenario.bin=build/scenarios/test-cluster.bin", "hypervisor.bin=build/hypervisor/hypervisor.bin",
             "cluster.elf=build/guests/cluster/cluster.elf"]
    subprocess.run(["cp", "build/hypervisor/boot/BOOTX64.EFI", loader], check=True)
    subprocess.run(["build/tools/scenario/bn-sums", loader, *files], check=True)
    subprocess.run(["tools/esp", disk, loader, *files], check=True)
    return disk


def wait_frames(nuc, sim, frames):
    """Until the cluster says, on its bus, that it has drawn so many since it started."""
    drawn, start, wall = -1, nuc.cpu_seconds(), time.monotonic()
    while drawn < frames:
        sim.stats.clear()
        sim.stats_requests += 1
        while "StatsFrames" not in sim.stats:
            used = nuc.cpu_seconds()
            assert used is not None, "the machine has ended"
            assert used - start < 60 and time.monotonic() - wall < 600, f"no {frames} frames, {drawn} at last"
            time.sleep(0.02)
        drawn = sim.stats["StatsFrames"]["Drawn"]


def hang(path):
    """The cluster's next instructions, wherever it is now; its image is loaded afresh when it is built again."""
    with GdbStub(path) as gdb:
        rip = gdb.rip(CLUSTER_CPU)
        assert rip < CLUSTER_BYTES, f"the cluster's CPU is not in the cluster: {rip:x}"
        gdb.write(CLUSTER_HPA + rip, HANG)


@pytest.mark.machine(QEMU, "nobody writes into a guest of Bochs from outside; there one hangs by itself: "
                          "matrix.a_spinning_cluster_is_taken_back")
def test_a_hung_cluster_is_started_again(machine, tmp_path, report):
    gdb = str(tmp_path / "gdb")
    nuc = machine(NucConfig(disk=build_disk(tmp_path), cpus=2, memory_mib=1024, gpu="none", iommu=None, sound=False,
                            usb=False, net=False, sd_card_mib=0,
                            extra=["-device", "VGA,vgamem_mb=32", "-gdb", f"unix:{gdb},server=on,wait=off"]))
    sim = vehicle_sim.Simulator()
    noticed, restarted = [], []
    with vehicle_sim.Connection(nuc.bus_path, sim):
        nuc.console.wait_for(r"\[cluster\] starts on CPU 1")
        for _ in range(ROUNDS):
            wait_frames(nuc, sim, 30)
            hang(gdb)
            dead = nuc.console.wait_for(r"\[hv\] (\d+\.\d+) \d: \[cluster\] watchdog: no frame after (\d+) for (\d+) ms")
            again = nuc.console.wait_for(r"\[hv\] (\d+\.\d+) \d: \[cluster\] started again")
            assert int(dead.group(2)) >= 30
            noticed.append(int(dead.group(3)))
            restarted.append(round(1000 * (float(again.group(1)) - float(dead.group(1)))))
        wait_frames(nuc, sim, 30)
    assert len(re.findall(r"\[cluster\] ended: watchdog", nuc.console.text)) == ROUNDS and "PANIC" not in nuc.console.text
    right = [report.add("reclaim.cluster.noticed-ms", max(noticed), "ms", bound=NOTICED_MS),
             report.add("reclaim.cluster.restarted-ms", max(restarted), "ms", bound=RESTARTED_MS),
             report.add("reclaim.cluster.frames-go-on", ROUNDS, "times", ok=min(noticed) >= WATCHDOG_MS)]
    assert all(right), (noticed, restarted)
