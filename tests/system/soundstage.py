# SPDX-License-Identifier: BSD-3-Clause
"""The sound service without a machine: a scenario, a shared window in a file, sound devices that are this process, and what
the mixer gave.

Everything is judged in samples: the service's record (--record) counts them from its first quantum on.
"""
import array
import ctypes
import mmap
import os
import signal
import socket
import struct
import subprocess
import time
import zlib

SERVICE = "build/audio/binnacle-sound"
RATE, QUANTUM = 48000, 256
MEDIA, NAVIGATION, TELEPHONE, PARK = 1, 2, 3, 4
WARNING, BELT, TICK, TOCK, INFO = 1, 2, 3, 4, 5
HELLO, OPEN, START, STOP, CLOSE, VOLUME, SOURCE, JACK = range(1, 9)
U8, S16, S24_3, S24, S32, FLOAT, FLOAT64 = 4, 5, 11, 15, 17, 19, 20
BYTES = {3: 1, U8: 1, S16: 2, 6: 2, S24_3: 3, 12: 3, S24: 4, 16: 4, S32: 4, 18: 4, FLOAT: 4, FLOAT64: 8}
ALIGN = 0x200000
RING_DATA = 4096


def crc32(data, crc=0):
    return zlib.crc32(data, crc) & 0xFFFFFFFF


def scenario(vms):
    """vms: {name: (roles of playback streams, captures, gain in centibel)}, or None for a VM without sound."""
    body = bytearray(7072)
    struct.pack_into("<IHHI", body, 0, int.from_bytes(b"BNSC", "little"), 3, 0, len(body))
    struct.pack_into("<I", body, 108, len(vms))
    for i, (name, sound) in enumerate(vms.items()):
        at = 128 + i * 880
        body[at:at + len(name)] = name.encode()
        struct.pack_into("<I", body, at + 32, 3)
        if sound:
            roles, captures, gain = sound
            struct.pack_into("<BB8sh", body, at + 864, len(roles), captures, bytes(roles), gain)
    struct.pack_into("<I", body, 12, crc32(bytes(body[16:])))
    return bytes(body)


class Window:
    """The shared window of the service VM: region "chime" is this process's to write, as the cluster would."""
    KINDS = {"chime": (5, 1), "chime-status": (6, 3)}  # kind, rights

    def __init__(self, path):
        self.path = str(path)
        directory = bytearray(680)
        total = ALIGN * (1 + len(self.KINDS))
        struct.pack_into("<IHHQ16s", directory, 0, int.from_bytes(b"BNSD", "little"), 1, len(self.KINDS), total, b"service")
        self.at = {}
        for i, (name, (kind, rights)) in enumerate(self.KINDS.items()):
            self.at[name] = ALIGN * (1 + i)
            struct.pack_into("<16sIIQQ", directory, 32 + 40 * i, name.encode(), kind, rights, self.at[name], ALIGN)
        struct.pack_into("<I", directory, 672, crc32(bytes(directory[:672])))
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.ftruncate(fd, total)
        self.map = mmap.mmap(fd, total)
        os.close(fd)
        self.map[:680] = bytes(directory)
        self.sequence = self.counter = self.latest = 0
        self.requests = [(0, 0)] * 8
        self.publish()

    def publish(self, wrong_crc=False):
        payload = struct.pack("<II", self.latest, 0) + b"".join(struct.pack("<IIQ", n, chime, 0) for n, chime in self.requests)
        self.counter += 1
        covered = struct.pack("<II", 5, len(payload)) + struct.pack("<IQ", self.counter, 0) + payload
        at = self.at["chime"]
        struct.pack_into("<I", self.map, at + 16, self.sequence + 1)
        struct.pack_into("<IHHII", self.map, at, int.from_bytes(b"BNSH", "little"), 1, 0, 5, len(payload))
        struct.pack_into("<IQI", self.map, at + 20, self.counter, 0, crc32(covered) ^ wrong_crc)
        # as one store of four bytes, after everything else
        self.map[at + 64:at + 64 + len(payload)] = payload
        self.sequence += 2
        struct.pack_into("<I", self.map, at + 16, self.sequence)

    def ask(self, *chimes, **how):
        for chime in chimes:
            self.latest += 1
            self.requests[self.latest % 8] = (self.latest, chime)
        self.publish(**how)
        return self.latest

    def status(self):
        """acknowledged, refused, played frames, worst microseconds; checked as the cluster would."""
        at = self.at["chime-status"]
        for _ in range(1000):
            raw = self.map[at:at + 88]
            magic, version, kind, size, sequence, counter, when, crc = struct.unpack("<IH2xIIIIQI", raw[:36])
            if sequence % 2 == 0 and self.map[at + 16:at + 20] == raw[16:20] and \
                    crc == crc32(struct.pack("<IIIQ", kind, size, counter, when) + raw[64:]):
                assert (magic, version, kind, size) == (int.from_bytes(b"BNSH", "little"), 1, 6, 24)
                return struct.unpack("<IIQI4x", raw[64:])
        raise AssertionError("chime-status is never whole")


class Ring:
    """A stream's ring as the device has it (audio/link/link.h)."""

    def __init__(self, ring_bytes):
        self.ring_bytes = ring_bytes
        self.fd = os.memfd_create("ring")
        os.ftruncate(self.fd, RING_DATA + ring_bytes)
        self.map = mmap.mmap(self.fd, RING_DATA + ring_bytes)
        self.event = os.eventfd(0, os.EFD_NONBLOCK)
        word = lambda at, kind: kind.from_buffer(self.map, at)
        self.device, self.wake_at = word(0, ctypes.c_uint64), word(8, ctypes.c_uint64)
        self.service, self.missing = word(64, ctypes.c_uint64), word(80, ctypes.c_uint64)
        self.latency, self.xruns = word(72, ctypes.c_uint32), word(76, ctypes.c_uint32)

    def put(self, data):
        """As much as there is room for; how many bytes."""
        count = self.device.value
        n = min(len(data), self.ring_bytes - (count - self.service.value))
        at = count % self.ring_bytes
        first = min(n, self.ring_bytes - at)
        self.map[RING_DATA + at:RING_DATA + at + first] = data[:first]
        self.map[RING_DATA:RING_DATA + n - first] = data[first:n]
        self.device.value = count + n
        return n

    def take(self):
        count, there = self.device.value, self.service.value - self.device.value
        at = count % self.ring_bytes
        first = min(there, self.ring_bytes - at)
        data = self.map[RING_DATA + at:RING_DATA + at + first] + self.map[RING_DATA:RING_DATA + there - first]
        self.device.value = count + there
        return data


class Device:
    """A guest's sound device."""

    def __init__(self, path, hello=True):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(20)
        self.socket.connect(path)
        self.serial, self.events = 0, []
        self.card = struct.unpack_from("<III", self.ask(HELLO, value=1)[1], 16) if hello else None

    def ask(self, kind, stream=0, value=0, body=b"", fds=()):
        """(status, the whole answer)."""
        self.serial += 1
        message = struct.pack("<HHIiI", kind, stream, self.serial, 0, value) + body.ljust(24, b"\0")
        socket.send_fds(self.socket, [message], list(fds))
        while True:
            answer = self.socket.recv(4096)
            assert len(answer) == 40, "the service has closed the link"
            if struct.unpack_from("<HHI", answer) == (kind, stream, self.serial):
                return struct.unpack_from("<i", answer, 8)[0], answer
            self.events.append(answer)

    def open(self, stream, rate=RATE, fmt=S16, channels=2, ring_bytes=None, ring=None, status=0):
        frame = BYTES.get(fmt, 2) * channels
        ring = ring or Ring(ring_bytes or frame * rate // 5 // 16 * 16 + frame * 4096)
        position = {1: [2], 2: [3, 4]}.get(channels, [3, 4, 5, 6, 7, 8, 9, 10][:channels])
        body = struct.pack("<IHH8sII", rate, fmt, channels, bytes(position), ring.ring_bytes, frame * rate // 100)
        got = self.ask(OPEN, stream, body=body, fds=(ring.fd, ring.event))[0]
        assert got == status, os.strerror(-got)
        return ring

    def start(self, stream):
        assert self.ask(START, stream)[0] == 0

    def close(self):
        self.socket.close()


class Sound:
    """The service, running."""

    def __init__(self, folder, vms, *arguments, chimes=True, seconds=30):
        self.folder = str(folder)
        self.files = {name: os.path.join(self.folder, name) for name in ("scenario", "window", "status", "control", "record", "log")}
        with open(self.files["scenario"], "wb") as f:
            f.write(scenario(vms))
        self.window = Window(self.files["window"]) if chimes else None
        self.arguments = [SERVICE, "--scenario", self.files["scenario"], "--sink", "null", "--links", os.path.join(self.folder, "link"),
                          "--status", self.files["status"], "--control", self.files["control"], "--record", self.files["record"],
                          "--seconds", str(seconds), *(["--window", self.files["window"]] if chimes else []), *arguments]
        self.start()

    def start(self):
        with open(self.files["log"], "a", encoding="utf-8") as log:
            self.process = subprocess.Popen(self.arguments, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("sound: ready"), self.log()
        return line

    def log(self):
        with open(self.files["log"], encoding="utf-8") as f:
            return f.read()

    def device(self, vm, **how):
        return Device(os.path.join(self.folder, "link", f"{vm}.link"), **how)

    def frames(self):
        """How many frames the mixer has given."""
        with open(self.files["record"], "rb") as f:
            return struct.unpack("<Q", f.read(8))[0]

    def wait(self, frames):
        """Until the mixer has given that many more."""
        until = self.frames() + frames
        self.until(lambda: self.frames() >= until)

    def until(self, done, what=None):
        """Calls what() until done(); the host's time is only a bound on hanging."""
        end = time.monotonic() + 60
        while not done():
            assert self.process.poll() is None, f"the service has ended: {self.process.returncode} {self.log()}"
            assert time.monotonic() < end, f"nothing happens: {self.frames()} frames {self.log()}"
            if what:
                what()
            time.sleep(0.001)

    def record(self, start=0):
        """Two arrays of floats: left and right, from frame `start` on."""
        with open(self.files["record"], "rb") as f:
            frames = struct.unpack("<Q", f.read(8))[0]
            f.seek(64 + start * 8)
            data = array.array("f", f.read((frames - start) * 8))
        return data[0::2], data[1::2]

    def stop(self):
        assert self.process.poll() is None, f"the service has ended: {self.process.returncode} {self.log()}"
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.process.stdout.close()
        assert code == 0, f"it ends with {code}: {self.log()}"


def chime(tmp, name):
    """The samples of a chime, as the service makes them."""
    subprocess.run([SERVICE, "--render", str(tmp)], check=True, timeout=60)
    with open(os.path.join(str(tmp), f"{name}.f32"), "rb") as f:
        return array.array("f", f.read())


def pump(sound, ring, data, frames):
    """Plays `data` again and again into a ring, until the mixer has given that many frames more."""
    until, at = sound.frames() + frames, 0

    def put():
        nonlocal at
        at = (at + ring.put(data[at:at + 65536])) % len(data)
    sound.until(lambda: sound.frames() >= until, put)
