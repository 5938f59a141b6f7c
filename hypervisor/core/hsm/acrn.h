/* SPDX-License-Identifier: BSD-3-Clause */
/* The hypercall ABI as Linux 6.12's drivers/virt/acrn speaks it: ids and structures. */
#ifndef HSM_ACRN_H
#define HSM_ACRN_H

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

struct acrn_vm_creation {
    uint16_t vmid; /* out */
    uint16_t reserved0;
    uint16_t vcpu_num; /* in: 0 or that of the scenario; out */
    uint16_t reserved1;
    uint8_t uuid[16];
    uint64_t vm_flag;
    uint64_t ioreq_buf;    /* a linear address of the device model: nothing for us */
    uint64_t cpu_affinity; /* bit per physical CPU; 0 or that of the scenario */
};
BN_SIZE_IS(struct acrn_vm_creation, 48);

struct acrn_table_register {
    uint16_t limit;
    uint64_t base;
    uint16_t reserved[3];
} __attribute__((packed));
BN_SIZE_IS(struct acrn_table_register, 16);

struct acrn_vcpu_regs {
    uint16_t vcpu_id;
    uint16_t reserved[3];
    uint64_t gpr[16]; /* in the order rax rcx rdx rbx rsp rbp rsi rdi r8..r15 = enum reg */
    struct acrn_table_register gdt, idt;
    uint64_t rip, cs_base, cr0, cr4, cr3, efer, rflags;
    uint64_t reserved_64[4];
    uint32_t cs_ar, cs_limit;
    uint32_t reserved_32[3];
    uint16_t cs_sel, ss_sel, ds_sel, es_sel, fs_sel, gs_sel, ldt_sel, tr_sel;
};
BN_SIZE_IS(struct acrn_vcpu_regs, 296);
BN_OFFSET_IS(struct acrn_vcpu_regs, rip, 168);
BN_OFFSET_IS(struct acrn_vcpu_regs, cs_sel, 276);

struct acrn_msi {
    uint64_t address, data;
};
BN_SIZE_IS(struct acrn_msi, 16);

struct acrn_intr_monitor { /* head of the page that SET names */
    uint32_t command;
    uint32_t count; /* u64s that follow */
};
#define ACRN_INTR_GET_DATA 0u

enum acrn_line { ACRN_LINE_HIGH, ACRN_LINE_LOW, ACRN_LINE_RISING_PULSE, ACRN_LINE_FALLING_PULSE };

struct acrn_ioreq_buffer {
    uint64_t page;
};
BN_SIZE_IS(struct acrn_ioreq_buffer, 8);

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
struct acrn_pcidev {
    uint32_t type;
    uint16_t virtual_bdf, physical_bdf;
    uint8_t line, pin; /* there are none for the VM */
    uint16_t padding;
    uint32_t bar[6]; /* the VM places them */
};
BN_SIZE_IS(struct acrn_pcidev, 36);

#define ACRN_MEMORY_ADD   0u
#define ACRN_MEMORY_DEL   2u
#define ACRN_MEMORY_READ  0x001u
#define ACRN_MEMORY_WRITE 0x002u
#define ACRN_MEMORY_EXEC  0x004u
#define ACRN_MEMORY_UC    0x100u
#define ACRN_MEMORY_KNOWN 0x7C7u

enum acrn_ioreq_state {
    ACRN_IOREQ_PENDING,
    ACRN_IOREQ_COMPLETE,
    ACRN_IOREQ_PROCESSING,
    ACRN_IOREQ_FREE
};
#define ACRN_IOREQ_PIO   0u
#define ACRN_IOREQ_MMIO  1u
#define ACRN_IOREQ_SLOTS 16u

struct acrn_ioreq {
    uint32_t type;
    uint32_t completion_polling;
    uint32_t reserved0[14];
    uint32_t write;
    uint32_t reserved1;
    uint64_t address;
    uint64_t bytes;
    uint64_t value; /* 32 bits of it for ports */
    uint64_t reserved2[4];
    uint32_t reserved3;
    uint32_t kernel_handled;
    uint32_t processed; /* enum acrn_ioreq_state */
    uint32_t reserved4[29];
};
BN_SIZE_IS(struct acrn_ioreq, 256);
BN_OFFSET_IS(struct acrn_ioreq, write, 64);
BN_OFFSET_IS(struct acrn_ioreq, value, 88);
BN_OFFSET_IS(struct acrn_ioreq, kernel_handled, 132);
BN_OFFSET_IS(struct acrn_ioreq, processed, 136);

#endif
