/* SPDX-License-Identifier: BSD-3-Clause */
/* Timing protection: how long a task may run, and how soon it may come again (AUTOSAR OS 4
 * §7.7.2). */
#include "counter.h"

/* The task whose time is measured now; NULL: none. Interrupt routines' time is nobody's. */
static struct os_task *measured(void)
{
    if (os.running == INVALID_TASK || !os_config.task[os.running].budget)
        return NULL;
    return &os_config.task_state[os.running];
}

void os_budget_go(void)
{
    if (!measured())
        return;
    os.since = port_now();
    os_timer_next();
}

void os_budget_stop(void)
{
    struct os_task *t = measured();

    if (t)
        t->used += port_now() - os.since;
}

uint64_t os_budget_end(void)
{
    const struct os_task *t = measured();

    if (!t || os.in_isr) /* its time begins again at the routine's end */
        return OS_NEVER;
    return os_budget_over() ? os.since : os.since + os_config.task[os.running].budget - t->used;
}

bool os_budget_over(void)
{
    const struct os_task *t = measured();

    return t && t->used >= os_config.task[os.running].budget;
}

StatusType os_arrive(TaskType task)
{
    uint32_t frame = os_config.task[task].frame;
    struct os_task *t = &os_config.task_state[task];
    uint64_t now;

    if (!frame)
        return E_OK;
    now = port_now();
    if (now < t->next_arrival) {
        if (os_ask(E_OS_PROTECTION_ARRIVAL) != PRO_IGNORE)
            ShutdownOS(E_OS_PROTECTION_ARRIVAL);
        return E_OS_PROTECTION_ARRIVAL;
    }
    t->next_arrival = now + frame;
    return E_OK;
}

/* Counts as a wait and a release; within the time frame as nothing, and the budget goes on. */
void os_arrive_at_once(void)
{
    const struct os_task_config *c = &os_config.task[os.running];
    struct os_task *t = &os_config.task_state[os.running];
    uint64_t now;

    if (!(c->budget | c->frame))
        return;
    now = port_now();
    if (now < t->next_arrival)
        return;
    t->next_arrival = now + c->frame;
    t->used = 0;
    os_budget_go();
}
