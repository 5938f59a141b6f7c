# SPDX-License-Identifier: BSD-3-Clause
"""What the GPU mediator costs, in instructions that callgrind counts: the same for every run."""
import re
import subprocess

import pytest

pytestmark = pytest.mark.campaign("bench")

DRAWS = (20, 200)


def relocated(draws):
    """Dwords of a frame of so many draws, and instructions of virgl_relocate() with all that it calls."""
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=virgl_relocate",
                           "build/tests/unit/gvt/relocate_frame", str(draws)], capture_output=True, text=True, check=True)
    return (int(re.search(r"^dwords (\d+)$", done.stdout, re.MULTILINE)[1]),
            int(re.search(r"Collected : (\d+)$", done.stderr, re.MULTILINE)[1]))


def test_relocator(report):
    """At most 5 instructions a dword, over frames that are modelled on recorded ones (tests/unit/gvt/frame.c)."""
    worst = 0
    for draws in DRAWS:
        dwords, instructions = relocated(draws)
        assert dwords > 30 * draws and instructions > dwords, "that was no frame"
        report.add(f"gpu.relocator-insn-per-frame.{draws}-draws", instructions, "insn")
        worst = max(worst, instructions / dwords)
    assert report.add("gpu.relocator-insn-per-dword", round(worst, 2), "insn", bound=5)
