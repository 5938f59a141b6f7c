/* SPDX-License-Identifier: BSD-3-Clause */
/* From objects and attributes, each of which is right alone, to the model: values, references, and
 * what one object's attributes ask of each other. */
#include "oil.h"

bool oil_waits_for(const struct oil_task *task, int event)
{
    return task->events[event / 8] >> event % 8 & 1;
}

static int mode_index(const struct oil *oil, int object)
{
    for (int m = 0; m < oil->count[OIL_APPMODE]; m++)
        if (oil->mode[m] == object)
            return m;
    return 0;
}

/* Mode 0 is the one called OSDEFAULTAPPMODE, or the first of the file. */
static void number_modes(struct oil *oil)
{
    for (int o = 0; o < oil->objects; o++) {
        const struct oil_object *mode = &oil->object[o];

        if (mode->kind != OIL_APPMODE)
            continue;
        oil->mode[mode->id] = o;
        if (oil_is(mode->name, "OSDEFAULTAPPMODE")) {
            oil->mode[mode->id] = oil->mode[0];
            oil->mode[0] = o;
        }
    }
}

uint32_t oil_autostart_modes(const struct oil *oil, int object)
{
    int parent = oil_find(oil, object, OIL_NONE, "AUTOSTART", OIL_NONE);
    uint32_t modes = 0;

    for (int i = OIL_NONE; (i = oil_find(oil, object, parent, "APPMODE", i)) != OIL_NONE;)
        modes |= 1u << mode_index(oil, oil_object_named(oil, OIL_APPMODE, oil->attribute[i].value));
    return modes;
}

static bool model_os(struct oil *oil, int object)
{
    const struct oil_attribute *status = oil_get(oil, object, OIL_NONE, "STATUS");
    const struct oil_attribute *scheduler = oil_get(oil, object, OIL_NONE, "USERESSCHEDULER");

    if (!oil_is(status->value, "EXTENDED"))
        return oil_fail_object(oil, status->line, object,
                               "STATUS = STANDARD: this kernel makes every check always: write "
                               "EXTENDED");
    oil->os = (struct oil_os){
        .object = object,
        .startup = oil_is_true(oil, object, "STARTUPHOOK"),
        .shutdown = oil_is_true(oil, object, "SHUTDOWNHOOK"),
        .error = oil_is_true(oil, object, "ERRORHOOK"),
        .pre_task = oil_is_true(oil, object, "PRETASKHOOK"),
        .post_task = oil_is_true(oil, object, "POSTTASKHOOK"),
        .protection = oil_is_true(oil, object, "PROTECTIONHOOK"),
        .scheduler = !scheduler || oil_is(scheduler->value, "TRUE"),
    };
    return true;
}

/* One of the two at least, or nothing would be protected. */
static bool model_timing(struct oil *oil, struct oil_task *t)
{
    int at = oil_find(oil, t->object, OIL_NONE, "TIMING_PROTECTION", OIL_NONE);
    const struct oil_attribute *budget, *frame;

    if (!oil_is_true(oil, t->object, "TIMING_PROTECTION"))
        return true;
    budget = oil_get(oil, t->object, at, "EXECUTIONBUDGET");
    frame = oil_get(oil, t->object, at, "TIMEFRAME");
    t->budget = budget ? (uint32_t)budget->number : 0;
    t->frame = frame ? (uint32_t)frame->number : 0;
    return budget || frame ||
           oil_fail_object(oil, oil->attribute[at].line, t->object,
                           "TIMING_PROTECTION = TRUE needs EXECUTIONBUDGET or TIMEFRAME in its "
                           "braces");
}

static bool model_task(struct oil *oil, int object)
{
    struct oil_task *t = &oil->task[oil->object[object].id];

    *t = (struct oil_task){
        .object = object,
        .priority = oil_number(oil, object, OIL_NONE, "PRIORITY"),
        .preemptable = oil_is(oil_get(oil, object, OIL_NONE, "SCHEDULE")->value, "FULL"),
        .extended = oil_get(oil, object, OIL_NONE, "EVENT"),
        .sse = oil_is_true(oil, object, "SSE"),
        .activations = oil_number(oil, object, OIL_NONE, "ACTIVATION"),
        .stack_bytes = oil_number(oil, object, OIL_NONE, "STACKSIZE"),
        .modes = oil_autostart_modes(oil, object),
        .internal = OIL_NONE,
    };
    for (int i = OIL_NONE; (i = oil_find(oil, object, OIL_NONE, "EVENT", i)) != OIL_NONE;) {
        int event = oil_reference(oil, OIL_EVENT, &oil->attribute[i]);

        t->events[event / 8] |= (uint8_t)(1u << event % 8);
    }
    if (t->extended && t->activations > 1)
        return oil_fail_object(oil, oil->object[object].line, object,
                               "ACTIVATION = %u: a task with events is an extended one and is "
                               "activated once: write 1 or remove its EVENTs",
                               (unsigned)t->activations);
    return model_timing(oil, t);
}

static bool model_counter(struct oil *oil, int object)
{
    int id = oil->object[object].id;
    struct oil_counter *c = &oil->counter[id];
    const struct oil_attribute *type = oil_get(oil, object, OIL_NONE, "TYPE");

    *c = (struct oil_counter){
        .object = object,
        .max = oil_number(oil, object, OIL_NONE, "MAXALLOWEDVALUE"),
        .base = oil_number(oil, object, OIL_NONE, "TICKSPERBASE"),
        .mincycle = oil_number(oil, object, OIL_NONE, "MINCYCLE"),
        .hardware = type && oil_is(type->value, "HARDWARE"),
    };
    if (c->mincycle > c->max)
        return oil_fail_object(oil, oil->object[object].line, object,
                               "MINCYCLE is above MAXALLOWEDVALUE: no cycle would be allowed");
    if (c->hardware && oil->system_counter != OIL_NONE)
        return oil_fail_object(
            oil, type->line, object,
            "TYPE = HARDWARE: the machine has one clock, which is COUNTER "
            "%.*s: make this one SOFTWARE",
            OIL_WORD(oil->object[oil->counter[oil->system_counter].object].name));
    if (c->hardware)
        oil->system_counter = id;
    return true;
}

static bool model_resource(struct oil *oil, int object)
{
    int id = oil->object[object].id, parent;
    struct oil_resource *r = &oil->resource[id];
    const struct oil_attribute *a = oil_get(oil, object, OIL_NONE, "RESOURCEPROPERTY");

    *r = (struct oil_resource){
        .object = object, .property = OIL_STANDARD, .linked = OIL_NONE, .root = id};
    if (oil_is(a->value, "INTERNAL"))
        r->property = OIL_INTERNAL;
    if (!oil_is(a->value, "LINKED"))
        return true;
    r->property = OIL_LINKED;
    parent = (int)(a - oil->attribute);
    r->linked = oil_reference(oil, OIL_RESOURCE, oil_get(oil, object, parent, "LINKEDRESOURCE"));
    return true;
}

static bool model_event(struct oil *oil, int object)
{
    const struct oil_attribute *a = oil_get(oil, object, OIL_NONE, "MASK");

    oil->event[oil->object[object].id] = (struct oil_event){
        .object = object, .mask = a->token == OIL_NUMBER ? (uint32_t)a->number : 0};
    return true;
}

/* A callback's name becomes part of a C name. */
static bool check_callback(struct oil *oil, const struct oil_attribute *a)
{
    for (size_t i = 0; i < a->value.n; i++) {
        char c = a->value.at[i];

        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
              (i && c >= '0' && c <= '9')))
            return oil_fail_object(oil, a->line, a->object,
                                   "ALARMCALLBACKNAME: '%.*s' is no C name", OIL_WORD(a->value));
    }
    return a->value.n ||
           oil_fail_object(oil, a->line, a->object, "ALARMCALLBACKNAME: the name is empty");
}

bool oil_check_event(struct oil *oil, int line, int object, int task, int event)
{
    if (oil_waits_for(&oil->task[task], event))
        return true;
    return oil_fail_object(oil, line, object, "TASK %.*s has no EVENT = %.*s: add it to the task",
                           OIL_WORD(oil->object[oil->task[task].object].name),
                           OIL_WORD(oil->object[oil->event[event].object].name));
}

static bool model_action(struct oil *oil, struct oil_alarm *a)
{
    int parent = oil_find(oil, a->object, OIL_NONE, "ACTION", OIL_NONE);
    const struct oil_attribute *action = &oil->attribute[parent];

    if (oil_is(action->value, "ALARMCALLBACK")) {
        const struct oil_attribute *name = oil_get(oil, a->object, parent, "ALARMCALLBACKNAME");

        a->action = OIL_CALLBACK;
        a->callback = name->value;
        return check_callback(oil, name);
    }
    a->task = oil_reference(oil, OIL_TASK, oil_get(oil, a->object, parent, "TASK"));
    if (oil_is(action->value, "ACTIVATETASK"))
        return true;
    a->action = OIL_SETEVENT;
    a->event = oil_reference(oil, OIL_EVENT, oil_get(oil, a->object, parent, "EVENT"));
    return oil_check_event(oil, action->line, a->object, a->task, a->event);
}

static bool model_alarm(struct oil *oil, int object)
{
    struct oil_alarm *a = &oil->alarm[oil->object[object].id];
    int start = oil_find(oil, object, OIL_NONE, "AUTOSTART", OIL_NONE);
    const struct oil_counter *c;

    *a = (struct oil_alarm){
        .object = object,
        .counter = oil_reference(oil, OIL_COUNTER, oil_get(oil, object, OIL_NONE, "COUNTER")),
        .modes = oil_autostart_modes(oil, object),
        .action = OIL_ACTIVATE,
    };
    if (!model_action(oil, a))
        return false;
    if (!a->modes)
        return true;
    a->time = oil_number(oil, object, start, "ALARMTIME");
    a->cycle = oil_number(oil, object, start, "CYCLETIME");
    c = &oil->counter[a->counter];
    if (a->time > c->max)
        return oil_fail_object(oil, oil->attribute[start].line, object,
                               "ALARMTIME = %u is above its counter's MAXALLOWEDVALUE %u",
                               (unsigned)a->time, (unsigned)c->max);
    if (a->cycle && (a->cycle < c->mincycle || a->cycle > c->max))
        return oil_fail_object(oil, oil->attribute[start].line, object,
                               "CYCLETIME = %u: must be 0, or %u to %u, its counter's MINCYCLE and "
                               "MAXALLOWEDVALUE",
                               (unsigned)a->cycle, (unsigned)c->mincycle, (unsigned)c->max);
    return true;
}

static bool model_isr(struct oil *oil, int object)
{
    int id = oil->object[object].id;
    struct oil_isr *isr = &oil->isr[id];

    *isr = (struct oil_isr){
        .object = object,
        .category = oil_number(oil, object, OIL_NONE, "CATEGORY"),
        .vector = oil_number(oil, object, OIL_NONE, "VECTOR"),
    };
    if (isr->category == 1 && oil_get(oil, object, OIL_NONE, "RESOURCE"))
        return oil_fail_object(oil, oil->object[object].line, object,
                               "CATEGORY = 1: such a routine may not take a RESOURCE: make it "
                               "category 2");
    for (int i = 0; i < id; i++)
        if (oil->isr[i].vector == isr->vector)
            return oil_fail_object(oil, oil->object[object].line, object,
                                   "VECTOR = %u is that of ISR %.*s: choose another",
                                   (unsigned)isr->vector,
                                   OIL_WORD(oil->object[oil->isr[i].object].name));
    return true;
}

static bool check_counts(struct oil *oil)
{
    static const enum oil_kind needed[] = {OIL_OS, OIL_APPMODE, OIL_TASK};

    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++)
        if (!oil->count[needed[i]])
            return oil_fail_object(oil, oil->object[0].line, 0, "has no %s: add one",
                                   oil_kind_name(needed[i]));
    return true;
}

bool oil_model(struct oil *oil)
{
    static bool (*const model[OIL_KINDS])(struct oil *, int) = {
        [OIL_OS] = model_os,
        [OIL_TASK] = model_task,
        [OIL_COUNTER] = model_counter,
        [OIL_RESOURCE] = model_resource,
        [OIL_EVENT] = model_event,
        [OIL_ALARM] = model_alarm,
        [OIL_ISR] = model_isr,
        [OIL_TABLE] = oil_model_table,
        [OIL_APPLICATION] = oil_model_application,
    };
    /* Alarms and schedule tables look at what tasks, counters and events say. */
    static const enum oil_kind order[] = {OIL_OS,       OIL_TASK,  OIL_COUNTER,
                                          OIL_RESOURCE, OIL_EVENT, OIL_ALARM,
                                          OIL_ISR,      OIL_TABLE, OIL_APPLICATION};

    oil->system_counter = OIL_NONE;
    if (!oil_check_names(oil) || !check_counts(oil))
        return false;
    number_modes(oil);
    for (int o = 0; o < oil->objects; o++)
        oil->access[o] = (struct oil_access){.owner = OIL_NONE};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
        for (int o = 0; o < oil->objects; o++)
            if (oil->object[o].kind == order[i] && !model[order[i]](oil, o))
                return false;
    return true;
}
