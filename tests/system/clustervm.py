# SPDX-License-Identifier: BSD-3-Clause
"""The cluster image alone on a bare emulated PC: QEMU with -kernel, its bus joined to the vehicle simulator."""
import json
import os
import re
import socket
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(TOP, "tools", "vehicle-sim"), os.path.join(TOP, "tools")]
import vehicle_sim  # noqa: E402
from nuc.config import QEMU_GL, QEMU_TURNS  # noqa: E402

PICTURES_KEPT = 8
CLUSTER_ELF = os.path.join(TOP, "build", "guests", "cluster", "cluster.elf")


def address(function):
    """Where the cluster's image has it, as the cluster sees its memory."""
    names = subprocess.run(["nm", CLUSTER_ELF], check=True, capture_output=True, text=True).stdout
    return int(re.search(rf"^(\w+) \w {function}$", names, re.MULTILINE)[1], 16)


class Qmp:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rw", encoding="utf-8")
        self.file.readline()
        self.command("qmp_capabilities")

    def command(self, name, **arguments):
        self.file.write(json.dumps({"execute": name, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            line = self.file.readline()
            if not line:
                raise RuntimeError(f"{name}: the emulator is gone")
            answer = json.loads(line)
            if "error" in answer:
                raise RuntimeError(f"{name}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def close(self):
        self.file.close()
        self.socket.close()


class ClusterVM:
    """with ClusterVM(tmp_path, start=600) as vm: runs until the end of the block; vm.sim is the simulator."""

    def __init__(self, folder, simulator=None, mode=None, qemu=(), kernel=CLUSTER_ELF, append="", display=True, **sim):
        self.folder = str(folder)
        self.sim = simulator or vehicle_sim.Simulator(**sim)
        self.bus, self.qmp_path = self._path("bus"), self._path("qmp")
        words = ([f"mode={mode}"] if mode else []) + ([append] if append else [])
        self.argv = ["qemu-system-i386", "-kernel", kernel, "-cpu", "max", "-m", "128", "-nodefaults",
                     "-vga", "std" if display else "none", "-display", "none", "-icount", "shift=0", "-no-reboot",
                     "-serial", f"file:{self._path('com1.txt')}", "-serial", f"unix:{self.bus},server=on,wait=on",
                     "-qmp", f"unix:{self.qmp_path},server=on,wait=off",
                     *(["-append", " ".join(words)] if words else []), *qemu]
        self.pictures = 0

    def _path(self, name):
        return os.path.join(self.folder, name)

    def __enter__(self):
        with open(self._path("qemu.txt"), "w", encoding="utf-8") as log:
            # Its time goes on only while it waits for its next timer, so a busy host takes no frame's slot from it (docs/vnuc.md).
            self.process = subprocess.Popen(self.argv, stdout=log, stderr=log,
                                            env=dict(os.environ, LD_PRELOAD=f"{os.path.abspath(QEMU_TURNS)}:{os.path.abspath(QEMU_GL)}"))
        self.connection = vehicle_sim.Connection(self.bus, self.sim)
        self.connection.__enter__()
        self.wait(lambda: os.path.exists(self.qmp_path), "the emulator's monitor")
        self.qmp = Qmp(self.qmp_path)
        return self

    def __exit__(self, *_):
        self.qmp.close()
        self.process.kill()
        self.process.wait()
        self.connection.__exit__()

    def log(self):
        out = []
        for name in ("qemu.txt", "com1.txt"):
            if os.path.exists(self._path(name)):
                with open(self._path(name), encoding="utf-8", errors="replace") as f:
                    out.append(f.read())
        return "\n".join(out) + "\n".join(l.decode("ascii", "replace") for l in self.sim.unknown)

    def wait(self, condition, what):
        """Until condition() is true. Only the emulator's end is a failure: how fast it runs is the host's affair."""
        while not condition():
            if self.process.poll() is not None:
                raise AssertionError(f"the emulator ended while waiting for {what}:\n{self.log()}")
            time.sleep(0.02)

    def pause_when(self, condition, what):
        """The machine stands still at a moment at which condition() is true; whoever asks lets it go on."""
        def now():
            self.qmp.command("stop")
            if condition():
                return True
            self.qmp.command("cont")
            return False
        self.wait(now, what)

    def until(self, seconds):
        """Until the cluster's own clock says so many seconds."""
        self.wait(lambda: (self.sim.time_ms or 0) >= seconds * 1000, f"cluster time {seconds} s")

    def run(self, seconds):
        self.until((self.sim.time_ms or 0) / 1000 + seconds)

    def screenshot(self):
        """A picture's path, for now: the last few are kept, for what tests write is in memory."""
        self.pictures = (self.pictures + 1) % PICTURES_KEPT
        path = self._path(f"screen{self.pictures}.ppm")
        self.qmp.command("screendump", filename=path)
        return path

    def stats(self):
        """The cluster's counts of itself, asked for now."""
        self.sim.stats.clear()
        self.sim.stats_requests += 1
        self.wait(self.sim.stats_complete, "the cluster's statistics")
        return {name: value for message in self.sim.stats.values() for name, value in message.items()}
