# SPDX-License-Identifier: BSD-3-Clause
"""The mediator on the physical GPU of the virtual NUC: its guest is a process (tests/guests/gvt) that draws, attacks and dies."""
import os
import re

import pytest

import workers
from conftest import log_folder
from nuc import Nuc, NucConfig

INITRD = "build/tests/guests/gvt/initrd"
DISK = "build/tests/guests/gvt/guest.img"
CLEAR = 44  # bytes of the batches of guests that saturate the GPU
IN_FLIGHT = 8  # batches that a guest may have on the GPU at a time
CANARY = 108  # of the mediator's own in a guest's context, where the GPU lets that guest wait: gvt/core/health.c
GREEN, RED, BLUE = (0, 255, 0), (255, 0, 0), (0, 0, 255)


class Played(str):
    """What the machine said, and what the physical GPU was given: (context, bytes) of each batch, in its order."""

    def __new__(cls, text, trace):
        self = super().__new__(cls, text)
        with open(trace, encoding="ascii", errors="replace") as f:
            self.batches = [(int(ctx, 16), int(size)) for ctx, size in
                            re.findall(r"virtio_gpu_cmd_ctx_submit ctx (0x[0-9a-f]+), size (\d+)", f.read())]
        return self

    def beside(self, one, other):
        """The guests' turns on the physical GPU while both wanted it, as a text of 1 and 2: from the first batch of the one that
        came second to its last. A guest is known by its batch of `tag` clears."""
        begin = {tag: self.batches.index(next(b for b in self.batches if b[1] == tag * CLEAR)) for tag in (one, other)}
        who = {self.batches[begin[tag]][0]: name for tag, name in ((one, "1"), (other, "2"))}
        turns = ""
        for ctx, size in self.batches[begin[one] + 1:]:
            if ctx in who and size not in (CLEAR, CANARY):
                break  # the number of the context is that of another one by now
            turns += who.get(ctx, "") if size == CLEAR else ""
        return turns[turns.index("1"):turns.rindex("1") + 1]


@pytest.fixture(scope="module")
def played(request, soak):
    """What the machine says; one CPU, so that nanoseconds of a process are its instructions."""
    workers.make(INITRD)
    deaths = 1000 if soak else 50
    trace = os.path.join(log_folder(request.node), "gpu.trace")
    config = NucConfig(disk=None, kernel="build/kernel/bzImage", initrd=INITRD, cpus=1, memory_mib=768, iommu=None, sound=False,
                       append=f"console=ttyS0 quiet panic=-1 rdinit=/init gpu.deaths={deaths}", usb=False, net=False,
                       sd_card_mib=0, screens=((1280, 720),), max_outputs=1,
                       extra=["-trace", "virtio_gpu_cmd_ctx_submit", "-D", os.path.abspath(trace)])
    with Nuc("gpu", config, log_folder(request.node)) as nuc:
        nuc.console.wait_for("gpu: end|Kernel panic", limit=900)
        return Played(nuc.console.text, trace)


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


def test_a_context_that_the_gpu_has_ended_is_answered(played):
    assert "gpu: lose ends with 0" in played and "gvt: the physical GPU has ended 1 contexts" in played
    assert re.search(r"gpu: an ended context is told after \d+ batches, another one draws", played)


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
    before, alive = left(played, "before"), left(played, "alive")
    assert all(alive[name] > before[name] for name in before)  # what is counted is what a guest takes
    leaked = 0
    for way in ("deaths", "closes", "resets"):
        after = left(played, f"after {deaths} {way}")
        leaked += sum(abs(after[name] - before[name]) for name in ("descriptors", "clients", "buffers"))
        assert after["memory"] - before["memory"] < 256  # KiB, of the whole system: the log grows
    assert report.add("gpu.reset.leaked", leaked, f"things after {deaths} deaths, closes and resets each", bound=0)
    assert "gpu: the mediator has lived through it" in played


def test_the_first_frame_after_a_reset(played, report):
    """From the reset of the device, with 64 batches in its queue, to a picture of the next life that has been read back."""
    first = float(re.search(r"gpu: \d+ resets, the first frame after (\S+) ms at most", played)[1])
    assert report.add("gpu.reset.first-frame-ms", first, "ms, virtual time", bound=1000)


def test_nothing_is_left_of_the_mediator(played):
    # The table's head is all there is of the render node's clients.
    assert "gpu: killed: clients 1 buffers 0 openers 0" in played


def share(turns, of):
    return 100 * turns.count(of) / len(turns)


def longest_wait(turns, of):
    """Batches of the other one between two of this one."""
    return max(len(run) for run in re.split(of, turns.strip({"1": "2", "2": "1"}[of])))


def test_the_gpu_is_shared_by_weight(played, report):
    """3:1, both with more in the queue than they get: as the physical GPU saw it."""
    assert "gpu: heavy beside light ends with 0" in played
    for one, other in ((11, 12), (41, 42)):  # the second time by an arbiter that has been started again
        turns = played.beside(one, other)
        assert len(turns) > 500
        error = abs(share(turns, "1") - 75) / 75 * 100
        name = "gpu.share-error-percent" + ("" if one == 11 else ".arbiter-restarted")
        assert report.add(name, round(error, 2), "%", bound=5), turns[:200]


def test_priority_goes_first_and_nobody_starves(played, report):
    turns = played.beside(21, 22)
    assert share(turns, "1") > 85, turns[:200]
    assert report.add("gpu.flood.batches-between", longest_wait(turns, "2"), "batches", bound=8), turns[:200]
    # The one that goes first has its turns from its first batch on, but wants them all only once it has filled its queue.
    assert longest_wait(turns, "1") <= IN_FLIGHT, turns[:200]
    full = re.match(f"(?:2*1){{{IN_FLIGHT}}}(.*)", turns)[1]
    assert report.add("gpu.flood.batches-before-priority", longest_wait(full, "1"), "batches", bound=1), turns[:200]


def test_guests_go_on_without_an_arbiter(played):
    """The control: the same measurement sees that nobody shares."""
    turns = played.beside(31, 32)
    assert len(turns) > 500
    assert abs(share(turns, "1") - 75) / 75 * 100 > 5 or longest_wait(turns, "2") > 8, turns[:200]


def test_a_mediator_that_dies_loses_its_turn(played):
    assert "gpu: 52 has had 600 batches" in played and "gpu: beside a dead one ends with 0" in played
    assert "gvt: arbiter: heavy has gone" in played and "does not answer" not in played


def test_a_vgpu_has_what_the_scenario_gives_it(played):
    assert "gpu: context 5 is one too many" in played  # light's
    assert "gvt: /test-gpu.bin: VM service: this VM has no vGPU" in played and "gpu: a mediator for service ends with 2" in played
    assert "gvt: /test-gpu.bin: no such VM" in played and "gpu: a mediator for nobody ends with 2" in played
    table = re.search(r"^VM +by .*\n((?:.*\n){3})", played, re.MULTILINE)[1].splitlines()
    assert [line.split()[:4] for line in table] == [["first", "virtgpu", "100", "1"], ["heavy", "virtgpu", "300", "0"],
                                                    ["light", "virtgpu", "100", "0"]]
    assert re.search(r"light .* \d+/64 +\d+/100 +\d+/4 ", table[2])
    assert "heavy" in played and "its mediator has died" in played


def test_no_guest_sees_pixels_of_another(played):
    found = re.findall(r"gpu: fresh (\S.*): (\d+) pixels of another guest", played)
    assert [kind for kind, _ in found] == ["textures", "shown pictures", "buffers"]
    assert all(count == "0" for _, count in found), found


def shows_the_triangle(picture):
    """Green in the corner of GL's origin, which is the first line of the picture; the last frame's red beyond the diagonal, and
    there, from 700, 600 on, a cursor of 64 pixels a side that the GPU has drawn too."""
    red, blue = ((1180, 360), (100, 700), (699, 630), (764, 630), (730, 599), (730, 664)), ((700, 600), (763, 600), (700, 663), (763, 663))
    expected = {GREEN: ((100, 360), (1180, 20)), RED: red, BLUE: blue}
    return all(picture.getpixel(at)[:3] == colour for colour, places in expected.items() for at in places)


@pytest.fixture(scope="module")
def service(request):
    """The service VM with its compositor, and the guest that is a process on a disk."""
    workers.make(DISK)
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
    picture = nuc.wait_picture(1, shows_the_triangle, "a rendered triangle under a cursor", limit=60)
    picture.save(f"{nuc.log_dir}/cursor.png")
    # The second report from now on began after the last picture. Between reports virglrenderer may have something to say.
    line = nuc.console.run("reports() { grep -c '^gvt: commands' /tmp/gvt; }; told=$(($(reports) + 2)); "
                           "until [ $(reports) -ge $told ]; do usleep 50000; done; grep '^gvt: commands' /tmp/gvt | tail -n 1")[1]
    counted = {name: int(value) for name, value in re.findall(r"(\w+) (\d+)", line)}
    # Each flip has been on the screen, and the last flush's picture once more at most: a guest gets a flip a frame, no more.
    assert counted["flushes"] == counted["scanouts"] == 40 and 40 <= counted["pictures"] <= 41, line
    assert "cannot show" not in nuc.console.run("cat /tmp/gvt")[1]
    return counted


def test_a_rendered_picture_reaches_the_screen_without_a_copy(service, report):
    """The guest flips between two rendered pictures on the IVI's scanout."""
    start_mediator(service, "virtgpu")
    counted = shown(service)
    # One copy: the triangle's corners, 48 bytes, when they were sent.
    assert counted["copies"] == 1 and counted["bytes"] == 48, counted
    assert report.add("gpu.copies-per-frame", (counted["copies"] - 1) / counted["pictures"], "", bound=0)
    service.console.run("kill -9 $(pidof gvt-client) $(pidof binnacle-gvt); wait")


def test_virglrenderer_draws_for_a_guest(service):
    """The same GPU by its GL driver, Mesa's, in the mediator and under its sandbox. That driver's buffers are too short for the
    compositor (docs/gvt.md): each flip, each flush and the cursor is one copy."""
    start_mediator(service, "virgl")
    said = service.console.run("for play in draw share order hostile; do /tmp/guest/gvt-client /tmp/gpu $play; "
                               "echo \"gpu: $play ends with $?\"; done; grep 'gvt: ready' /tmp/gvt")[1]
    assert "gvt: ready, virgl, 1 scanouts" in said
    assert "gpu: clear, 2048 pixels as wanted" in said and "gpu: triangle, 1024 green and 1024 blue pixels" in said
    assert all(f"gpu: {play} ends with 0" in said for play in ("draw", "share", "order", "hostile")), said
    service.console.run("kill $(pidof binnacle-gvt); wait")
    start_mediator(service, "virgl")
    counted = shown(service)
    assert counted["copies"] == 1 + 80 + 1 and counted["bytes"] == 48 + (80 * 1280 * 720 + 64 * 64) * 4, counted
    service.console.run("kill -9 $(pidof gvt-client) $(pidof binnacle-gvt); wait")
