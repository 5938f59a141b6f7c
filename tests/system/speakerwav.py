# SPDX-License-Identifier: BSD-3-Clause
"""The PC speaker of an emulated PC, heard by a wav file: which tones, and when the first.

QEMU writes the file only while something sounds, so that times in it are durations and no dates: pauses are missing. A date
is when the file begins to grow.
"""
import os

import numpy as np

RATE = 44100
HEADER = 44


def arguments(path, machine="pc"):
    """QEMU's, for a speaker that is written to `path`."""
    return ("-audiodev", f"wav,id=speaker,path={path},out.frequency={RATE},out.channels=2,out.format=s16",
            "-machine", f"{machine},pcspk-audiodev=speaker")


def heard(path):
    """Something has sounded (the file's first block comes after 23 ms of it)."""
    return os.path.exists(path) and os.path.getsize(path) > HEADER


def load(path):
    """One channel, -1 to 1. The header's length is only right after the emulator's orderly end: it is not looked at."""
    with open(path, "rb") as f:
        raw = f.read()[HEADER:]
    return np.frombuffer(raw[:len(raw) // 4 * 4], dtype="<i2").reshape(-1, 2)[:, 0] / 32768.0


def pitches(samples, window):
    """Hz of each window that is loud."""
    step = int(RATE * window)
    for at in range(0, len(samples) - step + 1, step):
        part = samples[at:at + step]
        if np.abs(part).max() >= 0.02:
            spectrum = np.abs(np.fft.rfft((part - part.mean()) * np.hanning(step), 16 * step))
            yield float(np.argmax(spectrum) * RATE / (16 * step))


def tones(samples, window=0.010, least=2):
    """[(Hz, seconds)] of what is loud, one after the other. Windows of one pitch, within 8 %, are one tone, if they are `least` in a row;
    a window with the end of one step and the beginning of the next has a pitch of its own, which is left out."""
    runs = []
    for hz in pitches(samples, window):
        if runs and abs(np.mean(runs[-1]) - hz) < 0.08 * np.mean(runs[-1]):
            runs[-1].append(hz)
        else:
            runs.append([hz])
    found = []
    for run in runs:
        if len(run) < least:
            continue
        if found and abs(np.mean(found[-1]) - np.mean(run)) < 0.08 * np.mean(run):
            found[-1] += run
        else:
            found.append(run)
    return [(float(np.median(run)), len(run) * window) for run in found]


def gate(vm):
    """Bits 0 and 1 of port 61h: 3 while a tone sounds."""
    text = vm.qmp.command("human-monitor-command", **{"command-line": "i /b 0x61"})
    return int(text.split("=")[1], 16) & 3
