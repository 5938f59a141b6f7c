# SPDX-License-Identifier: BSD-3-Clause
"""One run of an isolation machine: the probe goes through all its steps; the console's text and the cluster's own counts stay."""
import os
import re
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools", "vehicle-sim"))
import vehicle_sim  # noqa: E402

import workers  # noqa: E402
from machines import QEMU, start  # noqa: E402
from nuc import Nuc, NucConfig  # noqa: E402

# How the service VM ends itself, in the order of tests/guests/probe/init
STEPS = ("all", "s5", "s1", "s3", "s4", "cf9", "kbd", "port92", "triple", "ivi", "end")


INITRD, SCENARIO = "build/tests/guests/probe/initrd", "build/scenarios/test-isolation.bin"
LOADER = "build/hypervisor/multiboot2/loader.elf"
FILES = [f"scenario.bin={SCENARIO}", "hypervisor.bin=build/hypervisor/hypervisor.bin", "bzImage=build/kernel/bzImage",
         f"initrd={INITRD}", "cluster.elf=build/guests/cluster/cluster.elf"]


def build():
    """What all machines start: hypervisor, cluster, and the probe's initrd as service VM."""
    workers.make(INITRD, SCENARIO, "build/bochs/bochs")


def qemu(folder):
    """With UEFI and VT-d. A plain VGA that nobody looks at: QEMU's refresh of a picture takes more of the host than the machine
    itself. The probe's steps last for virtual time: with 4 ns an instruction, still faster than Bochs, they take a quarter."""
    loader, disk = str(folder / "BOOTX64.EFI"), str(folder / "esp.img")
    subprocess.run(["cp", "build/hypervisor/boot/BOOTX64.EFI", loader], check=True)
    subprocess.run(["build/tools/scenario/bn-sums", loader, *FILES], check=True)
    subprocess.run(["tools/esp", disk, loader, *FILES], check=True)
    return Nuc("isolation", NucConfig(disk=disk, cpus=3, memory_mib=2048, gpu="none", iommu="vtd", sound=False, usb=False,
                                      net=False, sd_card_mib=0, icount="shift=2,sleep=on", own_time=True, extra=["-device", "VGA,vgamem_mb=32"]), "build/logs/isolation")


def bochs(name, folder):
    cd = str(folder / "isolation.iso")
    subprocess.run(["tools/mkgrub", cd, LOADER, *FILES], check=True)
    return start(name, cd, f"build/logs/isolation-{name}", cpus=3, memory=2048, bus=True)


class Run:
    """text: COM1 whole. step[name]: what was said in that step. clusters[name]: the cluster's counts when it began. words: what it said
    on its bus that is no frame, a panic's report."""

    def __init__(self, machine):
        self.machine = machine
        self.text, self.step, self.clusters, self.words = "", {}, {}, ""

    def count(self, nuc, sim, when):
        """The cluster's counts of itself, by its bus."""
        sim.stats.clear()
        sim.stats_requests += 1
        start, wall = nuc.cpu_seconds(), time.monotonic()
        while not sim.stats_complete():
            used = nuc.cpu_seconds()
            assert used is not None, "the machine has ended"
            assert used - start < 60 and time.monotonic() - wall < 600, \
                f"the cluster is silent ({when}): {sim.syncs} syncs, the last at {sim.time_ms} ms; it said {sim.stats}, {sim.unknown}"
            time.sleep(0.02)
        self.clusters[when] = {**sim.stats["StatsFrames"], "Ended": sim.stats["StatsHealth"]["Ended"]}

    def cut(self):
        at = {m.group(1): m.start() for m in re.finditer(r"probe: step \d+: (\w+)", self.text)}
        ends = [at[name] for name in STEPS[1:]] + [len(self.text)]
        self.step = {name: self.text[at[name]:end] for name, end in zip(STEPS, ends)}

    def ivi(self, way):
        """What was said in each life of the IVI in which it went that way."""
        return re.findall(rf"probe: ivi life {way} begins\n(.*?)(?=probe: ivi life \w+ begins|probe: step|\Z)", self.text, re.S)


def play(name, folder):
    """The whole run on the machine of that name."""
    run, sim = Run(name), vehicle_sim.Simulator()
    with qemu(folder) if name == QEMU else bochs(name, folder) as pc, vehicle_sim.Connection(pc.bus_path, sim):
        for number, step in enumerate(STEPS):
            pc.console.wait_for(rf"probe: step {number}: {step}$", limit=900 if step == "end" else 300)
            run.count(pc, sim, step)
        pc.console.wait_for("probe: all steps done", limit=300)
        run.count(pc, sim, "done")
        run.text, run.words = pc.console.text, b"\n".join(sim.unknown).decode("ascii", "replace")
    run.cut()
    return run
