# SPDX-License-Identifier: BSD-3-Clause
"""Standard protocol both ways, over vhost-user-gpu and its display socket: our mediator under plain QEMU, and QEMU's own back end
under our device model in the cockpit.
"""
import json
import os
import re
import socket
import subprocess

import pytest
from PIL import Image

from cockpit import LIMIT
from displaystack import BUILD, wait_for
from test_cockpit import DOCK_HOME, DOCK_MEDIA, MAP_TILE, accents, colours


class Monitor:
    """QEMU's monitor (QMP)."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw")
        self.file.readline()
        self("qmp_capabilities")

    def __call__(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "event" not in answer:
                return answer["return"]


class Desktop:
    """with Desktop(folder) as d: the IVI's own image on plain QEMU, its GPU our mediator, its display QEMU's."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.processes, self.logs = {}, {}

    def start(self, name, *argv):
        self.logs[name] = os.path.join(self.folder, name + ".txt")
        with open(self.logs[name], "ab") as log:
            self.processes[name] = subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)

    def text(self, name):
        with open(self.logs[name], encoding="utf-8", errors="replace") as f:
            return f.read()

    def __enter__(self):
        gpu, tablet, monitor = (os.path.join(self.folder, name) for name in ("gpu", "tablet", "monitor"))
        self.start("gvt", f"{BUILD}/gvt/binnacle-gvt", "--socket-path", gpu, "--display", "socket", "--gpu", "soft2d",
                   "--statistics", "1")
        wait_for(lambda: os.path.exists(gpu), 10, "the mediator")
        self.start("guest", "qemu-system-x86_64", "-machine", "q35,memory-backend=ram", "-accel", "tcg", "-cpu", "max", "-m", "512",
                   "-object", "memory-backend-memfd,id=ram,size=512M,share=on", "-nodefaults", "-display", "none", "-vga", "none",
                   "-chardev", f"socket,id=gpu,path={gpu}",
                   "-device", "vhost-user-gpu-pci,id=screen,chardev=gpu,max_outputs=1,xres=1280,yres=720,queue_reset=off",
                   "-device", "virtio-tablet-pci", "-device", "i6300esb", "-action", "watchdog=none", "-serial", "stdio",
                   "-qmp", f"unix:{monitor},server=on,wait=off",
                   "-drive", f"if=virtio,format=raw,readonly=on,file={BUILD}/image/ivi.img",
                   "-kernel", f"{BUILD}/kernel/bzImage", "-initrd", f"{BUILD}/image/ivi.initrd", "-append", "console=ttyS0 quiet panic=-1")
        wait_for(lambda: os.path.exists(monitor), 30, "QEMU's monitor")
        self.monitor = Monitor(monitor)
        return self

    def __exit__(self, *_):
        for process in self.processes.values():
            process.terminate()
            process.wait()

    def picture(self):
        path = os.path.join(self.folder, "screen.png")
        self.monitor("screendump", filename=path, device="screen", head=0, format="png")
        with Image.open(path) as image:
            return image.convert("RGB")

    def click(self, x, y):
        """On a screen of 1280 by 720."""
        where = [{"type": "abs", "data": {"axis": axis, "value": value * 32767 // size}}
                 for axis, value, size in (("x", x, 1280), ("y", y, 720))]
        for down in True, False:
            self.monitor("input-send-event", events=where + [{"type": "btn", "data": {"down": down, "button": "left"}}])


def counted(text):
    """The mediator's last report."""
    return {name: int(value) for name, value in re.findall(r"(\w+) (\d+)", re.findall(r"gvt: commands .*", text)[-1])}


@pytest.fixture(scope="module")
def desktop(tmp_path_factory):
    with Desktop(tmp_path_factory.mktemp("desktop")) as d:
        yield d


def test_our_mediator_shows_a_desktop_on_qemus_own_display(desktop):
    wait_for(lambda: "ivi: home screen" in desktop.text("guest"), 300, "the home screen")
    wait_for(lambda: accents(desktop.picture(), DOCK_HOME) > 50, 60, "the home screen's picture")
    assert desktop.picture().size == (1280, 720)
    assert accents(desktop.picture(), DOCK_MEDIA) == 0
    desktop.click(715, 668)  # the dock's third button
    wait_for(lambda: accents(desktop.picture(), DOCK_MEDIA) > 50, 60, "the media page")
    text = desktop.text("gvt")
    assert "connected to the front end's display" in text and "display is gone" not in text
    n = counted(text)
    assert n["errors"] == 0 and 0 < n["pictures"] <= n["flushes"] + n["scanouts"]
    # A flush's pixels once, and what they are wrapped in (a cursor's picture is 16 KiB).
    assert 0 < n["sent"] < (n["flushes"] + n["scanouts"]) * (1280 * 720 * 4 + 500) + (1 << 20)


def test_a_guest_that_starts_again_is_shown_again(desktop):
    """QEMU closes its display when the guest resets the device, and hands over another one with the next driver."""
    assert desktop.text("guest").count("ivi: home screen") == 1
    desktop.monitor("system_reset")
    wait_for(lambda: desktop.text("guest").count("ivi: home screen") == 2, 300, "the home screen")
    wait_for(lambda: accents(desktop.picture(), DOCK_HOME) > 50, 60, "the home screen's picture")
    assert desktop.text("gvt").count("connected to the front end's display") == 2
    assert desktop.processes["gvt"].poll() is None


def test_qemus_back_end_shows_the_ivi_of_our_device_model(cockpit):
    """The cockpit's IVI with another GPU service: the supervisor starts what it finds, so each way is a life of its own."""
    cockpit.at_home()
    keep = "cp /run/service/ivi/run /tmp/ivi-run && cp /run/service/ivi-gpu/run /tmp/gpu-run"
    change = ("cp /data/foreign/gpu-run /run/service/ivi-gpu/run && "
              "sed -i -e 's,.[$]sockets/gpu.sock.,/run/guest/ivi/foreign/gpu.sock\\,display,' "
              "-e 's,^exec /usr/bin/binnacle-dm,export XDG_RUNTIME_DIR=/run/display; &,' /run/service/ivi/run")
    back = "cat /tmp/ivi-run >/run/service/ivi/run && cat /tmp/gpu-run >/run/service/ivi-gpu/run"
    assert cockpit.run(f"{keep} && {change} && kill -9 $(pidof binnacle-gvt) && kill -9 $(pidof binnacle-dm)")[0] == 0
    cockpit.wait_home()
    ivi = cockpit.nuc.wait_picture(1, lambda p: accents(p, DOCK_HOME) > 50, "the home screen", LIMIT)
    assert colours(ivi, (0, 64, 1280, 720)) > 200
    cockpit.nuc.wait_picture(0, lambda p: colours(p, MAP_TILE) > 50, "the map tile, its second scanout", LIMIT)
    # Nothing of ours draws: the back end is a user without rights, and what it says is read by a process that has no VM.
    ours = cockpit.run(r"for p in $(pidof binnacle-gvt); do tr '\0' ' ' </proc/$p/cmdline; done")[1]
    assert "--arbitrate" in ours and "--socket-path" not in ours, ours
    assert cockpit.run("cut -f 2 /proc/$(pidof vhost-user-gpu)/status | sed -n 9p")[1].split()[-1] == "65534"
    show = "for p in $(pidof binnacle-dm); do cat /proc/$p/comm; ls -l /proc/$p/fd | grep -c acrn_hsm; done"
    holds = dict(re.findall(r"([a-z-]+)\s+(\d+)", cockpit.run(show)[1]))
    assert holds.pop("dm-display") == "0" and int(holds.pop("binnacle-dm")) > 0 and not holds
    cockpit.nuc.click(1, 715, 668)
    cockpit.nuc.wait_picture(1, lambda p: accents(p, DOCK_MEDIA) > 50, "the media page", LIMIT)
    # Its end is the end of that life; the next one has our mediator again.
    assert cockpit.run(f"{back} && kill -9 $(pidof vhost-user-gpu)")[0] == 0
    cockpit.nuc.console.wait_for("END reason=gpu-lost action=restart", limit=LIMIT)
