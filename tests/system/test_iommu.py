# SPDX-License-Identifier: BSD-3-Clause
"""A device of the service VM that is told to write to memory of others, and to read it: the IOMMU has the last word.

The negative control is the same attack on the same machine without an IOMMU: there it gets through.
"""
import os
import re
import subprocess
import tempfile

import pytest

from conftest import log_folder
from nuc import Nuc, NucConfig

pytestmark = pytest.mark.campaign("iommu")

# Of scenarios/test-isolation.dts. Written: the middle of each, where nobody works; read: where there is something.
WRITE = {"hypervisor": 0x41F00000, "cluster": 0x4BF00000, "window": 0x45C00000}
READ = {"hypervisor": 0x40001000, "cluster": 0x48101000, "window": 0x44200000}
PATTERN = bytes([0xA5]) * 32  # what the device is told to write


def list_of(places):
    return ",".join(map(hex, places.values()))


def build_disk(folder):
    subprocess.run(["make", "-s", "build/tests/guests/dma/initrd"], check=True)
    with open("scenarios/test-isolation.dts", encoding="utf-8") as f:
        text = f.read()
    text, count = re.subn(r'(cmdline = "console=[^"]*)"', rf'\1 dma_write={list_of(WRITE)} dma_read={list_of(READ)}"', text)
    assert count == 1
    plan, scenario, loader, disk = (str(folder / n) for n in ("plan.dts", "scenario.bin", "BOOTX64.EFI", "esp.img"))
    with open(plan, "w", encoding="utf-8") as f:
        f.write(text)
    subprocess.run(["build/tools/scenario/bn-scenario", "compile", plan, scenario], check=True)
    files = [f"scenario.bin={scenario}", "hypervisor.bin=build/hypervisor/hypervisor.bin", "bzImage=build/kernel/bzImage",
             "initrd=build/tests/guests/dma/initrd", "cluster.elf=build/guests/cluster/cluster.elf"]
    subprocess.run(["cp", "build/hypervisor/boot/BOOTX64.EFI", loader], check=True)
    subprocess.run(["build/tools/scenario/bn-sums", loader, *files], check=True)
    subprocess.run(["tools/esp", disk, loader, *files], check=True)
    return disk


def memory(nuc, address, size):
    with tempfile.NamedTemporaryFile(dir=nuc.work) as f:
        nuc.qmp.command("pmemsave", val=address, size=size, filename=f.name)
        return f.read()


def attack(name, disk, logs, iommu):
    """({"write cluster": got through?, ...}, console text)."""
    config = NucConfig(disk=disk, cpus=3, memory_mib=2048, gpu="none", iommu=iommu, sound=False, usb=False, net=False,
                       sd_card_mib=0, extra=["-device", "VGA,vgamem_mb=32", "-device", "edu,dma_mask=0xffffffffffffffff"])
    through = {}
    with Nuc(name, config, os.path.join(logs, name)) as nuc:
        nuc.console.wait_for("dma: end|PANIC", limit=300)
        text = nuc.console.text
        for what, address in WRITE.items():
            through[f"write {what}"] = memory(nuc, address, 32) == PATTERN
        for what, address in READ.items():
            there, brought = memory(nuc, address, 32), re.search(rf"dma: {address:x} gave (\w+)", text).group(1)
            assert any(there), f"nothing to be read at {address:#x}"
            through[f"read {what}"] = bytes.fromhex(brought) == there
    assert "dma: own memory works" in text
    return through, text


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    return build_disk(tmp_path_factory.mktemp("dma"))


def test_dma_attacks_are_stopped(request, disk, report):
    through, text = attack("with", disk, log_folder(request.node), True)
    assert "IOMMU: 1 of VT-d" in text
    for way, places in (("write", WRITE), ("read", READ)):
        for what, address in places.items():
            assert re.search(rf"\[service\] denied: device \S+, {way} of {address:x} \(IOMMU", text), f"{way} of {what}"
    assert report.add("dma-attacks.got-through", sum(through.values()), f"of {len(through)}", bound=0), through


def test_negative_control(request, disk, report):
    """Without an IOMMU the hypervisor says what is lost, and the attacks get through."""
    through, text = attack("without", disk, log_folder(request.node), False)
    assert "IOMMU: none" in text
    assert report.add("dma-attacks.control", sum(through.values()), f"of {len(through)}", ok=all(through.values())), through
