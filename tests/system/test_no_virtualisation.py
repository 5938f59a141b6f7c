# SPDX-License-Identifier: BSD-3-Clause
"""A processor that cannot carry VMs: the loader says what is missing and what to do, and starts nobody."""
import pytest

from espimage import make_esp
from nuc import NucConfig


@pytest.mark.parametrize("model, missing, remedy", [
    ("max,-svm", "machine: this processor offers neither VMX nor SVM",
     "switch virtualisation (VT-x, SVM) on in the firmware's setup, or use another processor"),
    ("max,-vgif,-npt", "machine: this processor has no nested paging (EPT or NPT)", "use another processor"),
])
def test_processor_without(machine, tmp_path, model, missing, remedy):
    disk = make_esp(tmp_path, "bench", {"bench.elf": "build/tests/guests/bench/bench.elf"})
    nuc = machine(NucConfig.counted(disk, memory_mib=512, cpu_model=model, icount=None, one_by_one=False))
    nuc.console.wait_for("Binnacle does not start. Press a key", limit=60)
    assert f"loader: ERROR: {missing}\nloader:     remedy: {remedy}\n" in nuc.console.text
    assert nuc.console.text.count("ERROR: ") == 2  # and the last word: what follows is not told
    assert "Binnacle hypervisor" not in nuc.console.text
