# SPDX-License-Identifier: BSD-3-Clause
"""A processor that cannot carry VMs: the loaders say what is missing and what to do, and start nobody."""
import subprocess

import pytest

import workers
from espimage import make_esp
from machines import MACHINES, QEMU
from nuc import NucConfig
from nuc.bochs import Bochs

BENCH = "build/tests/guests/bench/bench.elf"
NEITHER = ("this processor offers neither VMX nor SVM",
           "switch virtualisation (VT-x, SVM) on in the firmware's setup, or use another processor")
NESTED = ("this processor has no nested paging (EPT or NPT)", "use another processor")
REAL_MODE = ("this processor cannot run guests in real mode (unrestricted guest)", "use another processor")
XSAVE = ("this processor has no XSAVE", "use another processor")


def check(text, lacks):
    for missing, remedy in lacks:
        assert f"loader: ERROR: machine: {missing}\nloader:     remedy: {remedy}\n" in text
    assert text.count("ERROR: ") == len(lacks) + 1  # and the last word: what follows is not told
    assert "Binnacle hypervisor" not in text


@pytest.mark.machine(QEMU, "older processors there: no_virtualisation.older_processors")
@pytest.mark.parametrize("model, lacks", [("max,-svm", NEITHER), ("max,-vgif,-npt", NESTED), ("max,-vgif,-xsave", XSAVE)])
def test_processor_without(machine, tmp_path, model, lacks):
    disk = make_esp(tmp_path, "bench", {"bench.elf": BENCH})
    nuc = machine(NucConfig.counted(disk, memory_mib=512, cpu_model=model, icount=None, one_by_one=False))
    nuc.console.wait_for("Binnacle does not start. Press a key", limit=60)
    check(nuc.console.text, [lacks])


@pytest.fixture(scope="module")
def cd(tmp_path_factory):
    """GRUB, the Multiboot2 loader, a scenario of one CPU."""
    folder = tmp_path_factory.mktemp("cd")
    iso, plan = str(folder / "bench.iso"), str(folder / "scenario.bin")
    workers.make("build/bochs/bochs")
    subprocess.run(["build/tools/scenario/bn-scenario", "compile", "scenarios/bench.dts", plan], check=True)
    subprocess.run(["tools/mkgrub", iso, "build/hypervisor/multiboot2/loader.elf", f"scenario.bin={plan}",
                    "hypervisor.bin=build/hypervisor/hypervisor.bin", f"bench.elf={BENCH}"], check=True)
    return iso


OLDER = {  # of the vendor of each machine, as Bochs has them
    "bochs-svm-nrips": {"athlon64_clawhammer": [NEITHER], "turion64_tyler": [NESTED, XSAVE], "phenom_8650_toliman": [XSAVE]},
    "bochs-vmx": {"p4_prescott_celeron_336": [NEITHER], "core2_penryn_t9600": [NESTED, REAL_MODE]},
    "bochs-vmx-minimum": {"corei5_lynnfield_750": [REAL_MODE, XSAVE], "corei5_arrandale_m520": [XSAVE]},
}


@pytest.mark.absent("qemu", "there single features are left out: no_virtualisation.processor_without")
@pytest.mark.parametrize("name", MACHINES)
def test_older_processors(name, cd):
    for model, lacks in OLDER[name].items():
        with Bochs(model, cd, f"build/logs/older-{model}", cpus=1, memory=512) as pc:
            pc.console.wait_for("Binnacle does not start|bench done|PANIC", limit=60)
            check(pc.console.text, lacks)
