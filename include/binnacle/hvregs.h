/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The hypervisor's registers: what HSM has no call for. They lie in the first 2 MiB of the shared
 * window (shm.h), behind the directory, and answer the service VM alone; no other VM can reach
 * them. User space maps the first BN_SHM_ALIGN bytes of /dev/dax0.0 and checks BN_HV_MAGIC. A
 * scenario without a window has no registers.
 *
 * They are little endian, naturally aligned, read and written with 4 bytes, or 8 where the table
 * says u64. Unknown offsets read 0; writes to them go nowhere.
 */
#ifndef BINNACLE_HVREGS_H
#define BINNACLE_HVREGS_H

#include "binnacle/abi.h"

#define BN_HV_OFFSET 0x100000u /* from the start of the window */
#define BN_HV_BYTES  0x20000u

#define BN_HV_MAGIC   BN_FOURCC('B', 'N', 'H', 'V')
#define BN_HV_VERSION 1u

enum bn_hv_register {
    BN_HV_REG_MAGIC = 0x000,
    BN_HV_REG_VERSION = 0x004,
    BN_HV_REG_VM_COUNT = 0x008,   /* records at BN_HV_REG_VM */
    BN_HV_REG_SERVICE_VM = 0x00C, /* index of the VM that reads this */
    BN_HV_REG_TSC_HZ = 0x010,     /* u64, calibrated */
    BN_HV_REG_TSC = 0x018,        /* u64, now */
    /* Any write: the service VM (its supervisor, once the compositor is alive) is well. The first
     * write arms the watchdog. Reads as the number of beats. */
    BN_HV_REG_HEARTBEAT = 0x020,
    /* enum bn_hv_command << 16 | VM index. Takes effect after the write; the log tells. */
    BN_HV_REG_COMMAND = 0x024,
    BN_HV_REG_COMMAND_RESULT = 0x028, /* of the last command: 0, or an errno */
    BN_HV_REG_LOG_BYTES = 0x02C,      /* size of the log ring */
    BN_HV_REG_LOG_HEAD = 0x030,       /* u64, bytes ever written: byte n of the log is at
                                            BN_HV_LOG + n % LOG_BYTES while n + LOG_BYTES >= head */
    BN_HV_REG_VM = 0x400,             /* struct bn_hv_vm [VM_COUNT] */
    BN_HV_LOG = 0x10000,              /* the ring, text, lines end in '\n' */
};

enum bn_hv_command {
    BN_HV_RESTART = 1, /* pre-launched VM: from its image; service VM: likewise; others: see dm */
    BN_HV_STOP = 2,    /* the VM ends and stays ended */
    BN_HV_IGNITION_OFF = 3, /* VM index ignored: all VMs in order, the cluster last, then off */
};

enum bn_hv_vm_state {
    BN_HV_VM_ABSENT = 0,
    BN_HV_VM_CREATED = 1,
    BN_HV_VM_RUNNING = 2,
    BN_HV_VM_PAUSED = 3,
    BN_HV_VM_PARKED = 4, /* did something impossible: see the log */
    BN_HV_VM_DYING = 5,
};

enum bn_hv_end { /* how a VM ended last */
                 BN_HV_END_NONE,
                 BN_HV_END_POWER_OFF,
                 BN_HV_END_RESET,
                 BN_HV_END_SLEEP,
                 BN_HV_END_TRIPLE_FAULT,
                 BN_HV_END_PARKED,
                 BN_HV_END_WATCHDOG,
                 BN_HV_END_STOPPED,
                 BN_HV_END_RESTART,
};

#define BN_HV_EXITS 24
/* Exit counters in their order, for whoever prints them; the rest of exits[] is 0. */
#define BN_HV_EXIT_NAMES                                                                           \
    {"none",   "host-irq",  "host-nmi",  "irq-window", "cpuid",   "hlt",                           \
     "pause",  "hypercall", "pio",       "mmio",       "rdmsr",   "wrmsr",                         \
     "xsetbv", "cr",        "exception", "shutdown",   "invalid", "eoi"}

struct bn_hv_vm {
    char name[BN_NAME_BYTES];
    uint32_t kind;     /* enum bn_vm_kind of scenario.h */
    uint32_t state;    /* enum bn_hv_vm_state */
    uint32_t vcpus;    /* 0 while absent */
    uint32_t restarts; /* by the hypervisor, since power-on */
    uint32_t last_end; /* enum bn_hv_end */
    uint32_t reserved[7];
    uint64_t exits[BN_HV_EXITS]; /* since power-on, all vCPUs, by kind */
};
BN_SIZE_IS(struct bn_hv_vm, 256);

#endif
