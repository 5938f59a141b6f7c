# SPDX-License-Identifier: BSD-3-Clause
"""Stock Mesa in the IVI over the mediator, and the same programs on the bare GPU beside it: what draws, the same pixels, the
same speed within a bound."""
import contextlib
import os
import re
import statistics
import subprocess
import time

import pytest

from gpustage import BARE, MEDIATED, GpuStage
from nuc import NucConfig

pytestmark = [pytest.mark.campaign("bench"), pytest.mark.alone]

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ENVIRONMENT = "LD_LIBRARY_PATH=/data/gpu/lib MESA_SHADER_CACHE_DISABLE=1 LD_PRELOAD=/data/gpu/"
PROGRAM = "/data/gpu/glmark2-es2-drm --data-path /data/gpu/data --off-screen -s 640x480"  # not one_mode.c's size: it makes a window
GLMARK = f"{ENVIRONMENT}one_mode.so {PROGRAM}"
PIXELS = f"PIXELS=%s {ENVIRONMENT}one_mode.so:/data/gpu/pixels.so"  # in this order: what one_mode.so calls is behind both
SCENES = ("build", "texture", "shading", "buffer")
PAIRS = 5
BOUND = 0.85
MOST_INSTRUCTIONS = 75000  # of a frame of the IVI's: 59,000, and 82,000 where each request has to wake the mediator


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with GpuStage(tmp_path_factory.mktemp("gpu"), os.path.join(TOP, "build/logs/gpu-guest")) as s:
        s.settle()
        yield s


@pytest.fixture(scope="module")
def drawn(stage):
    """What gl-cases says in both VMs; the pixels of both are in the service VM's /tmp then."""
    said = {BARE: stage.output(BARE, "MESA_SHADER_CACHE_DISABLE=1 /data/gpu/gl-cases /tmp/bare.px"),
            MEDIATED: stage.output(MEDIATED, "MESA_SHADER_CACHE_DISABLE=1 /data/gpu/gl-cases /data/ivi.px")}
    stage.take_from_ivi("/data/ivi.px", 2, "/tmp/ivi.px")
    return said


def test_mesa_draws_by_virgl_in_both(drawn):
    renderer = {where: re.search(r"gl: renderer (.*)", text)[1] for where, text in drawn.items()}
    assert renderer[MEDIATED].startswith("virgl (") and renderer[MEDIATED] == renderer[BARE]
    versions = {re.search(r"gl: version (OpenGL ES \S+)", text)[1] for text in drawn.values()}
    assert versions == {"OpenGL ES 3.2"}


def test_every_case_is_drawn_in_both(drawn):
    for text in drawn.values():
        cases, failed = map(int, re.search(r"gl: (\d+) cases, (\d+) failed", text).groups())
        assert cases >= 80 and failed == 0, text
        assert " says " not in text  # results of queries are as they must be


def test_pixels_are_the_same(stage, drawn, report):
    text = stage.on(BARE, "/data/gpu/gl-cases /tmp/bare.px /tmp/ivi.px")[1]
    pixels, exact = map(int, re.search(r"gl: (\d+) pixels differ, (\d+) cases are the same to the bit", text).groups())
    cases = len(re.findall(r"gl: case \d+", drawn[BARE]))
    report.add("gpu.pixel-cases-exact", exact, f"of {cases} cases")
    assert report.add("gpu.pixel-diffs", pixels, "pixels", bound=0), text


def test_a_differing_pixel_is_seen(stage, drawn):
    stage.on(BARE, r"cp /tmp/bare.px /tmp/other.px; printf '\377' | dd of=/tmp/other.px bs=1 seek=16384 conv=notrunc 2>/dev/null")
    status, text = stage.on(BARE, "/data/gpu/gl-cases /tmp/bare.px /tmp/other.px")
    assert status == 1 and "gl: arithmetic: 1 pixels differ" in text


def draw_alike(stage, command):
    """What programs with pixels.so (their environment at %s) say in both, and what pixels-diff says of both files: (bare, mediated,
    records that differ, of how many, exact, text)."""
    said = [stage.output(where, f"rm -f {file}; {command % (PIXELS % file)}")
            for where, file in ((BARE, "/tmp/bare.px"), (MEDIATED, "/data/ivi.px"))]
    stage.take_from_ivi("/data/ivi.px", 24, "/tmp/ivi.px")
    size = int(stage.on(MEDIATED, "stat -c %s /data/ivi.px")[1])
    text = stage.on(BARE, f"truncate -s {size} /tmp/ivi.px; /data/gpu/pixels-diff /tmp/bare.px /tmp/ivi.px")[1]
    records, differ, exact = map(int, re.search(r"pixels: (\d+) records, (\d+) differ, (\d+) are the same to the bit", text).groups())
    return *said, differ, records, exact, text


def test_piglit(stage, report):
    """Shaders of piglit for desktop GL: as many pass in the IVI as on the bare GPU, what they read back is the same."""
    command = ("for i in /data/gpu/piglit/*; do echo == $i; "
               "%s PIGLIT_PLATFORM=surfaceless_egl /data/gpu/shader_runner $i -auto -fbo; done")
    bare, ivi, differ, records, exact, text = draw_alike(stage, command)
    results = [re.findall(r'PIGLIT: \{"result": "(\w+)"', said) for said in (bare, ivi)]
    assert results[0] == results[1], "\n".join((bare, ivi))
    passed = results[1].count("pass")
    assert report.add("gpu.piglit.passed", passed, f"of {len(results[1])} shaders", ok=passed >= 40), ivi
    report.add("gpu.piglit.exact", exact, f"of {records} read-backs")
    assert report.add("gpu.piglit.differ", differ, "read-backs", bound=0), text


def test_frames_of_glmark(stage, report):
    """The first frame of each of glmark2's scenes."""
    command = f"%s ONE_MODE=160x120 PIXELS_FRAMES=1 {PROGRAM} --validate"
    bare, ivi, differ, records, exact, text = draw_alike(stage, command)
    scenes = [re.findall(r"^\[(\w+)\] (\S+)", said, re.MULTILINE) for said in (bare, ivi)]
    assert records == len(scenes[0]) > 30 and scenes[0] == scenes[1], "\n".join((bare, ivi))
    report.add("gpu.glmark2.frames-exact", exact, f"of {records} scenes")
    assert report.add("gpu.glmark2.frames-differ", differ, "frames", bound=0), text


class HostTime:
    """What of the host's CPUs the parts of an emulation use while `with` it."""

    def __init__(self, nuc):
        self.nuc, self.used, self.wall = nuc, {}, 0

    def __enter__(self):
        self._before, self._start = self.nuc.cpu_seconds_by_part(), time.monotonic()

    def __exit__(self, *_):
        self.wall += time.monotonic() - self._start
        for part, seconds in self.nuc.cpu_seconds_by_part().items():
            self.used[part] = self.used.get(part, 0) + seconds - self._before[part]

    def shares(self):
        return ", ".join(f"{part} {seconds / self.wall:.2f}" for part, seconds in self.used.items())


@contextlib.contextmanager
def awake():
    """No CPU of the host sleeps, for something of the lowest priority always runs. To wake one takes longer than many a step of a
    frame, and differs: the same scene's ratios were apart by up to 0.7 without, and by 0.2 with it."""
    spinning = [subprocess.Popen(["chrt", "-i", "0", "sh", "-c", "while :; do :; done"]) for _ in range(os.cpu_count())]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def frames_per_second(stage, where, seconds, host):
    """{scene: frames a second} of one run."""
    scenes = " ".join(f"-b {name}:duration={seconds}" for name in SCENES)
    with host:
        text = stage.output(where, f"{GLMARK} {scenes}")
    found = {name: int(fps) for name, fps in re.findall(r"\[(\w+)\] .*: FPS: (\d+)", text)}
    assert set(found) == set(SCENES), text
    return found


def compare(stage, report, row, pairs, seconds):
    """Rows of so many pairs of runs, in turn bare and in the IVI: of each scene the median of the pairs' ratios and how far they are
    apart; what kept the host busy on either side. Returns the median of these medians."""
    hosts = {where: HostTime(stage.nuc) for where in (BARE, MEDIATED)}
    with awake():
        found = [{where: frames_per_second(stage, where, seconds, hosts[where]) for where in (BARE, MEDIATED)} for _ in range(pairs)]
    ratios = {name: [p[MEDIATED][name] / p[BARE][name] for p in found] for name in SCENES}
    for name, of_scene in ratios.items():
        report.add(f"{row}.{name}.bare", statistics.median(p[BARE][name] for p in found), "frames/s")
        report.add(f"{row}.{name}.ratio", round(statistics.median(of_scene), 3), "")
        report.add(f"{row}.{name}.spread", round(max(of_scene) - min(of_scene), 3), "")
    for where, host in hosts.items():
        report.add(f"{row}.host.{where}", host.shares(), f"of {os.cpu_count()} CPUs")
    return round(statistics.median(statistics.median(of_scene) for of_scene in ratios.values()), 3)


def test_glmark(stage, report, soak):
    median = compare(stage, report, "gpu.glmark2", PAIRS, 5 if soak else 1)
    # The row says whether it is enough: how fast an emulator's host is fails no test.
    report.add("gpu.glmark2.median.ratio", median, f"at least {BOUND}", ok=median >= BOUND)


def exits_by_kind(text):
    """{(VM, kind): how many} of binnaclectl stats."""
    found, vm = {}, ""
    for line in text.splitlines():
        if m := re.fullmatch(r"(\S+):", line.strip()):
            vm = m[1]
        elif m := re.fullmatch(r"(\S+)\s+(\d+)", line.strip()):
            found[vm, m[1]] = int(m[2])
    return found


def exits_of_a_run(stage, where, seconds):
    """({(VM, kind): exits}, frames) of a run of glmark2's simplest scene, from its start to its end."""
    before = exits_by_kind(stage.run("binnaclectl stats")[1])
    text = stage.output(where, f"{GLMARK} -b build:duration={seconds}")
    after = exits_by_kind(stage.run("binnaclectl stats")[1])
    return {which: n - before.get(which, 0) for which, n in after.items()}, int(re.search(r"FPS: (\d+)", text)[1]) * seconds


def exits_of_a_frame(stage, where):
    """{(VM, kind): exits of one frame}: what a longer run has more than a short one, without start, end and console."""
    (few, frames), (many, more_frames) = (exits_of_a_run(stage, where, seconds) for seconds in (2, 8))
    return {which: (n - few.get(which, 0)) / (more_frames - frames) for which, n in many.items()}


def count_instructions(folder, report):
    """The same scene where an instruction is a nanosecond and the GPU costs nothing: what a frame costs the processors."""
    with GpuStage(folder, os.path.join(TOP, "build/logs/gpu-instructions"), NucConfig.icount) as s:
        s.settle()
        for where, bound in ((BARE, None), (MEDIATED, MOST_INSTRUCTIONS)):
            text = s.output(where, f"{GLMARK} -b build:duration=2")
            instructions = round(1e9 / int(re.search(r"FPS: (\d+)", text)[1]))
            assert report.add(f"gpu.glmark2.frame-insn.{where}", instructions, "instructions", bound=bound)


def test_exits_of_a_frame(stage, report, tmp_path, soak):
    """A frame of the IVI's has more of them than a bare one. How many ring the device's doorbell, and so find the mediator asleep, is
    the host's speed: it fails no test."""
    for where in (BARE, MEDIATED):
        exits = exits_of_a_frame(stage, where)
        kinds = ", ".join(f"{vm} {kind} {n:.1f}" for (vm, kind), n in sorted(exits.items(), key=lambda e: -e[1]) if n >= 0.1)
        report.add(f"gpu.glmark2.exits.{where}", round(sum(exits.values()), 1), f"a frame: {kinds}")
    report.add("gpu.glmark2.doorbells", max(0, round(exits["ivi", "mmio"], 2)), "a frame")  # all that the IVI does there
    if soak:
        count_instructions(tmp_path, report)


def test_glmark_by_virglrenderer(stage, report, soak):
    """The control: the same GPU by virglrenderer and a GL driver, in the service VM. The stage's last test: the IVI stays with it."""
    stage.change_gpu("virgl")
    assert "virgl" in stage.run("binnaclectl gpu | grep ^ivi")[1]
    median = compare(stage, report, "gpu.virgl.glmark2", PAIRS if soak else 1, 5 if soak else 1)
    report.add("gpu.virgl.glmark2.median.ratio", median, "")
