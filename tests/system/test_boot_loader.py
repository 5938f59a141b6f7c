# SPDX-License-Identifier: BSD-3-Clause
"""The UEFI loader under OVMF: what it hands over, and the error it names for each thing that is wrong.

A small image (tests/system/boot) stands in for the hypervisor, random files for the images.
"""
import os
import re
import struct
import subprocess
import zlib

import pytest

from machines import QEMU
from nuc import NucConfig

pytestmark = pytest.mark.machine(QEMU, "Bochs has no UEFI")

LOADER = "build/hypervisor/boot/BOOTX64.EFI"
PAYLOAD = "build/tests/boot/payload.bin"
USABLE = 1
RESERVED_RANGES = [(0x40000000, 0x44000000), (0x44000000, 0x48000000), (0x48000000, 0x58000000)]  # cockpit.dts


class Esp:
    """An EFI system partition in the making: change .files or the scenario's text, then build()."""

    def __init__(self, folder):
        self.folder = folder
        with open("scenarios/cockpit.dts", encoding="utf-8") as f:
            self.plan = f.read()
        self.files = {"hypervisor.bin": PAYLOAD}
        for name, size in (("cluster.elf", 100_000), ("bzImage", 5_000_001), ("initrd", 4096)):
            self.files[name] = self.write(name, os.urandom(size))

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)
        return self.path(name)

    def replace(self, old, new):
        assert old in self.plan
        self.plan = self.plan.replace(old, new, 1)

    def compile(self):
        self.write("plan.dts", self.plan.encode())
        subprocess.run(["build/tools/scenario/bn-scenario", "compile", self.path("plan.dts"), self.path("scenario.bin")],
                       check=True)
        self.files["scenario.bin"] = self.path("scenario.bin")

    def sums(self, loader=LOADER):
        with open(loader, "rb") as f:
            self.loader = self.write("BOOTX64.EFI", f.read())
        subprocess.run(["build/tools/scenario/bn-sums", self.loader, *self.items()], check=True)

    def items(self):
        return [f"{name}={path}" for name, path in self.files.items()]

    def image(self):
        subprocess.run(["tools/esp", self.path("esp.img"), self.loader, *self.items()], check=True)
        return self.path("esp.img")

    def build(self):
        self.compile()
        self.sums()
        return self.image()


@pytest.fixture
def esp(tmp_path):
    return Esp(str(tmp_path))


@pytest.fixture
def boot(machine):
    """boot(disk image, **changes) starts the smallest machine that the default scenario fits."""
    def start(disk, **changes):
        config = {"gpu": "none", "iommu": None, "sound": False, "usb": False, "net": False, "sd_card_mib": 0, **changes}
        return machine(NucConfig(**{"disk": disk, "icount": None, **config}))  # firmware is quicker in the host's time
    return start


def read_memory(nuc, address, size):
    path = os.path.join(nuc.work, "memory")
    nuc.qmp.command("pmemsave", val=address, size=size, filename=path)
    with open(path, "rb") as f:
        return f.read()


class BootInfo:
    """struct bn_boot_info of include/binnacle/boot.h, read from the stopped machine."""

    def __init__(self, nuc, address):
        raw = read_memory(nuc, address, 16)
        self.magic, self.version, _, self.bytes, crc = struct.unpack("<4sHHII", raw)
        raw = read_memory(nuc, address, self.bytes)
        self.crc_right = crc == zlib.crc32(raw[:12] + bytes(4) + raw[16:])
        (self.image_base, self.image_bytes, self.scenario, self.rsdp, self.low_page, self.tsc_entry,
         self.tsc_exit) = struct.unpack_from("<7Q", raw, 16)
        self.framebuffer = struct.unpack_from("<QQIIII", raw, 72)
        memory_count, module_count = struct.unpack_from("<II", raw, 104)
        self.memory = [struct.unpack_from("<QQII", raw, 112 + 24 * i)[:3] for i in range(memory_count)]
        self.modules = {}
        for i in range(module_count):
            name, base, size = struct.unpack_from("<64sQQ", raw, 112 + 24 * 192 + 80 * i)
            self.modules[name.rstrip(b"\0").decode()] = (base, size)


def handed_over(nuc):
    nuc.console.wait_for("payload: .*end", limit=20)
    info, place, zeros = (int(x, 16) for x in re.search(r"payload: (\w+) (\w+) (\w+) end", nuc.console.text).groups())
    assert zeros == 0
    return BootInfo(nuc, info), place


def outside(base, size, ranges):
    return all(base + size <= start or base >= end for start, end in ranges)


def test_what_the_hypervisor_gets(esp, boot):
    nuc = boot(esp.build(), gpu="std")
    info, place = handed_over(nuc)
    assert (info.magic, info.version, info.crc_right) == (b"BNBT", 1, True)
    assert (info.image_base, info.image_bytes, place) == (0x40000000, 0x3000, 0x40000000)
    assert read_memory(nuc, info.rsdp, 8) == b"RSD PTR "
    assert 0 < info.low_page < 0x100000 and info.low_page % 4096 == 0
    assert 0 < info.tsc_entry < info.tsc_exit
    base, size, width, height, pitch, pixel_format = info.framebuffer
    assert (width, height, pixel_format) == (1280, 720, 1)
    assert base and pitch >= 1280 * 4 and size >= pitch * 720
    with open(esp.files["scenario.bin"], "rb") as f:
        scenario = f.read()
    assert read_memory(nuc, info.scenario, len(scenario)) == scenario


def test_every_module_is_where_it_may_be(esp, boot):
    nuc = boot(esp.build())
    info, _ = handed_over(nuc)
    assert set(info.modules) == {"cluster.elf", "bzImage", "initrd"}
    for name, (base, size) in info.modules.items():
        with open(esp.files[name], "rb") as f:
            assert read_memory(nuc, base, size) == f.read(), name
        assert base % 4096 == 0 and outside(base, size, RESERVED_RANGES)
        assert any(b <= base and base + size <= b + n for b, n, kind in info.memory if kind == USABLE)


def test_memory_map_is_that_of_the_machine(esp, boot):
    nuc = boot(esp.build())
    info, _ = handed_over(nuc)
    for (base, size, _), (after, _, _) in zip(info.memory, info.memory[1:]):
        assert size and base + size <= after
    usable = sum(size for _, size, kind in info.memory if kind == USABLE)
    assert 6144 - 24 <= usable >> 20 <= 6144  # firmware keeps a few MiB for its run-time services
    # the scenario's fixed ranges are in it: they are the hypervisor's to give
    for start, end in RESERVED_RANGES:
        assert any(b <= start and end <= b + n for b, n, kind in info.memory if kind == USABLE)
    assert any(b == 0x100000000 for b, _, _ in info.memory)


def says(nuc, text):
    """Waits for an error of the loader and for its last word."""
    nuc.console.wait_for("Binnacle does not start. Press a key", limit=20)
    assert f"loader: ERROR: {text}" in nuc.console.text, nuc.console.text[-1500:]
    assert "payload:" not in nuc.console.text


@pytest.mark.parametrize("name", ["scenario.bin", "hypervisor.bin", "cluster.elf", "bzImage", "initrd"])
def test_missing_file(esp, boot, name):
    esp.compile()
    esp.sums()
    del esp.files[name]
    says(boot(esp.image()), f"\\binnacle\\{name} is missing from the EFI system partition")


@pytest.mark.parametrize("name", ["scenario.bin", "hypervisor.bin", "cluster.elf", "bzImage", "initrd"])
def test_wrong_checksum(esp, boot, name):
    """One bit of the last byte."""
    esp.compile()
    esp.sums()
    with open(esp.files[name], "rb") as f:
        data = bytearray(f.read())
    data[-1] ^= 1
    esp.files[name] = esp.write("changed", data)
    says(boot(esp.image()), f"\\binnacle\\{name} has a wrong checksum")


def test_longer_file_is_no_match(esp, boot):
    esp.compile()
    esp.sums()
    with open(esp.files["bzImage"], "rb") as f:
        esp.files["bzImage"] = esp.write("changed", f.read() + b"\0")
    says(boot(esp.image()), "\\binnacle\\bzImage has a wrong checksum")


def test_file_without_a_checksum(esp, boot):
    esp.compile()
    initrd = esp.files.pop("initrd")
    esp.sums()
    esp.files["initrd"] = initrd
    says(boot(esp.image()), "\\binnacle\\initrd has no checksum in this loader")


def test_loader_without_any_checksum(esp, boot):
    esp.compile()
    esp.loader = LOADER
    says(boot(esp.image()), "\\binnacle\\scenario.bin has no checksum in this loader")


def test_empty_file(esp, boot):
    esp.files["initrd"] = esp.write("empty", b"")
    says(boot(esp.build()), "\\binnacle\\initrd is empty")


@pytest.mark.parametrize("at, value, text", [
    (8, b"BNIN", "is not the hypervisor's image"),
    (12, b"\x02", "is of another release than this loader"),
    (16, b"\x01\0\0", "says that it needs less memory than it has"),
    (20, b"\x01", "needs more memory than the scenario gives it"),
])
def test_corrupt_hypervisor(esp, boot, at, value, text):
    with open(PAYLOAD, "rb") as f:
        data = bytearray(f.read())
    data[at:at + len(value)] = value
    esp.files["hypervisor.bin"] = esp.write("bad.bin", data)
    says(boot(esp.build()), f"hypervisor.bin {text}")


def test_cut_hypervisor(esp, boot):
    esp.files["hypervisor.bin"] = esp.write("cut.bin", b"\xeb\x16")
    says(boot(esp.build()), "hypervisor.bin is not the hypervisor's image")


@pytest.mark.parametrize("at, text", [
    (0, "this is not a scenario"),
    (4, "the scenario is of another version"),
    (100, "the scenario's checksum is wrong"),
])
def test_damaged_scenario_with_a_right_sum(esp, boot, at, text):
    esp.compile()
    with open(esp.files["scenario.bin"], "rb") as f:
        data = bytearray(f.read())
    data[at] ^= 2
    esp.files["scenario.bin"] = esp.write("damaged.bin", data)
    esp.sums()
    says(boot(esp.image()), f"scenario.bin: {text}")


def test_cut_scenario(esp, boot):
    esp.compile()
    with open(esp.files["scenario.bin"], "rb") as f:
        esp.files["scenario.bin"] = esp.write("cut.bin", f.read()[:1000])
    esp.sums()
    says(boot(esp.image()), "scenario.bin: the scenario is cut")


def test_too_little_memory(esp, boot):
    nuc = boot(esp.build(), memory_mib=1024)
    says(nuc, 'VM "service": too little memory: it needs 5120 MiB, the machine has ')
    assert "hypervisor: 0x40000000 is not usable memory of this machine" in nuc.console.text


def test_too_few_cpus(esp, boot):
    says(boot(esp.build(), cpus=2), 'VM "cluster": there is no CPU 3, the machine has 2')


def test_absent_pci_device(esp, boot):
    esp.replace("\t\t\toptional;\n", "")
    says(boot(esp.build()), 'device "sdhci": there is no such device at pci 0x80')


def test_present_pci_device(esp, boot):
    """The card reader of the virtual NUC is where the scenario says, so it need not be optional."""
    esp.replace("\t\t\toptional;\n", "")
    handed_over(boot(esp.build(), sd_card_mib=64))


def test_other_pci_device(esp, boot):
    esp.replace("pci = <0 0x10 0>", "pci = <0 0x1f 0>")
    says(boot(esp.build()), 'device "sdhci": found 0x8086')


def test_absent_uart(esp, boot):
    esp.replace("port = <0x2f8>", "port = <0x3e8>")
    says(boot(esp.build()), 'device "com2": there is no such device at port 0x3e8')


def test_memory_that_firmware_holds(esp, boot):
    """The top of the memory below 4 GiB is where OVMF lives."""
    esp.replace("<0x40000000 0x04000000>", "<0x7c000000 0x04000000>")
    nuc = boot(esp.build())
    nuc.console.wait_for("Binnacle does not start. Press a key")
    assert re.search("hypervisor: 0x7[0-9a-f]{7} is not usable memory|firmware uses memory between 0x7c000000",
                     nuc.console.text)


def test_a_key_restarts_the_machine(esp, boot):
    nuc = boot(esp.build(), cpus=2)
    nuc.console.wait_for("Press a key to restart the machine")
    nuc.console.send(" ")  # the firmware's console is the UART too
    nuc.console.wait_for("from the first instruction at TSC(.|\n)*Press a key to restart the machine")
    assert nuc.console.text.count("from the first instruction") == 2


def test_errors_are_on_the_screen_too(esp, boot):
    nuc = boot(esp.build(), cpus=2, gpu="std")
    nuc.console.wait_for("Press a key to restart the machine")

    def text_on_black(picture):
        """Bright letters in the upper part, and most of the screen black: no firmware logo."""
        if picture is None:
            return False
        histogram = picture.convert("L").histogram()
        total = picture.size[0] * picture.size[1]
        return sum(histogram[128:]) > 800 and histogram[0] > total * 0.8

    nuc.wait_picture(0, text_on_black, "the error")


def test_nearest_display_mode(esp, boot):
    esp.replace("size = <1280 720>;\n\t};", "size = <1290 730>;\n\t};")
    nuc = boot(esp.build(), gpu="std")
    info, _ = handed_over(nuc)
    assert "WARNING: the display has no mode of 1290x730" in nuc.console.text
    _, _, width, height, _, _ = info.framebuffer
    assert 0 < width <= 1290 and 0 < height <= 730


def test_no_display_at_all(esp, boot):
    nuc = boot(esp.build())
    info, _ = handed_over(nuc)
    assert info.framebuffer == (0, 0, 0, 0, 0, 0)
    assert 'VM "cluster" starts without one' in nuc.console.text
