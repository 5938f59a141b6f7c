/* SPDX-License-Identifier: BSD-3-Clause */
/* Alarms on the one counter of the kernel, time in microseconds (OSEK OS 2.2.3 §9, §13.6). */
#include "internal.h"

#include "board.h"
#include "fixed.h"

static TickType next_expiry(void)
{
    TickType next = OS_NEVER;

    for (AlarmType a = 0; a < os_config.alarm_count; a++)
        if (os.alarm[a].armed && os.alarm[a].at < next)
            next = os.alarm[a].at;
    return next;
}

TickType os_run_alarms(TickType now)
{
    for (AlarmType a = 0; a < os_config.alarm_count; a++) {
        struct os_alarm *alarm = &os.alarm[a];
        const struct os_alarm_config *c = &os_config.alarm[a];

        if (!alarm->armed || alarm->at > now)
            continue;
        if (alarm->cycle) {
            /* Once however late: a task that cannot keep up must not be buried in its own past. */
            alarm->at += (udiv64(now - alarm->at, (uint32_t)alarm->cycle) + 1) * alarm->cycle;
        } else {
            alarm->armed = false;
        }
        /* E_OS_LIMIT means that the last activation still runs: its overrun is the task's to count.
         */
        if (c->event)
            (void)SetEvent(c->task, c->event);
        else
            (void)ActivateTask(c->task);
    }
    return next_expiry();
}

StatusType GetAlarm(AlarmType alarm, TickType *left)
{
    StatusType status = E_OS_NOFUNC;
    uint32_t irq;

    if (alarm >= os_config.alarm_count)
        return E_OS_ID;
    irq = port_irq_save();
    if (os.alarm[alarm].armed) {
        TickType now = port_now();

        *left = os.alarm[alarm].at > now ? os.alarm[alarm].at - now : 0;
        status = E_OK;
    }
    port_irq_restore(irq);
    return status;
}

static StatusType arm(AlarmType alarm, TickType at, TickType cycle)
{
    StatusType status = E_OS_STATE;
    uint32_t irq = port_irq_save();

    if (!os.alarm[alarm].armed) {
        os.alarm[alarm] = (struct os_alarm){.armed = true, .at = at, .cycle = cycle};
        port_timer_set(next_expiry());
        status = E_OK;
    }
    port_irq_restore(irq);
    return status;
}

StatusType SetRelAlarm(AlarmType alarm, TickType increment, TickType cycle)
{
    if (alarm >= os_config.alarm_count)
        return E_OS_ID;
    if (increment == 0 || cycle > UINT32_MAX)
        return E_OS_VALUE;
    return arm(alarm, port_now() + increment, cycle);
}

StatusType SetAbsAlarm(AlarmType alarm, TickType start, TickType cycle)
{
    if (alarm >= os_config.alarm_count)
        return E_OS_ID;
    if (cycle > UINT32_MAX)
        return E_OS_VALUE;
    return arm(alarm, start, cycle);
}

StatusType CancelAlarm(AlarmType alarm)
{
    StatusType status = E_OS_NOFUNC;
    uint32_t irq;

    if (alarm >= os_config.alarm_count)
        return E_OS_ID;
    irq = port_irq_save();
    if (os.alarm[alarm].armed) {
        os.alarm[alarm].armed = false;
        status = E_OK;
    }
    port_irq_restore(irq);
    return status;
}
