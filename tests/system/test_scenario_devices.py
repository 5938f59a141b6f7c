# SPDX-License-Identifier: BSD-3-Clause
"""Functions of the machine that pre-launched VMs have by their scenario: the guest (`tests/guests/owner`) works with them, twice,
confined by the IOMMU; a scenario that divides an isolation group does not boot.
"""
import re
import tempfile
import time

import pytest

from conftest import log_folder
from espimage import make_esp
from machines import QEMU
from nuc import Nuc, NucConfig

pytestmark = [pytest.mark.campaign("iommu"), pytest.mark.machine(QEMU, "Bochs has no IOMMU")]

# Of scenarios/test-devices.dts, each VM: where its memory is, where its edu, what that is told to write to.
VMS = {"shared": (0x12000000, "00:09.0", 0x14800000), "direct": (0x14000000, "00:0a.0", 0x12800000)}
TEXT = 0x200000  # of the guest's, see owner.c
ADDRESS = "52:54:00:12:34:56"
EDU = "edu,dma_mask=0xffffffffffffffff"
MACHINE = ["-device", f"{EDU},addr=9", "-device", f"{EDU},addr=a", "-device", "pcie-root-port,id=rp,slot=1,chassis=1,addr=b",
           "-device", f"igb,bus=rp,mac={ADDRESS}"]


def memory(nuc, address, size):
    with tempfile.NamedTemporaryFile(dir=nuc.work) as f:
        nuc.qmp.command("pmemsave", val=address, size=size, filename=f.name)
        return f.read()


def second_life(nuc, base):
    """{"copied": [64], ...} when the guest has said all it says in its second life."""
    start = time.monotonic()
    while True:
        text = memory(nuc, base + TEXT, 4096).split(b"\0")[0].decode()
        if re.search(r"before 0000001[\s\S]*end", text):
            break
        assert time.monotonic() - start < 300, f"no second life: {text}\n{nuc.console.text}"
        time.sleep(0.1)
    said = {}
    for word, value in re.findall(r"^(\w+) ([0-9a-f]{8})$", text, re.MULTILINE):
        said.setdefault(word, []).append(int(value, 16))
    return said


def machine_with(disk, extra):
    return NucConfig(disk=disk, cpus=2, memory_mib=1024, gpu="none", iommu="vtd", sound=False, usb=False, net=False, sd_card_mib=0,
                     extra=extra)


def test_prelaunched_vms_have_functions(request, report, tmp_path):
    disk = make_esp(tmp_path, "test-devices", {"owner.elf": "build/tests/guests/owner/owner.elf"})
    with Nuc("devices", machine_with(disk, MACHINE), f"{log_folder(request.node)}/devices") as nuc:
        for name, (_, edu, target) in VMS.items():
            attack = rf"\[{name}\] denied: device {edu}, write of {target:x} \(IOMMU"
            nuc.console.wait_for(rf"{attack}[\s\S]*{attack}|PANIC|parked", limit=120, since=0)
        said = {name: second_life(nuc, base) for name, (base, _, _) in VMS.items()}
        hit = {name: any(memory(nuc, target, 64)) for name, (_, _, target) in VMS.items()}
        text = nuc.console.text
    for name, (_, edu, _) in VMS.items():
        assert text.count(f"[{name}] PCI {edu} is its own from here on") == 2, text
        assert f"[{name}] PCI {edu} has no reset: it keeps its state" in text
        assert said[name]["id"] == [0x010000ED] and said[name]["inverted"] == [0xEDCBA987]
        assert said[name]["copied"] == [64]
        assert report.add(f"scenario-devices.{name}.messages", said[name]["messages"][0], "", ok=said[name]["messages"] == [2])
    # Each sees its own functions, where they are on the machine, and no other.
    assert said["shared"]["function"] == [0x48, 0x100] and said["direct"]["function"] == [0x50]
    assert report.add("scenario-devices.dma-got-through", sum(hit.values()), f"of {len(hit)}", bound=0), hit
    # Its first life had changed the card, and read that back (11h); the second finds it as after power-on.
    assert said["shared"]["before"] == [0x11]
    assert said["shared"]["card"] == [int.from_bytes(bytes.fromhex(ADDRESS.replace(":", ""))[:4], "little")]


def test_divided_group_does_not_boot(request, tmp_path):
    """Two cards, each behind a port of its own, and the ports in one slot, without access control services."""
    disk = make_esp(tmp_path, "test-devices", {"owner.elf": "build/tests/guests/owner/owner.elf"})
    port = "pcie-root-port,disable-acs=on"
    extra = [*MACHINE[:4], "-device", f"{port},id=rp,slot=1,chassis=1,addr=b.0,multifunction=on", "-device", "igb,bus=rp",
             "-device", f"{port},id=rq,slot=2,chassis=2,addr=b.1", "-device", "e1000e,bus=rq"]
    with Nuc("divided", machine_with(disk, extra), f"{log_folder(request.node)}/divided") as nuc:
        nuc.console.wait_for("PANIC.*\n|starts on CPU", limit=120)
        text = nuc.console.text
    assert "PCI 01:00.0 (card) cannot be separated from 02:00.0 (unnamed), which is the hypervisor's" in text
    assert "the scenario gives card, 01:00.0, away" in text and "give both to one VM" in text
    assert "starts on CPU" not in text
