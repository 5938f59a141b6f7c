/* SPDX-License-Identifier: BSD-3-Clause */
/* Alarms: when they expire and what they do (OSEK OS 2.2.3 §9, §13.6). */
#include "counter.h"
#include "fixed.h"

uint64_t os_alarms_next(CounterType counter)
{
    uint64_t next = OS_NEVER;

    for (AlarmType a = 0; a < os_config.alarms; a++) {
        const struct os_alarm *alarm = &os_config.alarm_state[a];

        if (os_config.alarm[a].counter == counter && alarm->armed && alarm->at < next)
            next = alarm->at;
    }
    return next;
}

static void act(const struct os_alarm_config *c)
{
    if (c->callback)
        os_call_hook(c->callback, OS_IN_CALLBACK);
    else
        os_act(c->task, c->event);
}

void os_alarms_expire(CounterType counter, uint64_t count)
{
    for (AlarmType a = 0; a < os_config.alarms; a++) {
        struct os_alarm *alarm = &os_config.alarm_state[a];

        if (os_config.alarm[a].counter != counter || !alarm->armed || alarm->at > count)
            continue;
        if (alarm->cycle) {
            /* Once however late: a task that cannot keep up must not be buried in its own past. */
            alarm->at += (udiv64(count - alarm->at, alarm->cycle) + 1) * alarm->cycle;
        } else {
            alarm->armed = false;
        }
        act(&os_config.alarm[a]);
    }
}

static void arm(AlarmType alarm, uint64_t at, TickType cycle)
{
    os_config.alarm_state[alarm] = (struct os_alarm){.armed = true, .at = at, .cycle = cycle};
    if (os_config.alarm[alarm].counter == os_config.system_counter)
        os_timer_next();
}

void os_alarms_autostart(void)
{
    for (AlarmType a = 0; a < os_config.alarms; a++) {
        const struct os_alarm_config *c = &os_config.alarm[a];

        if (c->autostart >> os.mode & 1)
            arm(a, os_count(c->counter) + c->autostart_time, c->autostart_cycle);
    }
}

static const AlarmBaseType *base_of(AlarmType alarm)
{
    return &os_config.counter[os_config.alarm[alarm].counter].base;
}

static StatusType check_alarm(AlarmType alarm)
{
    return alarm >= os_config.alarms ? E_OS_ID : os_check_access(os_config.alarm[alarm].access);
}

/* What SetRelAlarm and SetAbsAlarm have in common; `least`: of the first time. */
static StatusType check_times(AlarmType alarm, TickType first, TickType least, TickType cycle)
{
    StatusType status = check_alarm(alarm);
    const AlarmBaseType *base;

    if (status != E_OK)
        return status;
    base = base_of(alarm);
    if (first < least || first > base->maxallowedvalue)
        return E_OS_VALUE;
    if (cycle && (cycle < base->mincycle || cycle > base->maxallowedvalue))
        return E_OS_VALUE;
    return os_config.alarm_state[alarm].armed ? E_OS_STATE : E_OK;
}

StatusType GetAlarmBase(AlarmType alarm, AlarmBaseRefType info)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_LOOK);

    if (status == E_OK)
        status = check_alarm(alarm);
    if (status == E_OK)
        status = os_check_result(info, sizeof(*info));
    if (status == E_OK)
        *info = *base_of(alarm);
    return os_end(irq, status, OSServiceId_GetAlarmBase, alarm, (uintptr_t)info, 0);
}

StatusType GetAlarm(AlarmType alarm, TickRefType left)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_LOOK);

    if (status == E_OK)
        status = check_alarm(alarm);
    if (status == E_OK)
        status = os_check_result(left, sizeof(*left));
    if (status == E_OK && !os_config.alarm_state[alarm].armed)
        status = E_OS_NOFUNC;
    if (status == E_OK) {
        uint64_t at = os_config.alarm_state[alarm].at;
        uint64_t count = os_count(os_config.alarm[alarm].counter);
        TickType most = base_of(alarm)->maxallowedvalue;

        *left = at <= count ? 0 : at - count > most ? most : (TickType)(at - count);
    }
    return os_end(irq, status, OSServiceId_GetAlarm, alarm, (uintptr_t)left, 0);
}

StatusType SetRelAlarm(AlarmType alarm, TickType increment, TickType cycle)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = check_times(alarm, increment, 1, cycle);
    if (status == E_OK)
        arm(alarm, os_count(os_config.alarm[alarm].counter) + increment, cycle);
    return os_end(irq, status, OSServiceId_SetRelAlarm, alarm, increment, cycle);
}

StatusType SetAbsAlarm(AlarmType alarm, TickType start, TickType cycle)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = check_times(alarm, start, 0, cycle);
    if (status == E_OK) {
        CounterType counter = os_config.alarm[alarm].counter;
        uint64_t count = os_count(counter);

        arm(alarm, count + os_ticks_until(counter, count, start), cycle);
    }
    return os_end(irq, status, OSServiceId_SetAbsAlarm, alarm, start, cycle);
}

StatusType CancelAlarm(AlarmType alarm)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = check_alarm(alarm);
    if (status == E_OK && !os_config.alarm_state[alarm].armed)
        status = E_OS_NOFUNC;
    if (status == E_OK)
        os_config.alarm_state[alarm].armed = false;
    return os_end(irq, status, OSServiceId_CancelAlarm, alarm, 0, 0);
}
