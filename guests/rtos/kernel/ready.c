/* SPDX-License-Identifier: BSD-3-Clause */
/* The ready queues and the scheduler: the first of the highest level runs (OSEK OS 2.2.3 §4.5,
 * §4.6). */
#include "internal.h"

static uint16_t slot_after(uint16_t at, uint16_t n, uint16_t slots)
{
    uint32_t i = (uint32_t)at + n;

    return (uint16_t)(i < slots ? i : i - slots);
}

/* One more activation, or a waiting task whose event has come: last of its static priority. */
void os_ready_append(TaskType task)
{
    uint8_t level = os_config.task[task].level;
    const struct os_queue_config *c = &os_config.queue[level];
    struct os_queue *q = &os_config.queue_state[level];

    c->slot[slot_after(q->head, q->count, c->slots)] = task;
    q->count++;
    os.ready |= 1u << level;
}

/* A pre-empted task stays the oldest of the priority it has at present (OSEK §4.5). */
static void ready_prepend(TaskType task)
{
    uint8_t level = os_config.task_state[task].level;
    const struct os_queue_config *c = &os_config.queue[level];
    struct os_queue *q = &os_config.queue_state[level];

    q->head = slot_after(q->head, (uint16_t)(c->slots - 1u), c->slots);
    c->slot[q->head] = task;
    q->count++;
    os.ready |= 1u << level;
}

static uint8_t highest_ready(void)
{
    return os.ready ? (uint8_t)(31 - __builtin_clz(os.ready)) : 0;
}

static TaskType take_highest(void)
{
    uint8_t level = highest_ready();
    struct os_queue *q = &os_config.queue_state[level];
    TaskType task;

    if (!level)
        return INVALID_TASK;
    task = os_config.queue[level].slot[q->head];
    q->head = slot_after(q->head, 1, os_config.queue[level].slots);
    q->count--;
    if (!q->count)
        os.ready &= ~(1u << level);
    return task;
}

static void remove_from(uint8_t level, TaskType task)
{
    const struct os_queue_config *c = &os_config.queue[level];
    struct os_queue *q = &os_config.queue_state[level];

    /* Once round: each goes to the end, but for those that go for good. */
    for (uint16_t i = q->count; i; i--) {
        TaskType first = c->slot[q->head];

        q->head = slot_after(q->head, 1, c->slots);
        q->count--;
        if (first != task)
            c->slot[slot_after(q->head, q->count++, c->slots)] = first;
    }
    if (!q->count)
        os.ready &= ~(1u << level);
}

void os_ready_remove(TaskType task)
{
    for (uint8_t level = 0; level < OS_LEVELS; level++)
        remove_from(level, task);
}

void os_make_ready(TaskType task)
{
    struct os_task *t = &os_config.task_state[task];

    t->state = READY;
    t->level = os_config.task[task].level;
}

/* Gives the CPU to the first of the highest level, or to idle. The caller has put `from` where it
 * belongs. */
static void dispatch(TaskType from, bool from_ends)
{
    TaskType to = take_highest();

    os.running = to;
    if (to != INVALID_TASK) {
        struct os_task *t = &os_config.task_state[to];

        t->state = RUNNING;
        if (t->level < os_config.task[to].run_level)
            t->level = os_config.task[to].run_level;
        os_call_hook(os_config.pre_task_hook, OS_IN_PRE);
        os_budget_go();
    }
    port_switch(from, to, from_ends);
}

/* The running task stops running: it ends (`state` is SUSPENDED, or READY for its next activation),
 * or waits. When it runs again, it is with a new budget. */
void os_leave(TaskStateType state, bool ends)
{
    TaskType from = os.running;

    os_call_hook(os_config.post_task_hook, OS_IN_POST);
    os_config.task_state[from].state = state;
    os_config.task_state[from].used = 0;
    dispatch(from, ends);
}

/* After any change of ready queues or levels: whoever is more urgent runs at once, or at the end of
 * the interrupt that made the change. */
void os_preempt(void)
{
    TaskType from = os.running;

    if (os.in_isr)
        return;
    if (from == INVALID_TASK) {
        if (os.ready)
            dispatch(from, false);
        return;
    }
    if (highest_ready() <= os_config.task_state[from].level || !os_stack_passes())
        return;
    os_budget_stop();
    os_call_hook(os_config.post_task_hook, OS_IN_POST);
    os_config.task_state[from].state = READY;
    ready_prepend(from);
    dispatch(from, false);
}
