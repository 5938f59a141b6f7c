/* SPDX-License-Identifier: BSD-3-Clause */
/* Caches and predictors between two VMs on one CPU. */
#ifndef HV_FORGET_H
#define HV_FORGET_H

#include "hv/types.h"

struct forget {
    bool predictors; /* Spectre v2: IBPB */
    bool buffers;    /* MDS and kin: VERW */
    bool l1d;        /* L1TF */
};

/* From CPUID 7 EDX, CPUID 80000008h EBX, and IA32_ARCH_CAPABILITIES (0: it has none). */
struct forget forget_decide(uint32_t leaf7_edx, uint32_t ext8_ebx, uint64_t capabilities);
void forget_init(void); /* boot CPU, once */
/* Before a CPU runs a vCPU of another VM than last. */
void forget_last_vm(void);

#endif
