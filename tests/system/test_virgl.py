# SPDX-License-Identifier: BSD-3-Clause
"""The mediator over virglrenderer on a GL driver that is a program: the guest is a process, and no machine is needed."""
import os
import re
import subprocess

import pytest

import workers
from displaystack import HEIGHT, Stack, WIDTH, wait_for
from test_gpu import shows_the_triangle

GVT, CLIENT = "build/gvt/binnacle-gvt", "build/tests/guests/gvt/gvt-client"
BLUE = bytes((0xC0, 0x40, 0x10, 0))


@pytest.fixture(scope="module", autouse=True)
def client():
    workers.make(CLIENT)


class Mediator:
    """with Mediator(folder) as m: m.play("draw") is a guest's life: (exit status, what it says)."""

    def __init__(self, folder, *arguments):
        self.socket, self.log = os.path.join(str(folder), "gpu"), os.path.join(str(folder), "gvt.txt")
        # softpipe compiles nothing: the sandbox stands.
        environment = dict(os.environ, GALLIUM_DRIVER="softpipe", XDG_RUNTIME_DIR=str(folder))
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([GVT, "--socket-path", self.socket, "--scanout", "1280x720", "--gpu", "virgl", "--render-node",
                                             "/none", "--statistics", "1", *(arguments or ("--wayland", "/none"))],
                                            stdout=log, stderr=subprocess.STDOUT, env=environment)

    def text(self):
        with open(self.log, encoding="utf-8") as f:
            return f.read()

    def __enter__(self):
        wait_for(lambda: "gvt: ready" in self.text() or self.process.poll() is not None, 60, "the mediator")
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def play(self, name):
        done = subprocess.run([CLIENT, self.socket, name], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def counted(self):
        """A report that began after all that has been asked for: the second one from now on."""
        told = self.text().count("gvt: commands") + 2
        wait_for(lambda: self.text().count("gvt: commands") >= told, 60, "a report")
        return {name: int(value) for name, value in re.findall(r"(\w+) (\d+)", re.findall("gvt: commands .*", self.text())[-1])}


def test_a_guest_draws_shares_and_dies(tmp_path):
    """What a hostile one does is in test_gpu.py: softpipe takes half a minute for the contexts that it asks for."""
    with Mediator(tmp_path) as m:
        assert "gvt: ready, virgl, 1 scanouts" in m.text()
        status, said = m.play("draw")
        assert status == 0 and "clear, 2048 pixels as wanted" in said and "1024 green and 1024 blue pixels" in said
        for name in "share", "order":
            assert m.play(name)[0] == 0, name
        wait_for(lambda: m.counted()["contexts"] == 0, 30, "the end of the last guest")
        before = m.descriptors()
        for _ in range(10):
            m.play("die")
        assert m.play("draw")[0] == 0
        wait_for(lambda: m.counted()["contexts"] == 0, 30, "the end of the last guest")
        assert m.descriptors() == before and m.counted()["resources"] == 0
        assert m.process.poll() is None


def test_what_cannot_be_let_out_is_shown_by_one_copy(tmp_path, report):
    """The compositor draws by itself and takes no dma-buf: each picture is read back once, and that is counted."""
    with Stack(tmp_path) as stack:
        stack.windows()
        stack.window.frame(1, BLUE * (WIDTH * HEIGHT))
        with Mediator(tmp_path, "--vm", "ivi") as m:
            wait_for(lambda: "gvt: connected" in m.text(), 30, "the compositor")
            with subprocess.Popen([CLIENT, m.socket, "show"], stdout=subprocess.PIPE, text=True) as guest:
                wait_for(lambda: shows_the_triangle(stack.picture()[1]), 120, "a rendered triangle")
                assert any("40 frames shown" in line for line in guest.stdout)
                n = m.counted()
                guest.kill()
        assert n["flushes"] == n["scanouts"] == 40 and 40 <= n["pictures"] <= 41
        copies = n["copies"] - 2  # without the triangle's corners and the cursor
        assert report.add("gpu.virgl.copies-per-flush-or-flip", copies / (n["flushes"] + n["scanouts"]), "", bound=1)
        assert n["bytes"] == copies * WIDTH * HEIGHT * 4 + 48 + 64 * 64 * 4
