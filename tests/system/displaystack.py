# SPDX-License-Identifier: BSD-3-Clause
"""The compositor in an X server, and a guest on plain QEMU whose GPU and input devices are our back ends.

The cluster's part is played by a file laid out like the shared window, written from here.
"""
import os
import re
import shutil
import struct
import subprocess
import time
import zlib

from PIL import Image

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build")
FONTS = "/usr/share/fonts/opentype/b612"
ALIGN = 0x200000
WIDTH, HEIGHT = 1280, 720
FRAMES_AT, FRAMES_BYTES, STATUS_AT = ALIGN, 8 * ALIGN, 9 * ALIGN
BUFFERS = 4


def crc(*parts):
    value = 0
    for part in parts:
        value = zlib.crc32(part, value)
    return value


class Window:
    """A shared window in a file: the cluster's frames, the compositor's status."""

    def __init__(self, path):
        self.path = path
        directory = struct.pack("<4sHHQ16s", b"BNSD", 1, 2, 10 * ALIGN, b"service")
        directory += struct.pack("<16sIIQQ", b"cluster-frames", 2, 1, FRAMES_AT, FRAMES_BYTES)
        directory += struct.pack("<16sIIQQ", b"display-status", 3, 2, STATUS_AT, ALIGN)
        directory += bytes(40 * 14)
        directory += struct.pack("<II", crc(directory), 0)
        with open(path, "wb") as f:
            f.truncate(10 * ALIGN)
            f.write(directory)
        self.file = open(path, "r+b", buffering=0)
        head = struct.pack("<4sHHIIIIQI28s", b"BNSH", 1, 0, 2, 0, 0, 1, 0,
                           crc(struct.pack("<II", 2, 0), struct.pack("<I", 1), struct.pack("<Q", 0)), bytes(28))
        self.offsets = [4096 + i * WIDTH * HEIGHT * 4 for i in range(BUFFERS)]
        self._write(0, head + struct.pack("<4I4I", WIDTH, HEIGHT, WIDTH * 4, BUFFERS, *self.offsets))

    def _write(self, at, data):
        os.pwrite(self.file.fileno(), data, FRAMES_AT + at)

    def frame(self, counter, pixels, damage=((0, 0, WIDTH, HEIGHT),)):
        """Publishes a frame whose picture is `pixels` (bytes of XRGB8888)."""
        self._write(self.offsets[counter % BUFFERS], pixels)
        self.touch(counter, damage)

    def touch(self, counter, damage):
        rects = b"".join(struct.pack("<4i", *r) for r in damage)
        record = struct.pack("<IIQQ", counter, len(damage), 0, 0) + rects
        self._write(64 + 56 + (counter % BUFFERS) * 152, record)
        self._write(64 + 32, struct.pack("<I", counter))

    def hide(self):
        """As before the cluster's first frame."""
        self._write(64 + 32, bytes(4))

    def status(self):
        data = os.pread(self.file.fileno(), 40, STATUS_AT + 64)
        return dict(zip(("shown", "shown_total", "missed", "late", "heartbeat", "worst", "ready", "guests_lost"),
                        struct.unpack("<4IQQII", data)))


def wait_for(condition, seconds, what):
    """Host seconds are a hang detector only."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"gave up waiting for {what}")


class Stack:
    """with Stack(folder) as s: Xvfb, compositor, gvt, two input processes; s.boot() starts the guest."""

    def __init__(self, folder):
        self.folder = str(folder)
        self.processes = []
        self.window = Window(os.path.join(self.folder, "window"))
        self.logs = {}

    def start(self, name, *argv, **env):
        log = open(os.path.join(self.folder, name + ".txt"), "wb")
        environment = dict(os.environ, XDG_RUNTIME_DIR=self.folder, DISPLAY=self.display, **env)
        process = subprocess.Popen(argv, stdout=log, stderr=subprocess.STDOUT, env=environment)
        self.processes.append(process)
        self.logs[name] = log.name
        return process

    def text(self, name):
        with open(self.logs[name], encoding="utf-8", errors="replace") as f:
            return f.read()

    def __enter__(self):
        read_end, write_end = os.pipe()
        self.processes.append(subprocess.Popen(
            ["Xvfb", "-displayfd", str(write_end), "-screen", "0", "1300x1500x24", "-nolisten", "tcp"],
            pass_fds=[write_end], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        os.close(write_end)
        with os.fdopen(read_end) as f:
            self.display = ":" + f.readline().strip()
        self.start_compositor()
        return self

    def start_compositor(self):
        self.compositor = self.start("display", f"{BUILD}/display/binnacle-display", "--shm", self.window.path,
                                     "--statistics", "1", WLR_BACKENDS="x11", WLR_X11_OUTPUTS="2", WLR_RENDERER="pixman")
        wait_for(lambda: "display: ready" in self.text("display"), 30, "the compositor")

    def start_backends(self):
        self.gvt = self.start("gvt", f"{BUILD}/gvt/binnacle-gvt", "--socket-path", f"{self.folder}/gpu", "--vm", "ivi",
                              "--scanout", "1280x720", "--scanout", "320x320", "--statistics", "1")
        for device in "keyboard", "tablet":
            self.start(device, f"{BUILD}/display/binnacle-input", "--socket-path", f"{self.folder}/{device}", "--device",
                       device, "--vm", "ivi")
        for path in "gpu", "keyboard", "tablet":
            wait_for(lambda: os.path.exists(f"{self.folder}/{path}"), 10, path)

    def initramfs(self, init):
        """The home screen with what it needs, and an init."""
        root = os.path.join(self.folder, "root")
        for d in "bin", "lib64", "dev", "proc", "sys", "fonts", "lib/x86_64-linux-gnu":
            os.makedirs(os.path.join(root, d))
        shutil.copy("/bin/busybox", f"{root}/bin/busybox")
        os.symlink("busybox", f"{root}/bin/sh")
        program = f"{BUILD}/ivi-demo/binnacle-ivi"
        subprocess.run(["strip", "-o", f"{root}/bin/binnacle-ivi", program], check=True)
        for line in subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout.splitlines():
            words = line.split()
            path = words[2] if "=>" in words else words[0]
            if path.startswith("/"):
                target = f"{root}/lib64" if "ld-linux" in path else f"{root}/lib/x86_64-linux-gnu"
                shutil.copy(path, target)
        for name in "B612-Regular.otf", "B612-Bold.otf":
            shutil.copy(f"{FONTS}/{name}", f"{root}/fonts")
        with open(f"{root}/init", "w", encoding="utf-8") as f:
            f.write(init)
        os.chmod(f"{root}/init", 0o755)
        image = os.path.join(self.folder, "initrd")
        subprocess.run(f"cd {root} && find . | cpio -o -H newc --quiet > {image}", shell=True, check=True)
        return image

    INIT = """#!/bin/sh
busybox mount -t devtmpfs none /dev
busybox mount -t proc none /proc
busybox mount -t sysfs none /sys
LD_LIBRARY_PATH=/lib/x86_64-linux-gnu TZ=UTC /bin/binnacle-ivi front /fonts
echo "ivi ended with $?"
busybox sleep 1000
"""

    def boot(self, init=INIT, memory=512):
        kernel = subprocess.run([f"{TOP}/service-vm/kernel/build"], check=True, capture_output=True,
                                text=True).stdout.strip()
        sockets = []
        for name in "gpu", "keyboard", "tablet":
            sockets += ["-chardev", f"socket,id={name},path={self.folder}/{name}"]
        self.guest = self.start(
            "guest", "qemu-system-x86_64", "-machine", "q35,memory-backend=ram", "-accel", "tcg", "-cpu", "max", "-m", str(memory),
            "-object", f"memory-backend-memfd,id=ram,size={memory}M,share=on", "-nodefaults", "-display", "none", "-vga",
            "none", *sockets, "-device", "vhost-user-gpu-pci,chardev=gpu,max_outputs=2,queue_reset=off",
            "-device", "vhost-user-input-pci,chardev=keyboard", "-device", "vhost-user-input-pci,chardev=tablet",
            "-serial", "stdio", "-no-reboot", "-kernel", f"{kernel}/bzImage", "-initrd", self.initramfs(init),
            "-append", "console=ttyS0 quiet panic=-1 rdinit=/init")

    def windows(self):
        """The compositor's two X windows (nameless; the first screen's is the older), put where they do not overlap."""
        environment = dict(os.environ, DISPLAY=self.display)

        def find():
            tree = subprocess.run(["xwininfo", "-root", "-tree"], capture_output=True, text=True, env=environment).stdout
            return sorted(re.findall(r"^ +(0x[0-9a-f]+) .*: \(\) +\d+x\d+", tree, re.MULTILINE))
        wait_for(lambda: len(find()) == 2, 20, "both screens")
        for window, y in zip(find(), (0, 740)):
            subprocess.run(["xdotool", "windowmove", window, "0", str(y)], check=True, env=environment)
        time.sleep(0.5)

    def picture(self, name="screen"):
        path = os.path.join(self.folder, f"{name}.png")
        subprocess.run(["import", "-window", "root", path], check=True, env=dict(os.environ, DISPLAY=self.display))
        with Image.open(path) as image:
            image = image.convert("RGB")
        keep = os.environ.get("BINNACLE_KEEP")
        if keep:
            image.save(os.path.join(keep, f"{name}.png"))
        return image.crop((0, 0, WIDTH, HEIGHT)), image.crop((0, 740, WIDTH, 740 + HEIGHT))

    def click(self, x, y):
        """On the second screen."""
        subprocess.run(["xdotool", "mousemove", str(x), str(740 + y), "sleep", "0.2", "click", "1"], check=True,
                       env=dict(os.environ, DISPLAY=self.display))

    def __exit__(self, *_):
        for process in reversed(self.processes):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
