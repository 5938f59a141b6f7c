/* SPDX-License-Identifier: BSD-3-Clause */
/* The isolation probe: what its parts share. One line in the kernel log per attempt. */
#ifndef PROBE_H
#define PROBE_H

#include <linux/types.h>

struct probe_target { /* physical memory that is not this VM's */
    const char *name;
    __u64 base;
};
extern struct probe_target probe_targets[];
extern unsigned int probe_target_count;

/* "probe: WHAT: RESULT"; the test counts these lines and compares results. */
#define probe_say(format, ...) pr_info("probe: " format "\n", ##__VA_ARGS__)

void probe_function(void);
void probe_memory(void);
void probe_msrs(unsigned int other_apic);
void probe_ports(void);
void probe_instructions(void);
void probe_interrupts(unsigned int other_apic);
void probe_hypercalls(void);
int probe_end(const char *how); /* ends this VM by the way that is named */

#endif
