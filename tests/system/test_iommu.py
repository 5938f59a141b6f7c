# SPDX-License-Identifier: BSD-3-Clause
"""A device of the service VM that is told to write to memory of others, to read it, and to interrupt others' CPUs: the IOMMU has
the last word.

The negative control is the same attack on the same machine without an IOMMU: there it gets through.
"""
import os
import re
import subprocess
import tempfile

import pytest

import workers
from cockpit import LIMIT, Cockpit
from conftest import log_folder
from machines import QEMU
from nuc import Nuc, NucConfig

pytestmark = [pytest.mark.campaign("iommu"), pytest.mark.machine(QEMU, "Bochs has no IOMMU")]

# Of scenarios/test-isolation.dts. Written: the middle of each, where nobody works; read: where there is something.
WRITE = {"hypervisor": 0x41F00000, "cluster": 0x4BF00000, "window": 0x45C00000}
READ = {"hypervisor": 0x40001000, "cluster": 0x48101000, "window": 0x44200000}
# Address and data of messages to the cluster's CPU, with a vector that it takes for a fault: as processors understand it, and in
# the format that VT-d remaps, with an entry that nobody made. QEMU's VT-d lets the first pass whoever remaps (docs/vnuc.md).
PLAIN, REMAPPABLE = (0xFEE02000, 0x7B), (0xFEE00010 | 0x700 << 5, 0x7B)
LATEST = 0x44400000 + 64 + 32  # number of the last frame that the cluster drew
PATTERN = bytes([0xA5]) * 32  # what the device is told to write
GOT_THROUGH = {}  # by IOMMU


def list_of(places):
    return ",".join(map(hex, places.values()))


def build_disk(folder, messages):
    workers.make("build/tests/guests/dma/initrd")
    with open("scenarios/test-isolation.dts", encoding="utf-8") as f:
        text = f.read()
    text, count = re.subn(r'(cmdline = "console=[^"]*)"', rf'\1 dma_write={list_of(WRITE)} dma_read={list_of(READ)} '
                         rf'dma_message={",".join(map(hex, sum(messages, ())))}"', text)
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


def latest(nuc):
    return int.from_bytes(memory(nuc, LATEST, 4), "little")


def lives(nuc):
    """Does the cluster's first life go on? One that met an interrupt it does not know has drawn its last frame; the watchdog sees
    that within half a second, and a second life draws too."""
    nuc.console.wait_for("dma: alive")  # once a second
    first = latest(nuc)
    nuc.console.wait_for(r"dma: alive[\s\S]*dma: alive")
    return latest(nuc) > first and not re.search(r"\[cluster\] (?:watchdog|ended|started again)", nuc.console.text)


def attack(name, folder, logs, iommu, messages):
    """({"write cluster": got through?, ...}, console text)."""
    disk = build_disk(folder, messages)
    config = NucConfig(disk=disk, cpus=3, memory_mib=2048, gpu="none", iommu=iommu, sound=False, usb=False, net=False,
                       sd_card_mib=0, own_time=True, extra=["-device", "VGA,vgamem_mb=32", "-device", "edu,dma_mask=0xffffffffffffffff"])
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
        through["interrupt"] = not lives(nuc)
        text = nuc.console.text
    assert "dma: own memory works" in text
    for address, data in messages:  # its own interrupts go where the hypervisor says
        assert f"dma: message {data:x} to {address:x}" in text
        assert re.search(rf"\[service\] denied: PCI 00:\S+, message {data:x} to 0:{address:x}", text)
    return through, text


def test_vtd_stops_attacks(request, tmp_path, report):
    through, text = attack("vtd", tmp_path, log_folder(request.node), "vtd", [REMAPPABLE])
    assert "IOMMU: 1 of VT-d" in text and "interrupts are remapped" in text
    for way, places in (("write", WRITE), ("read", READ)):
        for what, address in places.items():
            assert re.search(rf"\[service\] denied: device \S+, {way} of {address:x} \(IOMMU", text), f"{way} of {what}"
    assert re.search(r"\[service\] denied: device \S+, interrupt 700 \(IOMMU, reason 22\)", text)
    sums(report, "vtd", through)


def test_amd_stops_attacks(request, tmp_path, report):
    """This QEMU's AMD-Vi never writes an event (docs/vnuc.md): that it stopped something is seen by what did not happen."""
    through, text = attack("amd", tmp_path, log_folder(request.node), "amd", [PLAIN, REMAPPABLE])
    assert "IOMMU: 1 of AMD-Vi" in text and "interrupts are remapped" in text
    sums(report, "amd", through)


def test_amd_stops_attacks_and_says_so(request, tmp_path, report):
    """A newer QEMU writes events, and the hypervisor's log has them; they name the device, but not what it wanted (docs/vnuc.md)."""
    through, text = attack("amd-events", tmp_path, log_folder(request.node), "amd-events", [PLAIN, REMAPPABLE])
    assert "IOMMU: 1 of AMD-Vi" in text and "interrupts are remapped" in text
    edu = re.search(r"dma: device \w+:(\S+)", text)[1]
    told = len(re.findall(rf"\[service\] denied: device {edu}, .* \(IOMMU, reason 2\)", text))
    attempts = len(WRITE) + len(READ)
    assert report.add("dma-attacks.amd-events.logged", told, "lines", ok=told >= attempts)
    sums(report, "amd-events", through)


def sums(report, name, through):
    """The row of one IOMMU, and the one of all that have been looked at."""
    GOT_THROUGH[name] = through
    assert report.add(f"dma-attacks.{name}.got-through", sum(through.values()), f"of {len(through)}", bound=0), through
    everything = [value for each in GOT_THROUGH.values() for value in each.values()]
    assert report.add("dma-attacks.got-through", sum(everything), f"of {len(everything)}", bound=0)


def test_negative_control(request, tmp_path, report):
    """Without an IOMMU the hypervisor says what is lost, and the attacks get through."""
    through, text = attack("without", tmp_path, log_folder(request.node), None, [PLAIN])
    assert "IOMMU: none" in text
    vector = PLAIN[1]
    in_service = f"APIC left with vectors {vector & ~31:x} to {vector | 31:x} in service {1 << vector % 32:x},"
    assert in_service in text, "it was another thing that ended the cluster"
    assert report.add("dma-attacks.control", sum(through.values()), f"of {len(through)}", ok=all(through.values())), through


def test_cockpit_behind_amd(request, tmp_path):
    """As test_cockpit.py has it behind VT-d: to the IVI's home screen, the cluster drawing all the time."""
    with Cockpit(tmp_path, log_folder(request.node), iommu="amd") as cockpit:
        cockpit.nuc.console.wait_for("display: ready", limit=LIMIT)
        cockpit.at_home()
        first = cockpit.frames()[0]
        cockpit.run("usleep 500000")
        assert cockpit.frames()[0] > first
        assert not cockpit.behind_iommu("AMD-Vi")
        assert cockpit.status()["shown"] > 0
