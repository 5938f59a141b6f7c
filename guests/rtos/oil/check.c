/* SPDX-License-Identifier: BSD-3-Clause */
/* What follows from all objects together: levels, priority ceilings, event masks, conformance class
 * (OSEK OS 2.2.3 §3.2, §4.5, §8.5; ISO 17356-6 §5.3.7). */
#include "oil.h"

static struct oil_word name_of(const struct oil *oil, int object)
{
    return oil->object[object].name;
}

static int referred(const struct oil *oil, enum oil_kind kind, int attribute)
{
    return oil->object[oil_object_named(oil, kind, oil->attribute[attribute].value)].id;
}

/* Different priorities become levels 1, 2, 3..., in their order. */
static bool number_levels(struct oil *oil)
{
    int tasks = oil->count[OIL_TASK], level = 0;
    int64_t last = -1;

    for (;;) {
        int64_t next = INT64_MAX;

        for (int t = 0; t < tasks; t++)
            if (oil->task[t].priority > last && oil->task[t].priority < next)
                next = oil->task[t].priority;
        if (next == INT64_MAX)
            break;
        level++;
        for (int t = 0; t < tasks; t++) {
            if (oil->task[t].priority != next)
                continue;
            if (level > OIL_LEVELS)
                return oil_fail_object(oil, oil->object[oil->task[t].object].line,
                                       oil->task[t].object,
                                       "PRIORITY: more than %d different priorities: let tasks "
                                       "share some",
                                       OIL_LEVELS);
            oil->task[t].level = oil->task[t].run_level = level;
        }
        last = next;
    }
    oil->top_level = level;
    return true;
}

/* A link may lead to another link, but must end at a STANDARD resource. */
static bool follow_links(struct oil *oil)
{
    for (int r = 0; r < oil->count[OIL_RESOURCE]; r++) {
        struct oil_resource *resource = &oil->resource[r];
        int steps = 0;

        while (oil->resource[resource->root].property == OIL_LINKED) {
            resource->root = oil->resource[resource->root].linked;
            if (++steps > oil->count[OIL_RESOURCE])
                return oil_fail_object(oil, oil->object[resource->object].line, resource->object,
                                       "its links lead in a circle: link one of them to a "
                                       "STANDARD resource");
        }
        if (steps && oil->resource[resource->root].property == OIL_INTERNAL)
            return oil_fail_object(oil, oil->object[resource->object].line, resource->object,
                                   "is linked to INTERNAL resource %.*s, which nobody takes by "
                                   "name: link it to a STANDARD one",
                                   OIL_WORD(name_of(oil, oil->resource[resource->root].object)));
    }
    return true;
}

static bool use_by_task(struct oil *oil, struct oil_task *t, int attribute)
{
    int id = referred(oil, OIL_RESOURCE, attribute);
    struct oil_resource *r = &oil->resource[id], *root = &oil->resource[r->root];

    r->used = true;
    if (root->level < t->level)
        root->level = t->level;
    if (r->property != OIL_INTERNAL)
        return true;
    if (t->internal != OIL_NONE)
        return oil_fail_object(oil, oil->attribute[attribute].line, t->object,
                               "RESOURCE = %.*s: its INTERNAL resource is %.*s already, and there "
                               "is only one",
                               OIL_WORD(name_of(oil, r->object)),
                               OIL_WORD(name_of(oil, oil->resource[t->internal].object)));
    t->internal = id;
    return true;
}

static bool use_by_isr(struct oil *oil, int object, int attribute)
{
    struct oil_resource *r = &oil->resource[referred(oil, OIL_RESOURCE, attribute)];
    struct oil_resource *root = &oil->resource[r->root];

    if (r->property == OIL_INTERNAL)
        return oil_fail_object(oil, oil->attribute[attribute].line, object,
                               "RESOURCE = %.*s: is INTERNAL, which is for tasks alone",
                               OIL_WORD(name_of(oil, r->object)));
    r->used = true;
    root->isr = true;
    root->level = oil->top_level;
    return true;
}

/* Ceilings: the most urgent user's level; with an interrupt routine among them, above all tasks. */
static bool find_ceilings(struct oil *oil)
{
    for (int t = 0; t < oil->count[OIL_TASK]; t++)
        for (int i = OIL_NONE, o = oil->task[t].object;
             (i = oil_find(oil, o, OIL_NONE, "RESOURCE", i)) != OIL_NONE;)
            if (!use_by_task(oil, &oil->task[t], i))
                return false;
    for (int n = 0; n < oil->count[OIL_ISR]; n++)
        for (int i = OIL_NONE, o = oil->isr[n].object;
             (i = oil_find(oil, o, OIL_NONE, "RESOURCE", i)) != OIL_NONE;)
            if (!use_by_isr(oil, o, i))
                return false;
    for (int r = 0; r < oil->count[OIL_RESOURCE]; r++) {
        struct oil_resource *resource = &oil->resource[r];

        if (!resource->used)
            return oil_fail_object(oil, oil->object[resource->object].line, resource->object,
                                   "no task and no ISR has RESOURCE = %.*s: add it to those that "
                                   "take it",
                                   OIL_WORD(name_of(oil, resource->object)));
        resource->level = oil->resource[resource->root].level;
        resource->isr = oil->resource[resource->root].isr;
    }
    for (int t = 0; t < oil->count[OIL_TASK]; t++) {
        struct oil_task *task = &oil->task[t];

        if (task->internal != OIL_NONE)
            task->run_level = oil->resource[task->internal].level;
        if (!task->preemptable)
            task->run_level = oil->top_level;
    }
    return true;
}

/* The bits that an event must not have: those of the others that one of its tasks has. `with` is
 * one of these, `by` the task. */
static uint32_t bits_beside(struct oil *oil, int event, int *with, int *by)
{
    uint32_t bits = 0;

    for (int t = 0; t < oil->count[OIL_TASK]; t++) {
        if (!oil_waits_for(&oil->task[t], event))
            continue;
        oil->event[event].used = true;
        for (int e = 0; e < oil->count[OIL_EVENT]; e++) {
            if (e == event || !oil_waits_for(&oil->task[t], e))
                continue;
            if (oil->event[e].mask & oil->event[event].mask) {
                *with = e;
                *by = t;
            }
            bits |= oil->event[e].mask;
        }
    }
    return bits;
}

static bool choose_masks(struct oil *oil)
{
    for (int e = 0; e < oil->count[OIL_EVENT]; e++) {
        struct oil_event *event = &oil->event[e];
        int line = oil->object[event->object].line, with = 0, by = 0;
        uint32_t taken = bits_beside(oil, e, &with, &by);

        if (!event->used)
            return oil_fail_object(oil, line, event->object,
                                   "no task has EVENT = %.*s: add it to the one that waits for it",
                                   OIL_WORD(name_of(oil, event->object)));
        if (event->mask & taken)
            return oil_fail_object(oil, line, event->object,
                                   "its MASK shares bits with EVENT %.*s, and TASK %.*s has both",
                                   OIL_WORD(name_of(oil, oil->event[with].object)),
                                   OIL_WORD(name_of(oil, oil->task[by].object)));
        if (event->mask)
            continue;
        if (taken == UINT32_MAX)
            return oil_fail_object(oil, line, event->object,
                                   "MASK = AUTO: no bit is left, its tasks have 32 events");
        event->mask = ~taken & (taken + 1); /* the lowest free bit */
    }
    return true;
}

/* OSEK OS §3.2: the classes without E have no events, those with 1 one activation and one task per
 * priority. */
static bool check_class(struct oil *oil)
{
    int at = oil_find(oil, oil->os.object, OIL_NONE, "CONFORMANCE", OIL_NONE);
    struct oil_word c;

    if (at == OIL_NONE || oil_is(oil->attribute[at].value, "AUTO"))
        return true;
    c = oil->attribute[at].value;
    for (int t = 0; t < oil->count[OIL_TASK]; t++) {
        const struct oil_task *task = &oil->task[t];
        int line = oil->object[task->object].line;

        if (task->extended && c.at[0] == 'B')
            return oil_fail_object(oil, line, task->object, "has events, which class %.*s has not",
                                   OIL_WORD(c));
        if (c.at[3] != '1')
            continue;
        if (task->activations > 1)
            return oil_fail_object(oil, line, task->object,
                                   "ACTIVATION = %u: class %.*s has one activation of a task",
                                   (unsigned)task->activations, OIL_WORD(c));
        for (int other = 0; other < t; other++)
            if (oil->task[other].level == task->level)
                return oil_fail_object(oil, line, task->object,
                                       "PRIORITY = %u is that of TASK %.*s: class %.*s has one "
                                       "task for each",
                                       (unsigned)task->priority,
                                       OIL_WORD(name_of(oil, oil->task[other].object)),
                                       OIL_WORD(c));
    }
    return true;
}

bool oil_check_tasks(struct oil *oil)
{
    return number_levels(oil) && follow_links(oil) && find_ceilings(oil) && choose_masks(oil) &&
           check_class(oil);
}
