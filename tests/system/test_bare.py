# SPDX-License-Identifier: BSD-3-Clause
"""The service VM on the bare virtual NUC, without the hypervisor: kernel, verified root, services, devices, screens."""
import subprocess

import pytest

from nuc import NucConfig


def test_root_is_verified_and_read_only(bare):
    status, output = bare.console.run("cat /sys/block/dm-0/dm/name; grep ' / ' /proc/mounts; touch /x")
    assert status != 0
    assert output.splitlines()[0] == "root"
    assert "/dev/dm-0 / squashfs ro" in output


def test_a_changed_block_is_refused(machine, tmp_path):
    """One flipped byte in the root file system: the initrd must not start it."""
    disk = tmp_path / "disk.img"
    subprocess.run(["cp", "--sparse=always", "build/image/disk.img", disk], check=True)
    table = subprocess.run(["sgdisk", "-i", "2", disk], check=True, capture_output=True, text=True).stdout
    first = int(next(line.split()[2] for line in table.splitlines() if line.startswith("First sector")))
    with open(disk, "r+b") as f:
        f.seek(first * 512 + 8)  # inside the superblock of squashfs
        byte = f.read(1)
        f.seek(-1, 1)
        f.write(bytes([byte[0] ^ 1]))
    nuc = machine(NucConfig.bare(disk=str(disk), gpu="none", sound=False))
    nuc.console.wait_for("cannot mount the root file system")
    nuc.console.wait_for("Kernel panic")


def test_services_are_supervised(bare):
    bare.console.run("/usr/lib/binnacle/wait-for /run/udev/ready")
    status, first = bare.console.run("sv status udev")
    assert status == 0 and first.startswith("run: udev")
    bare.console.run("kill -9 $(cat /run/service/udev/supervise/pid); sleep 2")
    status, second = bare.console.run("sv status udev")
    assert status == 0 and second.startswith("run: udev")
    assert first.split("(pid")[1].split(")")[0] != second.split("(pid")[1].split(")")[0]


@pytest.mark.parametrize("path", ["/dev/dri/card0", "/dev/dri/renderD128", "/dev/snd/pcmC0D0p", "/dev/nvme0n1p5", "/dev/udmabuf",
                                  "/dev/vfio/vfio", "/dev/cpu/0/msr", "/dev/mem", "/data/lost+found"])
def test_device_is_there(bare, path):
    assert bare.console.run(f"test -e {path}")[0] == 0


def test_two_screens_are_connected(bare):
    bare.console.run("cd /sys/class/drm; echo detect >card0-Virtual-1/status; echo detect >card0-Virtual-3/status")
    # detecting would undo what the command line says of the second output, so that one is only told again
    bare.console.run("echo on >card0-Virtual-2/status")
    _, output = bare.console.run("cat card0-Virtual-?/status; cd")
    # the third possible output has no monitor
    assert output.split() == ["connected", "connected", "disconnected"]


def test_picture_of_the_first_screen(bare):
    picture = bare.picture(0)
    assert picture.size[0] >= 640
    assert picture.getextrema() != ((0, 0), (0, 0), (0, 0))


def test_keyboard_reaches_linux(bare):
    bare.console.run("/usr/lib/binnacle/wait-for /run/udev/ready")
    status, node = bare.console.run("readlink -f /dev/input/by-path/*usb*-event-kbd")
    assert status == 0
    bare.console.run(f"dd if={node} bs=24 count=1 of=/tmp/key 2>/dev/null & sleep 1")
    bare.key("b")
    status, output = bare.console.run("while [ ! -s /tmp/key ]; do usleep 50000; done; od -An -tu2 -j16 /tmp/key; wait")
    # struct input_event from byte 16: type, code; a USB keyboard sends the scan code first (EV_MSC = 4)
    assert status == 0 and output.split()[0] in ("1", "4")


def test_power_off(machine):
    nuc = machine(NucConfig.bare(gpu="none", sound=False))
    nuc.console.wait_for("service-vm is up")
    nuc.console.wait_for("binnacle:.*# ")
    nuc.console.send("poweroff\n")
    assert nuc.wait_end() == 0
