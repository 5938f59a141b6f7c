/* SPDX-License-Identifier: BSD-3-Clause */
/* What queues, levels and resources must be like between any two calls. */
#include "invariants.h"

#include "still_port.h"

/* Who is in which queue how often, against the tasks' states. */
static void check_queues(unsigned *places)
{
    for (uint32_t level = 0; level < OS_LEVELS; level++) {
        const struct os_queue *q = &os_config.queue_state[level];

        assert_int_equal(os.ready >> level & 1, q->count > 0);
        assert_true(q->count <= os_config.queue[level].slots);
        for (uint16_t i = 0; i < q->count; i++)
            places[os_config.queue[level].slot[(q->head + i) % os_config.queue[level].slots]]++;
        if (q->count)
            assert_true(os.running != INVALID_TASK &&
                        level <= os_config.task_state[os.running].level);
    }
}

static void check_held(TaskType t)
{
    const struct os_task *task = &os_config.task_state[t];
    uint8_t level = os_config.task[t].level;

    for (ResourceType r = task->held; r != OS_NO_RESOURCE; r = os_config.resource_state[r].below) {
        assert_true(os_config.resource_state[r].taken);
        if (os_config.resource[r].level > level)
            level = os_config.resource[r].level;
    }
    assert_true(task->level >= level);
    if (task->state == WAITING || task->state == SUSPENDED)
        assert_int_equal(task->held, OS_NO_RESOURCE);
}

void check_invariants(void)
{
    unsigned places[256] = {0}, running = 0;

    check_queues(places);
    for (TaskType t = 0; t < os_config.tasks; t++) {
        const struct os_task *task = &os_config.task_state[t];
        unsigned activations = task->activations;

        running += task->state == RUNNING;
        assert_int_equal(task->state == RUNNING, os.running == t);
        assert_true(activations <= os_config.task[t].max_activations);
        assert_int_equal(activations == 0, task->state == SUSPENDED);
        assert_int_equal(places[t], task->state == RUNNING || task->state == WAITING
                                        ? activations - 1
                                        : activations);
        if (activations)
            check_held(t);
    }
    assert_int_equal(running, os.running != INVALID_TASK);
}
