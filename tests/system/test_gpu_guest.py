# SPDX-License-Identifier: BSD-3-Clause
"""Stock Mesa in the IVI over the mediator, and the same programs on the bare GPU beside it: what draws, the same pixels, the
same speed within a bound."""
import os
import re
import statistics

import pytest

from gpustage import BARE, MEDIATED, GpuStage

pytestmark = pytest.mark.campaign("bench")

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GLMARK = ("LD_LIBRARY_PATH=/data/gpu/lib LD_PRELOAD=/data/gpu/one_mode.so MESA_SHADER_CACHE_DISABLE=1 "
          "/data/gpu/glmark2-es2-drm --data-path /data/gpu/data --off-screen -s 640x480")  # not the size of one_mode.c: it makes a window
SCENES = ("build", "texture", "shading", "buffer")
PAIRS = 5
BOUND = 0.85


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    with GpuStage(tmp_path_factory.mktemp("gpu"), os.path.join(TOP, "build/logs/gpu-guest")) as s:
        s.settle()
        yield s


@pytest.fixture(scope="module")
def drawn(stage):
    """What gl-cases says in both VMs; the pixels of both are in the service VM's /tmp then."""
    said = {BARE: stage.on(BARE, "MESA_SHADER_CACHE_DISABLE=1 /data/gpu/gl-cases /tmp/bare.px")[1],
            MEDIATED: stage.on(MEDIATED, "MESA_SHADER_CACHE_DISABLE=1 /data/gpu/gl-cases /data/ivi.px")[1]}
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


def test_glmark_validates_alike(stage, soak):
    """glmark2's own check of one frame of each of its scenes says the same in both."""
    if not soak:
        pytest.skip("the long form only: it loads every scene")
    said = {where: re.findall(r"^\[(\w+)\] (.*) Validation: (\w+)", stage.on(where, f"{GLMARK} --validate")[1], re.MULTILINE)
            for where in (BARE, MEDIATED)}
    assert len(said[BARE]) > 20 and said[BARE] == said[MEDIATED]


def frames_per_second(stage, where, seconds):
    """{scene: frames a second} of one run."""
    scenes = " ".join(f"-b {name}:duration={seconds}" for name in SCENES)
    text = stage.on(where, f"{GLMARK} {scenes}")[1]
    found = {name: int(fps) for name, fps in re.findall(r"\[(\w+)\] .*: FPS: (\d+)", text)}
    assert set(found) == set(SCENES), text
    return found


def test_glmark(stage, report, soak):
    """In turn in the IVI and bare, five times; of each scene the median of the five ratios."""
    seconds = 5 if soak else 1
    pairs = [{where: frames_per_second(stage, where, seconds) for where in (BARE, MEDIATED)} for _ in range(PAIRS)]
    ratios = {name: [p[MEDIATED][name] / p[BARE][name] for p in pairs] for name in SCENES}
    for name, found in ratios.items():
        bare = statistics.median(p[BARE][name] for p in pairs)
        report.add(f"gpu.glmark2.{name}.bare", bare, "frames/s")
        report.add(f"gpu.glmark2.{name}.ratio", round(statistics.median(found), 3), "")
        report.add(f"gpu.glmark2.{name}.spread", round(max(found) - min(found), 3), "")
    median = statistics.median(statistics.median(found) for found in ratios.values())
    # The row says whether it is enough: how fast an emulator's host is fails no test.
    report.add("gpu.glmark2.median.ratio", round(median, 3), f"at least {BOUND}", ok=median >= BOUND)
