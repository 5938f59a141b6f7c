/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the kernel share, and what a port (a CPU, or a unit test) must provide. */
#ifndef RTOS_INTERNAL_H
#define RTOS_INTERNAL_H

#include "os.h"

struct os_task {
    void *context; /* the port's: saved stack pointer, NULL before the first run of an activation */
    TaskStateType state;
    uint8_t activations; /* outstanding, this one included */
    EventMaskType set, waiting;
    TaskType next; /* in its ready queue */
};

struct os_alarm {
    bool armed;
    TickType at, cycle;
};

struct os_state {
    struct os_task task[OS_MAX_TASKS];
    struct os_alarm alarm[OS_MAX_ALARMS];
    TaskType head[32], tail[32]; /* ready queues by priority */
    uint32_t ready;              /* bit p: queue p is not empty */
    TaskType running;            /* OS_NO_TASK: idle */
    uint8_t isr_depth, suspended;
    uint32_t suspended_flags;
    bool switch_wanted;
};

extern struct os_state os;

void os_reset(void); /* everything suspended, autostart tasks made ready */
TickType
os_run_alarms(TickType now); /* expires what is due; returns when the next one is, or OS_NEVER */
void os_isr_enter(void);
void os_isr_exit(void); /* switches tasks if an interrupt made a higher one ready */

#define OS_NEVER UINT64_MAX

/*
 * The port. port_switch saves the caller under `from` (OS_NO_TASK: the idle loop) and continues
 * `to` (or idle); a task whose context is NULL starts at its entry on a fresh stack. With from_ends
 * the caller's context is given up and the call does not return. Called with interrupts off.
 */
void port_switch(TaskType from, TaskType to, bool from_ends);
TickType port_now(void);
void port_timer_set(TickType at); /* one interrupt at `at`, soon if passed; OS_NEVER: none */
uint32_t port_irq_save(void);
void port_irq_restore(uint32_t saved);

#endif
