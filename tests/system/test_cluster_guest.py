# SPDX-License-Identifier: BSD-3-Clause
"""The cluster as the hypervisor's guest (scenarios/test-cluster.dts, no Linux): its own core, framebuffer, bus and window."""
import os
import shutil

import pytest

import clusterpix
import facepix
import glasscheck
import speakerwav
from clustervm import ClusterVM
from cockpit import REGION_HEADER, region_addresses
from espimage import make_esp
from machines import QEMU
from test_cluster_bare import check_picture

MOVES = "a picture of Bochs's window while it changes may be half of the next; still ones: matrix.machine"
OVMF = "/usr/share/OVMF/OVMF_{}_4M.fd"


@pytest.fixture(scope="module")
def esp(tmp_path_factory):
    """An EFI system partition with loader, hypervisor, cluster and the scenario of the cluster alone."""
    return make_esp(tmp_path_factory.mktemp("esp"), "test-cluster", {"cluster.elf": "build/guests/cluster/cluster.elf"})


class HypervisedVM(ClusterVM):
    def __init__(self, folder, esp, more=(), **sim):
        super().__init__(folder, **sim)
        shutil.copy(OVMF.format("VARS"), self._path("vars.fd"))
        shutil.copy(esp, self._path("esp.img"))
        self.argv = ["qemu-system-x86_64", "-machine", "q35", "-cpu", "max,-vgif,-la57", "-smp", "2", "-m", "1024",
                     "-nodefaults", "-display", "none", "-no-reboot",
                     "-drive", f"if=pflash,format=raw,readonly=on,file={OVMF.format('CODE')}",
                     "-drive", f"if=pflash,format=raw,file={self._path('vars.fd')}",
                     "-drive", f"format=raw,file={self._path('esp.img')},if=none,id=esp",
                     "-device", "nvme,drive=esp,serial=esp", "-device", "virtio-vga,xres=1280,yres=720",
                     "-serial", f"file:{self._path('com1.txt')}", "-serial", f"unix:{self.bus},server=on,wait=on",
                     "-qmp", f"unix:{self.qmp_path},server=on,wait=off", *more]

    def memory(self, address, size):
        """Bytes of the machine's physical memory."""
        path = self._path("memory")
        self.qmp.command("pmemsave", val=address, size=size, filename=path)
        with open(path, "rb") as f:
            return f.read()

    def payload(self, offset, size):
        """Of the region in the shared window that has the cluster's frames."""
        return self.memory(region_addresses("test-cluster")["cluster-frames"] + REGION_HEADER + offset, size)


@pytest.mark.machine(QEMU, MOVES)
def test_guest_shows_the_trace(tmp_path, esp):
    with HypervisedVM(tmp_path, esp, start=1600) as vm:
        vm.until(3)
        first = check_picture(vm, vm.screenshot())
        vm.run(1)
        assert check_picture(vm, vm.screenshot()) >= first + 0.9
        assert vm.stats()["DisplayState"] == 1
        assert "[cluster] starts on CPU 1" in vm.log()


@pytest.mark.machine(QEMU, MOVES)
def test_guest_survives_a_dead_bus(tmp_path, esp):
    with HypervisedVM(tmp_path, esp, start=300) as vm:
        vm.until(2.5)
        vm.sim.fault = "babble"
        vm.run(0.5)
        lost = clusterpix.load(vm.screenshot())
        vm.sim.fault = None
        vm.run(1.5)
        check_picture(vm, vm.screenshot())
    assert clusterpix.read_speed(lost) == "---"


def look(vm):
    """(picture from outside, table of the frame in it), with the machine standing still between two frames."""
    vm.pause_when(lambda: glasscheck.at_rest(vm.payload), "a moment between two frames")
    try:
        picture = clusterpix.load(vm.screenshot())
        return picture, glasscheck.tables(vm.payload)[clusterpix.read_counter(picture)]
    finally:
        vm.qmp.command("cont")


@pytest.mark.machine(QEMU, MOVES)
def test_the_glass_shows_each_telltale(tmp_path, esp):
    """Each lit and dark, by night, by day and while the one turns into the other: on the screen to the pixel as the table of that frame
    says; one pixel changed, and that telltale alone is named."""
    names = sorted(glasscheck.NAMES)
    halves = [frozenset(names[::2]), frozenset(names[1::2])]
    missing = {(half, theme) for half in halves for theme in ("day", "night", None)}
    with HypervisedVM(tmp_path, esp, start=1600) as vm:
        vm.until(2)
        for light in (100, 0, 100):
            vm.sim.override[("Exterior", "LightIntensity")] = light
            end = vm.sim.time_ms + 5000  # a new face is painted for 1.6 s and comes down in 2
            while missing and vm.sim.time_ms < end:
                halves.reverse()
                vm.sim.lamps = [(0, 1e9, lamp, False) for lamp in halves[0]]
                vm.run(0.15)
                picture, table = look(vm)
                assert table.lit == clusterpix.read_telltales(picture)
                assert glasscheck.not_shown(picture, table) == set()
                assert glasscheck.names_the_changed_one(picture, table)
                missing.discard((frozenset(table.lit), facepix.read_theme(picture)))
        counts = vm.stats()
    assert not missing
    assert counts["Repaired"] == 0 and counts["Looked"] > 60


def exits(path, offset=0):
    with open(path, "rb") as f:
        f.seek(offset)
        return [line for line in f if line.startswith(b"vmexit(")]


@pytest.mark.machine(QEMU, "by the emulator's log; elsewhere by our own counts: matrix.machine")
@pytest.mark.campaign("bench")
def test_steady_state_has_no_exits(tmp_path, esp, report):
    """The emulator logs every #VMEXIT: some while the cluster boots, which shows that the log works, none when it drives, its turn
    signal ticking on the speaker."""
    log, wav = str(tmp_path / "exits.txt"), str(tmp_path / "speaker.wav")
    with HypervisedVM(tmp_path, esp, start=1468, more=("-d", "in_asm", "-D", log, *speakerwav.arguments(wav, "q35"))) as vm:
        vm.until(2)
        assert exits(log), "no exit seen even at boot: the log does not work"
        before, start = os.path.getsize(log), vm.sim.time_ms
        vm.run(3)
        seen = exits(log, before)
        assert vm.stats()["Spoken"] >= 4 and speakerwav.heard(wav)
        rate = round(len(seen) * 1000 / (vm.sim.time_ms - start), 1)
        assert report.add("cluster.exits-per-s", rate, "1/s", 100)
        assert seen == []
