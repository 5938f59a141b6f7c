# SPDX-License-Identifier: BSD-3-Clause
"""The mediator on the physical GPU of the virtual NUC: its guest is a process (tests/guests/gvt) that draws, attacks and dies."""
import re
import subprocess

import pytest

from conftest import log_folder
from nuc import Nuc, NucConfig

INITRD = "build/tests/guests/gvt/initrd"
DISK = "build/tests/guests/gvt/guest.img"
GREEN, RED = (0, 255, 0), (255, 0, 0)


@pytest.fixture(scope="module")
def played(request, soak):
    """What the machine says; one CPU, so that nanoseconds of a process are its instructions."""
    subprocess.run(["make", "-s", INITRD], check=True)
    deaths = 1000 if soak else 50
    config = NucConfig(disk=None, kernel="build/kernel/bzImage", initrd=INITRD, cpus=1, memory_mib=768, iommu=None, sound=False,
                       append=f"console=ttyS0 quiet panic=-1 rdinit=/init gpu.deaths={deaths}", usb=False, net=False,
                       sd_card_mib=0, screens=((1280, 720),), max_outputs=1)
    with Nuc("gpu", config, log_folder(request.node)) as nuc:
        nuc.console.wait_for("gpu: end|Kernel panic", limit=900)
        return nuc.console.text


def left(text, when):
    found = re.search(rf"gpu: {when}: descriptors (\d+) clients (\d+) buffers (\d+) memory (\d+)", text)
    return dict(zip(("descriptors", "clients", "buffers", "memory"), map(int, found.groups())))


def figures(text):
    """The two states of the mediator's counters around the frames, and its instructions."""
    states = []
    for line in re.findall(r"gpu: figures: (\d+ ns gvt: .*)", text):
        states.append({name: int(value) for name, value in re.findall(r"(\w+) (\d+)", line)})
        states[-1]["instructions"] = int(line.split()[0])
    return states


def test_the_physical_gpu_draws_for_a_guest(played):
    assert "gvt: ready, virtgpu, 1 scanouts" in played
    assert "gpu: clear, 2048 pixels as wanted" in played
    assert "gpu: triangle, 1024 green and 1024 blue pixels" in played
    assert played.count("gpu: draw ends with 0") == 2  # the second time after all the deaths


def test_contexts_share_what_they_attach_and_nothing_else(played):
    assert "gpu: foreign handle refused, its owner goes on" in played
    assert "gpu: shared picture drawn by another context" in played
    assert "gpu: share ends with 0" in played


def test_fences_come_in_order_when_the_queue_is_flooded(played):
    assert "gpu: 64 batches of two contexts in order" in played and "gpu: order ends with 0" in played
    assert figures(played)[0]["postponed"] > 0  # more than eight were never in flight


def test_a_hostile_guest_is_answered(played):
    assert re.search(r"gpu: \d+ bad commands refused", played)
    assert "gpu: context 65 is one too many" in played
    assert "gpu: hostile, and still drawing" in played and "gpu: hostile ends with 0" in played


def test_frames_are_drawn_without_a_copy(played, report):
    before, after = figures(played)
    frames = after["batches"] - before["batches"]
    assert "gpu: 100 frames" in played and frames == 101
    assert report.add("gpu.copies-per-rendered-frame", (after["copies"] - before["copies"]) / frames, "", bound=0)
    per_frame = (after["instructions"] - before["instructions"]) / frames
    assert report.add("gpu.instructions-per-batch", round(per_frame), "", ok=per_frame > 0)  # gvt and the kernel for it


def test_instructions_of_a_frame(played, report):
    """Of the mediator and the kernel for it: what is the same for every frame, and what a draw adds."""
    per_frame = {}
    for draws in (20, 200):
        cost = {int(frames): int(ns) for frames, ns in re.findall(rf"gpu: cost of (\d+) frames of {draws} draws: (\d+) ns", played)}
        assert set(cost) == {20, 120}
        per_frame[draws] = (cost[120] - cost[20]) / 100
        assert report.add(f"gpu.instructions-per-frame.{draws}-draws", round(per_frame[draws]), "", ok=per_frame[draws] > 0)
    assert per_frame[20] < per_frame[200] < 10 * per_frame[20]


def test_nothing_is_left_of_dead_guests(played, report, soak):
    deaths = 1000 if soak else 50
    before, alive, after = (left(played, when) for when in ("before", "alive", f"after {deaths} deaths"))
    assert all(alive[name] > before[name] for name in before)  # what is counted is what a guest takes
    leaked = sum(abs(after[name] - before[name]) for name in ("descriptors", "clients", "buffers"))
    assert report.add("gpu.reset.leaked", leaked, f"things after {deaths} deaths", bound=0)
    assert after["memory"] - before["memory"] < 256  # KiB, of the whole system: the log grows
    assert "gpu: the mediator has lived through it" in played


def test_nothing_is_left_of_the_mediator(played):
    # The table's head is all there is of the render node's clients.
    assert "gpu: killed: clients 1 buffers 0 openers 0" in played


def shows_the_triangle(picture):
    """Green in the corner of GL's origin, which is the first line of the picture; the last frame's red beyond the diagonal."""
    return [picture.getpixel(at)[:3] for at in ((100, 360), (1180, 20), (1180, 360), (100, 700))] == [GREEN, GREEN, RED, RED]


@pytest.fixture(scope="module")
def service(request):
    """The service VM with its compositor, and the guest that is a process on a disk."""
    subprocess.run(["make", "-s", DISK], check=True)
    config = NucConfig.bare(extra=["-drive", f"if=virtio,format=raw,readonly=on,file={DISK}"])
    with Nuc("service", config, log_folder(request.node)) as nuc:
        nuc.console.wait_for("binnacle:.*# ")
        if "display: ready" not in nuc.console.text:
            nuc.console.wait_for("display: ready")
        assert nuc.console.run("mkdir /tmp/guest && mount -t squashfs /dev/vda /tmp/guest")[0] == 0
        yield nuc


def start_mediator(nuc, gpu):
    nuc.console.run(f"rm -f /tmp/gvt; XDG_RUNTIME_DIR=/run/display binnacle-gvt --socket-path /tmp/gpu --vm ivi --scanout 1280x720 --gpu {gpu} "
                    "--statistics 1 >/tmp/gvt 2>&1 & until grep -q 'gvt: connected' /tmp/gvt; do usleep 50000; done")


def shown(nuc):
    """The mediator's counters when a guest has shown its pictures."""
    nuc.console.run("rm -f /tmp/show; /tmp/guest/gvt-client /tmp/gpu show >/tmp/show 2>&1 & until [ -s /tmp/show ]; do usleep 50000; done")
    said = nuc.console.run("cat /tmp/show")[1]
    assert "gpu: 40 frames shown" in said, said
    nuc.wait_picture(1, shows_the_triangle, "a rendered triangle", limit=60)
    # The second report from now on began after the last picture.
    line = nuc.console.run("told=$(($(wc -l </tmp/gvt) + 2)); until [ $(wc -l </tmp/gvt) -ge $told ]; do usleep 50000; done; "
                           "tail -n 1 /tmp/gvt")[1]
    counted = {name: int(value) for name, value in re.findall(r"(\w+) (\d+)", line)}
    assert counted["flushes"] == counted["scanouts"] == 40 and counted["pictures"] > 1, line
    assert "cannot show" not in nuc.console.run("cat /tmp/gvt")[1]
    return counted


def test_a_rendered_picture_reaches_the_screen_without_a_copy(service, report):
    """The guest flips between two rendered pictures on the IVI's scanout."""
    start_mediator(service, "virtgpu")
    counted = shown(service)
    # One copy: the triangle's corners, 48 bytes, when they were sent.
    assert counted["copies"] == 1 and counted["bytes"] == 48 and counted["pictures"] <= 40, counted
    assert report.add("gpu.copies-per-frame", (counted["copies"] - 1) / counted["pictures"], "", bound=0)
    service.console.run("kill -9 $(pidof gvt-client) $(pidof binnacle-gvt); wait")


def test_virglrenderer_draws_for_a_guest(service):
    """The same GPU by its GL driver, Mesa's, in the mediator and under its sandbox. That driver's buffers are too short for the
    compositor (docs/gvt.md): each flip and each flush is one copy."""
    start_mediator(service, "virgl")
    said = service.console.run("for play in draw share order hostile; do /tmp/guest/gvt-client /tmp/gpu $play; "
                               "echo \"gpu: $play ends with $?\"; done; grep 'gvt: ready' /tmp/gvt")[1]
    assert "gvt: ready, virgl, 1 scanouts" in said
    assert "gpu: clear, 2048 pixels as wanted" in said and "gpu: triangle, 1024 green and 1024 blue pixels" in said
    assert all(f"gpu: {play} ends with 0" in said for play in ("draw", "share", "order", "hostile")), said
    service.console.run("kill $(pidof binnacle-gvt); wait")
    start_mediator(service, "virgl")
    counted = shown(service)
    assert counted["copies"] == 1 + 80 and counted["bytes"] == 48 + 80 * 1280 * 720 * 4 and counted["pictures"] <= 80, counted
    service.console.run("kill -9 $(pidof gvt-client) $(pidof binnacle-gvt); wait")
