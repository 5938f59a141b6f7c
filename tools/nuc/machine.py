# SPDX-License-Identifier: BSD-3-Clause
"""One running virtual NUC: start, UARTs, screens, input, end."""
import os
import shutil
import socket
import subprocess
import tempfile
import time

from .qmp import Qmp, QmpError
from .screen import Screens, XServer
from .serial import Serial, process_cpu_seconds, thread_cpu_seconds


class NucError(RuntimeError):
    """The machine could not be started or is gone."""


class Nuc:
    """A machine in a with statement.

        with Nuc("boot", NucConfig.bare(), "build/logs/boot") as nuc:
            nuc.console.wait_for("is up")
            nuc.picture(0).save("screen.png")

    .console: COM1, a Serial; .usb_console: the UART behind USB. .bus_path: socket of COM2, the vehicle bus (one client).
    .qmp: the control socket.
    """

    def __init__(self, name, config, log_dir, window=False):
        """window: show the screens on the user's display if there is one; else on an X server of our own."""
        self.name, self.config, self.log_dir = name, config, os.path.abspath(log_dir)
        self._window = window
        self._process = self._x = self.screens = self.qmp = self.console = self.usb_console = None
        self.work = None

    def __enter__(self):
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, run=True):
        """Starts the machine; with run=False it waits for resume() before its first instruction."""
        missing = self.config.missing_files()
        if missing:
            raise NucError(f"{', '.join(missing)} not built; run: make image")
        os.makedirs(self.log_dir, exist_ok=True)
        for old in ("com1.log", "com2.log", "usbtty.log", "qemu.log", "sound.wav", "speaker.wav"):
            if os.path.exists(os.path.join(self.log_dir, old)):
                os.remove(os.path.join(self.log_dir, old))
        self.work = tempfile.mkdtemp(prefix="vnuc-")
        self._scratch_files()
        self._start_display()
        self._start_qemu()
        self.qmp = self._connect("qmp", Qmp)
        self.console = self._connect("com1", lambda path: Serial(path, f"{self.log_dir}/com1.log", self.cpu_seconds,
                                                                         None if self.config.icount else self._wake))
        if self.config.usb_serial:
            self.usb_console = self._connect("usbtty", lambda path: Serial(path, f"{self.log_dir}/usbtty.log", self.cpu_seconds))
        if self.config.with_display():
            self.screens = Screens(self._x, self.name, self.config.screens)
        for index, size in enumerate(self.config.screens):
            if self.config.monitors and index:
                self.plug(index, *size)
        if run:
            self.resume()

    def _scratch_files(self):
        if not self.config.kernel:
            from .config import OVMF_VARS
            shutil.copy(OVMF_VARS, f"{self.work}/vars.fd")
        if self.config.sd_card_mib:
            with open(f"{self.work}/sd.img", "wb") as f:
                f.truncate(self.config.sd_card_mib << 20)

    def _start_display(self):
        if self.config.with_display():
            width = sum(max(w, 640) for w, _ in self.config.screens) + 1280
            self._x = XServer(width, 1200, f"{self.log_dir}/xvfb.log", own=not self._window)

    def _start_qemu(self):
        environment = dict(os.environ, SDL_VIDEO_X11_FORCE_EGL="0", SDL_VIDEO_ALLOW_SCREENSAVER="1")
        environment["LD_PRELOAD"] = ":".join(os.path.abspath(f) for f in self.config.repairs())
        if self._x:
            environment["DISPLAY"] = self._x.name
            environment["NUC_MONITORS"] = f"{self.work}/monitors"
        if not self.config.icount:
            environment["NUC_REAL_TIME"] = "1"
        arguments = self.config.arguments(self.name, self.work, self.log_dir)
        self.log_path = f"{self.log_dir}/qemu.log"
        with open(self.log_path, "w", encoding="utf-8") as log:
            log.write(" ".join(arguments) + "\n")
            log.flush()
            self._process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)

    def _connect(self, socket_name, make):
        path = f"{self.work}/{socket_name}"
        end = time.monotonic() + 60
        while True:
            try:
                return make(path)
            except (FileNotFoundError, ConnectionRefusedError, QmpError):
                if self._process.poll() is not None or time.monotonic() > end:
                    with open(self.log_path, encoding="utf-8", errors="replace") as log:
                        raise NucError(f"the emulator did not start:\n{log.read()[-2000:]}") from None
                time.sleep(0.05)

    def _wake(self):
        """Without icount QEMU may lose the wake-up of a halted CPU (docs/vnuc.md); with any other interrupt it looks again."""
        self.qmp.command("send-key", keys=[{"type": "qcode", "data": "shift"}])

    def resume(self):
        self.qmp.command("cont")

    def pause(self):
        self.qmp.command("stop")

    def reset(self):
        self.qmp.command("system_reset")

    def running(self):
        return self._process is not None and self._process.poll() is None

    def cpu_seconds(self):
        """CPU time that the emulation has used, None once the machine is gone."""
        return process_cpu_seconds(self._process.pid) if self.running() else None

    def cpu_seconds_by_part(self):
        """CPU time that the processors, the GPU and the rest of the emulation have used. (Names: QEMU, debug-threads; Mesa's llvmpipe.)"""
        parts = {"processors": 0, "gpu": 0, "rest": 0}
        for name, seconds in thread_cpu_seconds(self._process.pid):
            parts["processors" if name.endswith("/TCG") else "gpu" if name.startswith("llvmpipe") else "rest"] += seconds
        return parts

    @property
    def bus_path(self):
        return f"{self.work}/com2"

    def bus(self):
        """Connects to the vehicle bus and reads it as a Serial."""
        return Serial(self.bus_path, f"{self.log_dir}/com2.log", self.cpu_seconds)

    def picture(self, index=0):
        return self.screens.picture(index)

    def wait_picture(self, index, condition, what, limit=300):
        """Takes pictures until condition(picture) is true; limit in CPU seconds of the emulation. Returns the picture."""
        start, wall = self.cpu_seconds(), time.monotonic()
        while True:
            image = self.picture(index)
            if condition(image):
                return image
            used = self.cpu_seconds()
            if used is None or used - start > limit or time.monotonic() - wall > 5 * limit:
                path = f"{self.log_dir}/not-{what.replace(' ', '-')}.png"
                image.save(path)
                raise AssertionError(f"screen {index} never showed {what}; the last picture is {path}")
            time.sleep(0.2)

    def plug(self, index, width, height):
        """Plugs a monitor of that size into output `index`. Its window is there as long as the guest drives it."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(f"{index} {width} {height}".encode(), f"{self.work}/monitors")

    def unplug(self, index):
        self.plug(index, 0, 0)

    def key(self, *codes):
        self.qmp.key(*codes)

    def type(self, text):
        self.qmp.type(text)

    def pointer(self, index, x, y):
        """Moves the pointer to pixel (x, y) of output `index`, as QEMU does when that output's window is touched: the tablet
        tells where in the window, and not in which one, unless each has its own."""
        width, height = self.config.screens[index]
        self.qmp.pointer(x / width, y / height, self._head(index))

    def click(self, index, x, y):
        self.press(index, x, y)
        self.release(index)

    def press(self, index, x, y):
        self.pointer(index, x, y)
        self.qmp.button(True, head=self._head(index))

    def release(self, index):
        self.qmp.button(False, head=self._head(index))

    def _head(self, index):
        return index if index in self.config.touch else None

    def wait_end(self, limit=600):
        """Waits until the machine powers itself off; returns the emulator's exit status."""
        try:
            return self._process.wait(limit)
        except subprocess.TimeoutExpired:
            raise AssertionError("the machine did not power off") from None

    def close(self):
        """Ends everything that was started, whatever state it is in."""
        if self.running() and self.qmp:
            try:
                self.qmp.command("quit")  # lets QEMU finish the sound file
                self._process.wait(10)
            except (QmpError, OSError, subprocess.TimeoutExpired):
                pass
        if self.running():
            self._process.kill()
            self._process.wait()
        for part in (self.console, self.usb_console, self.qmp, self.screens, self._x):
            if part:
                part.close()
        if self.work:
            shutil.rmtree(self.work, ignore_errors=True)
