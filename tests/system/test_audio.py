# SPDX-License-Identifier: BSD-3-Clause
"""A stock Debian guest judges its sound card: ALSA's own tools, the kernel's ALSA selftests, and frames that count themselves; and
the cluster's chimes are heard whatever that guest does."""
import re

import numpy as np
import pytest

from cockpit import power_on_ms
from displaystack import wait_for
from soundguest import LINKED, RATE, VM, SoundStage, build, count_errors, find, sounds

pytestmark = pytest.mark.campaign("audio")

PERIOD = 480  # 10 ms
PLAYERS = 960  # 20 ms: ivi-demo/player_engine.c, CHUNK
QUANTUM = 256  # of the sound service
FADE = 480 + QUANTUM  # frames, and a quantum in which it ends
# rate, format, channels: each value of each at least once; make soak takes all. alsabat wants half
# a second of whole frames, which 11025 Hz has not
BAT_SOME = [(8000, "U8", 1), (44100, "S16_LE", 2), (96000, "S32_LE", 2), (192000, "S16_LE", 1)]
BAT_ALL = [(rate, form, channels) for rate in (8000, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
           for form in ("U8", "S16_LE", "S32_LE") for channels in (1, 2)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    build()
    with SoundStage(tmp_path_factory.mktemp("sound"), "build/logs/audio-guest") as s:
        s.settle()
        yield s


def totals(text):
    """(passed, failed, skipped) of the kernel's selftests."""
    n = re.search(r"# Totals: pass:(\d+) fail:(\d+) xfail:\d+ xpass:\d+ skip:(\d+) error:(\d+)", text)
    assert n, text[-2000:]
    return int(n[1]), int(n[2]) + int(n[4]), int(n[3])


def test_card_is_there(stage):
    status, text = stage.guest("aplay -l && arecord -l && amixer -c 0 contents")
    assert status == 0, text
    assert len(re.findall(r"^card 0: .*device \d", text, re.MULTILINE)) == 9, text
    assert "Playback Volume" in text and "Playback Switch" in text


def test_mixer_selftest(stage, report):
    text = stage.guest("mixer-test")[1]
    passed, failed, skipped = totals(text)
    report.add("audio.selftest.mixer.passed", passed, "tests")
    report.add("audio.selftest.mixer.skipped", skipped, "tests")
    assert report.worst("audio.selftest-failures", failed, "tests", bound=0), text
    assert passed > 0


def test_pcm_selftest(stage, report, soak):
    """Every stream, at the lowest and the highest rate; make soak all of the kernel's seven ways. In two of those the last period is
    a partial one, which Linux's driver never sends: its drain then waits in vain, for 0.1 s or more (docs/audio.md). Whether that
    is within the test's margin is chance, or hopeless, with every device."""
    ways = "" if soak else "/time[27] {/,/^}/"
    text = stage.guest(f"cd /tmp && mkdir -p conf.d && sed -n \"{ways}p\" /usr/lib/binnacle/pcm-test.conf >pcm-test.conf; "
                       "pcm-test; cd /usr/lib/binnacle")[1]
    passed, failed, skipped = totals(text)
    partial = len(re.findall(r"^not ok \d+ default\.time[34]\.\S+\.PLAYBACK\s+# time mismatch", text, re.MULTILINE))
    report.add("audio.selftest.pcm.passed", passed, "tests")
    report.add("audio.selftest.pcm.skipped", skipped, "tests")
    report.add("audio.selftest.pcm.partial-periods", partial, "tests that Linux's driver fails")
    assert report.worst("audio.selftest-failures", failed - partial, "tests", bound=0), text
    assert passed >= 9 and (soak or not partial)


def test_speaker_test(stage):
    status, text = stage.guest("speaker-test -D hw:0,0 -c 2 -r 48000 -F S16_LE -t sine -f 440 -l 1")
    assert status == 0 and "Time per period" in text and "rror" not in text, text


def test_alsabat(stage, report, soak):
    """Plays a tone and records it from the card's own monitor; alsabat finds its frequency, or not."""
    assert stage.guest("amixer -c 0 cset name=\"Capture Source\" Monitor")[0] == 0
    failed = []
    for rate, form, channels in BAT_ALL if soak else BAT_SOME:
        status, text = stage.guest(f"alsabat -P hw:0,0 -C hw:0,0 -r {rate} -f {form} -c {channels} -n {max(rate // 2, 8192)} 2>&1")
        if status != 0:
            failed.append((rate, form, channels, text[-600:]))
    report.add("audio.alsabat.combinations", len(BAT_ALL if soak else BAT_SOME), "")
    assert report.add("audio.alsabat.failures", len(failed), "", bound=0), failed


def test_no_sample_is_lost(stage, report, soak):
    seconds = 600 if soak else 30
    chimes = stage.requests()[0]
    heard = len(stage.heard())
    status, text = stage.guest(f"stress-ng --quiet --cpu 1 --vm 1 --vm-bytes 32m --timeout {seconds + 20} & "
                               f"pcm-count hw:0,0 {seconds} {PERIOD}; r=$?; kill $!; wait; (exit $r)")
    assert status == 0, text
    underruns = int(re.search(r"frames, (\d+) underruns", text)[1])
    first, last, errors = count_errors(stage.heard(heard))
    assert stage.requests()[0] == chimes, "the cluster has sounded a chime over the frames"
    lost = abs(seconds * RATE - (last - first + 1))  # a number that jumps ahead must not make up for errors
    report.add("audio.counted-frames", last - first + 1, "frames")
    report.add("audio.underruns", underruns, "")
    assert report.add("audio.lost-samples", lost + errors, "frames", bound=0)
    assert first == 1 and underruns == 0


# ---- chimes

LOUD_STREAMS = 8  # seven of music, one of navigation
LOUD = f"for i in $(seq 0 {LOUD_STREAMS - 1}); do pcm-count hw:0,$i 60 960 loud >/dev/null 2>&1 & done"
DUCK_DB, DUCK_FRAMES = 12, RATE * 20 // 1000


@pytest.fixture(scope="module")
def chime(stage):
    """The warning as it sounds when nothing else does."""
    before = len(stage.heard())
    stage.ask("BrakeWarning")
    frames = stage.heard(before, more=2.5)
    begin, end = sounds(frames)
    assert RATE // 10 < end - begin < 2 * RATE
    return frames[begin:end]


def level(frames):
    """RMS of the left channel, full scale 1."""
    return float(np.sqrt(np.mean((frames[:, 0] / 32768.0) ** 2)))


def test_chime_over_music(stage, chime, report):
    """Eight streams at full scale, and the guest's own volume at its highest."""
    assert stage.guest(f"{LOUD}; amixer -q -c 0 sset Master 100% 2>/dev/null; true")[0] == 0
    stage.wait_playing(LOUD_STREAMS)
    before = len(stage.heard(more=1))
    loud = level(stage.heard(before, more=1)[:RATE // 2])
    before = len(stage.heard())
    stage.ask("BrakeWarning")
    frames = stage.heard(before, more=3.5)
    stage.guest("killall pcm-count")
    at = find(frames, chime)
    piece = frames[at:at + len(chime)].astype(float)
    of_chime = float((piece[:, 0] * chime[:, 0]).sum() / (chime[:, 0].astype(float) ** 2).sum())
    rest = piece - chime
    ducked = level(rest[DUCK_FRAMES:len(chime) // 2])
    quiet = next((i for i in range(0, len(rest) - 240, 24) if level(rest[i:i + 240]) < loud * 10 ** (-DUCK_DB / 20)), len(rest))
    after = level(frames[at + len(chime) + RATE:][:RATE // 2])
    report.add("audio.chime-level", round(of_chime, 4), "of what it is alone", ok=abs(of_chime - 1) < 0.01)
    report.add("audio.music-back", round(after / loud, 3), "of what it was", ok=abs(after / loud - 1) < 0.05)
    db = 20 * np.log10(loud / max(ducked, 1e-6))
    report.add("audio.duck-db", round(float(db), 1), f"dB, at least {DUCK_DB}", ok=db >= DUCK_DB)
    held = report.add("audio.duck-ms", round(1000 * quiet / RATE, 1), "ms", bound=20)
    assert loud > 0.1 and db >= DUCK_DB and held and abs(of_chime - 1) < 0.01 and abs(after / loud - 1) < 0.05


# ---- latency

LATENCY_S = 6
NATIVE = "ALSA_CONFIG_PATH=/usr/share/binnacle/alsa.conf /data/stock/pcm-count"


def play_and_say(stage, run, player, then="true", period=PERIOD):
    """Plays counted frames by a shell, that of the guest or of the service VM, where that command comes after it: frames from its
    start to the loudspeaker, and by how many frames what ALSA said of the latency of each later period was too few."""
    before = stage.written()
    assert run(f"{player} hw:0,0 {LATENCY_S} {period} delay >/tmp/said 2>&1 & true")[0] == 0
    wait_for(lambda: stage.heard(before).any(), 600, "the first frames")
    clock = stage.clock()
    status, text = run("wait; cat /tmp/said")
    assert status == 0 and " 0 underruns" in text and stage.run(then)[0] == 0, text
    frames = stage.heard(before, more=0.1)
    assert count_errors(frames) == (1, LATENCY_S * RATE, 0)
    first = before + sounds(frames)[0]
    said = [tuple(map(int, line)) for line in re.findall(r"^delay (\d+) (\d+) (-?\d+)", text, re.MULTILINE)]
    assert len(said) == LATENCY_S * RATE // period
    # the stream begins when its fourth period has filled the buffer
    return first - clock(said[3][0]), np.array([first + number - 1 - clock(tsc) - delay for tsc, number, delay in said[4:]])


@pytest.fixture(scope="module")
def card(stage):
    """What everybody has who plays on this card: frames from the start to the loudspeaker for a program of the service VM that has
    the card for itself, and what the sound service keeps in the card's buffer; what the emulated card hides of its latency; and
    how long after it was asked for a chime was heard, but for that."""
    before = len(stage.heard())
    stage.ask("BrakeWarning")  # by it the two clocks are known
    clock = stage.clock()
    asked = stage.requests()[1]
    chime = before + sounds(stage.heard(before, more=2.5))[0] - clock(asked)
    kept = int(re.search(r"delay (\d+)", stage.run("binnaclectl audio")[1])[1])
    stage.run("sv down sound; while pidof binnacle-sound; do usleep 100000; done")
    native, hidden = play_and_say(stage, stage.run, NATIVE, f"sv up sound; {LINKED}")
    return native, kept, np.median(hidden), chime - np.median(hidden)


def test_latency(stage, card, report):
    """Beyond what the card has: from the start of a guest's stream to its first sample at the loudspeaker. And what the guest's ALSA
    says of each period's latency, by the device's latency_bytes, against when it was heard."""
    native, kept, hidden, chime = card
    total, wrong = play_and_say(stage, stage.guest, "pcm-count")
    wrong = np.abs(wrong - hidden)
    report.add("audio.latency.card", round(native), "samples")
    report.add("audio.latency.card-buffer", kept, "samples")
    report.add("audio.latency.guest", round(total), "samples")
    heard = report.add("audio.chime-ms", round(1000 * chime / RATE, 1), "ms after it was asked for", bound=20)
    report.add("audio.latency-bytes-wrong-by.median", round(float(np.median(wrong))), "samples")
    # the guest may read it late: what is late by more than a quantum, now and then, is the guest
    held = report.add("audio.latency-bytes-wrong-by", round(float(np.percentile(wrong, 99))), "samples", bound=QUANTUM)
    assert report.add("audio.latency-added-samples", round(total - native - kept), "samples", bound=PERIOD + QUANTUM)
    assert held and heard


# ---- what the microphone hears


def test_microphone(stage, report):
    """Recorded by the guest and played back: the frames of a file, one after the other. Before, from the card's microphone, which
    hears nothing: as many frames of silence as were asked for."""
    record = f"arecord -q -D hw:0,0 -t raw -f S16_LE -r {RATE} -c 2 -s {RATE} /tmp/recorded"
    assert stage.guest("amixer -c 0 cset name=\"Capture Source\" Microphone")[0] == 0
    status, text = stage.guest(f"{record} && wc -c </tmp/recorded && tr -d \"\\0\" </tmp/recorded | wc -c")
    assert status == 0 and text.split()[-2:] == [str(4 * RATE), "0"], text
    stage.hear_file()
    before = len(stage.heard())
    status, text = stage.guest(f"{record} && aplay -q -D hw:0,0 -t raw -f S16_LE -r {RATE} -c 2 /tmp/recorded")
    assert status == 0, text
    first, last, errors = count_errors(stage.heard(before, more=0.1))
    assert report.add("audio.microphone-wrong-frames", errors, "frames", bound=0)
    assert report.add("audio.microphone-frames", last - first + 1, "frames", ok=last - first + 1 == RATE)


# ---- deaths


def compare(frames, chime):
    """(samples of the chime that were not heard, frames of silence between them) in what was heard."""
    begin, end = sounds(frames)
    heard, gaps = frames[begin:end], 0
    while len(heard) > len(chime):  # where the card stood still it heard nothing
        at = int(np.argmax((heard[:len(chime)] != chime).any(axis=1)))
        silence = sounds(heard[at:])[0]
        if not silence:
            break
        heard, gaps = np.concatenate([heard[:at], heard[at + silence:]]), gaps + silence
    if len(heard) != len(chime):
        return abs(len(chime) - len(heard)), gaps
    return int(np.count_nonzero((heard != chime).any(axis=1))), gaps


@pytest.mark.parametrize("what", ["guest", "back-end"])
def test_chime_survives(stage, chime, report, what):
    """Killed in mid-chime, while the guest plays silence: every sample of the chime is heard as it is alone."""
    assert stage.guest("aplay -q -D hw:0,0 -f S16_LE -r 48000 -c 2 /dev/zero & true")[0] == 0
    stage.wait_playing()
    program = {"guest": "binnacle-dm", "back-end": "binnacle-audio"}[what]
    before = len(stage.heard())
    stage.ask("BrakeWarning")
    assert stage.run(f"kill -9 $(pidof {program})")[0] == 0
    lost, gap = compare(stage.heard(before, more=2.5), chime)
    if what == "guest":
        stage.lives += 1
    stage.wait_shell()
    stage.guest("killall -q aplay")
    report.add(f"audio.chime-pause-ms.{what}-killed", round(1000 * gap / RATE, 1), "ms", bound=0)
    report.add(f"audio.chime-missing-samples.{what}-killed", lost, "frames", bound=0)
    assert report.worst("audio.chime-missing-samples", lost, "frames", bound=0)


def test_a_killed_back_end_is_no_more_than_an_underrun(stage, report):
    """The same program plays on, and every frame is heard once."""
    before = len(stage.heard())
    assert stage.guest(f"(pcm-count hw:0,0 6 {PERIOD}; echo status $?) >/tmp/count 2>&1 & true")[0] == 0
    stage.wait_playing()
    stage.heard(more=1)
    stage.kill_back_end()
    text = stage.guest("wait; cat /tmp/count")[1]
    assert "status 0" in text, text
    report.add("audio.back-end-killed.underruns", int(re.search(r"(\d+) underruns", text)[1]), "")
    frames = stage.heard(before, more=0.5)
    carried = frames[frames.any(axis=1)]
    numbers = carried[:, 0].astype(np.int64) + (carried[:, 1].astype(np.int64) << 12)
    lost = 6 * RATE - len(np.intersect1d(numbers, np.arange(1, 6 * RATE + 1)))
    # What it fades out with is heard again when it goes on (docs/sound.md).
    report.add("audio.back-end-killed.gap-ms", round(1000 * (np.ptp(sounds(frames)) - 6 * RATE) / RATE, 1), "ms")
    again = report.add("audio.back-end-killed.heard-again", len(carried) - (6 * RATE - lost), "frames", bound=FADE)
    assert report.add("audio.back-end-killed.lost-samples", lost, "frames", bound=0) and again
    assert numbers[0] == 1 and numbers[-1] == 6 * RATE


def test_nothing_leaks(stage, report, soak):
    cycles, plays = 100 if soak else 10, f"pcm-count hw:0,0 1 {PERIOD} >/dev/null 2>&1"
    stage.guest(plays)
    before = {p: stage.weight(p) for p in ("binnacle-sound", "binnacle-audio")}
    for i in range(cycles):
        if i % 2 == 0:
            stage.guest(f"pcm-count hw:0,0 3 {PERIOD} >/dev/null 2>&1 & true")
            stage.wait_playing()
            stage.kill_back_end()
        stage.guest(f"wait; {plays}")
    after = {p: stage.weight(p) for p in before}
    files = sum(after[p][1] - before[p][1] for p in before)
    grown = sum(after[p][0] - before[p][0] for p in before)
    report.add("audio.leaked-kib", grown, f"KiB after {cycles} cycles", ok=grown < 512)
    assert report.add("audio.leaked", files, f"descriptors after {cycles} cycles", bound=0)
    assert grown < 512


def back_after(stage, card, report, what):
    """Sound is there again with the next program, within one of its periods, which is as long as the IVI's player's."""
    late = round(play_and_say(stage, stage.guest, "pcm-count", period=PLAYERS)[0] - card[0] - card[1])
    assert report.add(f"audio.back-after-{what}-samples", late, "samples", bound=PLAYERS)


def test_driver_reload_and_reboot(stage, card, report):
    """While it plays. The player is not the shell's child: a signal, such as that of a child's end, in the middle of a bind makes
    Linux's driver fail and crash (docs/audio.md)."""
    stage.guest(f"(pcm-count hw:0,0 20 {PERIOD} >/dev/null 2>&1 &)")
    stage.wait_playing()
    driver = "/sys/bus/virtio/drivers/virtio_snd"
    status, text = stage.guest(f"d=$(basename {driver}/virtio*); echo $d >{driver}/unbind; echo $d >{driver}/bind")
    assert status == 0, text
    back_after(stage, card, report, "reload")
    stage.guest(f"(pcm-count hw:0,0 20 {PERIOD} >/dev/null 2>&1 &)")
    stage.wait_playing()
    stage.ivi("reboot -f", VM)
    stage.lives += 1
    stage.wait_shell()
    back_after(stage, card, report, "reboot")


# ---- and when nobody is there to play them


def speaker_ms(stage):
    """Asks for a chime; how long after that the PC speaker is switched on, in ms of the machine's time, seen with the machine held."""
    number = stage.requests()[0]
    stage.light("BrakeWarning")
    while True:
        stage.nuc.pause()
        gate = int(stage.nuc.qmp.hmp("i /b 0x61").split("=")[1], 16) & 3
        latest, tsc = stage.requests()
        late = power_on_ms(stage.nuc, tsc / 1e6) - tsc / 1e6
        stage.nuc.resume()
        if latest > number and gate == 3:
            return late
        assert latest == number or late < 2000, "the speaker stays silent"


def tone_hz(frames):
    """The loudest frequency."""
    spectrum = np.abs(np.fft.rfft(frames[:, 0].astype(float) * np.hanning(len(frames))))
    return float(np.argmax(spectrum[10:]) + 10) * RATE / len(frames)


@pytest.mark.parametrize("what", ["sound-service-hangs", "service-vm-dead"])
def test_the_speaker_sounds_when_nobody_answers(stage, report, what):
    """The last tests of the stage: the guest is gone with the service VM."""
    before = len(stage.spoken())
    if what == "sound-service-hangs":
        assert stage.run("kill -STOP $(pidof binnacle-sound)")[0] == 0
    else:
        stage.rest()  # not when it is dead, which is not for long
        stage.nuc.console.send("reboot -f\n")
        stage.nuc.console.wait_for("reboot: Restarting system", limit=600)
    late = speaker_ms(stage)
    report.add(f"audio.speaker-ms.{what}", round(late), "ms", bound=200)
    assert report.worst("audio.speaker-ms", round(late), "ms", bound=200)
    wait_for(lambda: len(stage.spoken()) > before + RATE // 10, 600, "a tenth of a second of the speaker")
    if what == "sound-service-hangs":
        assert stage.run("kill -CONT $(pidof binnacle-sound)")[0] == 0
    frames = stage.spoken()[before:]
    steps = [frames[i:i + 2400] for i in range(0, len(frames) - 2400, 1200)]
    assert any(abs(tone_hz(step) - 1000) < 40 and level(step) > 0.02 for step in steps), "no tone of 1 kHz in what was heard"
