/* SPDX-License-Identifier: BSD-3-Clause */
/* Event control (OSEK OS 2.2.3 §7, §13.5). */
#include "internal.h"

/* Whether `task` is one that has events at the moment. */
static StatusType check_events(TaskType task)
{
    if (!os_config.task[task].extended)
        return E_OS_ACCESS;
    if (os_config.task_state[task].state == SUSPENDED)
        return E_OS_STATE;
    return E_OK;
}

StatusType os_set_event(TaskType task, EventMaskType mask)
{
    StatusType status = check_events(task);
    struct os_task *t;

    if (status != E_OK)
        return status;
    t = &os_config.task_state[task];
    t->set |= mask;
    if (t->state != WAITING || !(t->set & t->waiting))
        return E_OK;
    status = os_arrive(task);
    if (status == E_OK) {
        os_make_ready(task);
        os_ready_append(task);
    }
    return status;
}

StatusType SetEvent(TaskType task, EventMaskType mask)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = os_check_task(task);
    if (status == E_OK)
        status = os_set_event(task, mask);
    if (status == E_OK)
        os_preempt();
    return os_end(irq, status, OSServiceId_SetEvent, task, mask, 0);
}

StatusType ClearEvent(EventMaskType mask)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_TASK);

    if (status == E_OK && !os_config.task[os.running].extended)
        status = E_OS_ACCESS;
    if (status == E_OK)
        os_config.task_state[os.running].set &= ~mask;
    return os_end(irq, status, OSServiceId_ClearEvent, mask, 0, 0);
}

StatusType GetEvent(TaskType task, EventMaskRefType event)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_LOOK);

    if (status == E_OK)
        status = os_check_task(task);
    if (status == E_OK)
        status = check_events(task);
    if (status == E_OK)
        status = os_check_result(event, sizeof(*event));
    if (status == E_OK)
        *event = os_config.task_state[task].set;
    return os_end(irq, status, OSServiceId_GetEvent, task, (uintptr_t)event, 0);
}

static void wait_for(EventMaskType mask)
{
    struct os_task *t = &os_config.task_state[os.running];

    if (t->set & mask) {
        os_arrive_at_once();
    } else if (os_stack_passes()) {
        t->waiting = mask;
        os_leave(WAITING, false);
    }
}

StatusType WaitEvent(EventMaskType mask)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_TASK);

    if (status == E_OK && !os_config.task[os.running].extended)
        status = E_OS_ACCESS;
    if (status == E_OK && *os_held() != OS_NO_RESOURCE)
        status = E_OS_RESOURCE;
    if (status == E_OK)
        wait_for(mask);
    return os_end(irq, status, OSServiceId_WaitEvent, mask, 0, 0);
}
