# SPDX-License-Identifier: BSD-3-Clause
"""How large the hypervisor is: what an assessor has to read, and what lies in memory."""
import json
import re
import subprocess

import pytest

pytestmark = pytest.mark.campaign("bench")

LINES = 14000
IMAGE_BYTES = 2 << 20


def test_lines(report):
    """Lines of code of hypervisor/, both loaders included, with both vendors' back ends and both IOMMUs."""
    answer = subprocess.run(["cloc", "--quiet", "--json", "--include-lang=C,C/C++ Header,Assembly", "hypervisor"], check=True,
                            capture_output=True, text=True)
    assert report.add("size.lines", json.loads(answer.stdout)["SUM"]["code"], "lines", LINES)


def test_image(report):
    """Loaded image and static data: the memory of its loadable segments."""
    text = subprocess.run(["readelf", "-lW", "build/hypervisor/hypervisor.elf"], check=True, capture_output=True, text=True).stdout
    sizes = [int(m, 16) for m in re.findall(r"^\s+LOAD(?:\s+0x[0-9a-f]+){4}\s+0x([0-9a-f]+)", text, re.MULTILINE)]
    assert sizes
    assert report.add("size.image-bytes", sum(sizes), "bytes", IMAGE_BYTES)
