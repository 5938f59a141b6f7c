/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters as alarms and schedule tables see them: counts that never overrun, and the values that
 * wrap, which is what the application sees. */
#ifndef RTOS_COUNTER_H
#define RTOS_COUNTER_H

#include "internal.h"

/* counter.c: ticks since the counter's beginning; those from then on until its value is `value`
 * again, 1..MAXALLOWEDVALUE + 1. */
uint64_t os_count(CounterType counter);
uint64_t os_ticks_until(CounterType counter, uint64_t count, TickType value);

/* alarm.c, table.c: does what the counter's alarms and expiry points are for that are due at
 * `count`; the count at which the next of them is due, OS_NEVER. */
void os_alarms_expire(CounterType counter, uint64_t count);
void os_tables_expire(CounterType counter, uint64_t count);
uint64_t os_alarms_next(CounterType counter);
uint64_t os_tables_next(CounterType counter);

/* counter.c: sets the event, or activates the task where it is 0; tells what cannot be done. The
 * one timer is set to the next of the system counter. */
void os_act(TaskType task, EventMaskType event);
void os_timer_next(void);

#endif
