# SPDX-License-Identifier: BSD-3-Clause
"""What the driver hears of the cluster: on a bare PC, and where a sound service answers, or does not, played by the test."""
import struct
import threading
import time
import zlib

import pytest

import speakerwav
import test_cluster_window as window
from clustervm import ClusterVM

BOUND_MS = 200  # from the lamp, or the request, to the speaker
LIT_S = 3.0
WARNING_HZ = 1000  # also heard when the host starves the simulator: a lost bus
WARNING, INFO = 1, 5


class HeardVM(ClusterVM):
    """A bare PC whose speaker is heard; `lamps` as in telltales.txt, by the cluster's time."""

    def __init__(self, folder, lamps, start=500, **more):
        self.wav = str(folder / "speaker.wav")
        super().__init__(folder, start=start, qemu=speakerwav.arguments(self.wav), **more)
        self.sim.lamps = [(begin + start, end + start, lamp, blink) for begin, end, lamp, blink in lamps]

    def heard_ms(self):
        """The cluster's time at which the speaker has been sounding: a little late, never early."""
        self.wait(lambda: speakerwav.heard(self.wav), "the speaker")
        return self.sim.time_ms

    def end(self):
        """What sounded, up to now."""
        self.qmp.command("quit")
        self.process.wait()
        return speakerwav.load(self.wav)


def without_warnings(found):
    return [tone for tone in found if tone[0] != pytest.approx(WARNING_HZ, rel=0.05)]


@pytest.mark.parametrize("lamp, tones", [("BrakeWarning", [(WARNING_HZ, 0.36)]), ("EngineMil", [(880, 0.10), (1180, 0.16)])])
def test_a_lamp_is_heard_in_time(tmp_path, report, lamp, tones):
    with HeardVM(tmp_path, [(LIT_S, 1e9, lamp, False)]) as vm:
        vm.until(LIT_S - 0.5)
        assert not speakerwav.heard(vm.wav), "the lamp check is silent, and so is a quiet drive"
        late = vm.heard_ms() - LIT_S * 1000
        vm.run(2)
        assert speakerwav.gate(vm) == 0, "the tone does not end"
        counts = vm.stats()
        found = speakerwav.tones(vm.end())
    assert 0 < late <= BOUND_MS
    assert report.add(f"audio.speaker-bare-{lamp.lower()}-ms", round(late), "ms", BOUND_MS)
    assert counts["Asked"] == counts["Spoken"] >= 1 and counts["Silent"] == 1
    assert [hz for hz, _ in found[:len(tones)]] == pytest.approx([hz for hz, _ in tones], rel=0.03), found
    for (_, seconds), (_, expected) in zip(found, tones):  # in whole windows, and each step ends with the emulator's buffer
        assert 0.8 * expected <= seconds <= expected + 0.16, found


def test_turn_signal_ticks(tmp_path):
    with HeardVM(tmp_path, [(2, 4.72, "TurnLeft", True)]) as vm:  # four periods
        vm.until(6)
        counts = vm.stats()
        found = list(speakerwav.pitches(vm.end(), 0.005))
    assert counts["Asked"] == counts["Spoken"] >= 8
    for pitch in (2000, 1500):  # 30 ms each, in windows of 5; the emulator cuts their ends
        assert sum(hz == pytest.approx(pitch, rel=0.05) for hz in found) >= 4 * 2, found


def test_belt_gongs_while_driving(tmp_path):
    with HeardVM(tmp_path, [(0, 1e9, "BeltReminder", False)], start=1600) as vm:  # at high speed
        vm.until(6.2)
        counts = vm.stats()
        found = speakerwav.tones(vm.end())
    assert counts["Asked"] == counts["Spoken"] >= 3  # at 1.5, 3.5 and 5.5 s
    assert [hz for hz, _ in without_warnings(found)] == pytest.approx([660, 520] * 3, rel=0.03)


def test_panic_ends_the_tone(tmp_path):
    with HeardVM(tmp_path, [(LIT_S, 1e9, "BrakeWarning", False)]) as vm:
        vm.until(LIT_S)
        for _ in range(5000):  # stopped in the middle of a tone, whatever the host does
            vm.qmp.command("stop")
            if speakerwav.gate(vm) == 3:
                break
            vm.qmp.command("cont")
            time.sleep(0.001)
        assert speakerwav.gate(vm) == 3
        vm.qmp.command("inject-nmi")
        vm.qmp.command("cont")
        vm.wait(lambda: any(b"rtos panic" in line for line in vm.sim.unknown), "the report")
        vm.wait(lambda: "eflags" in vm.log(), "the whole report")
        assert speakerwav.gate(vm) == 0


# ---- with the shared window


class SoundService(threading.Thread):
    """Acknowledges what the cluster asks for, as long as it is not `dead`."""

    def __init__(self, memory, chime, status):
        super().__init__(daemon=True)
        self.memory, self.chime, self.status = memory, window.WINDOW + chime, window.WINDOW + status
        self.dead, self.stop, self.counter, self.seen = threading.Event(), threading.Event(), 0, []

    def requests(self):
        """[(number, chime, tsc)] once whole, newest last."""
        while True:
            raw = bytes(self.memory[self.chime:self.chime + 64 + 136])
            sequence = struct.unpack_from("<I", raw, 16)[0]
            if sequence % 2 == 0 and raw[16:20] == self.memory[self.chime + 16:self.chime + 20]:
                break
        latest = struct.unpack_from("<I", raw, 64)[0]
        if latest:
            size, = struct.unpack_from("<I", raw, 12)
            counter, now, crc = struct.unpack_from("<IQI", raw, 20)
            assert size == 136 and crc == zlib.crc32(struct.pack("<IIIQ", 5, size, counter, now) + raw[64:])
        every = [struct.unpack_from("<IIQ", raw, 72 + 16 * i) for i in range(8)]
        return sorted(r for r in every if 0 < r[0] <= latest)

    def run(self):
        while not self.stop.is_set():
            asked = self.requests()
            if not self.dead.is_set():
                self.seen += [r for r in asked if r not in self.seen]
                self.write(asked[-1][0] if asked else 0)
            time.sleep(0.005)

    def write(self, acknowledged):
        self.counter += 1
        payload = struct.pack("<IIQII", acknowledged, 0, 0, 0, 0)
        now = time.monotonic_ns()
        crc = zlib.crc32(struct.pack("<IIIQ", 6, len(payload), self.counter, now) + payload)
        struct.pack_into("<I", self.memory, self.status + 16, 2 * self.counter - 1)
        self.memory[self.status + 64:self.status + 64 + len(payload)] = payload
        struct.pack_into("<IHHII", self.memory, self.status, int.from_bytes(b"BNSH", "little"), 1, 0, 6, len(payload))
        struct.pack_into("<IQI", self.memory, self.status + 20, self.counter, now, crc)
        struct.pack_into("<I", self.memory, self.status + 16, 2 * self.counter)


class Guest(window.Guest):
    """Its bus is silent, which is a warning after the lamp check: the one chime of these tests."""

    def __init__(self, folder):
        self.wav = str(folder / "speaker.wav")
        super().__init__(folder, more=speakerwav.arguments(self.wav, "pc,memory-backend=ram"), speaker=True)
        self.service = SoundService(self.memory, window.CHIME, window.CHIME_STATUS)

    def __exit__(self, *_):
        self.service.stop.set()
        if self.service.is_alive():
            self.service.join()
        super().__exit__()

    def now_ns(self):
        """The cluster's clock at its last frame."""
        while True:
            n = self.compositor.latest()
            at = window.WINDOW + window.FRAMES + 64 + 56 + 152 * (n % 4)
            drawn, = struct.unpack_from("<Q", self.memory, at + 8)
            if self.compositor.word(at) == n:
                return drawn


def test_an_answer_keeps_the_speaker_silent(tmp_path):
    with Guest(tmp_path) as vm:
        vm.service.start()
        vm.wait(lambda: vm.service.seen, "a request")
        vm.frames(60)
        assert [(n, chime) for n, chime, _ in vm.service.seen] == [(1, WARNING)]
        assert not speakerwav.heard(vm.wav)


def test_nobody_answers(tmp_path, report):
    with Guest(tmp_path) as vm:
        vm.service.dead.set()
        vm.service.start()
        vm.wait(lambda: speakerwav.heard(vm.wav), "the speaker")
        now = vm.now_ns()
        (number, chime, tsc), = vm.service.requests()
        late = now / 1e6 - tsc * 1000 / window.TSC_HZ
        vm.frames(60)
        assert speakerwav.gate(vm) == 0
        vm.qmp.command("quit")
        vm.process.wait()
    assert (number, chime) == (1, WARNING)
    assert late <= BOUND_MS
    assert report.add("audio.speaker-unanswered-ms", round(late), "ms", BOUND_MS)
    assert [hz for hz, _ in speakerwav.tones(speakerwav.load(vm.wav))] == pytest.approx([1000], rel=0.03)
