/* SPDX-License-Identifier: BSD-3-Clause */
/* Resources by the priority ceiling protocol (OSEK OS 2.2.3 §8, §13.4). */
#include "internal.h"

/* The caller's last taken resource. */
ResourceType *os_held(void)
{
    return os.in_isr ? &os.isr_held : &os_config.task_state[os.running].held;
}

static StatusType check(ResourceType resource)
{
    const struct os_resource_config *c;

    if (resource < os_config.first_resource || resource >= os_config.resources)
        return E_OS_ID;
    c = &os_config.resource[resource];
    if (os_check_access(c->access) != E_OK)
        return E_OS_ACCESS;
    if (os.in_isr)
        return c->isr ? E_OK : E_OS_ACCESS;
    return os_config.task[os.running].level > c->level ? E_OS_ACCESS : E_OK;
}

StatusType GetResource(ResourceType resource)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = check(resource);
    if (status == E_OK && os_config.resource_state[resource].taken)
        status = E_OS_ACCESS;
    if (status == E_OK) {
        const struct os_resource_config *c = &os_config.resource[resource];
        struct os_resource *r = &os_config.resource_state[resource];
        ResourceType *held = os_held();

        r->taken = true;
        r->below = *held;
        *held = resource;
        r->irq_before = irq;
        if (c->isr) /* an interrupt routine may want it: none until it is released */
            irq = port_irq_save();
        if (!os.in_isr) {
            struct os_task *t = &os_config.task_state[os.running];

            r->level_before = t->level;
            if (t->level < c->level)
                t->level = c->level;
        }
    }
    return os_end(irq, status, OSServiceId_GetResource, resource, 0, 0);
}

/* Takes the caller's last resource off it. */
void os_resource_drop(ResourceType resource)
{
    struct os_resource *r = &os_config.resource_state[resource];

    r->taken = false;
    *os_held() = r->below;
    if (!os.in_isr)
        os_config.task_state[os.running].level = r->level_before;
}

/* All that the task has taken; its level is found anew when it next becomes ready. */
void os_resources_free(TaskType task)
{
    struct os_task *t = &os_config.task_state[task];

    for (; t->held != OS_NO_RESOURCE; t->held = os_config.resource_state[t->held].below)
        os_config.resource_state[t->held].taken = false;
}

StatusType ReleaseResource(ResourceType resource)
{
    uint32_t irq = port_irq_save();
    StatusType status = os_check(OS_IN_CODE);

    if (status == E_OK)
        status = check(resource);
    if (status == E_OK && *os_held() != resource)
        status = E_OS_NOFUNC;
    if (status == E_OK) {
        os_resource_drop(resource);
        if (os_config.resource[resource].isr)
            irq = os_config.resource_state[resource].irq_before;
        os_preempt();
    }
    return os_end(irq, status, OSServiceId_ReleaseResource, resource, 0, 0);
}
