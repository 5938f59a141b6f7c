# SPDX-License-Identifier: BSD-3-Clause
"""A Linux guest on plain QEMU draws through our GPU back end onto the compositor's screens, and our input reaches it."""
import re
import signal

import pytest

from displaystack import HEIGHT, Stack, WIDTH, wait_for

BLUE = bytes((0xC0, 0x40, 0x10, 0))  # XRGB8888 in memory
ACCENT = (0x3D, 0xD6, 0xC0)


@pytest.fixture
def stack(tmp_path):
    with Stack(tmp_path) as s:
        s.windows()  # first: X never finishes showing a window that is covered
        s.window.frame(1, BLUE * (WIDTH * HEIGHT))
        s.start_backends()
        yield s


def count(text, what):
    found = re.findall(what + r" (\d+)", text)
    return int(found[-1]) if found else 0


def near(pixel, colour, by=12):
    return all(abs(a - b) <= by for a, b in zip(pixel, colour))


def accent_in(image, box):
    """Pixels of the accent colour in a box of the picture."""
    return sum(near(p, ACCENT) for p in image.crop(box).getdata())


def test_home_screen(stack):
    stack.boot()
    wait_for(lambda: "ivi: home screen" in stack.text("guest"), 60, "the home screen")
    dock_home, dock_media = (350, 640, 480, 696), (650, 640, 780, 696)
    wait_for(lambda: accent_in(stack.picture()[1], dock_home) > 50, 60, "the first picture")
    cluster, ivi = stack.picture("home")
    assert near(cluster.getpixel((10, 10)), (0x10, 0x40, 0xC0))
    assert accent_in(ivi, dock_media) == 0
    # The cluster's layers stay above whatever the guest shows; its tile is inside them.
    assert near(cluster.getpixel((470, 330)), (0x10, 0x40, 0xC0))
    tile = cluster.crop((490, 180, 790, 460))
    assert len(set(tile.getdata())) > 50 and not any(near(p, (0x10, 0x40, 0xC0)) for p in tile.getdata())

    stack.click(715, 668)  # the dock's third button
    wait_for(lambda: accent_in(stack.picture()[1], dock_media) > 50, 60, "the media page after a click")
    stack.picture("media")

    text = stack.text("gvt")
    assert count(text, "errors") == 0
    # A picture goes to the compositor when it is put on a scanout and when it is flushed, never for less.
    assert 0 < count(text, "pictures") <= count(text, "flushes") + count(text, "scanouts")
    assert 0 < count(text, "bytes") <= count(text, "copies") * WIDTH * HEIGHT * 4

    # A compositor that is started again has every picture back, without the guest's help.
    stack.compositor.send_signal(signal.SIGKILL)
    stack.compositor.wait()
    stack.window.hide()
    stack.start_compositor()
    stack.windows()
    stack.window.frame(2, BLUE * (WIDTH * HEIGHT))
    wait_for(lambda: accent_in(stack.picture()[1], dock_media) > 50, 60, "the picture after a restart")

    # A back end that is killed takes its pictures along, and nothing else.
    stack.gvt.send_signal(signal.SIGKILL)
    wait_for(lambda: accent_in(stack.picture()[1], dock_media) == 0, 60, "the screen without a guest")
    cluster, _ = stack.picture("killed")
    assert near(cluster.getpixel((10, 10)), (0x10, 0x40, 0xC0))
    assert stack.window.status()["missed"] == 0
