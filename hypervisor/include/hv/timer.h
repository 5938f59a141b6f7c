/* SPDX-License-Identifier: BSD-3-Clause */
/* Software timers of one physical CPU over its local APIC timer, and the calibrated clock. */
#ifndef HV_TIMER_H
#define HV_TIMER_H

#include "hv/types.h"

struct hv_timer {
    uint64_t deadline;              /* TSC; 0: not armed */
    void (*expired)(void *context); /* on the CPU that armed it, host interrupts off */
    void *context;
    struct hv_timer *next;
    struct pcpu *pcpu; /* where it is armed */
};

extern uint64_t tsc_hz;        /* calibrated */
extern uint64_t apic_timer_hz; /* local APIC timer input clock */
uint64_t tsc_now(void);
void clock_wait_ns(uint64_t ns); /* short waits only: the CPU does nothing else */
uint64_t tsc_from_ns(uint64_t ns);
uint64_t tsc_to_ns(uint64_t ticks);
uint64_t tsc_to_apic_ticks(uint64_t ticks);
/* On the calling CPU; re-arms an armed one. */
void timer_arm(struct hv_timer *timer, uint64_t deadline_tsc);
void timer_cancel(struct hv_timer *timer); /* any CPU */

void timer_interrupt(void); /* the local APIC's timer fired on this CPU */

#endif
