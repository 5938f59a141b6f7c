/* SPDX-License-Identifier: BSD-3-Clause */
/* The isolation probe: what its parts share. One line in the kernel log per attempt. */
#ifndef PROBE_H
#define PROBE_H

#include <linux/types.h>

struct probe_target { /* physical memory that is not this VM's */
    const char *name;
    __u64 base, bytes; /* 0 bytes: nobody goes through all of it */
};
extern struct probe_target probe_targets[];
extern unsigned int probe_target_count;
extern const char *probe_who; /* "" in the service VM, "ivi " in the IVI */

/* "probe: WHAT: RESULT"; the test counts these lines and compares results. */
#define probe_say(format, ...) pr_info("probe: %s" format "\n", probe_who, ##__VA_ARGS__)

/* RAX of a hypercall, made by hand. */
long probe_vmcall(unsigned long id, unsigned long a, unsigned long b);

#define HYPERCALL(n) (0x80000000ul | (n))
#define VM_CREATE    HYPERCALL(0x10)
#define VM_DESTROY   HYPERCALL(0x11)
#define VM_START     HYPERCALL(0x12)
#define VM_PAUSE     HYPERCALL(0x13)
#define VM_RESET     HYPERCALL(0x15)
#define VCPU_REGS    HYPERCALL(0x16)
#define INJECT_MSI   HYPERCALL(0x23)
#define INTR_MONITOR HYPERCALL(0x24)
#define SET_IRQLINE  HYPERCALL(0x25)
#define IOREQ_BUFFER HYPERCALL(0x30)
#define NOTIFY       HYPERCALL(0x31)
#define SET_MEMORY   HYPERCALL(0x42)

extern const __u8 probe_uuid[16]; /* of the VM that the scenario lets us create */

void probe_registers(__u64 window); /* of the service VM; its shared window */
void probe_memory(void);
void probe_sweep(void);
void probe_window(__u64 base); /* of the shared window; 0: by its PCI function */
void probe_msrs(unsigned int other_apic);
void probe_ports(void);
void probe_instructions(void);
void probe_interrupts(unsigned int other_apic);
void probe_hypercalls(void);
void probe_denied_hypercalls(void);      /* in a VM that has none: all are refused */
void probe_fields(__u8 *page, __u16 vm); /* each field of each structure, hostile */
void probe_destroy(unsigned int vm);     /* somebody else's VM, behind its owner's back */
void probe_quiet(void);                  /* ways to switch off that must leave us running */
int probe_end(const char *how);          /* ends this VM by the way that is named */

#endif
