# SPDX-License-Identifier: BSD-3-Clause
"""A network card of the machine that goes to a VM over HSM and comes back, by the scenario (01:00.0) or by the device model's command
line: it works there with MSI-X, confined by the IOMMU, and nothing of one owner is left for the next.
"""
import re

import pytest

import workers
from conftest import log_folder
from machines import QEMU
from nuc import Nuc, NucConfig

pytestmark = [pytest.mark.campaign("iommu"), pytest.mark.machine(QEMU, "Bochs has no IOMMU, and no card with MSI-X")]

ISO = "build/tests/guests/passthrough/passthrough.iso"
# An igb (it has FLR), alone behind a root port. To QEMU's AMD-Vi everything behind a bridge is function 00:00.0 and up (it takes
# the bus number before the firmware has given one, docs/vnuc.md): there the card is on the root bus.
BEHIND_PORT = ["-device", "pcie-root-port,id=rp,slot=1,chassis=1", "-device", "igb,bus=rp,netdev=card"]
CARDS = {"vtd": ("01:00.0", BEHIND_PORT), "amd": ("00:08.0", ["-device", "igb,addr=8,netdev=card"]), None: ("01:00.0", BEHIND_PORT)}
# Two functions in one slot that nobody may separate.
PAIR = ["-device", "edu,addr=9.0,multifunction=on", "-device", "edu,addr=9.1"]
OWN, CHANGED = "52:54:00:12:34:56", "02:00:00:00:00:77"


def play(request, name, iommu):
    workers.make(ISO)
    config = NucConfig(disk=None, cdrom=ISO, cpus=2, memory_mib=1024, gpu="std", screens=((1024, 768),), max_outputs=1, iommu=iommu,
                       sound=False, usb=False, net=False, sd_card_mib=0, extra=["-netdev", "user,id=card", *CARDS[iommu][1], *PAIR])
    with Nuc(name, config, f"{log_folder(request.node)}/{name}") as nuc:
        nuc.console.wait_for("pass: end|PANIC|parked", limit=600)
        return nuc.console.text


@pytest.mark.parametrize("iommu", ["vtd", "amd"])
def test_card_works_in_a_guest_and_is_reset_between_owners(request, report, iommu):
    text, card = play(request, f"passed-{iommu}", iommu), CARDS[iommu][0]
    lives = re.findall(r"pass: life \d\n([\s\S]*?)pass: the service VM has it back, (\S+)", text)
    assert len(lives) == 2 and f"pass: the card is {card}, {OWN}" in text
    for said, address in lives:
        assert "pass: device model ended, status 0" in said
        assert f"pass: the guest has {OWN}" in said and f"pass: then {CHANGED}" in said
        assert "5 packets transmitted, 5 packets received" in said
        interrupts = re.findall(r"(\d+) +PCI-MSIX-\S+ +\S+ +eth0\S*", said)
        assert report.add(f"passthrough.{iommu}.interrupts", sum(map(int, interrupts)), "", ok=sum(map(int, interrupts)) >= 5), said
        assert address == OWN
    assert report.add(f"passthrough.{iommu}.reset-between-owners", sum(a == OWN for _, a in lives), f"of {len(lives)}", ok=True)
    assert text.count(f"PCI {card} is its own from here on") == text.count(f"PCI {card} goes back to the service VM") == 2
    assert "PCI 00:1f.0 is not passed: it is a bridge" in text
    assert "PCI 00:09.0 (unnamed) cannot be separated from 00:09.1 (unnamed), which is service's" in text
    assert "PCI 00:09.0 is not passed: it cannot be separated from another function" in text


def test_without_iommu_nothing_is_passed(request):
    text = play(request, "not-passed", iommu=None)
    assert text.count("PCI 01:00.0 is not passed: no IOMMU confines it") == 2
    assert text.count(f"pass: the service VM has it back, {OWN}") == 2 and "pass: the guest has" not in text
