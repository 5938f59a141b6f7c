# SPDX-License-Identifier: BSD-3-Clause
"""Our sound device under plain QEMU's vhost-user-snd-pci: a Linux guest with ALSA's library plays and hears itself."""
import os
import re
import subprocess

import pytest

from conftest import log_folder
from displaystack import BUILD, wait_for

STREAMS = 8  # of playback; capture has two
LOOPS = 26  # formats, numbers of channels, rates that tests/guests/audio/main.c goes through


class Guest:
    """with Guest(folder, ...) as g: the device, QEMU and the guest in it; text() when the guest has powered off."""

    def __init__(self, folder, qemu="", device=(), cmdline=""):
        os.makedirs(folder, exist_ok=True)
        self.folder, self.qemu, self.device, self.cmdline = folder, qemu, device, cmdline
        self.processes, self.logs = {}, {}

    def start(self, name, *argv):
        self.logs[name] = os.path.join(self.folder, name + ".txt")
        with open(self.logs[name], "wb") as log:
            self.processes[name] = subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def text(self, name):
        with open(self.logs[name], encoding="utf-8", errors="replace") as f:
            return f.read()

    def __enter__(self):
        sound = os.path.join(self.folder, "sound")
        self.start("audio", f"{BUILD}/audio/binnacle-audio", "--socket-path", sound, "--playback", str(STREAMS), "--capture", "2",
                   "--backend", "null", "--loopback", "--statistics", "1", *self.device)
        wait_for(lambda: "audio: ready" in self.text("audio"), 30, "the sound device")
        self.start("guest", "qemu-system-x86_64", "-machine", "q35,memory-backend=ram", "-accel", "tcg", "-cpu", "max", "-m", "256",
                   "-object", "memory-backend-memfd,id=ram,size=256M,share=on", "-nodefaults", "-display", "none", "-no-reboot",
                   "-serial", "stdio", "-chardev", f"socket,id=sound,path={sound}",
                   "-device", f"vhost-user-snd-pci,chardev=sound{self.qemu}",
                   "-kernel", f"{BUILD}/kernel/bzImage", "-initrd", f"{BUILD}/tests/guests/audio/initrd",
                   "-append", f"console=ttyS0 quiet panic=-1 {self.cmdline}")
        wait_for(lambda: self.processes["guest"].poll() is not None, 600, "the guest's end")
        wait_for(lambda: "audio: requests" in self.text("audio"), 30, "statistics")
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.terminate()
            process.wait()


@pytest.fixture(scope="module")
def guest(request):
    with Guest(log_folder(request.node), ",controls=on") as g:
        yield g


def loops(text):
    """What was played and how much of it was heard in one piece, by format, channels and rate."""
    found = re.findall(r"audio: loop (\S+) (\d) channels (\d+) Hz: (\d+) of (\d+) frames", text)
    return {(name, int(channels), int(rate)): (int(heard), int(sent)) for name, channels, rate, heard, sent in found}


def test_alsa_finds_the_card(guest):
    text = guest.text("guest")
    devices = re.findall(r"audio: device (\d) (playback|capture), (\d) maps", text)
    assert devices == [(str(i), way, "8") for i in range(STREAMS) for way in ("playback", "capture") if way == "playback" or i < 2]
    assert "Speaker Jack connected" in text and "Mic Jack connected" in text


def test_elements_are_read_written_and_told_of(guest):
    text = guest.text("guest")
    for name, value in ("Master Playback Volume", 77), ("Master Playback Switch", 0), ("Capture Source", 1):
        assert f"audio: element {name} is {value}" in text


def test_what_is_played_is_heard_in_every_format(guest):
    text = guest.text("guest")
    first, second = text.split("audio: first part")
    assert len(re.findall("audio: loop", first)) == LOOPS
    for what, (heard, sent) in loops(first).items():
        assert heard == sent and sent > 1000, what
    assert {channels for _, channels, _ in loops(first)} == set(range(1, 9))
    assert len({name for name, _, _ in loops(first)}) == 14
    assert "audio: 0 failures" in first
    # The driver was taken off and put on again: without VHOST_USER_RESET_DEVICE, by stopped queues alone.
    assert loops(second) == {("S16_LE", 2, 48000): (11520, 11520)}
    assert "audio: 0 failures" in second and "audio: end" in second


def test_the_device_refused_nothing(guest):
    counts = dict(re.findall(r"(\w+) (\d+)", guest.text("audio").strip().splitlines()[-1]))
    assert counts["refused"] == counts["bad"] == counts["restored"] == "0"
    assert int(counts["requests"]) > 150 and int(counts["buffers"]) > 500
    assert guest.processes["audio"].poll() is None


def test_without_control_elements(request):
    """QEMU's device has them off by default and then hides where their number is, but not that there are any: --no-controls."""
    with Guest(log_folder(request.node), "", ("--no-controls",), "no-elements") as g:
        text = g.text("guest")
        assert "audio: element" not in text
        assert len(loops(text)) > 10 and all(heard == sent for heard, sent in loops(text).values())
        assert text.count("audio: 0 failures") == 2
