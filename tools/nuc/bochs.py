# SPDX-License-Identifier: BSD-3-Clause
"""A PC in Bochs: the machine with Intel's VMX, and with AMD's SVM as newer processors have it (docs/vnuc.md)."""
import os
import shutil
import socket
import subprocess
import tempfile
import threading

from PIL import Image

from .screen import XServer
from .serial import Serial, process_cpu_seconds

PROGRAM = "build/bochs/bochs"
SHARE = "/usr/share/bochs"
# The window of Bochs: a bar above the screen; without a window manager it is at the top left with a border of 4.
LEFT, TOP = 4, 36
CONFIG = """cpu: model={model}, count={cpus}, quantum={quantum}, ips=100000000, reset_on_triple_fault=0, ignore_bad_msrs=1
memory: guest={memory}, host={memory}
romimage: file={share}/BIOS-bochs-latest
vgaromimage: file={share}/VGABIOS-lgpl-latest
vga: extension=vbe, realtime=0
display_library: x
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path="{iso}", status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev={work}/com1
com2: enabled=1, mode={com2}
clock: sync=none, time0=1000000000
log: {log}/bochs.log
panic: action=fatal
error: action=report
info: action=report
debug: action=ignore
"""


class Bochs:
    """with Bochs("corei7_skylake_x", "x.iso", "build/logs/x") as pc: pc.console.wait_for("...").

    quantum: of several CPUs each runs so many instructions at most, then the next; time goes on by their mean. A halted one counts as
    one that has run them all. With 1, time is every CPU's own count of instructions.

    .bus_path: with bus=True the other end of COM2, for vehicle_sim.Connection. What comes in there comes at the host's time, so
    that no two runs are the same.
    """

    def __init__(self, model, iso, log_dir, cpus=2, memory=1024, bus=False, quantum=16):
        self.log_dir = os.path.abspath(log_dir)
        self.work = tempfile.mkdtemp(prefix="bochs-")
        self._listener = socket.create_server(("127.0.0.1", 0)) if bus else None
        com2 = f"socket-client, dev=127.0.0.1:{self._listener.getsockname()[1]}" if bus else "null"
        self.config = CONFIG.format(model=model, cpus=cpus, quantum=quantum, memory=memory, iso=os.path.abspath(iso), share=SHARE, work=self.work,
                                    log=self.log_dir, com2=com2)
        self.console = self.bus_path = self._x = self._process = None

    def __enter__(self):
        os.makedirs(self.log_dir, exist_ok=True)
        with open(f"{self.work}/bochsrc", "w", encoding="ascii") as f:
            f.write(self.config)
        os.mkfifo(f"{self.work}/com1")
        self._x = XServer(1280, 1024, f"{self.log_dir}/xvfb.log", own=True)
        with open(f"{self.log_dir}/bochs.out", "wb") as out:
            self._process = subprocess.Popen([os.path.abspath(PROGRAM), "-q", "-f", f"{self.work}/bochsrc"], stdin=subprocess.DEVNULL,
                                             stdout=out, stderr=out, env={**os.environ, "DISPLAY": self._x.name})
        ours, theirs = socket.socketpair()
        threading.Thread(target=self._copy, args=(theirs,), daemon=True).start()
        log = f"{self.log_dir}/com1.log"
        if os.path.exists(log):
            os.remove(log)
        self.console = Serial(ours, log, self.cpu_seconds)
        if self._listener:
            self._listener.settimeout(60)
            self.bus_path = self._listener.accept()[0]
        return self

    def _copy(self, to):
        with open(f"{self.work}/com1", "rb", buffering=0) as f:
            while data := f.read(4096):
                to.sendall(data)
        to.close()

    def cpu_seconds(self):
        """CPU time that the emulation has used."""
        return process_cpu_seconds(self._process.pid)

    def picture(self, width, height):
        """What the machine shows, as an image of that size."""
        path = f"{self.work}/root.png"
        subprocess.run(["import", "-display", self._x.name, "-window", "root", path], check=True)
        with Image.open(path) as root:
            return root.convert("RGB").crop((LEFT, TOP, LEFT + width, TOP + height))

    def __exit__(self, *_):
        if self._process:
            self._process.kill()
            self._process.wait()
        for part in (self._x, self.bus_path, self._listener):
            if part:
                part.close()
        shutil.rmtree(self.work, ignore_errors=True)
