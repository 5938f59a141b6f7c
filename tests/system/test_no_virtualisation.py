# SPDX-License-Identifier: BSD-3-Clause
"""A processor that cannot carry VMs: the hypervisor says what is missing and what to do, and starts nobody."""
import pytest

from espimage import make_esp
from nuc import NucConfig


@pytest.mark.parametrize("model, missing, remedy", [
    ("max,-svm", "virtualisation: this processor offers no SVM",
     "no virtualisation that can be used: switch it on in the firmware's setup, or use another processor"),
    ("max,-vgif,-npt", "SVM: this processor has no nested paging (NPT); use another one",
     "CPU 0: virtualisation cannot be switched on, see above"),
])
def test_processor_without(machine, tmp_path, model, missing, remedy):
    disk = make_esp(tmp_path, "bench", {"bench.elf": "build/tests/guests/bench/bench.elf"})
    nuc = machine(NucConfig.counted(disk, memory_mib=512, cpu_model=model, icount=None, one_by_one=False))
    nuc.console.wait_for("cannot be switched on|no virtualisation that can be used", limit=60)
    nuc.console.wait_for("\n")
    assert missing in nuc.console.text and remedy in nuc.console.text
    assert "starts on CPU" not in nuc.console.text and "bench" not in nuc.console.text.split(missing)[1]
