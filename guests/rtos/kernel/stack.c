/* SPDX-License-Identifier: BSD-3-Clause */
/* Stack monitoring: what was never used of a stack holds OS_STACK_FILL, and a stack whose last
 * bytes do not is violated (AUTOSAR OS 4 §7.5). */
#include "internal.h"
#include "mem.h"

#define END_WORDS 4u /* of a stack, looked at whenever the CPU leaves it */

typedef uint32_t __attribute__((may_alias)) word;
#define FILLED (0x01010101u * OS_STACK_FILL)

/* Without the guard page. */
static struct os_stack stack_of(TaskType task)
{
    const struct os_task_config *c;

    if (task == INVALID_TASK)
        return port_stack();
    c = &os_config.task[task];
    return (struct os_stack){c->stack + OS_PAGE_BYTES, c->stack_bytes - OS_PAGE_BYTES};
}

void os_stacks_fill(void)
{
    for (TaskType t = 0; t < os_config.tasks; t++)
        memset(os_config.task[t].stack + OS_PAGE_BYTES, OS_STACK_FILL,
               os_config.task[t].stack_bytes - OS_PAGE_BYTES);
}

bool os_stack_intact(TaskType task)
{
    const word *end = (const word *)stack_of(task).low;
    uint32_t changed = 0;

    for (uint32_t i = 0; i < END_WORDS; i++)
        changed |= end[i] ^ FILLED;
    return !changed;
}

void os_stack_renew(TaskType task)
{
    memset(os_config.task[task].stack + OS_PAGE_BYTES, OS_STACK_FILL, END_WORDS * sizeof(word));
}

static uint32_t free_bytes(struct os_stack stack)
{
    const word *at = (const word *)stack.low;
    uint32_t words = 0;

    while (words < stack.bytes / sizeof(word) && at[words] == FILLED)
        words++;
    return words * (uint32_t)sizeof(word);
}

StatusType GetStackUsage(TaskType task, StackUsageRefType usage)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);
    struct os_stack stack;

    if (status == E_OK && task != INVALID_TASK)
        status = os_check_task(task);
    if (status == E_OK)
        status = os_check_result(usage, sizeof(*usage));
    if (status != E_OK)
        return os_end(irq, status, OSServiceId_GetStackUsage, task, (uintptr_t)usage, 0);
    port_irq_restore(irq); /* nothing below can change to its disadvantage */
    stack = stack_of(task);
    *usage = (StackUsageType){.bytes = stack.bytes, .used = stack.bytes - free_bytes(stack)};
    return E_OK;
}
