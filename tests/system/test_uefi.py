# SPDX-License-Identifier: BSD-3-Clause
"""A guest with firmware of its own, over HSM, in a small service VM: Debian's OVMF starts an EFI program from a disk, and that a Linux."""
import os
import re

import pytest

import workers
from machines import QEMU, start

pytestmark = [pytest.mark.campaign("matrix"),
              pytest.mark.machine(QEMU, "a minute more on each; it was seen to pass there")]

ISO = "build/tests/guests/uefi/uefi.iso"
MEMORY_MIB = {"program": 96, "linux": 160}
TABLES = {"FACP", "APIC", "MCFG"}


@pytest.fixture(scope="module")
def lives():
    """What the service VM says of each life of the guest, the guest's serial console among it."""
    workers.make(ISO)
    with start(QEMU, ISO, "build/logs/uefi") as pc:
        pc.console.wait_for("uefi: end|PANIC|parked", limit=600)
        text = pc.console.text.replace("\r", "")
    assert not re.search("PANIC|parked", text), text[-2000:]
    return dict(re.findall(r"uefi: life of (\w+)\n([\s\S]*?)(?=\S*uefi: (?:life of|end))", text))


@pytest.mark.parametrize("life", MEMORY_MIB)
def test_ovmf_starts_a_program_from_a_disk(lives, life):
    text = lives[life]
    assert "uefi: hello under Debian distribution of EDK II" in text
    memory = re.search(r"uefi: (\d+) MiB for the system", text)
    assert memory and MEMORY_MIB[life] - 4 < int(memory[1]) <= MEMORY_MIB[life]
    tables = dict(re.findall(r"uefi: table (\w{4}), \d+ bytes, sum (\d+)", text))
    assert tables.keys() == TABLES and set(tables.values()) == {"0"} and "uefi: root sum 0" in text
    assert re.search(r"uefi: it is the year 20\d\d", text)
    assert "END reason=power-off action=stop" in text and "uefi: device model ended, status 0" in text


def test_what_follows_the_program(lives):
    assert "uefi: off" in lives["program"] and "Linux" not in lives["program"]
    sectors = os.path.getsize("build/tests/guests/uefi/linux.img") // 512
    assert "uefi: starts Linux" in lives["linux"] and "uefi: off" not in lives["linux"]
    assert f"uefi: Linux is up by efi, with disk {sectors}" in lives["linux"]
