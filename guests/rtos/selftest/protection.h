/* SPDX-License-Identifier: BSD-3-Clause */
/* What the attacks of the protection self-test and those who look on have in common. */
#ifndef PROTECTION_H
#define PROTECTION_H

#include "os.h"

struct attack {
    const char *name;
    void (*act)(void);
    StatusType fault;  /* that ProtectionHook (E_OS_MISSINGEND: ErrorHook) is told; E_OK: none */
    StatusType status; /* that the attack's last service returned, where there is no fault */
};

extern const struct attack attacks[];
extern const unsigned attacks_count;

/* The culprit's own data: what it is to attack, and how far it came. */
struct culprit {
    unsigned which;
    volatile uint32_t *victim_data, *victim_stack, *control_stack;
    StatusType status;
    bool behind; /* it has come past its attack */
    unsigned accomplice_runs, revivals;
};
extern volatile struct culprit culprit;

/* Of the trusted part, which no untrusted task may touch. */
extern volatile uint32_t trusted_data;

#endif
