# SPDX-License-Identifier: BSD-3-Clause
"""The sound device under our device model, killed while a Linux guest plays and records: the guest's driver and its programs do not
notice more than an xrun."""
import re

import pytest

import workers
from conftest import log_folder
from machines import QEMU, start

pytestmark = pytest.mark.machine(QEMU, "sound in a guest needs the host's time, which Bochs is far behind")
ISO = "build/tests/guests/audio/dm/audio.iso"
DEATHS = 3


@pytest.fixture(scope="module")
def said(request):
    workers.make(ISO)
    with start(QEMU, ISO, log_folder(request.node)) as pc:
        pc.console.wait_for("audio: finished|PANIC", limit=600)
        yield pc.console.text


def test_the_guest_goes_on_when_the_device_is_killed(said):
    assert said.count("audio: killed") == DEATHS
    assert len(re.findall(r"sound: back end is back", said)) == DEATHS
    played, recorded = map(int, re.search(r"audio: went on for [\d.]+ s: (\d+) and (\d+) frames", said).groups())
    assert played == recorded == 480000
    assert said.count("audio: 0 failures") == 2 and "FAILED" not in said
    assert not re.search(r"virtio_snd.*(timeout|failed)", said)


def test_the_next_process_found_the_buffers(said):
    assert len(re.findall("audio: ready, .*, going on", said)) == DEATHS
    assert re.findall(r"audio: ended, status (\d+)", said)[:DEATHS] == ["137"] * DEATHS
    counts = dict(re.findall(r"(\w+) (\d+)", re.findall("audio: requests .*", said)[-1]))
    assert counts["refused"] == counts["bad"] == "0"
    assert int(counts["restored"]) > 0


def test_what_is_played_afterwards_is_heard(said):
    heard, sent = map(int, re.search(r"audio: loop S16_LE 2 channels 48000 Hz: (\d+) of (\d+) frames", said).groups())
    assert heard == sent == 11520


def test_eight_streams_play_at_once(said):
    """16 buffers each: more than the 64 entries that QEMU gives a queue of its vhost-user-snd-pci."""
    assert "audio: 8 streams at once: 768000 of 768000 frames" in said
    assert "failed to send I/O message" not in said
