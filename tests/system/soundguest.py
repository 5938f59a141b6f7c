# SPDX-License-Identifier: BSD-3-Clause
"""The cluster, and a Debian guest with its sound device, on the service VM's sound service, in virtual time; what the loudspeaker gets
is a file."""
import os
import re
import struct

import numpy as np

import workers
from cockpit import REGION_HEADER, Cockpit, add_to_data, power_on_ms, variant_disk, vehicle_sim
from displaystack import wait_for

STOCK = "build/image/sound.img"
PLAYER = "build/tests/guests/sound/pcm-count"  # made with it
VM = "guest"
RATE = 48000
LINKED = f'until binnaclectl audio 2>/dev/null | grep -q "^{VM} .* linked"; do usleep 50000; done'  # its sound device, to the service
REST_S = 2.2  # guests/cluster/chime.h: CHIME_REST_MS
BLOCK = 4096  # bytes, of stdio's
WAV_HEADER = 44  # bytes
MICROPHONE_S = 60
SERVICES = {
    "disk": """exec qemu-storage-daemon --blockdev driver=host_device,node-name=root,filename=/dev/nvme1n1,read-only=on \\
    --export type=vhost-user-blk,id=root,node-name=root,addr.type=unix,addr.path=$s/root.sock,writable=off
""",
    "vm": """exec binnacle-dm --vm guest --kernel /usr/share/binnacle/ivi/bzImage \\
    --cmdline "console=hvc0 8250.nr_uarts=0 quiet panic=-1 clocksource=tsc tsc=reliable root=/dev/vda ro rootfstype=squashfs $(cat $s/words 2>/dev/null)" \\
    --wait 120 --blk $s/root.sock --sound $s/sound.sock \\
    --console-log /var/log/guest-console.log --console-socket $s/console.sock
""",
}


class SoundStage(Cockpit):
    """with SoundStage(folder, logs) as s: s.settle(); s.guest("aplay -l"); s.heard() is what the loudspeaker got."""

    def __init__(self, folder, logs):
        disk = variant_disk(os.path.join(str(folder), "disk.img"), "binnacle.debug quiet", "test-sound")
        scripts = []
        for name, text in SERVICES.items():
            scripts.append(os.path.join(str(folder), name))
            with open(scripts[-1], "w", encoding="utf-8") as f:
                f.write(f"#!/bin/sh\nexec 2>&1\ns=/run/guest/{VM}\n{text}")
        scripts.append(os.path.join(str(folder), "microphone"))
        counted(MICROPHONE_S * RATE).tofile(scripts[-1])
        scripts.append(PLAYER)
        add_to_data(disk, "stock", scripts)
        second = ["-drive", f"if=none,id=stock,format=raw,readonly=on,file={STOCK}", "-device", "nvme,drive=stock,serial=stock"]
        super().__init__(folder, logs, disk=disk, plan="test-sound", cpus=3, memory_mib=2560, gpu="none", screens=(), usb=False,
                         net=False, sd_card_mib=0, extra=second)
        self.sim.lamps = []
        self.sim.override = {("Exterior", "AirTemperature"): 9}  # no cold valley, or the cluster warns of ice in the middle of a test
        self.lives = 1  # of the guest
        self.dark = 0.0  # when the last lamp went out
        self.bus = None
        self.booted_ms = 0.0  # the service VM's clock against the TSC, known when a chime was asked for

    def __enter__(self):
        self.nuc.start(run=False)
        self.bus = vehicle_sim.Connection(self.nuc.bus_path, self.sim)
        self.bus.__enter__()
        self.nuc.resume()
        return self

    def __exit__(self, *_):
        super().__exit__(*_)
        if self.bus:
            self.bus.__exit__()

    def settle(self):
        """Waits for the service VM, and starts the guest under its supervisor."""
        self.nuc.console.wait_for("binnacle:.*# ", limit=1800)
        start = f"mkdir -p -m 711 /run/guest/{VM} && cp -rL /etc/guest/sound /run/service/{VM}-sound"
        for name in SERVICES:
            service = f"/run/service/{VM}" + (f"-{name}" if name != "vm" else "")
            start += f" && mkdir {service}.new && cp /data/stock/{name} {service}.new/run && mv {service}.new {service}"
        assert self.run(start)[0] == 0
        self.wait_shell()

    def wait_shell(self):
        log = f"/var/log/{VM}-console.log"
        assert self.run(f'until [ "$(grep -c "sound: ready" {log} 2>/dev/null)" -ge {self.lives} ] 2>/dev/null; do usleep 200000; done')[0] == 0

    def guest(self, command):
        """(status, output) of a command in the guest."""
        return self.in_guest(command, VM)

    def rest(self):
        """Waits until the last lamp has been dark for long enough to be news when it is lit again."""
        wait_for(lambda: self.sim.time_ms and self._now() > self.dark + REST_S, 600, "the lamp's rest")

    def light(self, lamp, seconds=0.5):
        """Lights a telltale from now on for so many seconds of the cluster's time, when it has been dark long enough to be news."""
        self.rest()
        self.dark = self._now() + seconds
        self.sim.lamps = [(self._now(), self.dark, lamp, False)]

    def _now(self):
        return self.sim.time_ms / 1000 + self.sim.start

    def requests(self):
        """(number of chimes asked for, TSC of the last request)."""
        block = self.memory(self.region["chime"] + REGION_HEADER, 136)
        latest, = struct.unpack_from("<I", block)
        return latest, struct.unpack_from("<Q", block, 8 + latest % 8 * 16 + 8)[0]

    def ask(self, lamp):
        """Lights a telltale and waits until the cluster has asked for its chime; the request's number."""
        before = self.requests()[0]
        self.light(lamp)
        wait_for(lambda: self.requests()[0] > before, 600, f"the chime of {lamp}")
        number, tsc = self.requests()
        self.booted_ms = tsc / 1e6 - self.uptime() * 1000
        return number

    def weight(self, program):
        """(resident KiB, descriptors) of a process of the service VM."""
        text = self.run(f"p=$(pidof {program} | cut -d' ' -f1); grep VmRSS /proc/$p/status; echo files: $(ls /proc/$p/fd | wc -l)")[1]
        return int(re.search(r"VmRSS:\s+(\d+)", text)[1]), int(re.search(r"files: (\d+)", text)[1])

    def wait_playing(self, streams=1):
        """Waits until the sound service plays so many streams of the guest's."""
        assert self.run(f'until [ "$(binnaclectl audio | grep -c " started ")" -ge {streams} ]; do usleep 50000; done')[0] == 0

    def renew(self, program, command):
        """Ends a process of the service VM by that command, which has its pid in $old, and waits for the next and for its link."""
        again = f'until p=$(pidof {program}) && [ "$p" != "$old" ]; do usleep 50000; done'
        assert self.run(f"old=$(pidof {program}); {command}; {again}; {LINKED}")[0] == 0

    def kill_back_end(self):
        """Kills the guest's sound device, and waits for the next."""
        self.renew("binnacle-audio", "kill -9 $old")

    def hear_file(self):
        """From now on the microphone hears counted frames: the sound service begins a new life."""
        self.renew("binnacle-sound", "sed -i 's,--source [^ ]*,--source file:/data/stock/microphone,' /run/service/sound/run; kill $old")

    def written(self):
        """Frames in the file of what was heard, which may lack a block."""
        return len(wave(os.path.join(self.nuc.log_dir, "sound.wav")))

    def heard(self, since=0, more=0.0):
        """What the sound card has played from frame `since` on, up to `more` seconds from now by its own count: frames of two 16-bit
        samples at 48 kHz. The emulator writes them a block at a time, silence too."""
        path = os.path.join(self.nuc.log_dir, "sound.wav")
        wanted = os.path.getsize(path) + 2 * BLOCK + int(more * RATE) * 4
        wait_for(lambda: os.path.getsize(path) >= wanted, 600, "the sound file to go on")
        return wave(path)[since:]

    def clock(self, within=120):
        """A function that says which frame of what is heard the card plays at a given TSC, while it goes on playing as it does now.
        Looks at the file again and again: it holds whole blocks, so each look says where the card is to a block, and looks at
        different times narrow that to `within` frames. The machine runs meanwhile: each time it is held, the emulator's card loses
        up to a millisecond."""
        path = os.path.join(self.nuc.log_dir, "sound.wav")
        least, most = -np.inf, np.inf
        after = self.uptime() * 1000 + self.booted_ms
        while most - least > within:
            before = power_on_ms(self.nuc, after)
            written = (os.path.getsize(path) - WAV_HEADER) // 4
            after = power_on_ms(self.nuc, before)
            least = max(least, written - after * RATE / 1000)
            most = min(most, written + BLOCK // 4 - before * RATE / 1000)
            assert least <= most, "the card does not play at its rate"
        return lambda tsc: tsc / 1e6 * RATE / 1000 + (least + most) / 2

    def spoken(self):
        """What the PC speaker has sounded, without the pauses, which the emulator does not write."""
        return wave(os.path.join(self.nuc.log_dir, "speaker.wav"))


def wave(path):
    data = np.fromfile(path, dtype="<i2", offset=WAV_HEADER) if os.path.getsize(path) > WAV_HEADER else np.zeros(0, "<i2")
    return data[:len(data) // 2 * 2].reshape(-1, 2)


def counted(frames):
    """Frames that carry their own number as those of pcm-count do."""
    number = np.arange(1, frames + 1)
    return np.stack([number & 0xFFF, number >> 12 & 0xFFF], axis=1).astype("<i2")


def count_errors(frames):
    """What pcm-count played, as it was heard: (first number, last number, errors). A frame that does not carry the number after the
    one before is an error; after 24 bits numbers begin anew, and are counted on here."""
    number = frames[:, 0].astype(np.int64) + (frames[:, 1].astype(np.int64) << 12)
    lit = np.flatnonzero(number)
    if not len(lit):
        return 0, 0, 1
    run = number[lit[0]:lit[-1] + 1]
    steps = np.diff(run) % (1 << 24)
    return int(run[0]), int(run[0] + steps.sum()), int(np.count_nonzero(steps != 1))


def build():
    workers.make(STOCK)


def sounds(frames):
    """Where the sound in it begins and ends; both 0: silence."""
    lit = np.flatnonzero(frames.any(axis=1))
    return (int(lit[0]), int(lit[-1]) + 1) if len(lit) else (0, 0)


def find(frames, sound):
    """The index in `frames` at which `sound` is most like what is there."""
    size = 1 << int(np.ceil(np.log2(len(frames) + len(sound))))
    a, b = (np.fft.rfft(x[:, 0].astype(float), size) for x in (frames, sound))
    return int(np.argmax(np.fft.irfft(a * np.conj(b), size)[:max(1, len(frames) - len(sound) + 1)]))
