/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hypervisor's PCI function in the service VM: what HSM has no call for. User space finds it by
 * vendor and device id in sysfs and maps resource0 (BAR 0, 32-bit memory, BN_HVPCI_BAR_BYTES).
 * Registers are little endian, naturally aligned, read and written with 4 bytes, or 8 where the
 * table says u64. Unknown offsets read 0; writes to them go nowhere.
 *
 * The ids are not registered with the PCI-SIG: the vendor id is one that the list leaves free, and
 * matching must check BN_HVPCI_MAGIC too.
 */
#ifndef BINNACLE_HVPCI_H
#define BINNACLE_HVPCI_H

#include "binnacle/abi.h"

#define BN_HVPCI_VENDOR    0xB1ACu
#define BN_HVPCI_DEVICE    0xB100u
#define BN_HVPCI_CLASS     0x088000u /* base system peripheral, other */
#define BN_HVPCI_BAR_BYTES 0x20000u

#define BN_HVPCI_MAGIC   BN_FOURCC('B', 'N', 'H', 'V')
#define BN_HVPCI_VERSION 1u

enum bn_hvpci_register {
    BN_HVPCI_REG_MAGIC = 0x000,
    BN_HVPCI_REG_VERSION = 0x004,
    BN_HVPCI_REG_VM_COUNT = 0x008,   /* records at BN_HVPCI_REG_VM */
    BN_HVPCI_REG_SERVICE_VM = 0x00C, /* index of the VM that reads this */
    BN_HVPCI_REG_TSC_HZ = 0x010,     /* u64, calibrated */
    BN_HVPCI_REG_TSC = 0x018,        /* u64, now */
    /* Any write: the service VM (its supervisor, once the compositor is alive) is well. The first
     * write arms the watchdog. Reads as the number of beats. */
    BN_HVPCI_REG_HEARTBEAT = 0x020,
    /* enum bn_hvpci_command << 16 | VM index. Takes effect after the write; the log tells. */
    BN_HVPCI_REG_COMMAND = 0x024,
    BN_HVPCI_REG_COMMAND_RESULT = 0x028, /* of the last command: 0, or an errno */
    BN_HVPCI_REG_LOG_BYTES = 0x02C,      /* size of the log ring */
    BN_HVPCI_REG_LOG_HEAD = 0x030,       /* u64, bytes ever written: byte n of the log is at
                                            BN_HVPCI_LOG + n % LOG_BYTES while n + LOG_BYTES >= head */
    BN_HVPCI_REG_VM = 0x400,             /* struct bn_hvpci_vm [VM_COUNT] */
    BN_HVPCI_LOG = 0x10000,              /* the ring, text, lines end in '\n' */
};

enum bn_hvpci_command {
    BN_HVPCI_RESTART =
        1,             /* pre-launched VM: from its image; service VM: likewise; others: see dm */
    BN_HVPCI_STOP = 2, /* the VM ends and stays ended */
    BN_HVPCI_IGNITION_OFF = 3, /* VM index ignored: all VMs in order, the cluster last, then off */
};

enum bn_hvpci_vm_state {
    BN_HVPCI_VM_ABSENT = 0,
    BN_HVPCI_VM_CREATED = 1,
    BN_HVPCI_VM_RUNNING = 2,
    BN_HVPCI_VM_PAUSED = 3,
    BN_HVPCI_VM_PARKED = 4, /* did something impossible: see the log */
    BN_HVPCI_VM_DYING = 5,
};

enum bn_hvpci_end { /* how a VM ended last */
                    BN_HVPCI_END_NONE,
                    BN_HVPCI_END_POWER_OFF,
                    BN_HVPCI_END_RESET,
                    BN_HVPCI_END_SLEEP,
                    BN_HVPCI_END_TRIPLE_FAULT,
                    BN_HVPCI_END_PARKED,
                    BN_HVPCI_END_WATCHDOG,
                    BN_HVPCI_END_STOPPED,
                    BN_HVPCI_END_RESTART,
};

#define BN_HVPCI_EXITS 24
/* Exit counters in their order, for whoever prints them; the rest of exits[] is 0. */
#define BN_HVPCI_EXIT_NAMES                                                                        \
    {"none",   "host-irq",  "host-nmi",  "irq-window", "cpuid",  "hlt",                            \
     "pause",  "hypercall", "pio",       "mmio",       "rdmsr",  "wrmsr",                          \
     "xsetbv", "cr",        "exception", "shutdown",   "invalid"}

struct bn_hvpci_vm {
    char name[BN_NAME_BYTES];
    uint32_t kind;     /* enum bn_vm_kind of scenario.h */
    uint32_t state;    /* enum bn_hvpci_vm_state */
    uint32_t vcpus;    /* 0 while absent */
    uint32_t restarts; /* by the hypervisor, since power-on */
    uint32_t last_end; /* enum bn_hvpci_end */
    uint32_t reserved[7];
    uint64_t exits[BN_HVPCI_EXITS]; /* since power-on, all vCPUs, by kind */
};
BN_SIZE_IS(struct bn_hvpci_vm, 256);

#endif
