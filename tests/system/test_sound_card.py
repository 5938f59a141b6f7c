# SPDX-License-Identifier: BSD-3-Clause
"""The service VM's sound on the machine's HDA card: chimes in what the card was given, sample by sample, in virtual time."""
import array
import re
import struct
import subprocess

import pytest

from conftest import log_folder
from nuc import Nuc, NucConfig
from soundstage import BELT, INFO, MEDIA, RATE, WARNING, Window, chime, scenario

PAGE, SNAPSHOT, CHIMES = 4096, 2 << 20, 8 << 20
ASKED = (WARNING, BELT, INFO, WARNING)
LATER = (BELT, WARNING)  # while there is no card, and when it is back
NAMES = {WARNING: "warning", BELT: "belt", INFO: "info"}


def build_disk(folder):
    """What a shell in the machine copies into place: the scenario, the shared window, and its chime region after each request."""
    window = Window(folder / "window")
    with open(folder / "disk", "wb") as f:
        f.write(scenario({"service": None, "ivi": ([MEDIA], 0, 0)}))
        f.seek(SNAPSHOT)
        f.write(window.map[:])
        for i, one in enumerate(ASKED + LATER):
            window.ask(one)
            f.seek(CHIMES + i * PAGE)
            f.write(window.map[window.at["chime"]:window.at["chime"] + PAGE])
        f.truncate(16 << 20)
    return folder / "disk", window.at["chime"] // PAGE


def unplug(run, ask):
    """The driver lets go of the card, and takes it again; what the service says of each."""
    run("device=$(basename $(readlink -f /sys/class/sound/card0/device)); driver=/sys/bus/pci/drivers/snd_hda_intel")
    run("echo $device >$driver/unbind; sleep 6")
    ask(len(ASKED))
    without = run("binnaclectl audio | head -3")[1]
    run("echo $device >$driver/bind; sleep 6")
    ask(len(ASKED) + 1)
    return without, run("binnaclectl audio | head -3; cat /tmp/log")[1]


def samples(path):
    """The left channel of what the emulator's card played."""
    with open(path, "rb") as f:
        data = f.read()
    channels, rate = struct.unpack_from("<HI", data, 22)
    assert (channels, rate) == (2, RATE)
    pcm = array.array("h", data[44:len(data) - (len(data) - 44) % 4])
    return pcm[0::2]


def test_chimes_on_the_card(request, tmp_path):
    disk, page = build_disk(tmp_path)
    # Without the hypervisor this kernel finds the emulated local APIC's timer wanting and falls back to ticks of 10 ms; with the
    # HPET alone, and one CPU, its timers are as fine as they are under the hypervisor.
    # Nobody outside takes part, so the machine need not wait for the host's clock, which would let a busy host be heard.
    config = NucConfig.bare("nolapic_timer", icount="shift=0,sleep=off", gpu="none", usb=False, net=False, sd_card_mib=0, cpus=1,
                            memory_mib=1024,
                            extra=["-drive", f"if=virtio,format=raw,readonly=on,file={disk}"])
    with Nuc("sound", config, log_folder(request.node)) as nuc:
        nuc.console.wait_for("binnacle:.*# ")
        run = nuc.console.run
        assert run("until sv status sound | grep -q ^run; do usleep 100000; done; sv stop sound")[0] == 0
        assert run(f"cd /tmp && dd if=/dev/vda of=scenario bs={PAGE} count=2 && dd if=/dev/vda of=window bs={PAGE} "
                   f"skip={SNAPSHOT // PAGE} count={3 * 512} && truncate -s 7072 scenario")[0] == 0
        run("SOUND_SCENARIO=/tmp/scenario SOUND_WINDOW=/tmp/window sh -c '/etc/service/sound/run; echo exit $?' >/tmp/log 2>&1 & sleep 3")

        def ask(i):
            run(f"dd if=/dev/vda of=/tmp/window bs={PAGE} skip={CHIMES // PAGE + i} seek={page} count=1 conv=notrunc; sleep 1.5")
        for i in range(len(ASKED)):
            ask(i)
            if i == 0:  # the card has settled
                missed = int(re.search(r"missed (\d+)", run("binnaclectl audio")[1])[1])
        _, shown = run("binnaclectl audio; cat /tmp/log; cat /sys/bus/hdaudio/devices/*/vendor_id")
        without, back = unplug(run, ask)
        print(shown, without, back)
        path = f"{nuc.log_dir}/sound.wav"
    assert "plays on hw:0,0" in shown and "records from hw:0,2" in shown
    assert re.search(r"chimes: 4 requests acknowledged, 0 refused, (\d+) samples", shown)
    assert int(re.search(r"missed (\d+)", shown)[1]) == missed
    # what nobody hears is not acknowledged, and is not made up for
    assert "card null (nothing is heard)" in without and "chimes: 4 requests" in without
    assert "card hw:0,0" in back and "chimes: 6 requests" in back and "no sound card" in back
    assert back.count("records from hw:0,2") == 2
    heard, at = samples(path), 0
    for one in (*ASKED, LATER[1]):
        wanted = array.array("h", [max(-32768, min(32767, round(x * 32768))) for x in chime(tmp_path, NAMES[one])])
        key = wanted[2000:3000]
        found = heard.tobytes().find(key.tobytes(), at * 2)
        assert found >= 0 and found % 2 == 0, f"{NAMES[one]} is not in what was played"
        start = found // 2 - 2000
        wrong = [i for i in range(len(wanted)) if heard[start + i] != wanted[i]]
        assert not wrong, f"{NAMES[one]}: {len(wrong)} samples of {len(wanted)} differ, the first at {wrong[0]}"
        at = start + len(wanted)
