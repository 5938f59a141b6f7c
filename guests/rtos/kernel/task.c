/* SPDX-License-Identifier: BSD-3-Clause */
/* Tasks, events and the scheduler: who runs next (OSEK OS 2.2.3 §4, §7, §13.2, §13.5). */
#include "internal.h"

#include "board.h"

struct os_state os;

static void queue_append(TaskType task)
{
    uint8_t p = os_config.task[task].priority;

    os.task[task].next = OS_NO_TASK;
    if (os.ready & 1u << p)
        os.task[os.tail[p]].next = task;
    else
        os.head[p] = task;
    os.tail[p] = task;
    os.ready |= 1u << p;
}

/* A pre-empted task stays the oldest of its priority (OSEK §4.6.5). */
static void queue_prepend(TaskType task)
{
    uint8_t p = os_config.task[task].priority;

    if (os.ready & 1u << p) {
        os.task[task].next = os.head[p];
    } else {
        os.task[task].next = OS_NO_TASK;
        os.tail[p] = task;
    }
    os.head[p] = task;
    os.ready |= 1u << p;
}

static TaskType queue_take(uint8_t p)
{
    TaskType task = os.head[p];

    os.head[p] = os.task[task].next;
    if (os.head[p] == OS_NO_TASK)
        os.ready &= ~(1u << p);
    return task;
}

static int highest_ready(void)
{
    return os.ready ? 31 - __builtin_clz(os.ready) : 0;
}

static int running_priority(void)
{
    return os.running == OS_NO_TASK ? 0 : os_config.task[os.running].priority;
}

/* Gives the CPU to the first of the highest ready queue, or to idle. The caller has put `from`
 * where it belongs. */
static void dispatch(TaskType from, bool from_ends)
{
    TaskType to = os.ready ? queue_take((uint8_t)highest_ready()) : OS_NO_TASK;

    os.switch_wanted = false;
    os.running = to;
    if (to != OS_NO_TASK)
        os.task[to].state = RUNNING;
    if (to != from || from_ends)
        port_switch(from, to, from_ends);
}

/* After any change of the ready queues: pre-empts at once, or at the end of the interrupt that made
 * the change. */
static void preempt(void)
{
    TaskType from = os.running;

    if (highest_ready() <= running_priority())
        return;
    if (os.isr_depth) {
        os.switch_wanted = true;
        return;
    }
    if (from != OS_NO_TASK) {
        os.task[from].state = READY;
        queue_prepend(from);
    }
    dispatch(from, false);
}

static void make_ready(TaskType task)
{
    os.task[task].state = READY;
    queue_append(task);
}

static void begin_activation(TaskType task)
{
    os.task[task].context = NULL;
    os.task[task].set = 0;
    os.task[task].waiting = 0;
    make_ready(task);
}

void os_reset(void)
{
    OS_ASSERT(os_config.task_count <= OS_MAX_TASKS && os_config.alarm_count <= OS_MAX_ALARMS);
    os = (struct os_state){.running = OS_NO_TASK};
    for (TaskType t = 0; t < os_config.task_count; t++) {
        const struct os_task_config *c = &os_config.task[t];

        OS_ASSERT(c->entry && c->priority >= 1 && c->priority <= 31 && c->max_activations >= 1);
        OS_ASSERT(!c->extended || c->max_activations == 1);
        if (c->autostart) {
            os.task[t].activations = 1;
            begin_activation(t);
        }
    }
    if (os.ready)
        os.switch_wanted = true;
}

void os_isr_enter(void)
{
    os.isr_depth++;
}

void os_isr_exit(void)
{
    OS_ASSERT(os.isr_depth > 0);
    os.isr_depth--;
    if (os.isr_depth == 0 && os.switch_wanted) {
        os.switch_wanted = false;
        preempt();
    }
}

static StatusType activate(TaskType task)
{
    struct os_task *t;

    if (task >= os_config.task_count)
        return E_OS_ID;
    t = &os.task[task];
    if (t->activations >= os_config.task[task].max_activations)
        return E_OS_LIMIT;
    t->activations++;
    if (t->state == SUSPENDED)
        begin_activation(task);
    return E_OK;
}

StatusType ActivateTask(TaskType task)
{
    uint32_t irq = port_irq_save();
    StatusType status = activate(task);

    if (status == E_OK)
        preempt();
    port_irq_restore(irq);
    return status;
}

static void end_running(void)
{
    TaskType self = os.running;
    struct os_task *t = &os.task[self];

    t->state = SUSPENDED;
    t->activations--;
    if (t->activations)
        begin_activation(self);
    dispatch(self, true);
}

StatusType TerminateTask(void)
{
    uint32_t irq = port_irq_save();

    if (os.isr_depth || os.running == OS_NO_TASK) {
        port_irq_restore(irq);
        return E_OS_CALLEVEL;
    }
    end_running();
    port_irq_restore(irq); /* reached only where the port is a test */
    return E_OK;
}

StatusType ChainTask(TaskType task)
{
    uint32_t irq = port_irq_save();
    StatusType status = E_OS_CALLEVEL;

    if (!os.isr_depth && os.running != OS_NO_TASK) {
        /* Chaining to oneself is no multiple request (§13.2.3.3). */
        status = E_OK;
        if (task == os.running)
            os.task[task].activations++;
        else
            status = activate(task);
        if (status == E_OK)
            end_running();
    }
    port_irq_restore(irq);
    return status;
}

StatusType Schedule(void)
{
    uint32_t irq;

    if (os.isr_depth || os.running == OS_NO_TASK)
        return E_OS_CALLEVEL;
    irq = port_irq_save();
    preempt();
    port_irq_restore(irq);
    return E_OK;
}

StatusType GetTaskID(TaskType *task)
{
    *task = os.running;
    return E_OK;
}

StatusType GetTaskState(TaskType task, TaskStateType *state)
{
    if (task >= os_config.task_count)
        return E_OS_ID;
    *state = os.task[task].state;
    return E_OK;
}

StatusType SetEvent(TaskType task, EventMaskType mask)
{
    StatusType status = E_OK;
    struct os_task *t;
    uint32_t irq;

    if (task >= os_config.task_count)
        return E_OS_ID;
    if (!os_config.task[task].extended)
        return E_OS_ACCESS;
    irq = port_irq_save();
    t = &os.task[task];
    if (t->state == SUSPENDED) {
        status = E_OS_STATE;
    } else {
        t->set |= mask;
        if (t->state == WAITING && t->set & t->waiting) {
            t->waiting = 0;
            make_ready(task);
            preempt();
        }
    }
    port_irq_restore(irq);
    return status;
}

StatusType ClearEvent(EventMaskType mask)
{
    uint32_t irq;

    if (os.isr_depth || os.running == OS_NO_TASK)
        return E_OS_CALLEVEL;
    if (!os_config.task[os.running].extended)
        return E_OS_ACCESS;
    irq = port_irq_save();
    os.task[os.running].set &= ~mask;
    port_irq_restore(irq);
    return E_OK;
}

StatusType GetEvent(TaskType task, EventMaskType *mask)
{
    if (task >= os_config.task_count)
        return E_OS_ID;
    if (!os_config.task[task].extended)
        return E_OS_ACCESS;
    if (os.task[task].state == SUSPENDED)
        return E_OS_STATE;
    *mask = os.task[task].set;
    return E_OK;
}

StatusType WaitEvent(EventMaskType mask)
{
    TaskType self = os.running;
    uint32_t irq;

    if (os.isr_depth || self == OS_NO_TASK)
        return E_OS_CALLEVEL;
    if (!os_config.task[self].extended)
        return E_OS_ACCESS;
    irq = port_irq_save();
    if (!(os.task[self].set & mask)) {
        os.task[self].waiting = mask;
        os.task[self].state = WAITING;
        dispatch(self, false);
    }
    port_irq_restore(irq);
    return E_OK;
}
