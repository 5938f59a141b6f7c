# SPDX-License-Identifier: BSD-3-Clause
"""The sound service in the builder, without a machine: chimes, streams, policy, and what a bad device does to the others.

Judged in samples of what the mixer gave, never in the host's time.
"""
import array
import os
import struct
import time

import pytest

from soundstage import (BELT, CLOSE, FLOAT, HELLO, INFO, MEDIA, NAVIGATION, OPEN, QUANTUM, RATE, S16, S24, S24_3, S32, SOURCE, START, STOP,
                        TELEPHONE, TICK, U8, VOLUME, WARNING, Device, Ring, Sound, chime, pump)

VMS = {"service": None, "cluster": None, "ivi": ([MEDIA, NAVIGATION, TELEPHONE, MEDIA], 1, 0), "rear": ([MEDIA] * 8, 0, 0)}


@pytest.fixture
def sound(tmp_path):
    started = []

    def make(*arguments, vms=None, **how):
        started.append(Sound(tmp_path, vms or VMS, *arguments, **how))
        return started[-1]
    yield make
    for one in started:
        one.stop()


def find(samples, part, start=0):
    """Where `part` begins in `samples`, exactly; -1: nowhere."""
    at = samples.tobytes().find(part.tobytes(), start * 4)
    while at >= 0 and at % 4:
        at = samples.tobytes().find(part.tobytes(), at + 1)
    return at // 4 if at >= 0 else -1


def counted(frames, first=1):
    """A counter as 16-bit stereo: left goes up, right down."""
    data = array.array("h")
    for i in range(first, first + frames):
        data.append(i % 60000 - 30000)
        data.append(30000 - i % 60000)
    return data


def test_a_chime_sounds_before_any_guest(sound, tmp_path):
    s = sound()
    s.wait(QUANTUM * 4)
    asked_at = s.frames()
    number = s.window.ask(WARNING)
    wanted = chime(tmp_path, "warning")
    s.wait(len(wanted) + QUANTUM * 8)
    left, right = s.record()
    at = find(left, wanted)
    assert at >= 0 and find(right, wanted) == at, "the chime is not what was rendered"
    # seen in the quantum after the request; the record may have been read a quantum early
    assert at % QUANTUM == 0 and at - asked_at <= 3 * QUANTUM, (at, asked_at)
    assert s.window.status() == (number, 0, len(wanted), s.window.status()[3])
    assert not any(left[:at]) and not any(left[at + len(wanted):])


def test_chimes_together_and_what_is_none(sound, tmp_path):
    s = sound()
    s.wait(QUANTUM * 4)
    s.window.ask(WARNING, BELT, INFO, TICK, 99, 0)
    s.wait(RATE * 11 // 10)
    parts = [chime(tmp_path, name) for name in ("warning", "belt", "info", "tick")]
    left, _ = s.record()
    first = next(i for i, x in enumerate(left) if x) // QUANTUM * QUANTUM
    for i in range(max(map(len, parts))):
        want = sum(p[i] for p in parts if i < len(p))
        assert abs(left[first + i] - want) < 1e-6, i
    assert s.window.status()[:2] == (6, 2)
    # a region that is damaged is no request
    s.window.ask(WARNING, wrong_crc=True)
    s.wait(QUANTUM * 8)
    assert s.window.status()[0] == 6
    s.window.publish()
    s.wait(QUANTUM * 8)
    assert s.window.status()[0] == 7


def test_a_stream_comes_out_bit_for_bit(sound):
    s = sound()
    d = s.device("ivi")
    assert d.card[:2] == (RATE, QUANTUM)
    ring = d.open(0)
    data = counted(RATE)
    raw = data.tobytes()
    at = ring.put(raw)
    ring.wake_at.value = at - 4096
    d.start(0)
    s.until(lambda: ring.device.value == len(raw), lambda: ring.put(raw[ring.device.value:ring.device.value + 16384]))
    s.until(lambda: ring.service.value == len(raw))
    assert d.ask(STOP, 0)[0] == 0
    s.wait(QUANTUM * 4)
    assert os.eventfd_read(ring.event) >= 1
    left, right = s.record()
    start = next(i for i in range(len(left)) if left[i] or right[i])
    wrong = [i for i in range(RATE) if left[start + i] * 32768 != data[2 * i] or right[start + i] * 32768 != data[2 * i + 1]]
    assert not wrong, (wrong[:4], len(wrong))
    # between a byte's leaving the ring and its being in the mixer's hands lies one quantum, and nothing else with this sink
    assert ring.latency.value == QUANTUM * 4


@pytest.mark.parametrize("fmt, code, scale", [(S16, "h", 1 << 15), (S32, "i", 1 << 31), (S24, "i", 1 << 23), (FLOAT, "f", 1), (U8, "B", 1 << 7)])
@pytest.mark.parametrize("rate, channels", [(48000, 1), (48000, 2), (44100, 2), (8000, 1), (192000, 2), (48000, 6), (96000, 8)])
def test_formats(sound, fmt, code, scale, rate, channels):
    """A level that stays is that level, whatever the format, once a resampler has settled."""
    s = sound(chimes=False)
    d = s.device("ivi")
    ring = d.open(0, rate=rate, fmt=fmt, channels=channels)
    level = 0.25
    value = level if fmt == FLOAT else int(level * scale) + (128 if fmt == U8 else 0)
    data = array.array(code, [value] * (rate // 10 * channels)).tobytes()
    ring.put(data)
    d.start(0)
    pump(s, ring, data, RATE // 4)
    left, right = s.record()
    got = left[len(left) - 2000:] + right[len(right) - 2000:]
    spread = max(got) - min(got)
    exact = rate == RATE and channels <= 2
    assert spread <= (0 if exact else 2e-4), spread
    if channels <= 2:
        assert abs(got[0] - level) <= (0 if exact else 2e-4), got[0]
    else:
        assert 0.05 < got[0] <= 1.0, got[0]
