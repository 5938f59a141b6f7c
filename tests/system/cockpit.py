# SPDX-License-Identifier: BSD-3-Clause
"""The whole cockpit in the virtual NUC with a drive on its bus, watched from outside the machine.

What the cluster drew and what the compositor showed is read out of the machine's memory through the emulator's monitor, by
the layout of include/binnacle/cluster_frames.h: no guest program is asked.
"""
import collections
import os
import re
import struct
import subprocess
import sys
import tempfile
import uuid

import numpy as np

import glasscheck
import workers
from nuc import Nuc, NucConfig

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VEHICLE = os.path.join(TOP, "tools/vehicle-sim/vehicle-sim")
sys.path.insert(0, os.path.dirname(VEHICLE))
import vehicle_sim  # noqa: E402

REGION_ALIGN, REGION_HEADER = 0x200000, 64
LATEST = 32  # of struct bn_cluster_frames, display_state follows
STATUS = struct.Struct("<4IQQII")
GPU_GUEST = "build/tests/guests/gvt/gvt-client"
SHELL = r"binnacle:\S*# "
LIMIT = 1800  # CPU seconds of the emulation: only a hang takes so long
PM_TIMER, PM_TIMER_MHZ = 0x608, 3.579545  # the chipset's; it counts the emulator's virtual time from power-on
PM_TIMER_WRAPS_MS = (1 << 24) / PM_TIMER_MHZ / 1000
DISPLAY_STATES = {1: "EARLY", 2: "SHARED", 3: "SAFE"}


def console_log(vm):
    """What a guest's console has said, in all its lives: a file of the service VM's."""
    return f"/var/log/{vm}-console.log"


IVI_LOG = console_log("ivi")


def power_on_ms(nuc, after):
    """Milliseconds since power-on, by the PM timer; `after`: a time not long before."""
    ticks = int(re.search(r"= 0x([0-9a-f]+)", nuc.qmp.hmp(f"i /w {PM_TIMER:#x}"))[1], 16) & 0xFFFFFF
    now = ticks / PM_TIMER_MHZ / 1000
    while now < after - PM_TIMER_WRAPS_MS / 2:
        now += PM_TIMER_WRAPS_MS
    return now


def variant_disk(path, cmdline="", plan="cockpit"):
    """A copy of the disk image with that scenario, whose service VM has more words on its command line, loader's sums included;
    with a program that is a guest of the GPU, in the EFI system partition."""
    with open(os.path.join(TOP, f"scenarios/{plan}.dts"), encoding="utf-8") as f:
        text = f.read()
    text, count = re.subn(r'(cmdline = "console=[^"]*)"', rf'\1 {cmdline}"', text)
    assert count == 1
    text = text.replace('/include/ "', f'/include/ "{TOP}/scenarios/')
    folder = os.path.dirname(path)
    source, scenario, loader = (os.path.join(folder, name) for name in ("variant.dts", "scenario.bin", "BOOTX64.EFI"))
    with open(source, "w", encoding="utf-8") as f:
        f.write(text)
    subprocess.run(["build/tools/scenario/bn-scenario", "compile", source, scenario], check=True)
    subprocess.run(["cp", "build/hypervisor/boot/BOOTX64.EFI", loader], check=True)
    subprocess.run(["build/tools/scenario/bn-sums", loader, f"scenario.bin={scenario}",
                    "hypervisor.bin=build/hypervisor/hypervisor.bin", "cluster.elf=build/guests/cluster/cluster.elf",
                    "bzImage=build/kernel/bzImage", "initrd=build/image/service.initrd"], check=True)
    subprocess.run(["cp", "--sparse=always", "build/image/disk.img", path], check=True)
    workers.make(GPU_GUEST)
    for file, place in ((scenario, "::/binnacle/scenario.bin"), (loader, "::/EFI/BOOT/BOOTX64.EFI"), (GPU_GUEST, "::/gvt-client")):
        subprocess.run(["mcopy", "-o", "-i", f"{path}@@1M", file, place], check=True)
    return path


def add_to_data(disk, folder, files):
    """Puts files of the host into a new folder of a disk image's data partition, which the service VM has at /data."""
    partition = subprocess.run(["sgdisk", "-i", "4", disk], check=True, capture_output=True, text=True).stdout
    assert "'binnacle-data'" in partition
    start = int(re.search(r"First sector: (\d+)", partition)[1]) * 512
    commands = [f"mkdir {folder}", f"cd {folder}"]
    for path in files:
        name = os.path.basename(path)
        commands += [f"write {path} {name}", f"set_inode_field {name} mode 0100755"]
    done = subprocess.run(["debugfs", "-w", "-f", "/dev/stdin", f"{disk}?offset={start}"], check=True, capture_output=True, text=True,
                          input="\n".join(commands) + "\n")
    assert done.stdout.count("Allocated inode") == len(files), done.stdout + done.stderr


def foreign_gpu():
    """QEMU's own vhost-user-gpu with its libraries, and the service that runs it (tests/interop)."""
    program = "/usr/lib/qemu/vhost-user-gpu"
    said = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    libraries = [path for path in re.findall(r"=> (/\S+)", said) if not re.search(r"/lib(c|m)\.so", path)]
    return [program, os.path.join(TOP, "tests/interop/gpu-run"), *libraries]


def region_addresses(plan="cockpit"):
    """{region name: host-physical address} in the shared window: regions follow the directory's 2 MiB in the scenario's order."""
    def read(name):
        with open(os.path.join(TOP, f"scenarios/{name}.dts"), encoding="utf-8") as f:
            return f.read().split("shared-memory {", 1)[1]

    block = next(b for b in (read(plan), read("cockpit")) if "cluster-frames {" in b)  # some include the cockpit
    window = r"window = /bits/ 64 <(0x[0-9a-f]+)"
    at = int((re.search(window, read(plan)) or re.search(window, block)).group(1), 16) + REGION_ALIGN
    found = {}
    for name, size in re.findall(r"\n\t\t([a-z-]+) \{[^}]*?bytes = /bits/ 64 <(0x[0-9a-f]+)>", block.split("\n\t};", 1)[0]):
        found[name] = at
        at += -(-int(size, 16) // REGION_ALIGN) * REGION_ALIGN
    return found


class Cockpit:
    """with Cockpit(folder, logs) as c: boots. c.run("...") is a root shell of the service VM, if the disk is not one of the
    test's own."""

    def __init__(self, folder, logs, start=0.0, disk=None, plan="cockpit", **changes):
        if not disk:
            disk = variant_disk(os.path.join(str(folder), "disk.img"), "binnacle.debug")
            add_to_data(disk, "foreign", foreign_gpu())
        self.nuc = Nuc("cockpit", NucConfig(disk=disk, **changes), logs)
        self.sim = vehicle_sim.Simulator(start=start)  # tells what is true at a time
        self.vehicle = None
        self.region = region_addresses(plan)
        self.homes = collections.Counter()  # times that a guest has reached its home screen

    def __enter__(self):
        self.nuc.start(run=False)
        # A process of its own: a test that sorts a picture's pixels keeps every other thread of its interpreter waiting for
        # half a second, and after 100 ms without an answer the cluster shows dashes.
        self.vehicle = subprocess.Popen([VEHICLE, "--start", str(self.sim.start), self.nuc.bus_path])
        self.nuc.resume()
        return self

    def __exit__(self, *_):
        self.nuc.close()
        if self.vehicle:
            self.vehicle.terminate()
            self.vehicle.wait()

    def run(self, command, limit=LIMIT, unless=None):
        """(status, output) of a command in the service VM's shell; the output without what others said meanwhile. unless: what must not
        be seen before its end."""
        status, text = self.nuc.console.run(command, limit=limit, prompt=SHELL, unless=unless)
        lines = [line for line in text.splitlines() if not line.startswith("[hv]")]
        return status, "\n".join(re.sub(r"^\[service\] ", "", line) for line in lines)

    def ivi(self, command, vm="ivi"):
        """Types a line into the debug shell of the IVI, or of another guest."""
        status, output = self.run(f"echo '{command}' | binnaclectl console {vm}")
        assert status == 0, output

    def in_guest(self, command, vm="ivi"):
        """(status, output) of a command in a guest, by its debug shell. The marks are never in what the shell echoes: there they
        have quotes in them."""
        token = uuid.uuid4().hex[:8]
        self.ivi(f'echo "<b"{token}">"; {command}; echo "<e"{token}:$?">"', vm)
        # One process that sleeps: a loop of short ones would take time from what is measured.
        follow = (f"[ -p /tmp/follow ] || mkfifo /tmp/follow; tail -n +1 -f {console_log(vm)} >/tmp/follow & "
                  f"grep -m 1 '<e{token}:' </tmp/follow; kill $!")
        assert f"<e{token}:" in self.run(follow, unless=f"binnacle-dm: {vm}: END .*|{vm}: device model ended.*")[1]
        text = self.run(f"sed -n '/<b{token}>/,/<e{token}:/p' {console_log(vm)}")[1].replace("\r", "")
        match = re.search(rf"<b{token}>\n(.*?)<e{token}:(\d+)>", text, re.DOTALL)
        assert match, text
        return int(match[2]), match[1]

    def wait_home(self, vm="ivi"):
        """Waits until the IVI, or another guest, has drawn its home screen once more."""
        self.homes[vm] += 1
        found = f"$(grep -c 'ivi: home screen' {console_log(vm)} 2>/dev/null || true)"
        assert self.run(f'until [ "{found}" -ge {self.homes[vm]} ] 2>/dev/null; do usleep 200000; done')[0] == 0

    def at_home(self):
        """Waits until the IVI is at its home screen, if it has not been there yet."""
        if not self.homes["ivi"]:
            self.wait_home()
            self.nuc.picture(0)  # puts each window in its place; what was covered is drawn again with the next frame

    def wait_prompt(self, vm="ivi"):
        """Waits for the debug shell of the IVI's, or another guest's, present life."""
        shell = f"awk '/Linux version/ {{n = 0}} /binnacle:.*#/ {{n = 1}} END {{exit !n}}' {console_log(vm)}"
        assert self.run(f"until {shell}; do usleep 200000; done")[0] == 0

    def uptime(self):
        """Seconds of the service VM's clock, to 10 ms."""
        return float(self.run("cat /proc/uptime")[1].split()[-2])

    def memory(self, address, size):
        """Bytes of the machine's physical memory."""
        with tempfile.NamedTemporaryFile(dir=self.nuc.work) as f:
            self.nuc.qmp.command("pmemsave", val=address, size=size, filename=f.name)
            return f.read()

    def frames(self):
        """(last frame the cluster drew, its display state)."""
        at = self.region["cluster-frames"] + REGION_HEADER + LATEST
        latest, state = struct.unpack("<II", self.memory(at, 8))
        return latest, DISPLAY_STATES.get(state, str(state))

    def telltale_tables(self):
        """{counter: what the cluster says its telltales look like} of the frames in its buffers."""
        return glasscheck.tables(lambda offset, size: self.memory(self.region["cluster-frames"] + REGION_HEADER + offset, size))

    def status(self):
        """What the compositor says it showed."""
        values = STATUS.unpack(self.memory(self.region["display-status"] + REGION_HEADER, STATUS.size))
        return dict(zip(("shown", "total", "missed", "late", "heartbeat_ns", "worst_ns", "ready"), values))

    def look(self):
        """With the machine held still: (frames(), status(), picture of screen 1 as an array)."""
        self.nuc.pause()
        try:
            return self.frames(), self.status(), np.asarray(self.nuc.picture(0))
        finally:
            self.nuc.resume()

    def behind_iommu(self, kind):
        """What does not go through the IOMMU of that kind, in words; nothing is right. Everything on PCI does, but virtio functions
        only as far as they are asked to (VIRTIO_F_ACCESS_PLATFORM, bit 33)."""
        found = []
        if f"IOMMU: 1 of {kind}, devices reach the service VM's memory only; interrupts are remapped" not in self.nuc.console.text:
            found.append("the hypervisor did not say so")
        if "[cluster] PCI 00:10.0 is its own from here on" not in self.nuc.console.text:
            found.append("the cluster has no card reader")
        if "0000:00:10.0" in self.run("ls /sys/bus/pci/devices")[1]:
            found.append("the service VM sees the cluster's card reader")
        for line in self.run("cd /sys/bus/virtio/devices && for d in *; do echo $d $(cut -c34 $d/features); done")[1].splitlines():
            device, _, bit = line.partition(" ")
            if device.startswith("virtio") and bit != "1":
                found.append(f"{device} has an address of its own kind")
        found += re.findall(r"denied: device .*", self.nuc.console.text)
        return found
