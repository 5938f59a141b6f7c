# SPDX-License-Identifier: BSD-3-Clause
"""What machine to emulate: NucConfig, and the QEMU command line that it means."""
import os
from dataclasses import dataclass, field

OVMF_CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd"
OVMF_VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd"
IOMMUS = {"vtd": "intel-iommu,intremap=on", "amd": "amd-iommu,intremap=on", "amd-events": "amd-iommu,intremap=on,dma-remap=on"}
# The release's QEMU writes no events of AMD-Vi; this one does (docs/vnuc.md).
NEWER = "/usr/src/qemu-newer/usr"
NEWER_FILES = ["-L", f"{NEWER}/share/qemu", "-L", f"{NEWER}/share/seabios", "-L", "/usr/share/qemu"]
# Preloaded: what they repair is said in their sources.
QEMU_GL = "build/tools/nuc/qemu_gl.so"
QEMU_TURNS = "build/tools/nuc/qemu_turns.so"


@dataclass
class NucConfig:
    """One machine. The defaults are the NUC of the design, started by its firmware from the disk image.

    kernel: a Multiboot1 ELF or a bzImage that QEMU starts itself (no firmware, no loader, no hypervisor).
    bare(): the service VM's kernel, initrd and disk without the hypervisor.
    """
    disk: str | None = "build/image/disk.img"
    stick: bool = False              # the disk is a USB stick
    disk_writable: bool = False      # False: writes go to a temporary overlay, the image stays as built
    kernel: str | None = None
    initrd: str | None = None        # also "FILE ARGS,FILE ARGS" for Multiboot modules
    append: str | None = None
    cdrom: str | None = None         # started from there by a BIOS, no UEFI
    cpus: int = 4
    memory_mib: int = 6144
    cpu_model: str | None = None     # None: "max" without what the emulator gets wrong, see model()
    iommu: str | None = "vtd"        # or "amd", or "amd-events" in a newer QEMU; None: there is none
    gpu: str = "virtio-vga-gl"       # "std" is a plain VGA, "none" no display at all
    screens: tuple = ((1280, 720), (1280, 720))  # outputs in use
    max_outputs: int = 3
    monitors: bool = False           # the other outputs have monitors, as Nuc.plug(): no kernel's command line has to claim them
    sound: bool = True
    usb: bool = True
    touch: tuple = ()                # outputs with a tablet each, numbered from 0; () is one tablet over all of them
    usb_serial: bool = False         # an adapter on USB with a UART behind it: Nuc.usb_console
    net: bool = True                 # a card on a network of its own, with DHCP, that nothing leaves
    net_server: str | None = None    # command on the host that serves who connects to 10.0.2.100, port 80, there
    sd_card_mib: int = 64            # 0: no card reader
    icount: str | None = "shift=0,sleep=on"  # virtual time is a count of instructions; None: the host's time
    own_time: bool = False           # with icount, also without display or sound: what keeps the host busy is not in an idle machine's time
    one_by_one: bool = False         # with icount: each instruction is translated alone, about three times slower
    extra: list = field(default_factory=list)

    @classmethod
    def bare(cls, append="", **changes):
        """The service VM directly on the machine, with a root shell on COM1.

        QEMU tells the guest of a monitor only at the first output: the kernel is told of the others by its command line.
        """
        line = f"console=ttyS0 binnacle.debug video=Virtual-2:1280x720@60e {append}".strip()
        return cls(**{"kernel": "build/kernel/bzImage", "initrd": "build/image/service.initrd", "append": line,
                      "memory_mib": 2048, **changes})

    @classmethod
    def multiboot(cls, elf, **changes):
        """A Multiboot1 ELF alone on a small machine: one CPU, plain VGA, two UARTs."""
        return cls(**{"kernel": elf, "disk": None, "cpus": 1, "memory_mib": 256, "gpu": "std", "iommu": None,
                      "screens": ((1280, 720),), "max_outputs": 1, "sound": False, "usb": False, "net": False,
                      "sd_card_mib": 0, **changes})

    @classmethod
    def kvm_peer(cls, guest_append="", **changes):
        """KVM in the emulator: one CPU counted in instructions, Linux with kvm-amd, Debian's QEMU running /bench.elf. What is compared
        with it runs one by one, on a processor that claims the same."""
        line = f"console=ttyS0 root=/dev/vda ro rootfstype=squashfs nokaslr peer.append={guest_append.replace(' ', ',')}"
        return cls(**{"kernel": "build/kernel/bzImage", "append": line, "disk": None, "cpus": 1, "memory_mib": 1024,
                      "gpu": "none", "iommu": None, "sound": False, "usb": False, "net": False, "sd_card_mib": 0,
                      "icount": "shift=0,sleep=off", "cpu_model": "max,-vgif,-x2apic",
                      "extra": ["-drive", "if=virtio,format=raw,readonly=on,file=build/image/peer.img"], **changes})

    @classmethod
    def counted(cls, disk, **changes):
        """One CPU counted in instructions, started by its firmware from `disk`, with nothing that a measurement lacks.

        Translated one by one: in the middle of a block QEMU ends with "Bad icount read" when the local APIC's timer is
        reached through its MSRs.
        """
        return cls(**{"disk": disk, "cpus": 1, "memory_mib": 1024, "gpu": "none", "iommu": None, "sound": False,
                      "usb": False, "net": False, "sd_card_mib": 0, "icount": "shift=0,sleep=off", "one_by_one": True,
                      **changes})

    def model(self):
        """With vGIF, TCG loses timer interrupts of nested guests; with x2APIC and icount it ends with "Bad icount read"
        unless it translates one by one. It claims fast string instructions and works on them byte by byte: without the claim,
        copies are made by vectors and words."""
        if self.cpu_model or self.one_by_one:
            return self.cpu_model or "max,-vgif"
        return f"max,-vgif,-erms,-fsrm,-fzrm,-fsrs,-fsrc{',-x2apic' if self.icount else ''}"

    def with_display(self):
        return self.gpu != "none"

    def arguments(self, name, work, logs):
        """QEMU's arguments. work: folder for sockets and scratch files; logs: folder for what is kept."""
        # One thread: helper_vmrun changes a vCPU's interrupt requests without the lock that others take for it.
        accelerator = "tcg,thread=single" + (",one-insn-per-tb=on" if self.one_by_one else "")
        program = [f"{NEWER}/bin/qemu-system-x86_64", *NEWER_FILES] if self.iommu == "amd-events" else ["qemu-system-x86_64"]
        args = [*program, "-name", f"{name},process=vnuc,debug-threads=on", "-nodefaults", "-no-user-config",
                "-accel", accelerator, "-machine", "q35" + (",pcspk-audiodev=speaker" if self.sound else ""), "-cpu", self.model(),
                "-smp", str(self.cpus), "-m", str(self.memory_mib), "-S",
                "-qmp", f"unix:{work}/qmp,server=on,wait=off",
                "-chardev", f"socket,id=com1,path={work}/com1,server=on,wait=off",
                "-chardev", f"socket,id=com2,path={work}/com2,server=on,wait=off",
                "-serial", "chardev:com1", "-serial", "chardev:com2", "-rtc", "base=2025-06-01T12:00:00,clock=vm"]
        if self.icount:
            args += ["-icount", self.icount]
        args += self._start_arguments(work) + self._device_arguments(work, logs) + self._display_arguments()
        return args + list(self.extra)

    def _start_arguments(self, work):
        if self.kernel:
            args = ["-kernel", self.kernel]
            args += ["-initrd", self.initrd] if self.initrd else []
            return args + (["-append", self.append] if self.append else [])
        if self.cdrom:
            return ["-cdrom", self.cdrom]
        return ["-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={OVMF_CODE}",
                "-drive", f"if=pflash,unit=1,format=raw,file={work}/vars.fd"]

    def _device_arguments(self, work, logs):
        args = []
        if self.iommu:
            args += ["-device", IOMMUS[self.iommu]]
        if self.disk:
            snapshot = "off" if self.disk_writable else "on"
            args += ["-drive", f"if=none,id=disk,format=raw,file={self.disk},snapshot={snapshot}"]
        if self.disk and not self.stick:
            args += ["-device", "nvme,drive=disk,serial=binnacle" + ("" if self.kernel else ",bootindex=0")]
        if self.sd_card_mib:
            args += ["-drive", f"if=none,id=sd,format=raw,file={work}/sd.img", "-device", "sdhci-pci,addr=0x10",
                     "-device", "sd-card,drive=sd"]
        if self.sound:
            # 48 kHz as the card has it, so that no sample is changed; without its own timer the card is fed every millisecond and not
            # by guesses of what the back end will have played. The PC speaker has a file of its own: where they share one, the
            # emulator mixes silence into the card's. Such a device cannot record: the microphone is another one, silent.
            args += ["-audiodev", f"wav,id=snd,path={logs}/sound.wav,out.frequency=48000,timer-period=1000",
                     "-audiodev", f"wav,id=speaker,path={logs}/speaker.wav,out.frequency=48000", "-audiodev", "none,id=mic,timer-period=1000",
                     "-device", "ich9-intel-hda", "-device", "hda-output,audiodev=snd,use-timer=off",
                     "-device", "hda-micro,audiodev=mic,use-timer=off"]
        if self.usb:
            args += ["-device", "qemu-xhci,id=xhci"]
            args += [] if self.touch else ["-device", "usb-tablet,bus=xhci.0"]
            args += ["-device", "usb-kbd,bus=xhci.0"]
        if self.stick:
            args += ["-device", "usb-storage,bus=xhci.0,drive=disk,removable=on" + ("" if self.kernel else ",bootindex=0")]
        if self.usb_serial:
            args += ["-chardev", f"socket,id=usbtty,path={work}/usbtty,server=on,wait=off",
                     "-device", "usb-serial,bus=xhci.0,chardev=usbtty"]
        if self.net:
            server = f",guestfwd=tcp:10.0.2.100:80-cmd:{self.net_server}" if self.net_server else ""
            args += ["-netdev", f"user,id=net,restrict=on{server}", "-device", "e1000e,netdev=net"]
        return args

    def _display_arguments(self):
        if self.gpu == "none":
            return ["-display", "none", "-vga", "none"]
        if self.gpu == "std":
            return ["-device", "VGA,vgamem_mb=32", "-display", "sdl"]
        width, height = self.screens[0]
        platform = ",iommu_platform=on" if self.iommu else ""
        args = ["-device", f"{self.gpu},id=gpu,max_outputs={self.max_outputs},xres={width},yres={height}{platform}",
                "-display", "sdl,gl=on" if self.gpu.endswith("-gl") else "sdl"]
        for output in self.touch:  # behind the GPU, which must be there; named as in the scenarios
            args += ["-device", f"usb-tablet,bus=xhci.0,display=gpu,head={output},serial=screen{output + 1}"]
        return args

    def repairs(self):
        """What is loaded before QEMU: of its display and of its clock, which the host's other work must not be heard in; or without a
        display, of idle machines."""
        clock = self.with_display() or self.sound or self.own_time
        return ([] if self.with_display() else [QEMU_TURNS]) + ([QEMU_GL] if clock else [])

    def missing_files(self):
        wanted = [self.disk, self.kernel, self.cdrom] + ([] if self.kernel or self.cdrom else [OVMF_CODE])
        wanted += self.repairs()
        return [f for f in wanted if f and not os.path.exists(f)]
