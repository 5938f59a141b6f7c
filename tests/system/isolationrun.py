# SPDX-License-Identifier: BSD-3-Clause
"""One run of the isolation machine: the probe goes through all its steps; the console's text and the cluster's own counts stay."""
import os
import re
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools", "vehicle-sim"))
import vehicle_sim  # noqa: E402

from nuc import Nuc, NucConfig  # noqa: E402

# How the service VM ends itself, in the order of tests/guests/probe/init
STEPS = ("all", "s5", "s1", "s3", "s4", "cf9", "kbd", "port92", "triple", "ivi", "end")


def build_disk(folder):
    """The loader and what it starts: hypervisor, cluster, and the probe's initrd as service VM."""
    subprocess.run(["make", "-s", "build/tests/guests/probe/initrd", "build/scenarios/test-isolation.bin"], check=True)
    loader, disk = str(folder / "BOOTX64.EFI"), str(folder / "esp.img")
    files = ["scenario.bin=build/scenarios/test-isolation.bin", "hypervisor.bin=build/hypervisor/hypervisor.bin",
             "bzImage=build/kernel/bzImage", "initrd=build/tests/guests/probe/initrd",
             "cluster.elf=build/guests/cluster/cluster.elf"]
    subprocess.run(["cp", "build/hypervisor/boot/BOOTX64.EFI", loader], check=True)
    subprocess.run(["build/tools/scenario/bn-sums", loader, *files], check=True)
    subprocess.run(["tools/esp", disk, loader, *files], check=True)
    return disk


class Run:
    """text: COM1 whole. step[name]: what was said in that step. clusters[name]: the cluster's counts when it began."""

    def __init__(self):
        self.text, self.step, self.clusters = "", {}, {}

    def count(self, nuc, sim, when):
        """The cluster's counts of itself, by its bus."""
        sim.stats.clear()
        sim.stats_requests += 1
        start, wall = nuc.cpu_seconds(), time.monotonic()
        while not sim.stats_complete():
            used = nuc.cpu_seconds()
            assert used is not None, "the machine has ended"
            assert used - start < 60 and time.monotonic() - wall < 600, f"the cluster is silent ({when})"
            time.sleep(0.02)
        self.clusters[when] = {"ms": sim.time_ms, **sim.stats["StatsFrames"]}

    def cut(self):
        at = {m.group(1): m.start() for m in re.finditer(r"probe: step \d+: (\w+)", self.text)}
        ends = [at[name] for name in STEPS[1:]] + [len(self.text)]
        self.step = {name: self.text[at[name]:end] for name, end in zip(STEPS, ends)}

    def ivi(self, way):
        """What was said in each life of the IVI in which it went that way."""
        return re.findall(rf"probe: ivi life {way} begins\n(.*?)(?=probe: ivi life \w+ begins|probe: step|\Z)", self.text, re.S)


def play(folder):
    # A plain VGA that nobody looks at: QEMU's refresh of a picture takes more of the host than the machine itself, and may
    # wait for a CPU that waits for it, when that CPU resets a virtio-gpu.
    config = NucConfig(disk=build_disk(folder), cpus=3, memory_mib=2048, gpu="none", iommu="vtd", sound=False, usb=False,
                       net=False, sd_card_mib=0, extra=["-device", "VGA,vgamem_mb=32"])
    run, sim = Run(), vehicle_sim.Simulator()
    with Nuc("isolation", config, os.path.join("build/logs", "isolation")) as nuc, \
            vehicle_sim.Connection(nuc.bus_path, sim):
        for number, name in enumerate(STEPS):
            nuc.console.wait_for(rf"probe: step {number}: {name}$", limit=900 if name == "end" else 300)
            run.count(nuc, sim, name)
        nuc.console.wait_for("probe: all steps done", limit=300)
        run.count(nuc, sim, "done")
        run.text = nuc.console.text
    run.cut()
    return run
