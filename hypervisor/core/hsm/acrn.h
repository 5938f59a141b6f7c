/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypercall ABI as Linux 6.12's drivers/virt/acrn speaks it: ids, and the structures that are
 * not in the kernel's own <linux/acrn.h>. */
#ifndef HSM_ACRN_H
#define HSM_ACRN_H

#include <linux/acrn.h>

#include "binnacle/abi.h"

#define ACRN_ID(n) (0x80000000u | (n))

enum acrn_call {
    ACRN_REMOVE_CPU = 0x01,
    ACRN_CREATE_VM = 0x10,
    ACRN_DESTROY_VM = 0x11,
    ACRN_START_VM = 0x12,
    ACRN_PAUSE_VM = 0x13,
    ACRN_RESET_VM = 0x15,
    ACRN_SET_VCPU_REGS = 0x16,
    ACRN_INJECT_MSI = 0x23,
    ACRN_INTR_MONITOR = 0x24,
    ACRN_SET_IRQLINE = 0x25,
    ACRN_SET_IOREQ_BUFFER = 0x30,
    ACRN_NOTIFY_REQUEST_FINISH = 0x31,
    ACRN_SET_MEMORY_REGIONS = 0x42,
    ACRN_SET_DEVICE_LINE = 0x53,
    ACRN_RESET_DEVICE_LINE = 0x54,
    ACRN_ASSIGN_PCIDEV = 0x55,
    ACRN_DEASSIGN_PCIDEV = 0x56,
    ACRN_OTHER_DEVICES_FIRST = 0x57, /* in memory, virtual ones */
    ACRN_OTHER_DEVICES_LAST = 0x5A,
    ACRN_PM_GET_CPU_STATE = 0x80,
};

struct acrn_intr_monitor { /* head of the page that SET names */
    uint32_t command;
    uint32_t count; /* u64s that follow */
};
#define ACRN_INTR_GET_DATA 0u

enum acrn_line { ACRN_LINE_HIGH, ACRN_LINE_LOW, ACRN_LINE_RISING_PULSE, ACRN_LINE_FALLING_PULSE };

struct acrn_memory_batch {
    uint16_t vmid;
    uint16_t reserved[3];
    uint32_t count;
    uint32_t padding;
    uint64_t list; /* GPA of struct acrn_memory_region[count] */
};
BN_SIZE_IS(struct acrn_memory_batch, 24);

struct acrn_memory_region {
    uint32_t operation;
    uint32_t attributes;
    uint64_t user_gpa, service_gpa, bytes;
};
BN_SIZE_IS(struct acrn_memory_region, 32);

#define ACRN_MEMORY_ADD 0u
#define ACRN_MEMORY_DEL 2u

#endif
