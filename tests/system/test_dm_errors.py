# SPDX-License-Identifier: BSD-3-Clause
"""What the device model says of images and scenarios that it cannot use: it names the file and what is wrong, and starts nothing.

The program is the service VM's own, run in the builder; it looks at its images before it asks a hypervisor for a VM. What the
loaders make of every field is in tests/unit/dm/test_boot.c.
"""
import os
import subprocess

import pytest

DM = "build/service-vm/dm/binnacle-dm"
BZIMAGE, ELF = "build/kernel/bzImage", "build/tests/guests/bench/bench.elf"
COCKPIT = "build/scenarios/cockpit.bin"
OVMF = "/usr/share/OVMF/OVMF_CODE_4M.fd"


def said(*arguments, vm="ivi"):
    run = subprocess.run([DM, "--vm", vm, *arguments], capture_output=True, text=True, check=False, timeout=60)
    assert run.returncode == 1 and "started:" not in run.stderr, run.stderr
    return run.stderr


def with_image(path, *more, memory=64):
    return said("--kvm", "--cpus", "1", "--memory", str(memory), "--kernel", str(path), *more)


def with_firmware(path, *more):
    return said("--kvm", "--cpus", "1", "--memory", "64", "--firmware", str(path), *more)


@pytest.fixture
def spoilt(tmp_path):
    """spoilt(file, bytes kept, {offset: bytes}) is a copy with that much of it, changed there."""
    def make(path, keep=None, change=None):
        with open(path, "rb") as f:
            data = bytearray(f.read()[:keep])
        for at, new in (change or {}).items():
            data[at:at + len(new)] = new
        (tmp_path / "spoilt").write_bytes(data)
        return tmp_path / "spoilt"
    return make


def program_headers(path):
    with open(path, "rb") as f:
        return int.from_bytes(f.read(32)[28:], "little")


@pytest.mark.parametrize("keep, change, says", [
    (0, {}, "is cut off before the end of the setup header"),
    (300, {}, "is cut off before the end of the setup header"),
    (5000, {}, "is cut off before its protected-mode part"),
    (None, {0x1FE: b"\0"}, "has no boot signature (not a bzImage, nor does it have a Multiboot header)"),
    (None, {0x206: b"\4\2"}, "speaks a boot protocol older"),
    (None, {0x201: b"\xff"}, "has a setup header of impossible length"),
    (None, {0x260: b"\xff\xff\xff\x7f"}, "more than the VM's memory"),
])
def test_corrupt_bzimage(spoilt, keep, change, says):
    text = with_image(spoilt(BZIMAGE, keep, change))
    assert "image refused: " in text and "/spoilt: " in text and says in text


@pytest.mark.parametrize("field, value, says", [
    (4, 0x7FFFFFFF, "outside the file"),
    (12, 0xFFFFF000, "outside the VM's memory"),
    (20, 0xFFFFFFFF, "outside the VM's memory"),
])
def test_corrupt_elf(spoilt, field, value, says):
    at = program_headers(ELF) + field
    text = with_image(spoilt(ELF, None, {at: value.to_bytes(4, "little")}))
    assert "image refused: " in text and "/spoilt: " in text and says in text


def test_missing_image():
    assert "/no/such/kernel: No such file or directory" in with_image("/no/such/kernel")
    assert "/no/such/initrd: No such file or directory" in with_image(BZIMAGE, "--initrd", "/no/such/initrd")
    assert "/no/such/module: No such file or directory" in with_image(ELF, "--module", "/no/such/module")


@pytest.mark.parametrize("keep, change, says", [
    (100, {}, "is not a multiple of 4 KiB long"),
    (0, {}, "is not a multiple of 4 KiB long"),
    (None, {-16: bytes(16)}, "has no reset vector in its last 16 bytes"),
])
def test_corrupt_firmware(spoilt, keep, change, says):
    size = os.path.getsize(OVMF)
    text = with_firmware(spoilt(OVMF, keep, {size + at: new for at, new in change.items()}))
    assert "firmware refused: " in text and "/spoilt: " in text and says in text


def test_wrong_firmware(tmp_path):
    (tmp_path / "long").write_bytes(b"\x90" * (16 * 1024 + 4) * 1024)
    assert "/long: is longer than the 16 MiB below 4 GiB" in with_firmware(tmp_path / "long")
    assert "of OVMF's two files this is not the one with the code" in with_firmware(OVMF.replace("CODE", "VARS"))
    assert "/no/such/firmware: No such file or directory" in with_firmware("/no/such/firmware")
    assert "--kernel, --initrd, --cmdline and --module cannot be given beside it" in with_firmware(OVMF, "--kernel", BZIMAGE)


def test_too_little_memory():
    assert f"{BZIMAGE}: needs " in with_image(BZIMAGE, memory=4)
    assert "build/image/disk.img: does not fit into the VM's memory" in with_image(BZIMAGE, "--initrd", "build/image/disk.img")


def test_scenario(spoilt):
    assert 'tv: the scenario "cockpit" has no post-launched VM of this name' in \
        said("--kvm", "--scenario", COCKPIT, "--kernel", BZIMAGE, vm="tv")
    for damage in ((1000, {}), (None, {0: b"\0"}), (None, {200: b"\xee"})):
        text = said("--kvm", "--scenario", str(spoilt(COCKPIT, *damage)), "--kernel", BZIMAGE)
        assert "/spoilt: the scenario is damaged, or of another version; compile it with the bn-scenario" in text


def test_no_hypervisor():
    assert "/dev/kvm: " in with_image(BZIMAGE)
    assert "/dev/kvm: " in with_firmware(OVMF)


def test_gpus_whose_pictures_cannot_be_shown():
    assert "--gpu: bad value" in said("--gpu", "/none,nothing")
    assert "one GPU's pictures can be shown, not those of 2" in with_image(BZIMAGE, "--gpu", "/none,display", "--gpu", "/more,display")


@pytest.mark.parametrize("scenario, guests", [("cockpit", ["ivi sound"]),
                                              ("rear-seat", ["ivi sound", "rear sound binnacle.role=rear"]),
                                              ("bench-gpu", ["ivi -"]), ("bochs", [])])
def test_guests_are_the_vms_that_are_started_again(scenario, guests):
    run = subprocess.run([DM, "--guests", "--scenario", f"build/scenarios/{scenario}.bin"], capture_output=True, text=True, check=True)
    assert [line.strip() for line in run.stdout.splitlines()] == guests and run.stderr == ""


def test_guests_of_a_damaged_scenario(spoilt):
    run = subprocess.run([DM, "--guests", "--scenario", spoilt(COCKPIT, 1000)], capture_output=True, text=True, check=False)
    assert run.returncode == 1 and run.stdout == ""
    assert "spoilt: the scenario is damaged, or of another version; compile it with the bn-scenario of this build" in run.stderr
