/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters: the system counter, which is the port's clock, and those that code increments; what
 * they drive (OSEK OS 2.2.3 §9.1; services as AUTOSAR OS 4 §8.4). */
#include "counter.h"

#include "fixed.h"

uint64_t os_count(CounterType counter)
{
    return counter == os_config.system_counter ? port_now() : os_config.count[counter];
}

static TickType value_at(CounterType counter, uint64_t count)
{
    uint32_t values = os_config.counter[counter].base.maxallowedvalue + 1;

    return values ? (TickType)(count - udiv64(count, values) * values) : (TickType)count;
}

uint64_t os_ticks_until(CounterType counter, uint64_t count, TickType value)
{
    TickType now = value_at(counter, count);
    uint64_t values = (uint64_t)os_config.counter[counter].base.maxallowedvalue + 1;

    return value > now ? value - now : values - (now - value);
}

void os_act(TaskType task, EventMaskType event)
{
    OSServiceIdType service = event ? OSServiceId_SetEvent : OSServiceId_ActivateTask;
    StatusType status = event ? os_set_event(task, event) : os_activate(task);

    if (status != E_OK)
        os_report(status, service, task, event, 0);
}

static void expire(CounterType counter, uint64_t count)
{
    os_alarms_expire(counter, count);
    os_tables_expire(counter, count);
}

void os_timer_next(void)
{
    uint64_t alarm = os_alarms_next(os_config.system_counter);
    uint64_t table = os_tables_next(os_config.system_counter);
    uint64_t next = alarm < table ? alarm : table;
    uint64_t budget = os_budget_end();

    port_timer_set(budget < next ? budget : next);
}

void os_timer(void)
{
    expire(os_config.system_counter, port_now());
    os_timer_next();
}

static StatusType check_counter(CounterType counter)
{
    return counter >= os_config.counters ? E_OS_ID
                                         : os_check_access(os_config.counter[counter].access);
}

StatusType IncrementCounter(CounterType counter)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = check_counter(counter);
    if (status == E_OK && counter == os_config.system_counter)
        status = E_OS_ID;
    if (status == E_OK) {
        os_config.count[counter]++;
        expire(counter, os_config.count[counter]);
        os_preempt();
    }
    return os_end(irq, status, OSServiceId_IncrementCounter, counter, 0, 0);
}

StatusType GetCounterValue(CounterType counter, TickRefType value)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = check_counter(counter);
    if (status == E_OK)
        status = os_check_result(value, sizeof(*value));
    if (status == E_OK)
        *value = value_at(counter, os_count(counter));
    return os_end(irq, status, OSServiceId_GetCounterValue, counter, (uintptr_t)value, 0);
}

StatusType GetElapsedValue(CounterType counter, TickRefType value, TickRefType elapsed)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = check_counter(counter);
    if (status == E_OK)
        status = os_check_result(value, sizeof(*value));
    if (status == E_OK)
        status = os_check_result(elapsed, sizeof(*elapsed));
    if (status == E_OK && *value > os_config.counter[counter].base.maxallowedvalue)
        status = E_OS_VALUE;
    if (status == E_OK) {
        TickType now = value_at(counter, os_count(counter));
        TickType most = os_config.counter[counter].base.maxallowedvalue;

        *elapsed = now >= *value ? now - *value : most - *value + 1 + now;
        *value = now;
    }
    return os_end(irq, status, OSServiceId_GetElapsedValue, counter, (uintptr_t)value,
                  (uintptr_t)elapsed);
}
