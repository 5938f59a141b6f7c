/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters as alarms see them: counts that never overrun, and the values that wrap, which is what
 * the application sees. */
#ifndef RTOS_COUNTER_H
#define RTOS_COUNTER_H

#include "internal.h"

/* counter.c: ticks since the counter's beginning; those from then on until its value is `value`
 * again, 1..MAXALLOWEDVALUE + 1. */
uint64_t os_count(CounterType counter);
uint64_t os_ticks_until(CounterType counter, uint64_t count, TickType value);

/* alarm.c: does what the counter's alarms are for that are due at `count`. */
void os_alarms_expire(CounterType counter, uint64_t count);

#endif
