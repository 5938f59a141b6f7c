# SPDX-License-Identifier: BSD-3-Clause
"""What the RTOS's services, switches and interrupts cost in instructions, and how much more an interrupt's way to its task takes while a
guest on the other CPU storms.

In QEMU with -icount a tick of the TSC is an instruction, but only one CPU runs at a time, so the storm is measured in Bochs, whose
CPUs advance side by side.
"""
import os
import re
import subprocess

import pytest

import workers
from clustervm import TOP, vehicle_sim
from displaystack import wait_for
from machines import MACHINES, QEMU, start
from test_cluster_rtos import SERVICES, SILENT, run

pytestmark = pytest.mark.campaign("bench")

TIMING = os.path.join(TOP, "build", "guests", "rtos", "timing.elf")
STORM = "build/tests/guests/storm/storm.elf"
LINE = re.compile(r"^(?:loader: )?timing (\S+) (\d+) (\d+) (\d+)\s*$", re.MULTILINE)
WARM_UP, ROUNDS = 1, 2  # of both kinds of interrupt
RATIO = 1.1
# Measured as a switch, or never returning, or an application's end.
APART = {"TerminateTask", "ChainTask", "StartOS", "ShutdownOS", "TerminateApplication", "AllowAccess"}
KINDS = ("interrupt", "alarm")


def test_services(tmp_path, report):
    text = run(tmp_path, "", ["timing alarm", "panic"], TIMING)
    rows = {name: tuple(map(int, figures)) for name, *figures in LINE.findall(text)}
    assert "panic" not in text
    assert {*SERVICES, *SILENT.split()} - APART <= set(rows), text
    for name, (median, least, most) in rows.items():
        report.add(f"rtos.insn.{name}", median, f"insn ({least} to {most})")
    assert report.add("rtos.irq-to-task-max-insn", rows["interrupt"][2], "insn")


def rounds(name, mode, folder):
    """{"interrupt": (least, greatest), "alarm": ...} of the rounds after the first, beside a guest that does as `mode` says."""
    with open("scenarios/bench-rtos.dts", encoding="utf-8") as f:
        text = f.read().replace('cmdline = "storm"', f'cmdline = "{mode}"')
    source, plan, iso = (os.path.join(folder, f"{mode}{end}") for end in (".dts", ".bin", ".iso"))
    with open(source, "w", encoding="utf-8") as f:
        f.write(text)
    subprocess.run(["build/tools/scenario/bn-scenario", "compile", source, plan], check=True)
    subprocess.run(["tools/mkgrub", iso, "build/hypervisor/multiboot2/loader.elf", "hypervisor.bin=build/hypervisor/hypervisor.bin",
                    f"scenario.bin={plan}", f"timing.elf={TIMING}", f"storm.elf={STORM}"], check=True)
    sim = vehicle_sim.Simulator()

    def heard():
        return LINE.findall("\n".join(line.decode("ascii", "replace") for line in list(sim.unknown)))

    wanted = len(KINDS) * (WARM_UP + ROUNDS)
    with start(name, iso, f"build/logs/rtos-timing-{name}-{mode}", memory=512, bus=True, quantum=1) as pc, \
            vehicle_sim.Connection(pc.bus_path, sim):
        pc.console.wait_for(r"storm still" if mode == "still" else r"storm round", limit=600)
        before = len(heard())  # what was measured until now had the guest's start beside it
        wait_for(lambda: len([r for r in heard()[before:] if r[0] in KINDS]) >= wanted, 600, "two rounds of interrupts")
        stormed = pc.console.text.count("storm round")
        assert not re.search("PANIC|parked", pc.console.text), pc.console.text[-2000:]
    found = [r for r in heard()[before:] if r[0] in KINDS][len(KINDS) * WARM_UP:wanted]
    return {kind: (min(int(r[2]) for r in found if r[0] == kind), max(int(r[3]) for r in found if r[0] == kind)) for kind in KINDS}, stormed


@pytest.mark.absent(QEMU, "its CPUs take turns, so the other's load is not seen")
@pytest.mark.parametrize("name", MACHINES)
def test_interrupt_to_task_beside_a_storm(name, report, tmp_path):
    workers.make("build/bochs/bochs")
    alone, _ = rounds(name, "still", str(tmp_path))
    loaded, stormed = rounds(name, "storm", str(tmp_path))
    assert stormed >= 2
    for kind in KINDS:
        report.add(f"rtos.{name}.{kind}-to-task.max", loaded[kind][1], f"ticks (from {loaded[kind][0]})", peer=alone[kind][1])
        ratio = round(loaded[kind][1] / alone[kind][1], 3)
        assert report.worst("rtos.irq-to-task-loaded-ratio", ratio, "", bound=RATIO), (kind, alone, loaded)
