# SPDX-License-Identifier: BSD-3-Clause
"""A stock Debian guest judges its sound card: ALSA's own tools, the kernel's ALSA selftests, and frames that count themselves."""
import re

import pytest

from soundstage import RATE, SoundStage, build, count_errors

pytestmark = pytest.mark.campaign("audio")

PERIOD = 480  # 10 ms
# rate, format, channels: each value of each at least twice; make soak takes all
BAT_SOME = [(8000, "U8", 1), (8000, "S16_LE", 2), (11025, "S32_LE", 1), (16000, "S16_LE", 1), (22050, "S16_LE", 2), (32000, "S32_LE", 2),
            (44100, "S16_LE", 2), (44100, "U8", 2), (48000, "S16_LE", 2), (48000, "S32_LE", 1), (96000, "S16_LE", 1), (96000, "S32_LE", 2),
            (192000, "S16_LE", 2), (192000, "S32_LE", 2)]
BAT_ALL = [(rate, form, channels) for rate in (8000, 11025, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
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
    assert len(re.findall(r"^card 0: .*device 0.*", text, re.MULTILINE)) == 2, text
    assert "Playback Volume" in text and "Playback Switch" in text


def test_mixer_selftest(stage, report):
    text = stage.guest("mixer-test")[1]
    passed, failed, skipped = totals(text)
    report.add("audio.selftest.mixer.passed", passed, "tests")
    report.add("audio.selftest.mixer.skipped", skipped, "tests")
    assert report.add("audio.selftest.mixer.failures", failed, "tests", bound=0), text
    assert passed > 0


def test_pcm_selftest(stage, report):
    text = stage.guest("pcm-test")[1]
    passed, failed, skipped = totals(text)
    report.add("audio.selftest.pcm.passed", passed, "tests")
    report.add("audio.selftest.pcm.skipped", skipped, "tests")
    assert report.add("audio.selftest.pcm.failures", failed, "tests", bound=0), text
    assert passed > 0


def test_speaker_test(stage):
    status, text = stage.guest("speaker-test -D hw:0,0 -c 2 -r 48000 -F S16_LE -t sine -f 440 -l 1")
    assert status == 0 and "Time per period" in text and "rror" not in text, text


def test_alsabat(stage, report, soak):
    """Plays a tone and records it from the card's own monitor; alsabat finds its frequency, or not."""
    assert stage.guest("amixer -c 0 cset name=\"Capture Source\" Monitor")[0] == 0
    failed = []
    for rate, form, channels in BAT_ALL if soak else BAT_SOME:
        status, text = stage.guest(f"alsabat -P hw:0,0 -C hw:0,0 -r {rate} -f {form} -c {channels} -n {rate // 2} 2>&1")
        if status != 0:
            failed.append((rate, form, channels, text[-600:]))
    report.add("audio.alsabat.combinations", len(BAT_ALL if soak else BAT_SOME), "")
    assert report.add("audio.alsabat.failures", len(failed), "", bound=0), failed


def test_no_sample_is_lost(stage, report, soak):
    seconds = 600 if soak else 30
    heard = len(stage.heard())
    status, text = stage.guest(f"stress-ng --quiet --cpu 1 --vm 1 --vm-bytes 32m --timeout {seconds + 20} & "
                               f"pcm-count hw:0,0 {seconds} {PERIOD}; r=$?; kill $!; wait; (exit $r)")
    assert status == 0, text
    underruns = int(re.search(r"frames, (\d+) underruns", text)[1])
    first, last, errors = count_errors(stage.heard()[heard:])
    lost = seconds * RATE - (last - first + 1)
    report.add("audio.counted-frames", last - first + 1, "frames")
    report.add("audio.underruns", underruns, "")
    assert report.add("audio.lost-samples", lost + errors, "frames", bound=0)
    assert first == 1 and underruns == 0
