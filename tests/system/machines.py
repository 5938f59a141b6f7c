# SPDX-License-Identifier: BSD-3-Clause
"""The machines that one hypervisor image runs on, and the matrix of what was tested where.

A test that has the name of a machine for a parameter is in the matrix. So is one marked machine("qemu-svm", "why no other");
absent("bochs", "why") takes the machines whose names begin so away from a test with parameters.
"""
from dataclasses import dataclass

from nuc import Nuc, NucConfig
from nuc.bochs import Bochs

SIZE = (1024, 768)


@dataclass(frozen=True)
class Machine:
    model: str | None  # of Bochs; None: QEMU
    backend: str       # that must be chosen
    vendor: str        # of the processor
    features: str      # what the loader finds in it


MACHINES = {
    "qemu-svm": Machine(None, "SVM", "AuthenticAMD", "SVM, XSAVE, 1 GiB pages, NPT"),
    "bochs-svm-nrips": Machine("ryzen", "SVM", "AuthenticAMD",
                               "SVM, invariant TSC, XSAVE, XSAVES, 1 GiB pages, NPT, NRIPS, flush by ASID"),
    "bochs-vmx": Machine("corei7_skylake_x", "VMX", "GenuineIntel",
                         "VMX, x2APIC, TSC deadline, invariant TSC, XSAVE, XSAVES, 1 GiB pages, EPT, EPT of 1 GiB, "
                         "unrestricted guest, VPID, APIC registers, interrupt delivery, x2APIC virtualisation, posted interrupts, preemption timer"),
    "bochs-vmx-minimum": Machine("corei7_ivy_bridge_3770k", "VMX", "GenuineIntel",
                                 "VMX, x2APIC, TSC deadline, invariant TSC, XSAVE, EPT, unrestricted guest, VPID, "
                                 "x2APIC virtualisation, preemption timer"),
}
QEMU = "qemu-svm"
MODELS = {m.model for m in MACHINES.values()}


def start(name, iso, log_dir, cpus=2, memory=1024, bus=False, quantum=16):
    """The machine of that name, booted from a CD by its BIOS; .bus_path where bus is asked for; quantum: Bochs's."""
    model = MACHINES[name].model
    if model:
        return Bochs(model, iso, log_dir, cpus, memory, bus, quantum)
    return Nuc(name, NucConfig(disk=None, cdrom=iso, cpus=cpus, memory_mib=memory, iommu=None, gpu="std", screens=(SIZE,),
                               max_outputs=1, sound=False, usb=False, net=False, sd_card_mib=0), log_dir)


class Matrix:
    """What became of each test on each machine: {test: {machine: "passed", "failed" or "-: why it cannot be there"}}."""

    def __init__(self):
        self.cells = {}

    @staticmethod
    def place(item):
        """(test, machine) of an item of pytest, machine None if it runs on none of ours."""
        params = [p for p in item.callspec.params.values() if isinstance(p, str)] if hasattr(item, "callspec") else []
        test = f"{item.path.stem.removeprefix('test_')}.{item.originalname.removeprefix('test_')}"
        if mark := item.get_closest_marker("machine"):
            return test, mark.args[0]
        there = [p for p in params if p in MACHINES]
        kind = [p for p in params if there and p not in MACHINES and p not in MODELS]
        return test + (f" ({', '.join(kind)})" if kind else ""), there[0] if there else None

    def plan(self, items):
        """Takes out of items what cannot be on its machine and notes why; returns what was taken."""
        out = []
        for item in items:
            test, machine = self.place(item)
            mark = item.get_closest_marker("machine")
            if mark:
                for other in MACHINES.keys() - {machine}:
                    self.cells.setdefault(test, {})[other] = f"-: {mark.args[1]}"
            for absent in item.iter_markers("absent"):
                names = [name for name in MACHINES if name.startswith(absent.args[0])]
                self.cells.setdefault(test, {}).update(dict.fromkeys(names, f"-: {absent.args[1]}"))
                if machine in names:
                    out.append(item)
        return out

    def note(self, item, passed):
        """A part of a test has ended; what failed once stays so."""
        test, machine = self.place(item)
        row = self.cells.setdefault(test, {}) if machine else {}
        if machine and row.get(machine) != "failed":
            row[machine] = "passed" if passed else "failed"

    def merge(self, cells):
        """Takes over what another worker found."""
        for test, row in cells.items():
            self.cells.setdefault(test, {}).update(row)

    def count(self, machine, what):
        return sum(row.get(machine, "").startswith(what) for row in self.cells.values())

    def ran(self):
        return any(state in ("passed", "failed") for row in self.cells.values() for state in row.values())

    def table(self):
        """One line a test; the reasons are numbered below."""
        reasons = sorted({s for row in self.cells.values() for s in row.values() if s.startswith("-")})
        width = max(map(len, self.cells))
        lines = [" " * width + "  " + "  ".join(MACHINES)]
        for test, row in sorted(self.cells.items()):
            said = [row.get(m, "not run") for m in MACHINES]
            said = [f"- ({reasons.index(s) + 1})" if s in reasons else s for s in said]
            lines.append(test.ljust(width) + "  " + "  ".join(s.ljust(len(m)) for s, m in zip(said, MACHINES)))
        return "\n".join(lines + [f"({n}) not on this machine: {r[3:]}" for n, r in enumerate(reasons, 1)])
