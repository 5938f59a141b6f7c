# SPDX-License-Identifier: BSD-3-Clause
"""The IVI's player on an ordinary virtio sound card, QEMU's: the image alone, on a PC, with a wav file for a loudspeaker."""
import os

import numpy as np
import pytest

from nuc import NucConfig

RATE = 48000
HEADER = 44
IVI = "build/image/ivi.img"
MUSIC = "build/ivi-demo/music/{}.wav"
LIMIT = 600
PLAY, NEXT = (290, 544), (420, 544)  # of the media page
DOCK_MEDIA = (715, 668)
WORDS, WARM = (416, 220, 700, 262), (0xFF, 0xB6, 0x5C)
RUN = RATE // 10  # frames that must be equal before two places are taken for the same


def ivi_alone(wav, words="", sound=True):
    """The IVI's kernel, initrd and verified root, started by QEMU itself."""
    card = ["-audiodev", f"wav,id=music,path={wav},out.frequency={RATE},out.channels=2,out.format=s16",
            "-device", "virtio-sound-pci,audiodev=music,streams=2"] if sound else []
    return NucConfig(kernel="build/kernel/bzImage", initrd="build/image/ivi.initrd", disk=None, cpus=1, memory_mib=1024,
                     append=f"console=ttyS0 hostname=ivi binnacle.debug {words}".strip(), iommu=None, gpu="virtio-vga",
                     screens=((1280, 720),), max_outputs=1, sound=False, net=False, sd_card_mib=0,
                     extra=["-drive", f"if=virtio,format=raw,readonly=on,file={IVI}", *card])


def heard(path):
    """All frames, as one number each."""
    with open(path, "rb") as f:
        raw = f.read()[HEADER:]
    return np.frombuffer(raw[:len(raw) // 4 * 4], dtype="<u4")


def title(n):
    with open(MUSIC.format(n), "rb") as f:
        raw = f.read()
    return np.frombuffer(raw[raw.index(b"data") + 8:], dtype="<u4")


def wait_seconds(nuc, path, seconds):
    """Until the loudspeaker has played so much."""
    nuc.console.run(f"until [ -e /dev/snd/pcmC0D0p ]; do usleep 50000; done")
    while not os.path.exists(path) or os.path.getsize(path) < seconds * RATE * 4:
        nuc.console.run("usleep 100000")


def place_of(part, whole):
    """Where the run of frames is in `whole`; -1: it is not."""
    for at in np.flatnonzero(whole[:len(whole) - len(part)] == part[0]):
        if np.array_equal(whole[at:at + len(part)], part):
            return int(at)
    return -1


@pytest.fixture
def player(machine, tmp_path):
    wav = str(tmp_path / "music.wav")

    def start(words="", sound=True):
        nuc = machine(ivi_alone(wav, words, sound))
        nuc.console.wait_for("ivi: home screen", limit=LIMIT)
        return nuc, wav

    return start


def test_music_is_played_to_the_sample(player, report):
    """From the first frame on, and not one is lost, repeated or changed, by player, ALSA, virtio and the emulator's mixer."""
    nuc, wav = player("binnacle.music")
    wait_seconds(nuc, wav, 5)
    nuc.pause()
    got, music = heard(wav), title(1)
    begin = int(np.flatnonzero(got)[0])
    first = place_of(got[begin:begin + RUN], music)
    assert first >= 0, "what is heard is not the first title"
    assert not music[:first].any(), "the beginning is missing"
    rest = got[begin:]
    wrong = np.flatnonzero(rest != music[first:first + len(rest)])
    report.add("ivi.music-frames", len(rest), "frames", ok=len(rest) > 4 * RATE)
    assert report.add("ivi.music-wrong-frames", len(wrong), "frames", bound=0), wrong[:10]
    assert len(rest) > 4 * RATE


def test_quiet_until_somebody_plays(player):
    """No music by itself; a touch plays, another pauses, and after that it goes on where it was."""
    nuc, wav = player()
    nuc.console.run("sleep 2")
    assert not os.path.exists(wav) or os.path.getsize(wav) <= HEADER
    nuc.click(0, *DOCK_MEDIA)
    nuc.click(0, *PLAY)
    wait_seconds(nuc, wav, 1.5)
    nuc.click(0, *PLAY)
    nuc.console.run("sleep 1")
    paused = len(heard(wav))
    nuc.console.run("sleep 1")
    assert len(heard(wav)) == paused
    nuc.click(0, *PLAY)
    wait_seconds(nuc, wav, paused / RATE + 1.5)
    nuc.pause()
    got, music = heard(wav), title(1)
    before, after = place_of(got[paused - 2 * RUN:paused - RUN], music), place_of(got[paused + 2 * RUN:paused + 3 * RUN], music)
    assert before >= 0 and after >= 0
    assert before < after <= before + 4 * RUN  # nothing of the music is left out


def test_no_sound_device_is_said(player):
    """The page says it, and the home screen goes on."""
    nuc, _ = player("binnacle.music", sound=False)
    nuc.click(0, *DOCK_MEDIA)
    nuc.wait_picture(0, lambda p: near(p.crop(WORDS), WARM) > 100, "the words", LIMIT)


def near(image, colour):
    pixels = np.asarray(image.convert("RGB")).astype(int)
    return int((np.abs(pixels - np.array(colour)).max(axis=2) < 40).sum())
