# SPDX-License-Identifier: BSD-3-Clause
"""The cockpit with programs for its GPU in both VMs: the service VM runs them on the bare GPU, the IVI over the mediator, each
with its own Mesa. In the host's time: in that of instructions a GPU costs nothing (docs/vnuc.md)."""
import os
import re
import shutil
import subprocess

import workers
from cockpit import Cockpit, variant_disk

FOLDER = "build/tests/guests/gpu/disk"
PARTITIONS = {"binnacle-data": 4, "binnacle-ividata": 5}  # tools/mkdisk: 64 MiB each
FILES_MIB = 32  # of a partition; behind that, the IVI leaves what the service VM is to read
BARE, MEDIATED = "bare", "ivi"


def gpu_disk(path):
    """A copy of the disk image with the programs on both data partitions, under gpu/."""
    workers.make("gpu-programs")
    variant_disk(path, "binnacle.debug quiet", "bench-gpu")
    root = os.path.join(os.path.dirname(path), "data")
    shutil.copytree(FOLDER, os.path.join(root, "gpu"))
    for label, number in PARTITIONS.items():
        image = os.path.join(os.path.dirname(path), label)
        subprocess.run(["mke2fs", "-q", "-t", "ext4", "-L", label, "-d", root, image, f"{FILES_MIB}M"], check=True)
        info = subprocess.run(["sgdisk", "-i", str(number), path], check=True, capture_output=True, text=True).stdout
        assert f"'{label}'" in info and "(64.0 MiB)" in info, info
        start = int(re.search(r"First sector: (\d+)", info)[1])
        subprocess.run(["dd", f"if={image}", f"of={path}", "bs=512", f"seek={start}", "conv=notrunc,sparse", "status=none"], check=True)
    return path


class GpuStage(Cockpit):
    """with GpuStage(folder, logs) as s: s.on("bare", "/data/gpu/gl-cases ..."), s.on("ivi", ...)."""

    def __init__(self, folder, logs, icount=None):
        super().__init__(folder, logs, disk=gpu_disk(os.path.join(str(folder), "disk.img")), plan="bench-gpu", icount=icount, cpus=2,
                         memory_mib=2048, screens=((1280, 720),), max_outputs=1, sound=False, usb=False, net=False, sd_card_mib=0)

    def __enter__(self):
        self.nuc.start()
        return self

    def settle(self):
        """Waits until both VMs are up and have their programs at /data/gpu."""
        self.nuc.console.wait_for("display: ready", limit=1800)
        status, text = self.on(BARE, "ls /data/gpu")
        assert status == 0 and "gl-cases" in text, text
        self.at_home()
        self.settle_ivi()

    def settle_ivi(self):
        self.wait_prompt()
        # Its time is the host's, which may have other things to do for longer than the watchdog waits.
        assert self.on(MEDIATED, "sv down watchdog && sv check watchdog")[0] == 0
        # Linux lets nobody write to a disk that is mounted: take_from_ivi() does.
        status, text = self.on(MEDIATED, "cp -r /data/gpu /tmp/ && umount /data && mount -t tmpfs tmpfs /data && mv /tmp/gpu /data/")
        assert status == 0, text
        # Its pictures change all the time, and each is a copy. The mixer without a card is woken 188 times a second.
        assert self.on(MEDIATED, "sv down home")[0] == 0 and self.on(BARE, "sv down sound")[0] == 0

    def change_gpu(self, backend):
        """A new life of the IVI, whose mediator has another way to the GPU."""
        assert self.run(f"sed -i 's,--vm .[$]vm.,& --gpu {backend},' /run/service/ivi-gpu/run && "
                        "kill -9 $(cat /run/service/ivi-gpu/supervise/pid)")[0] == 0
        self.wait_home()
        self.settle_ivi()

    def on(self, where, command):
        """(status, output) of a command in one of the VMs."""
        return self.run(command) if where == BARE else self.in_guest(command)

    def output(self, where, command):
        """What a program says, written to the console at once, or another's line gets into one of its own: the compositor has cut
        one of glmark2's in two."""
        return self.on(where, f"{{ {command}; }} >/tmp/output 2>&1; dd if=/tmp/output bs=1M 2>/dev/null")[1]

    def take_from_ivi(self, file, mib, path):
        """Copies a file of the IVI's, at most `mib` MiB, to one of the service VM's, which looks at the IVI's data partition from below."""
        status, text = self.on(MEDIATED, f"dd if={file} of=/dev/vdb bs=1M seek={FILES_MIB} conv=notrunc,fsync")
        assert status == 0, text
        status, text = self.on(BARE, f"dd if=/dev/disk/by-partlabel/binnacle-ividata of={path} bs=1M skip={FILES_MIB} count={mib}")
        assert status == 0, text
