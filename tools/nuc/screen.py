# SPDX-License-Identifier: BSD-3-Clause
"""The machine's screens: an X server of our own where there is none, windows side by side, pictures of them."""
import os
import re
import subprocess
import threading

from PIL import Image
from Xlib import X, display as xdisplay, error as xerror

BITS = 24


class XServer:
    """The X server the windows go to: the user's, or an Xvfb that ends with us."""

    def __init__(self, width, height, log_path, own=False):
        self._process = None
        self.name = os.environ.get("DISPLAY")
        self.virtual = own or not self.name
        if self.virtual:
            read, write = os.pipe()
            with open(log_path, "wb") as log:
                self._process = subprocess.Popen(
                    ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{width}x{height}x{BITS}", "-nolisten", "tcp",
                     "-noreset"], pass_fds=[write], stdout=log, stderr=log)
            os.close(write)
            with os.fdopen(read) as f:
                number = f.readline().strip()
            if not number:
                raise RuntimeError(f"Xvfb did not start, see {log_path}")
            self.name = f":{number}"

    def close(self):
        if self._process:
            self._process.terminate()
            self._process.wait(10)


class Screens:
    """QEMU's windows, one for each output, found by their titles."""

    def __init__(self, server, name, sizes):
        self._display = xdisplay.Display(server.name)
        self._root = self._display.screen().root
        self._pattern = re.compile(rf"QEMU \({re.escape(name)}(?:-(\d+))?\)")
        self._place = server.virtual
        self._lock = threading.Lock()
        self.sizes = list(sizes)
        self._windows = {}

    def _find(self):
        found = {}

        def walk(window):
            try:
                title = window.get_wm_name()
                match = self._pattern.match(title) if isinstance(title, str) else None
                if match:
                    found[int(match.group(1) or 0)] = window
                for child in window.query_tree().children:
                    walk(child)
            except (xerror.BadWindow, xerror.BadDrawable):
                pass

        walk(self._root)
        return found

    def arrange(self):
        """Finds the windows there are now; on our own X server puts each in its own place.

        An output's window appears when the guest first drives that output.
        """
        self._windows = self._find()
        x = 0
        for i, (width, _) in enumerate(self.sizes):
            if self._place and i in self._windows:
                self._windows[i].configure(x=x, y=0)
            x += width
        self._display.sync()

    def picture(self, index):
        """What output `index` shows, as a PIL image of the size it has now; None while the guest does not drive it."""
        with self._lock:
            if len(self._windows) < len(self.sizes):  # a new one covers others until it has its place
                self.arrange()
            window = self._windows.get(index)
            if window is None:
                return None
            try:
                geometry = window.get_geometry()
                raw = window.get_image(0, 0, geometry.width, geometry.height, X.ZPixmap, 0xFFFFFFFF)
            except (xerror.BadDrawable, xerror.BadWindow, xerror.BadMatch):  # it went: the output is driven no more
                del self._windows[index]
                return None
        return Image.frombytes("RGB", (geometry.width, geometry.height), raw.data, "raw", "BGRX")

    def close(self):
        self._display.close()
