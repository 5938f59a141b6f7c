# SPDX-License-Identifier: BSD-3-Clause
"""The RTOS kernel on a bare emulated PC: what its self-test image says on COM1."""
import os
import subprocess

import pytest

from clustervm import TOP

SELFTEST = os.path.join(TOP, "build", "guests", "rtos", "selftest.elf")


def run(tmp_path, case, until):
    """COM1's text when one of the words of `until` has come; the image never ends by itself."""
    argv = ["qemu-system-i386", "-kernel", SELFTEST, "-append", case, "-cpu", "max", "-m", "64", "-nodefaults",
            "-vga", "none", "-display", "none", "-icount", "shift=0,sleep=off", "-no-reboot", "-serial", "stdio"]
    with open(tmp_path / "qemu.txt", "w", encoding="utf-8") as log:
        process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
    text = ""
    try:
        while not any(word in text for word in until):
            line = process.stdout.readline()
            assert line, f"the emulator ended: {text}"
            text += line.decode("ascii", "replace")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    return text


def test_kernel(tmp_path):
    text = run(tmp_path, "run", ["selftest: end", "panic"])
    assert "WRONG" not in text and "panic" not in text
    for part in ("order", "alarms", "sse"):
        assert f"selftest: {part} ok" in text


@pytest.mark.parametrize("case, words", [
    ("overflow", ["vector 14", "error 0x2", "in task MainTask"]),  # not present, write: the guard page
    ("sink", ["double fault", "in task MainTask"]),
    ("write-text", ["vector 14", "error 0x3"]),   # present, write
    ("exec-data", ["vector 14", "error 0x11"]),   # present, instruction fetch
    ("null", ["vector 14", "error 0x0", "cr2 0x0"]),
    ("assert", ["assertion failed: order_used > 1000", "selftest.c:"]),
])
def test_faults_are_told(tmp_path, case, words):
    text = run(tmp_path, case, ["cr2 ", "selftest.c:", "selftest: end"])
    assert "rtos panic: " in text and "selftest: end" not in text
    for word in words:
        assert word in text, text
