# SPDX-License-Identifier: BSD-3-Clause
"""The image for the USB stick of a NUC, the very file, in a machine that has no other disk."""
import os
import re
import subprocess
import time

import numpy as np
import pytest

import clusterpix
from cockpit import LIMIT, SHELL, TOP, Cockpit
from nuc import NucConfig
from test_cockpit import DOCK_HOME, MAP_TILE, accents, colours

STICK = "build/nuc/binnacle-nuc.img"


@pytest.fixture
def stick(tmp_path):
    """A copy, because it is written to."""
    path = str(tmp_path / "stick.img")
    subprocess.run(["cp", "--sparse=always", STICK, path], check=True)
    return path


def saved_report(disk):
    return subprocess.run(["mtype", "-i", f"{disk}@@1M", "::/BINNACLE/REPORT.TXT"], check=True, capture_output=True, text=True).stdout


def test_what_is_on_it():
    """GPT; the EFI system partition with the loader where firmware looks for it; both verified roots; the data partitions."""
    table = subprocess.run(["sgdisk", "-v", "-p", STICK], check=True, capture_output=True, text=True).stdout
    assert "No problems found" in table
    assert re.findall(r"^ +\d+ .* (EF00|8300) +(\S+)$", table, re.MULTILINE) == [
        ("EF00", "binnacle-esp"), ("8300", "binnacle-service"), ("8300", "binnacle-ivi"), ("8300", "binnacle-data"),
        ("8300", "binnacle-ividata")]
    files = subprocess.run(["mdir", "-b", "-/", "-i", f"{STICK}@@1M", "::/"], check=True, capture_output=True, text=True).stdout
    assert set(files.split()) == {"::/EFI/", "::/EFI/BOOT/", "::/EFI/BOOT/BOOTX64.EFI", "::/binnacle/"} | {
        f"::/binnacle/{name}" for name in ("bzImage", "initrd", "hypervisor.bin", "cluster.elf", "scenario.bin", "recovery.bin")}


def test_drivers_of_a_nuc():
    """What only a NUC has lies in the service VM's root as modules that are found by the device's number."""
    def alias(vendor, device, pci_class):
        return f"pci:v0000{vendor}d0000{device}sv00008086sd00000000bc{pci_class[:2]}sc{pci_class[2:]}i00"

    release = os.listdir("build/kernel/drivers/usr/lib/modules")[0]
    for name, modalias in (("i915", alias("8086", "3EA5", "0300")), ("igc", alias("8086", "15F3", "0200"))):
        found = subprocess.run(["modprobe", "-d", "build/kernel/drivers/usr", "-S", release, "-R", modalias], check=True,
                               capture_output=True, text=True).stdout
        assert found.split() == [name]
    with open("build/kernel/config", encoding="ascii") as f:
        config = f.read()
    for line in ("E1000E", "BLK_DEV_NVME", "USB_XHCI_HCD", "USB_STORAGE", "SND_HDA_INTEL", "FW_LOADER"):
        assert f"CONFIG_{line}=y\n" in config


def test_driver_is_loaded_for_what_was_there_at_boot(machine):
    """The device manager, as it starts, loads the module of a PCI function that has been there all the time. What only a NUC has is not
    in this machine: one of its own functions says that it is one."""
    nuc = machine(NucConfig.bare(gpu="none", sound=False, usb=False))
    nuc.console.wait_for("binnacle:.*# ")
    for command in ("/usr/lib/binnacle/wait-for /run/udev/ready", "grep -q 0x8086 /sys/bus/pci/devices/0000:00:02.0/vendor",
                    "! grep -q ^igc /proc/modules", "mkdir /run/modprobe.d",
                    'echo "alias $(cat /sys/bus/pci/devices/0000:00:02.0/modalias) igc" >/run/modprobe.d/test.conf',
                    "rm /run/udev/ready; sv restart udev", "/usr/lib/binnacle/wait-for /run/udev/ready", "grep -q ^igc /proc/modules"):
        assert nuc.console.run(command)[0] == 0, command


def test_kernel_speaks_over_the_network(machine, tmp_path):
    """netconsole, as docs/nuc.md has it, for machines without a UART: the kernel's messages leave the network card."""
    packets = tmp_path / "packets"
    nuc = machine(NucConfig.bare("netconsole=@10.0.2.15/eth0,@10.0.2.2/", gpu="none", sound=False, usb=False,
                                 extra=["-object", f"filter-dump,id=dump,netdev=net,file={packets}"]))
    nuc.console.wait_for("binnacle:.*# ")
    assert nuc.console.run("echo said by the kernel >/dev/kmsg")[0] == 0
    nuc.console.send("poweroff\n")
    nuc.wait_end()
    assert b"said by the kernel" in packets.read_bytes()


def test_stick_boots_the_cockpit(request, stick, tmp_path):
    """The cluster draws the drive, the service VM comes up from the stick, the IVI reaches its home screen."""
    with Cockpit(tmp_path, os.path.join(TOP, "build/logs/stick"), disk=stick, plan="nuc", stick=True,
                 disk_writable=True, sd_card_mib=0) as c:
        c.nuc.console.wait_for("scenario nuc for 3 VMs on 4 CPUs", limit=LIMIT)
        c.nuc.console.wait_for(r"root is /dev/sd[a-z]2, verified", limit=LIMIT)
        c.nuc.console.wait_for("display: ready", limit=LIMIT)
        c.nuc.wait_picture(1, lambda p: p is not None and accents(p, DOCK_HOME) > 50, "the home screen", LIMIT)
        (first, _), _, _ = c.look()
        while c.frames()[0] < first + clusterpix.FPS:
            assert c.nuc.running()
            time.sleep(0.2)
        (_, state), status, _ = c.look()
        c.nuc.pause()
        screens = [c.nuc.picture(i) for i in (0, 1)]
        report = re.findall(r"^loader: (processor: [\s\S]*?)\nloader: scenario nuc for", c.nuc.console.text,
                            re.MULTILINE)[0]
        text = c.nuc.console.text
    folder = os.path.join(TOP, "build/nuc/pictures")
    os.makedirs(folder, exist_ok=True)
    for i, image in enumerate(screens):
        image.save(os.path.join(folder, f"screen-{i + 1}.png"))
    assert state == "SHARED" and status["ready"]
    assert not re.search(r"PANIC|parked|\(IOMMU, reason", text)
    cluster = np.asarray(screens[0])
    assert clusterpix.speed_as_driven(cluster, c.sim)
    assert clusterpix.telltales_as_driven(cluster, c.sim)
    assert colours(screens[0], MAP_TILE) > 50
    assert saved_report(stick).splitlines() == [line.removeprefix("loader: ") for line in report.splitlines()]


def test_recovery_on_a_machine_with_little(machine, stick):
    """2 CPUs, 2 GiB, no IOMMU, no HPET and a keyboard: the other scenario says what is missing; this one has the cluster, and
    a root shell behind the adapter on USB."""
    nuc = machine(NucConfig(disk=stick, stick=True, disk_writable=True, cpus=2, memory_mib=2048, iommu=None, gpu="std",
                            screens=((1280, 720),), max_outputs=1, sound=False, net=False, sd_card_mib=0, usb_serial=True,
                            extra=["-machine", "hpet=off"]))
    nuc.console.wait_for("Binnacle does not start. Press R for recovery", limit=LIMIT)
    for missing in ("machine: no IOMMU", 'VM "cluster": there is no CPU 3', 'VM "service": too little memory'):
        assert f"loader: ERROR: {missing}" in nuc.console.text
    nuc.key("r")
    nuc.console.wait_for("scenario nuc-recovery for 2 VMs on 2 CPUs", limit=LIMIT)
    nuc.console.wait_for("IOMMU: none; a device that is told to write to memory of others does so", limit=LIMIT)
    nuc.usb_console.wait_for(SHELL, limit=LIMIT)
    status, output = nuc.usb_console.run("grep -o 'dm-0 / squashfs ro' /proc/mounts; ls /run/service; ls /dev/dri", limit=LIMIT)
    assert status != 0  # no driver took the display
    assert output.splitlines()[0] == "dm-0 / squashfs ro" and not re.search(r"^(ivi|display)", output, re.MULTILINE)
    status, output = nuc.usb_console.run("binnaclectl list", limit=LIMIT)
    assert status == 0 and re.search(r"^cluster +pre-launched +running", output, re.MULTILINE)
    picture = np.asarray(nuc.wait_picture(0, lambda p: p.size == (1280, 720) and clusterpix.read_counter(np.asarray(p)) is not None,
                                          "the cluster", LIMIT))
    assert clusterpix.read_counter(picture) > 0
