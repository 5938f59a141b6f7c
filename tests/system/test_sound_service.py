# SPDX-License-Identifier: BSD-3-Clause
"""The sound service in the builder, without a machine: chimes, streams, policy, and what a bad device does to the others.

Judged in samples of what the mixer gave, never in the host's time.
"""
import array
import math
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
    """Over the ring's end. All of it is there from the start: a test whose host is busy may be too late to feed a ring."""
    s = sound()
    d = s.device("ivi")
    assert d.card[:2] == (RATE, QUANTUM)
    data = counted(RATE)
    raw = data.tobytes()
    ring = Ring(len(raw) + QUANTUM * 4)
    ring.device.value = ring.service.value = 3 * ring.ring_bytes - len(raw) // 2
    d.open(0, ring=ring)
    assert ring.put(raw) == len(raw)
    end = ring.device.value
    ring.wake_at.value = end - 4096
    d.start(0)
    s.until(lambda: ring.service.value == end)
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


def constant(level, frames=4800):
    return array.array("h", [int(level * 32768)] * (2 * frames)).tobytes()


def started(s, d, stream, level=0.5):
    ring = d.open(stream)
    ring.put(constant(level))
    d.start(stream)
    return ring


def test_a_chime_over_eight_full_scale_streams(sound, tmp_path, report):
    """The chime's level is exact to the bit of what lies under it, and that is at least 12 dB down within 20 ms."""
    s = sound()
    d = s.device("rear")
    level, bell = 1 - 1 / 32768, chime(tmp_path, "warning")
    rings = [started(s, d, i, level) for i in range(8)]
    data = constant(level)

    def put():
        for r in rings:
            r.put(data)
    mark = s.frames() + RATE // 4
    s.until(lambda: s.frames() >= mark, put)
    s.window.ask(WARNING)
    mark = s.frames() + len(bell) + RATE
    s.until(lambda: s.frames() >= mark, put)
    left, _ = s.record()
    assert max(left) <= 1 and min(left) >= -1
    before = left[mark - len(bell) - RATE - QUANTUM * 4]
    assert before == 1, "eight streams of one guest are as loud as one"
    # the first sample that the chime or the ducking changes
    at = next(i for i in range(mark - len(bell) - RATE - 2 * QUANTUM, len(left)) if abs(left[i] - before) > 1e-5)
    at -= at % QUANTUM
    rest = [left[at + i] - bell[i] for i in range(len(bell))]
    down = next(i for i, x in enumerate(rest) if x <= before * 10 ** (-12 / 20))
    deepest = max(rest[2 * QUANTUM:])
    assert report.add("audio.duck-ms", round(down * 1000 / RATE, 1), "ms", bound=20), down
    assert report.add("audio.duck-db", round(20 * math.log10(before / deepest), 1), "dB", ok=deepest <= before * 10 ** (-12 / 20)), deepest
    assert max(rest[down:]) <= before * 10 ** (-12 / 20)
    floor = rest[2 * QUANTUM:]
    assert max(floor) - min(floor) < 1e-6, "what lies under the chime moves with it"
    # back with a ramp, to what it was
    back = next(i for i in range(at + len(bell), len(left)) if left[i] >= before - 1e-5)
    assert RATE // 10 <= back - at - len(bell) <= RATE
    steps = [left[i + 1] - left[i] for i in range(at + len(bell), back)]
    assert max(steps) < 0.005


def test_a_guest_that_is_killed_in_mid_chime(sound, tmp_path, report):
    s = sound()
    d = s.device("ivi")
    started(s, d, 0, 0.5)
    bell = chime(tmp_path, "belt")
    s.window.ask(BELT)
    s.wait(QUANTUM * 3)
    d.close()
    s.wait(len(bell) + RATE // 10)
    left, _ = s.record()
    at = find(left[:], bell[RATE // 5:])  # its music has long gone by then
    missing = len(bell) - s.window.status()[2] if at >= 0 else len(bell)
    assert report.add("audio.chime-missing-samples", missing, "samples", bound=0)
    assert s.window.status()[2] == len(bell)
    assert "has gone" in s.log()
    # the fade is no step
    end = max(i for i in range(at) if abs(left[i] - bell[(i - at + RATE // 5) % len(bell)]) > 1e-6)
    assert at - end < RATE


def test_navigation_over_another_guests_music(sound):
    s = sound()
    ivi, rear = s.device("ivi"), s.device("rear")
    music = rear.open(0, ring_bytes=1 << 20)
    music.put(constant(0.5, 60000))
    rear.start(0)
    s.wait(QUANTUM * 20)
    prompt = ivi.open(1)
    prompt.put(constant(0.25, 9000))
    ivi.start(1)
    s.wait(9000 + QUANTUM * 4)
    left, _ = s.record()
    under = [x for x in left if 0.25 < x < 0.4]
    assert len(under) > 4000, "the music does not give way"
    assert min(x for x in left[QUANTUM * 8:] if x > 0.3) == pytest.approx(0.25 + 0.5 * 10 ** (-14 / 20), abs=1e-4)


def test_what_a_guest_hears(sound):
    """Capture: its own playback, to the bit, and nothing of the other guest's; silence where there is no microphone."""
    s = sound()
    ivi, rear = s.device("ivi"), s.device("rear")
    started(s, rear, 0, 0.75)
    assert ivi.ask(SOURCE, 4, value=1)[0] == 0
    heard = ivi.open(4, ring_bytes=1 << 18)
    ivi.start(4)
    s.wait(QUANTUM * 10)
    out = ivi.open(0, ring_bytes=1 << 18)
    data = counted(20000)
    out.put(data.tobytes())
    ivi.start(0)
    got = bytearray()
    s.until(lambda: len(got) >= 4 * 40000, lambda: got.extend(heard.take()))
    assert bytes(got).find(data.tobytes()) >= 0
    assert array.array("h", bytes(got[:QUANTUM * 4])).count(0) == QUANTUM * 2
    # quanta are whole: what comes before is silence of the same guest, not the other's music
    assert ivi.ask(SOURCE, 4, value=0)[0] == 0
    s.wait(QUANTUM * 4)
    heard.take()
    s.wait(QUANTUM * 4)
    assert not any(heard.take())
    assert ivi.ask(SOURCE, 4, value=9)[0] < 0


def test_a_microphone_that_is_a_file(sound, tmp_path):
    """What a guest records of it is its frames, to the bit, and after the last one the first."""
    data = counted(10000)
    (tmp_path / "microphone").write_bytes(data.tobytes() + b"abc")  # what is no whole frame is not heard
    s = sound("--source", f"file:{tmp_path}/microphone")
    ivi = s.device("ivi")
    heard = ivi.open(4, ring_bytes=1 << 18)
    ivi.start(4)
    got = bytearray()
    s.until(lambda: len(got) >= 3 * len(data) * 2, lambda: got.extend(heard.take()))
    first = bytes(got).find(data.tobytes())
    assert first >= 0 and first % 4 == 0
    assert bytes(got[first + len(data) * 2:]).startswith(data.tobytes()[:len(data) * 2 - first])


@pytest.mark.parametrize("content", [None, b"abc"])
def test_a_microphone_that_is_no_file(sound, tmp_path, content):
    """It is said, and guests hear silence."""
    if content:
        (tmp_path / "microphone").write_bytes(content)
    s = sound("--source", f"file:{tmp_path}/microphone")
    assert f"no microphone: file:{tmp_path}/microphone: {'Invalid argument' if content else 'No such file'}" in s.log()
    ivi = s.device("ivi")
    heard = ivi.open(4, ring_bytes=1 << 18)
    ivi.start(4)
    s.wait(QUANTUM * 4)
    got = heard.take()
    assert got and not any(got)


def test_volume(sound):
    s = sound()
    d = s.device("ivi")
    ring = started(s, d, 0, 0.5)
    assert d.ask(VOLUME, 0, body=struct.pack("<HH", 60, 0xFFFF))[0] == 0
    pump(s, ring, constant(0.5), RATE // 5)
    left, right = s.record()
    assert left[-1] == pytest.approx(0.5 * 10 ** (-6 / 20), abs=1e-5) and right[-1] == 0


def descriptors(s):
    return len(os.listdir(f"/proc/{s.process.pid}/fd"))


def resident(s):
    """KiB of memory of its own."""
    with open(f"/proc/{s.process.pid}/status", encoding="utf-8") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("RssAnon"))


def mappings(s):
    with open(f"/proc/{s.process.pid}/maps", encoding="utf-8") as f:
        return sum("memfd:ring" in line for line in f)


def test_a_hundred_devices_leave_nothing(sound, report):
    s = sound()
    s.device("ivi").close()
    s.wait(QUANTUM * 8)
    before, memory = descriptors(s), []
    for i in range(100):
        d = s.device("ivi")
        started(s, d, i % 4, 0.1)
        d.open(4)
        if i % 3 == 0:
            assert d.ask(CLOSE, i % 4)[0] == 0
        if i % 2 == 0:
            s.wait(QUANTUM)
        d.close()
        s.until(lambda: mappings(s) == 0 and descriptors(s) == before)
        memory.append(resident(s))
    # what malloc keeps is kept after the first of them
    assert report.add("audio.leaked", memory[-1] - memory[19], "KiB in 80 lives", bound=256), memory


@pytest.mark.parametrize("what, status", [
    (lambda d: d.ask(99, 0), -22), (lambda d: d.ask(0, 0), -22), (lambda d: d.ask(START, 0), -77), (lambda d: d.ask(STOP, 3), -77),
    (lambda d: d.ask(START, 200), -22), (lambda d: d.ask(OPEN, 0), -9), (lambda d: d.ask(SOURCE, 0), -22),
    (lambda d: d.ask(VOLUME, 4), -95), (lambda d: d.ask(HELLO, value=7), -93)])
def test_requests_that_make_no_sense(sound, what, status):
    s = sound()
    d = s.device("ivi")
    assert what(d)[0] == status
    assert d.open(0) and s.process.poll() is None


@pytest.mark.parametrize("how, status", [
    ({"rate": 0}, -95), ({"rate": 4000000000}, -95), ({"fmt": 0}, -95), ({"fmt": 77}, -95), ({"channels": 0, "ring_bytes": 8192}, -95),
    ({"channels": 9, "ring_bytes": 9216}, -95), ({"ring_bytes": 4094}, -22), ({"ring_bytes": 8190}, -22), ({"ring_bytes": (1 << 22) + 4}, -22)])
def test_formats_that_are_none(sound, how, status):
    s = sound()
    d = s.device("ivi")
    how = dict(how)
    ring = Ring(how.pop("ring_bytes", 8192))
    d.open(0, ring=ring, status=status, **how)
    d.open(0)
    assert s.process.poll() is None


def test_rings_that_are_none(sound, tmp_path):
    s = sound()
    d = s.device("ivi")
    short = Ring(8192)
    os.ftruncate(short.fd, 4096 + 8191)
    d.open(0, ring=short, status=-22)
    null = Ring(8192)
    null.fd = os.open("/dev/zero", os.O_RDWR)
    d.open(0, ring=null, status=-22)
    pipe = Ring(8192)
    pipe.event = os.pipe()[1]  # nothing that could be blocked but an eventfd
    d.open(0, ring=pipe, status=-22)
    assert d.ask(START, 0)[0] == -77
    d.open(0)
    d.open(0, status=-16)


@pytest.mark.parametrize("bad", ["truncates", "counts", "blocks"])
def test_a_device_that_misbehaves(sound, tmp_path, bad):
    """Its streams end; a chime that begins then has every sample, and the other guest's music goes on."""
    s = sound()
    ivi, rear = s.device("ivi"), s.device("rear")
    music = rear.open(0, ring_bytes=1 << 20)
    music.put(constant(0.25, 200000))
    rear.start(0)
    ring = started(s, ivi, 0, 0.125)
    s.wait(QUANTUM * 8)
    if bad == "truncates":
        os.ftruncate(ring.fd, 0)
    elif bad == "counts":
        ring.device.value += 1 << 40
    else:
        os.set_blocking(ring.event, True)
        os.eventfd_write(ring.event, 0xFFFFFFFFFFFFFFFE)
        ring.wake_at.value = ring.service.value + 4
    s.wait(QUANTUM * 8)
    s.window.ask(WARNING)
    s.wait(RATE)
    assert s.window.status()[2] == len(chime(tmp_path, "warning"))
    assert music.xruns.value == 0 and music.missing.value == 0
    if bad != "blocks":
        assert "ring that cannot be" in s.log()
    if bad == "blocks":
        ivi.close()  # with the writer held up
    again = s.device("ivi")
    started(s, again, 0, 0.125)
    s.wait(QUANTUM * 8)


def test_messages_that_are_none(sound):
    s = sound()
    for message in (b"x", b"\0" * 39, b"\0" * 41, b"\0" * 4000):
        d = s.device("ivi")
        d.socket.send(message)
        assert d.socket.recv(64) == b"", "the link is not closed"
    d = s.device("ivi", hello=False)
    assert d.ask(START, 0)[0] == -71
    first, second = s.device("ivi"), s.device("ivi")
    assert first.socket.recv(64) == b"" and second.ask(CLOSE, 0)[0] == 0


def test_the_service_is_killed(sound, tmp_path):
    """What it had acknowledged stays so, a request that it had not seen is played by the next one, a ring goes on where it was."""
    s = sound()
    d = s.device("ivi")
    ring = d.open(0, ring_bytes=1 << 20)
    data = counted(40000)
    ring.put(data.tobytes())
    d.start(0)
    s.window.ask(TICK)
    s.wait(QUANTUM * 8)
    s.process.kill()
    s.process.wait()
    s.process.stdout.close()
    taken = ring.service.value
    number = s.window.ask(BELT)
    assert s.window.status()[0] == number - 1
    s.start()
    d = s.device("ivi")
    d.open(0, ring=ring)
    d.start(0)
    s.wait(len(chime(tmp_path, "belt")))
    assert s.window.status()[0] == number
    left, _ = s.record()
    part = array.array("f", [data[2 * (taken // 4 + i)] / 32768 for i in range(2000, 2400)])
    assert ring.service.value > taken + 8000 and part


def test_what_it_cannot_use(tmp_path):
    import subprocess
    from soundstage import SERVICE
    for arguments, says in (([], "usage:"), (["--scenario", "/nowhere"], "cannot read the scenario"), (["--scenario", "/etc/passwd"], "shared window"),
                            (["--scenario", "/etc/passwd", "--quantum", "1"], "usage:")):
        run = subprocess.run([SERVICE, *arguments], capture_output=True, text=True, check=False, timeout=60)
        assert run.returncode == 2 and says in run.stderr, run.stderr


def test_no_sound_card(sound):
    """Nothing is acknowledged then, so that the cluster sounds its own speaker; guests go on."""
    s = sound("--sink", "auto")
    assert "no sound card" in s.log()
    s.wait(QUANTUM * 4)
    s.window.ask(WARNING)
    d = s.device("ivi")
    assert d.card[2] & 1 == 0
    started(s, d, 0, 0.5)
    s.wait(QUANTUM * 20)
    assert s.window.status()[0] == 0
