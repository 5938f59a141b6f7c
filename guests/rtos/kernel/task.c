/* SPDX-License-Identifier: BSD-3-Clause */
/* Task management (OSEK OS 2.2.3 §4, §13.2). */
#include "internal.h"

static void begin_activation(TaskType task)
{
    struct os_task *t = &os_config.task_state[task];

    os_make_ready(task);
    t->context = NULL;
    t->set = 0;
}

StatusType os_check_task(TaskType task)
{
    return task >= os_config.tasks ? E_OS_ID : os_check_access(os_config.task[task].access);
}

StatusType os_activate(TaskType task)
{
    struct os_task *t = &os_config.task_state[task];
    StatusType status;

    if (os_has_ended(os_config.task[task].access))
        return E_OS_ACCESS;
    if (t->activations >= os_config.task[task].max_activations)
        return E_OS_LIMIT;
    status = os_arrive(task);
    if (status != E_OK)
        return status;
    t->activations++;
    os_ready_append(task);
    if (t->state == SUSPENDED)
        begin_activation(task);
    return E_OK;
}

StatusType ActivateTask(TaskType task)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = os_check_task(task);
    if (status == E_OK)
        status = os_activate(task);
    if (status == E_OK)
        os_preempt();
    return os_end(irq, status, OSServiceId_ActivateTask, task, 0, 0);
}

void os_finish(void)
{
    TaskType self = os.running;
    struct os_task *t = &os_config.task_state[self];
    TaskStateType state = SUSPENDED;

    t->activations--;
    if (t->activations) { /* its next activation is in the queue */
        os_make_ready(self);
        state = READY;
    }
    t->context = NULL;
    os_leave(state, true);
}

static void end_running(void)
{
    if (os_stack_passes())
        os_finish();
}

StatusType TerminateTask(void)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_TASK);

    if (status == E_OK && *os_held() != OS_NO_RESOURCE)
        status = E_OS_RESOURCE;
    if (status == E_OK)
        end_running();
    return os_end(irq, status, OSServiceId_TerminateTask, 0, 0, 0);
}

void os_task_cancel(TaskType task)
{
    struct os_task *t = &os_config.task_state[task];

    os_ready_remove(task);
    if (task == os.running) {
        t->activations = 1;
        return;
    }
    os_resources_free(task);
    t->state = SUSPENDED;
    t->activations = 0;
    t->context = NULL;
    t->used = 0;
}

/* Chaining to oneself is no multiple request (§13.2.3.3). */
StatusType os_chain(TaskType task)
{
    struct os_task *t = &os_config.task_state[task];
    StatusType status;

    if (task != os.running)
        return os_activate(task);
    status = os_arrive(task);
    if (status != E_OK)
        return status;
    t->activations++;
    t->set = 0;
    os_ready_append(task);
    return E_OK;
}

StatusType ChainTask(TaskType task)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_TASK);

    if (status == E_OK && *os_held() != OS_NO_RESOURCE)
        status = E_OS_RESOURCE;
    if (status == E_OK)
        status = os_check_task(task);
    if (status == E_OK)
        status = os_chain(task);
    if (status == E_OK)
        end_running();
    return os_end(irq, status, OSServiceId_ChainTask, task, 0, 0);
}

/* Gives up the internal resource for whoever is above the static priority (§13.2.3.4). */
static void give_way(void)
{
    struct os_task *t = &os_config.task_state[os.running];
    uint8_t level = os_config.task[os.running].level;

    if (os.ready >> level > 1) {
        t->level = level;
        os_preempt();
    }
}

StatusType Schedule(void)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_TASK);

    if (status == E_OK && *os_held() != OS_NO_RESOURCE)
        status = E_OS_RESOURCE;
    if (status == E_OK)
        give_way();
    return os_end(irq, status, OSServiceId_Schedule, 0, 0, 0);
}

StatusType GetTaskID(TaskRefType task)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_LOOK);

    if (status == E_OK)
        status = os_check_result(task, sizeof(*task));
    if (status == E_OK)
        *task = os.running;
    return os_end(irq, status, OSServiceId_GetTaskID, (uintptr_t)task, 0, 0);
}

StatusType GetTaskState(TaskType task, TaskStateRefType state)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_LOOK);

    if (status == E_OK)
        status = os_check_task(task);
    if (status == E_OK)
        status = os_check_result(state, sizeof(*state));
    if (status == E_OK)
        *state = os_config.task_state[task].state;
    return os_end(irq, status, OSServiceId_GetTaskState, task, (uintptr_t)state, 0);
}
