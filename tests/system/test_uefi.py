# SPDX-License-Identifier: BSD-3-Clause
"""A guest with firmware of its own: Debian's OVMF starts an EFI program from a disk, over HSM, in a small service VM."""
import re
import subprocess

import pytest

from conftest import log_folder
from machines import QEMU, start

pytestmark = [pytest.mark.campaign("matrix"), pytest.mark.machine(QEMU, "OVMF has nothing that a back end of the hypervisor does not see of Linux")]

ISO = "build/tests/guests/uefi/uefi.iso"
MEMORY_MIB = 96  # of the guest
TABLES = {"FACP", "APIC", "MCFG"}


def test_ovmf_starts_a_program_from_a_disk(request):
    subprocess.run(["make", "-s", ISO], check=True)
    with start(QEMU, ISO, log_folder(request.node)) as pc:
        pc.console.wait_for("uefi: end|PANIC|parked", limit=600)
        text = pc.console.text.replace("\r", "")
    assert "uefi: hello under Debian distribution of EDK II" in text
    memory = re.search(r"uefi: (\d+) MiB for the system", text)
    assert memory and MEMORY_MIB / 2 < int(memory[1]) <= MEMORY_MIB
    tables = dict(re.findall(r"uefi: table (\w{4}), \d+ bytes, sum (\d+)", text))
    assert TABLES <= tables.keys() and set(tables.values()) == {"0"} and "uefi: root sum 0" in text
    assert re.search(r"uefi: it is the year 2\d\d\d", text)
    assert "END reason=power-off action=stop" in text and "uefi: device model ended, status 0" in text
    assert not re.search("PANIC|parked", text)
