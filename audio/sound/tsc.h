/* SPDX-License-Identifier: BSD-3-Clause */
/* The clock that the cluster stamps its requests with. */
#ifndef SOUND_TSC_H
#define SOUND_TSC_H

#include <stdint.h>

/* kHz: as the hypervisor says (CPUID 40000010h), or measured for some milliseconds. */
uint64_t tsc_khz(void);

#endif
