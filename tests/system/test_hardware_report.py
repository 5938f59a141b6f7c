# SPDX-License-Identifier: BSD-3-Clause
"""The loader's hardware report under OVMF and under GRUB: each line against what the emulator was told; each thing that is
taken away is named, or what is lost without it; and the way to the recovery scenario."""
import os
import re
import subprocess

import pytest

from machines import QEMU
from nuc import NucConfig
from test_boot_loader import Esp, boot, esp, handed_over  # noqa: F401 (fixtures)

pytestmark = pytest.mark.machine(QEMU, "Bochs has no UEFI; the reports of its machines: matrix.machine")

CPU = "max,-vgif"
FEATURES = {"SVM", "x2APIC", "XSAVE", "1 GiB pages", "NPT"}  # what TCG has of those that are told, each a word of -cpu
RECOVERY = "scenarios/nuc-recovery.dts"


@pytest.fixture
def stick(esp):  # noqa: F811
    """The small image, with a scenario that wants the report."""
    esp.replace("console = <0x3f8>;", "console = <0x3f8>;\n\thardware-report;")
    return esp


def add_recovery(stick):
    path = stick.path("recovery.bin")
    subprocess.run(["build/tools/scenario/bn-scenario", "compile", RECOVERY, path], check=True)
    stick.files["recovery.bin"] = path


def said(nuc):
    """Lines of the report, as the UART has them."""
    lines = re.findall(r"^loader: (.*)$", nuc.console.text, re.MULTILINE)
    return lines[next(i for i, line in enumerate(lines) if line.startswith("processor: ")):]


def saved(disk):
    return subprocess.run(["mtype", "-i", disk, "::/binnacle/REPORT.TXT"], check=True, capture_output=True, text=True).stdout


def features(lines, what):
    return set(next(line for line in lines if line.startswith(f"processor {what}: ")).split(": ")[1].split(", "))


def ends(nuc):
    nuc.console.wait_for("payload: .*end|Binnacle does not start", limit=60)
    return said(nuc)


@pytest.mark.parametrize("machine_is, model, lacks, lines", [
    ({"cpus": 4, "memory_mib": 6144, "iommu": "vtd", "gpu": "std"}, "", set(),
     ["CPUs: 4", "IOMMU: VT-d at 0xfed90000", "HPET: at 0xfed00000, not used", r"graphics: 00:0\d.0 is 1234:1111",
      r"display: 1280x800, framebuffer at 0x[89a-f]\w{7}", "UART: port 0x2f8", "UART: port 0x3f8", "needed: yes: machine: IOMMU",
      "needed: yes: machine: display with a linear framebuffer"]),
    ({"cpus": 4, "memory_mib": 7168, "iommu": "amd"}, "", set(),
     ["IOMMU: AMD-Vi at 0xfed80000", "needed: yes: machine: IOMMU"]),
    ({"cpus": 5, "memory_mib": 8192, "extra": ["-machine", "hpet=off", "-device", "pci-serial,addr=0x1d"]}, ",-x2apic,-pdpe1gb",
     {"x2APIC", "1 GiB pages"},
     ["CPUs: 5", "HPET: none, none is needed", r"UART: 00:1d.0 is 1b36:0002, port 0x\w+", "display: none with a linear framebuffer",
      "needed: lost: machine: no IOMMU: .*", "needed: lost: machine: no display with a linear framebuffer: .*"]),
])
def test_report_is_right(stick, boot, machine_is, model, lacks, lines):  # noqa: F811
    nuc = boot(stick.build(), cpu_model=f"{CPU},model-id=One of the test's{model}", **machine_is)
    handed_over(nuc)
    told = said(nuc)
    assert told[0] == "processor: AuthenticAMD, One of the test's"
    assert features(told, "has") == FEATURES - lacks
    assert lacks <= features(told, "lacks") and "VMX" in features(told, "lacks")
    assert "ACPI PM timer: port 0x608" in told  # of the chipset: ICH9
    usable, low = map(int, re.search(r"^memory: (\d+) MiB usable, (\d+) of them below", "\n".join(told), re.MULTILINE).groups())
    assert machine_is["memory_mib"] - 24 <= usable <= machine_is["memory_mib"] and 2048 - 24 <= low <= 2048
    for line in lines:
        assert any(re.fullmatch(line, one) for one in told), line
    assert sum(line.startswith("IOMMU: ") for line in told) == ("iommu" in machine_is)
    for vm, cpu in (("cluster", 3), ("service", 0), ("service", 1), ("ivi", 1), ("ivi", 2)):
        assert f'needed: yes: VM "{vm}": CPU {cpu}' in told
    assert 'needed: yes: VM "cluster": 256 MiB at 0x48000000' in told
    assert any(re.fullmatch(r'needed: yes: VM "service": 5120 MiB of the \d+ MiB left', line) for line in told)
    assert 'needed: lost: device "sdhci": there is no such device at pci 0x80' in told
    assert "needed: lost: machine: the TSC is not invariant: time is wrong while the processor changes its frequency" in told
    assert not any("needed: NO" in line for line in told)


def test_report_is_on_the_stick(stick, boot):  # noqa: F811
    """What is said is what is kept; the next start finds it there and writes nothing."""
    disk = stick.build()
    nuc = boot(disk, disk_writable=True)
    handed_over(nuc)
    told = said(nuc)
    told = told[:told.index("scenario cockpit for 3 VMs on 4 CPUs")]
    nuc.reset()
    nuc.console.wait_for(r"from the first instruction[\s\S]*payload: .*end", limit=60)
    assert nuc.console.text.count("REPORT.TXT: written") == 1
    nuc.close()
    assert saved(disk).splitlines() == told and len(told) > 20


def test_write_protected_stick(stick, boot):  # noqa: F811
    disk = stick.build()
    nuc = boot(None, usb=True, extra=["-drive", f"if=none,id=stick,format=raw,readonly=on,file={disk}",
                                      "-device", "usb-storage,bus=xhci.0,drive=stick,bootindex=0"])
    handed_over(nuc)
    assert "WARNING: \\binnacle\\REPORT.TXT cannot be written: " in nuc.console.text


@pytest.mark.parametrize("changes, missing, remedy", [
    ({"cpu_model": "max,-svm"}, "machine: this processor offers neither VMX nor SVM", "switch virtualisation"),
    ({"cpu_model": "max,-vgif,-npt"}, "machine: this processor has no nested paging", "use another processor"),
    ({"iommu": None}, "machine: no IOMMU", "switch VT-d or AMD-Vi on in the firmware's setup"),
    ({"cpus": 2}, 'VM "cluster": there is no CPU 3, the machine has 2', "use CPUs 0 to"),
    ({"memory_mib": 2048}, 'VM "service": too little memory: it needs 5120 MiB', "add memory, or plan with less"),
])
def test_each_need_is_named(stick, boot, changes, missing, remedy):  # noqa: F811
    stick.replace("hardware-report;", "hardware-report;\n\tiommu-required;")
    told = ends(boot(stick.build(), **{"iommu": "vtd", **changes}))
    at = next(i for i, line in enumerate(told) if line.startswith(f"needed: NO: {missing}"))
    assert told[at + 1].startswith(f"    remedy: {remedy}")
    assert any(line.startswith(f"ERROR: {missing}") for line in told)
    assert told[-1].startswith("Binnacle does not start") or told[-2].startswith("Binnacle does not start")
    assert "ERROR: scenario.bin: it cannot be used on this machine" in told
    assert sum(line.startswith("needed: NO") for line in told) == sum(line.startswith("ERROR: ") for line in told) - 1


def test_no_acpi(stick, boot):  # noqa: F811
    nuc = boot(stick.build(), extra=["-machine", "acpi=off"])
    nuc.console.wait_for("Binnacle does not start", limit=60)
    assert "ERROR: scenario.bin: the firmware's ACPI tables cannot be used" in nuc.console.text


def test_report_by_multiboot2(stick, machine):
    """The same words from the other loader, which has no screen and no stick to write to."""
    stick.compile()
    iso = stick.path("x.iso")
    subprocess.run(["tools/mkgrub", iso, "build/hypervisor/multiboot2/loader.elf", *stick.items()], check=True)
    config = {"iommu": "vtd", "gpu": "std", "screens": ((1024, 768),), "max_outputs": 1, "sound": False, "usb": False, "net": False,
              "sd_card_mib": 0, "icount": None}
    told = ends(machine(NucConfig(disk=None, cdrom=iso, **config)))
    assert features(told, "has") == FEATURES and "CPUs: 4" in told and "IOMMU: VT-d at 0xfed90000" in told
    assert any(line.startswith("display: 1024x768") for line in told) and 'needed: yes: VM "cluster": CPU 3' in told


def booted(nuc):
    """Name of the scenario that is started."""
    nuc.console.wait_for("payload: .*end", limit=60)
    return re.findall(r"^loader: scenario (\S+) for", nuc.console.text, re.MULTILINE)[-1]


@pytest.mark.parametrize("key, plan", [("r", "nuc-recovery"), (" ", "cockpit"), (None, "cockpit")])
def test_recovery_by_a_key(stick, boot, key, plan):  # noqa: F811
    add_recovery(stick)
    nuc = boot(stick.build())
    nuc.console.wait_for("Press R within 3 s for recovery")
    if key:
        nuc.console.send(key)  # the firmware's console is the UART too
    assert booted(nuc) == plan


def test_recovery_by_the_keyboard(stick, boot):  # noqa: F811
    add_recovery(stick)
    nuc = boot(stick.build(), usb=True, gpu="std")
    nuc.console.wait_for("Press R within 3 s for recovery")
    nuc.key("r")
    assert booted(nuc) == "nuc-recovery"


@pytest.mark.parametrize("why", ["misfit", "damaged"])
def test_recovery_when_the_other_one_cannot_be_used(stick, boot, why):  # noqa: F811
    add_recovery(stick)
    stick.compile()
    stick.sums()
    if why == "damaged":
        stick.files["scenario.bin"] = stick.write("damaged", os.urandom(7072))
    nuc = boot(stick.image(), cpus=2)
    nuc.console.wait_for("Binnacle does not start. Press R for recovery, another key to restart")
    nuc.console.send("R")
    assert booted(nuc) == "nuc-recovery"


def test_no_way_back_from_recovery(stick, boot):  # noqa: F811
    """Where that one cannot be used either, a key restarts the machine."""
    add_recovery(stick)
    nuc = boot(stick.build(), cpus=1)
    nuc.console.wait_for("Press R for recovery, another key to restart")
    nuc.console.send("r")
    nuc.console.wait_for("Binnacle does not start. Press a key to restart")
    assert 'ERROR: VM "cluster": there is no CPU 1, the machine has 1' in nuc.console.text
    nuc.console.send("r")
    nuc.console.wait_for("from the first instruction")
