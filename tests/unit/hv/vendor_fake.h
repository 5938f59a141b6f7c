/* SPDX-License-Identifier: BSD-3-Clause */
/* A processor in plain memory for the two back ends: CPUID, MSRs, control registers, pages, the
 * log. */
#ifndef VENDOR_FAKE_H
#define VENDOR_FAKE_H

/* cmocka wants these before itself */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "hv/arch.h"
#include "hv/vm.h"

#define FAKE_PAGES 512u
#define FAKE_MSRS  64u
#define FAKE_CPUS  2u

struct fake_msr {
    uint32_t number;
    uint64_t value;
};

struct fake_cpu {
    struct cpuid_regs leaf1, leaf_max, leaf_amd, leaf_svm; /* 1, 80000000h, 80000001h, 8000000Ah */
    struct fake_msr msr[FAKE_MSRS];                        /* those that there are */
    uint32_t msrs;
    uint64_t cr0, cr2, cr3, cr4, dr6;
    unsigned nmis; /* taken by our own handler */
    char log[0x4000];
    jmp_buf panic;
    bool panic_expected;
    uint32_t pages_used, pages_limit;
    unsigned skips;       /* calls of vcpu_skip_instruction() */
    bool at_vmcall;       /* what vcpu_at_vmcall() says */
    uint16_t apic_status; /* what vlapic_status() says */
    unsigned accepted;    /* calls of vlapic_accept(), and the last */
    uint8_t accepted_vector;
    bool xapic; /* the host's local APIC has no x2APIC mode */
};

extern struct fake_cpu fake;
extern struct pcpu pcpus[HV_MAX_PCPUS];

/* An empty processor without any MSR, on CPU 0, VMs with 2 vCPUs each, that
 * of number 1 a direct one. */
void fake_begin(void);
void fake_on_cpu(unsigned id);
struct vcpu *fake_vcpu(unsigned vm, unsigned vcpu);
void fake_set_msr(uint32_t msr, uint64_t value);
/* rdmsr() for tests: without the check that the MSR is there. */
uint64_t *fake_msr(uint32_t msr);
unsigned fake_bits_in(hpa_t map, unsigned bytes); /* that are set */
bool fake_told(const char *what);                 /* in the log; forgets the log */

#define expect_panic(statement)                                                                    \
    do {                                                                                           \
        fake.panic_expected = true;                                                                \
        if (!setjmp(fake.panic)) {                                                                 \
            statement;                                                                             \
            fail_msg("no panic: " #statement);                                                     \
        }                                                                                          \
        fake.panic_expected = false;                                                               \
    } while (0)

#endif
