# SPDX-License-Identifier: BSD-3-Clause
"""The service VM on the bare virtual NUC, without the hypervisor: kernel, verified root, services, devices, screens."""
import re
import subprocess

import pytest

from nuc import NucConfig


def test_root_is_verified_and_read_only(bare):
    status, output = bare.console.run("cat /sys/block/dm-0/dm/name; grep ' / ' /proc/mounts; touch /x")
    assert status != 0
    assert "root" in output.splitlines()
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
    status, first = bare.console.run("until sv status udev | grep -q ^run:; do usleep 50000; done; sv status udev")
    assert status == 0 and "run: udev" in first  # udev itself may print beside it
    bare.console.run("old=$(cat /run/service/udev/supervise/pid); kill -9 $old")
    another = "until sv status udev | grep ^run: | grep -qv \"pid $old)\"; do usleep 50000; done"
    status, second = bare.console.run(f"{another}; sv status udev")
    assert status == 0 and "run: udev" in second
    assert first.split("(pid")[1].split(")")[0] != second.split("(pid")[1].split(")")[0]


@pytest.mark.parametrize("path", ["/dev/dri/card0", "/dev/dri/renderD128", "/dev/snd/pcmC0D0p", "/dev/nvme0n1p5", "/dev/udmabuf",
                                  "/dev/cpu/0/msr", "/dev/mem", "/data/lost+found"])
def test_device_is_there(bare, path):
    assert bare.console.run(f"test -e {path}")[0] == 0


def test_two_screens_are_taken(bare):
    """The compositor drives the first two outputs; the third possible one has no monitor."""
    bare.console.run("until [ -e /run/display/binnacle ]; do usleep 50000; done")
    if "display: ready" not in bare.console.text:
        bare.console.wait_for("display: ready")
    taken = re.findall(r"screen \w+: output (Virtual-\d), (\d+x\d+)", bare.console.text)
    assert sorted(taken) == [("Virtual-1", "1280x720"), ("Virtual-2", "1280x720")]
    assert bare.console.run("cat /sys/class/drm/card0-Virtual-3/status")[1].split() == ["disconnected"]


def test_keyboard_reaches_linux(bare):
    """A key pressed outside arrives as an event of one of the keyboards (QEMU chooses which: USB or PS/2)."""
    nodes = "$(grep -A5 -i keyboard /proc/bus/input/devices | grep -o 'event[0-9]*')"
    bare.console.run(f"for n in {nodes}; do dd if=/dev/input/$n bs=24 count=1 of=/tmp/key.$n 2>/dev/null & done; sleep 1")
    bare.key("b")
    some = "$(find /tmp -name 'key.*' -size +0 | head -1)"
    status, output = bare.console.run(f'until [ -n "{some}" ]; do usleep 50000; done; od -An -tu2 -j16 "{some}"')
    # struct input_event from byte 16: type, code; a keyboard sends the scan code first (EV_MSC = 4)
    assert status == 0 and output.split()[0] in ("1", "4")


def test_power_off(machine):
    nuc = machine(NucConfig.bare(gpu="none", sound=False))
    nuc.console.wait_for("service-vm is up")
    nuc.console.wait_for("binnacle:.*# ")
    nuc.console.send("poweroff\n")
    assert nuc.wait_end() == 0
