# SPDX-License-Identifier: BSD-3-Clause
"""The odometer on its SD card, on a bare emulated PC and as the hypervisor's guest: the emulator is killed in the middle of writes and
started again on the same card, beside a vehicle that has lost its own count."""
import os
import struct
import zlib

import pytest

from clustervm import ClusterVM, vehicle_sim
from cutcard import CutCard
from espimage import make_esp
from machines import QEMU
from test_cluster_guest import HypervisedVM, exits

NONE = 0xFFFFFFFF
ABSENT, READING, KEEPING, FAILED = range(4)
SLOT_AT = [4 << 20, 8 << 20]
SLOT_BYTES = 512
SPEED_MPS = 110
FIGURE_M = 100
# What may be lost to the metre, though never of what was seen: the way to the last figure, and what is driven while it is written.
LOST_M = FIGURE_M + 10
EXITS_A_WRITE = 274  # twice 128 words, out and back, and the registers around them: 100 a second at the trace's fastest, 131 km/h


class Steady:
    """Drives so far at one speed, from begin_s on; None: stands."""

    def __init__(self, mps, metres):
        self.mps, self.metres, self.begin_s = mps, metres, None

    def at(self, t):
        driven = 0 if self.begin_s is None else self.mps * max(t - self.begin_s, 0)
        return self.mps * 3.6, 3000, 6, min(driven, self.metres)

    def tank(self, _):
        return 50.0, 400, 90


class Vehicle(vehicle_sim.Simulator):
    """Its count begins anew in each life. Drives off when the cluster shows an odometer, and notes which."""

    def __init__(self, mps=SPEED_MPS, metres=float("inf"), **more):
        super().__init__(**more)
        self.drive, self.shown, self.told = Steady(mps, metres), [], None

    def answer(self, time_ms):
        if self.syncs % 3 == 0:
            self.stats_requests = 1
        return super().answer(time_ms)

    def feed(self, data):
        answer = super().feed(data)
        told = self.stats.get("StatsStore")
        if told and told is not self.told:
            self.told = told
            if told["Shown"] != NONE:
                self.shown.append(told["Shown"])
                self.drive.begin_s = self.time_ms / 1000 if self.drive.begin_s is None else self.drive.begin_s
        return answer

    def driven(self):
        return self.state(self.time_ms / 1000)["Odometer"]["Distance"] - vehicle_sim.ODOMETER_START_M


def slots(image):
    """[(counter, odometer, beginnings of the trips)] of the card's slots, None for one that is not whole."""
    found = []
    for index, at in enumerate(SLOT_AT):
        block = bytes(image[at:at + SLOT_BYTES])
        magic, version, which, _, counter, odometer, *trips = struct.unpack_from("<4sHHIIIII", block)
        whole = (magic, version, which) == (b"BNOD", 1, index) and zlib.crc32(block[:-4]) == struct.unpack("<I", block[-4:])[0]
        found.append((counter, odometer, trips) if whole else None)
    return found


class Lives:
    """One card, a machine after the other."""

    def __init__(self, tmp_path):
        self.tmp_path, self.card, self.number = tmp_path, CutCard(), 0

    def start(self, vehicle, cut_at=0, cut_bytes=0):
        self.number += 1
        folder = self.tmp_path / str(self.number)
        folder.mkdir()
        self.card.power_on(folder, cut_at, cut_bytes)
        vm = ClusterVM(folder, simulator=vehicle, qemu=self.card.arguments())
        self.card.kill = lambda: vm.process.kill()
        return vm

    def until_cut(self, cut_at, cut_bytes):
        vehicle = Vehicle()
        with self.start(vehicle, cut_at, cut_bytes) as vm:
            while not self.card.cut.wait(0.05):
                assert vm.process.poll() is None, vm.log()
        self.card.power_off()
        return vehicle

    def until(self, condition, vehicle=None):
        vehicle = vehicle or Vehicle()
        with self.start(vehicle) as vm:
            vm.wait(lambda: vehicle.told and condition(vehicle.told), "what the cluster is to say of its store")
        self.card.power_off()
        return vehicle


def keeping(told):
    return told["Store"] == KEEPING and told["Shown"] != NONE


def test_power_cut_at_each_write(tmp_path, report):
    """In the first to the fourth write of a life, of which nothing, a part or all has reached the card."""
    lives = Lives(tmp_path)
    shown = lives.until(lambda told: told["Writes"] >= 2).shown[-1]
    cuts = lower = lost = 0
    for cut_at in (1, 2, 3, 4):
        for cut_bytes in (0, 1, 256, 511, 512):
            vehicle = lives.until_cut(cut_at, cut_bytes)
            assert vehicle.shown == sorted(vehicle.shown)
            cuts += 1
            lower += vehicle.shown[0] < shown
            before = vehicle.shown[0] + vehicle.driven()
            whole = [slot for slot in slots(lives.card.image) if slot]
            lost = max(lost, before - max(odometer for _, odometer, _ in whole))
            shown = vehicle.shown[-1]
    last = lives.until(keeping)
    lower += last.shown[0] < shown
    assert not last.told["Empty"]
    ok = [report.add("cluster.odometer.cuts", cuts, "", ok=cuts >= 20),
          report.add("cluster.odometer.lower", lower, f"of {cuts}", bound=0),
          report.add("cluster.odometer.lost-m", lost, "m", bound=LOST_M)]
    assert all(ok)


def test_damaged_slots(tmp_path):
    """One: the other is believed. Both: the vehicle's own count, and the cluster says so."""
    lives = Lives(tmp_path)
    lives.until(lambda told: told["Writes"] >= 3)
    counters = [slot[0] for slot in slots(lives.card.image)]
    newest = counters.index(max(counters))
    older = slots(lives.card.image)[1 - newest][1]
    lives.card.image[SLOT_AT[newest] + 300] ^= 1
    vehicle = lives.until(keeping)
    assert vehicle.shown[0] == older and not vehicle.told["Empty"]
    for at in SLOT_AT:
        lives.card.image[at + 20] ^= 0x80
    vehicle = lives.until(keeping)
    assert vehicle.told["Empty"] and vehicle_sim.ODOMETER_START_M <= vehicle.shown[0] < vehicle_sim.ODOMETER_START_M + 2 * FIGURE_M


def test_trips_and_ignition(tmp_path):
    """A trip's reset is kept at once, and the odometer to the metre when the ignition goes off."""
    lives = Lives(tmp_path)
    vehicle = Vehicle(mps=10, switches=[("TripBReset", 3.5, 4), ("IgnitionOff", 5.5, float("inf"))])
    with lives.start(vehicle) as vm:
        vm.until(4.5)
        assert lives.card.writes == 2  # the card was empty; the trip
        reset = max(slots(lives.card.image), key=lambda slot: slot[0] if slot else 0)[2]
        vm.until(7)
        assert lives.card.writes == 3
        off = max(slots(lives.card.image))[1]
        assert max(slots(lives.card.image))[2] == reset
    lives.card.power_off()
    start = vehicle_sim.ODOMETER_START_M
    assert reset[0] == start and abs(reset[1] - vehicle.state(3.5)["Odometer"]["Distance"]) <= 2
    assert abs(off - vehicle.state(5.5)["Odometer"]["Distance"]) <= 2 and vehicle.shown[-1] == off


def test_no_card(tmp_path):
    """No controller; an empty slot; the odometer is the vehicle's."""
    for number, qemu in enumerate(((), ("-device", "sdhci-pci"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        vehicle = Vehicle()
        with ClusterVM(folder, simulator=vehicle, qemu=qemu) as vm:
            vm.until(2.5)
        assert vehicle.told["Store"] == ABSENT and not vehicle.told["Writes"]
        assert vehicle.shown[-1] - vehicle.shown[0] >= 150


def test_card_that_does_not_write(tmp_path):
    """It says that it has; the cluster reads it back, and goes on with the vehicle's count from the last that was kept."""
    lives = Lives(tmp_path)
    shown = lives.until(lambda told: told["Writes"] >= 2).shown[-1]
    lives.card.broken = True
    vehicle = lives.until(lambda told: told["Store"] == FAILED and told["Shown"] >= shown + 150)
    assert vehicle.shown[0] == shown and vehicle.shown == sorted(vehicle.shown)


@pytest.fixture(scope="module")
def esp(tmp_path_factory):
    return make_esp(tmp_path_factory.mktemp("esp"), "test-store", {"cluster.elf": "build/guests/cluster/cluster.elf"})


@pytest.mark.machine(QEMU, "Bochs has no SD host controller")
def test_guest_keeps(tmp_path, esp, report):
    """The controller is passed to the cluster's VM, confined by an IOMMU: two lives. What a write costs in exits (a BAR of 256 bytes is
    reached by them), and that there are none while there is nothing to write."""
    card, shown = CutCard(), None
    for life in range(2):
        folder = tmp_path / str(life)
        folder.mkdir()
        card.power_on(folder)
        vehicle, log = Vehicle(metres=4 * FIGURE_M), str(folder / "exits.txt")
        more = ("-device", "intel-iommu,intremap=on", *card.arguments(), "-d", "in_asm", "-D", log)
        with HypervisedVM(folder, esp, more=more, simulator=vehicle) as vm:
            vm.wait(lambda: vehicle.told and keeping(vehicle.told), "the odometer")
            assert "[cluster] PCI 00:10.0 is its own from here on" in vm.log()
            began, writes = os.path.getsize(log), card.writes
            vm.wait(lambda: vehicle.driven() == 4 * FIGURE_M, "the end of the drive")
            vm.run(0.5)
            standing, writes = os.path.getsize(log), card.writes - writes
            vm.run(2)
            costs, idle = len(exits(log, began)), exits(log, standing)
        card.power_off()
        assert shown is None or vehicle.shown[0] == shown
        shown = max(slots(card.image))[1]
        assert writes == 4 and shown == vehicle.shown[-1] and idle == []
        assert report.worst("cluster.odometer.exits-per-write", round(costs / writes), "exits", bound=EXITS_A_WRITE)
