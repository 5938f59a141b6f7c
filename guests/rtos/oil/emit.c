/* SPDX-License-Identifier: BSD-3-Clause */
/* The model as C: a header with the objects' names, a source with the kernel's tables
 * (guests/rtos/include/os_config.h). */
#include "oil.h"

#define PAGE_BYTES 4096u

static int name_n(const struct oil *oil, int object)
{
    return (int)oil->object[object].name.n;
}

static const char *name_at(const struct oil *oil, int object)
{
    return oil->object[object].name.at;
}

#define NAME(o) name_n(oil, o), name_at(oil, o)

/* The kernel's resources: RES_SCHEDULER is 0, then those that can be taken by name. */
static int resource_id(const struct oil *oil, int r)
{
    int id = 1;

    for (int i = 0; i < r; i++)
        id += oil->resource[i].property != OIL_INTERNAL;
    return id;
}

static void emit_ids(const struct oil *oil, enum oil_kind kind, FILE *to)
{
    for (int o = 0; o < oil->objects; o++)
        if (oil->object[o].kind == kind)
            fprintf(to, "#define %.*s ((%sType)%d)\n", NAME(o),
                    kind == OIL_TASK          ? "Task"
                    : kind == OIL_COUNTER     ? "Counter"
                    : kind == OIL_TABLE       ? "ScheduleTable"
                    : kind == OIL_APPLICATION ? "Application"
                                              : "Alarm",
                    oil->object[o].id);
}

static void emit_other_ids(const struct oil *oil, FILE *to)
{
    for (int r = 0; r < oil->count[OIL_RESOURCE]; r++)
        if (oil->resource[r].property != OIL_INTERNAL)
            fprintf(to, "#define %.*s ((ResourceType)%d)\n", NAME(oil->resource[r].object),
                    resource_id(oil, r));
    for (int e = 0; e < oil->count[OIL_EVENT]; e++)
        fprintf(to, "#define %.*s ((EventMaskType)0x%xu)\n", NAME(oil->event[e].object),
                (unsigned)oil->event[e].mask);
    for (int m = 0; m < oil->count[OIL_APPMODE]; m++)
        if (!oil_is(oil->object[oil->mode[m]].name, "OSDEFAULTAPPMODE"))
            fprintf(to, "#define %.*s ((AppModeType)%d)\n", NAME(oil->mode[m]), m);
}

/* OSEK OS §13.6.4: what GetAlarmBase says, as constants. */
static void emit_counter_constants(const struct oil *oil, FILE *to)
{
    for (int i = 0; i < oil->count[OIL_COUNTER]; i++) {
        const struct oil_counter *c = &oil->counter[i];

        fprintf(to,
                "#define OSMAXALLOWEDVALUE_%.*s %uu\n#define OSTICKSPERBASE_%.*s %uu\n"
                "#define OSMINCYCLE_%.*s %uu\n",
                NAME(c->object), (unsigned)c->max, NAME(c->object), (unsigned)c->base,
                NAME(c->object), (unsigned)c->mincycle);
        if (c->hardware)
            fprintf(to,
                    "#define OSMAXALLOWEDVALUE %uu\n#define OSTICKSPERBASE %uu\n"
                    "#define OSMINCYCLE %uu\n",
                    (unsigned)c->max, (unsigned)c->base, (unsigned)c->mincycle);
    }
}

static void emit_prototypes(const struct oil *oil, FILE *to)
{
    for (int t = 0; t < oil->count[OIL_TASK]; t++)
        fprintf(to, "void os_task_%.*s(void);\n", NAME(oil->task[t].object));
    for (int i = 0; i < oil->count[OIL_ISR]; i++)
        fprintf(to, "void os_isr_%.*s(void);\n", NAME(oil->isr[i].object));
    for (int a = 0; a < oil->count[OIL_ALARM]; a++)
        if (oil->alarm[a].action == OIL_CALLBACK)
            fprintf(to, "void os_callback_%.*s(void);\n", (int)oil->alarm[a].callback.n,
                    oil->alarm[a].callback.at);
}

void oil_emit_header(const struct oil *oil, FILE *to)
{
    fprintf(to,
            "/* SPDX-License-Identifier: BSD-3-Clause */\n"
            "/* The objects of CPU %.*s; made from its OIL file. */\n"
            "#ifndef OS_OBJECTS_OF_%.*s\n#define OS_OBJECTS_OF_%.*s\n\n#include \"os.h\"\n\n",
            NAME(0), NAME(0), NAME(0));
    emit_ids(oil, OIL_TASK, to);
    emit_ids(oil, OIL_COUNTER, to);
    emit_ids(oil, OIL_ALARM, to);
    emit_ids(oil, OIL_TABLE, to);
    emit_ids(oil, OIL_APPLICATION, to);
    emit_other_ids(oil, to);
    emit_counter_constants(oil, to);
    fprintf(to, "\n");
    emit_prototypes(oil, to);
    fprintf(to, "\n#endif\n");
}

static void emit_tasks(const struct oil *oil, FILE *to)
{
    for (int t = 0; t < oil->count[OIL_TASK]; t++) {
        const struct oil_task *task = &oil->task[t];

        fprintf(to, "OS_STACK(stack_%.*s, %u);\n", NAME(task->object),
                (unsigned)((task->stack_bytes + PAGE_BYTES - 1) / PAGE_BYTES));
        if (task->untrusted)
            fprintf(to, "OS_STACK(kernel_stack_%.*s, OS_KERNEL_PAGES);\n", NAME(task->object));
        if (task->sse)
            fprintf(to, "OS_FPU(fpu_%.*s);\n", NAME(task->object));
    }
    fprintf(to, "static const struct os_task_config tasks[] = {\n");
    for (int t = 0; t < oil->count[OIL_TASK]; t++) {
        const struct oil_task *task = &oil->task[t];

        fprintf(to,
                "    {.name = \"%.*s\", .entry = os_task_%.*s, .stack = stack_%.*s,\n"
                "     .stack_bytes = sizeof(stack_%.*s), .level = %d, .run_level = %d,\n"
                "     .max_activations = %u, .extended = %s, .autostart = 0x%xu,\n     ",
                NAME(task->object), NAME(task->object), NAME(task->object), NAME(task->object),
                task->level, task->run_level, (unsigned)task->activations,
                task->extended ? "true" : "false", (unsigned)task->modes);
        oil_emit_access(oil, task->object, to);
        if (task->untrusted)
            fprintf(to, ", .kernel_stack = kernel_stack_%.*s", NAME(task->object));
        if (task->sse)
            fprintf(to, ", .fpu = fpu_%.*s", NAME(task->object));
        if (task->budget)
            fprintf(to, ", .budget = %uu", (unsigned)task->budget);
        if (task->frame)
            fprintf(to, ", .frame = %uu", (unsigned)task->frame);
        fprintf(to, "},\n");
    }
    fprintf(to, "};\nstatic struct os_task task_state[%d];\n", oil->count[OIL_TASK]);
}

/* Room for all activations of the level's tasks, and for one that is pre-empted here though its own
 * level is lower. */
static unsigned queue_slots(const struct oil *oil, int level)
{
    unsigned slots = 1;

    for (int t = 0; t < oil->count[OIL_TASK]; t++)
        if (oil->task[t].level == level)
            slots += (unsigned)oil->task[t].activations;
    return slots;
}

static void emit_queues(const struct oil *oil, FILE *to)
{
    for (int level = 1; level <= oil->top_level; level++)
        fprintf(to, "static TaskType queue_%d[%u];\n", level, queue_slots(oil, level));
    fprintf(to, "static const struct os_queue_config queues[OS_LEVELS] = {\n");
    for (int level = 1; level <= oil->top_level; level++)
        fprintf(to, "    [%d] = {queue_%d, %u},\n", level, level, queue_slots(oil, level));
    fprintf(to, "};\nstatic struct os_queue queue_state[OS_LEVELS];\n");
}

static int resources(const struct oil *oil)
{
    return resource_id(oil, oil->count[OIL_RESOURCE]);
}

static void emit_resources(const struct oil *oil, FILE *to)
{
    fprintf(to,
            "static const struct os_resource_config resources[] = {\n"
            "    {.level = %d, .access = {255, 0x%xu}}, /* RES_SCHEDULER */\n",
            oil->top_level, (unsigned)oil_trusted_applications(oil));
    for (int r = 0; r < oil->count[OIL_RESOURCE]; r++) {
        if (oil->resource[r].property == OIL_INTERNAL)
            continue;
        fprintf(to, "    {.level = %d, .isr = %s, ", oil->resource[r].level,
                oil->resource[r].isr ? "true" : "false");
        oil_emit_access(oil, oil->resource[r].object, to);
        fprintf(to, "}, /* %.*s */\n", NAME(oil->resource[r].object));
    }
    fprintf(to, "};\nstatic struct os_resource resource_state[%d];\n", resources(oil));
}

static void emit_isrs(const struct oil *oil, FILE *to)
{
    if (!oil->count[OIL_ISR])
        return;
    fprintf(to, "static const struct os_isr_config isrs[] = {\n");
    for (int i = 0; i < oil->count[OIL_ISR]; i++)
        fprintf(to, "    {.entry = os_isr_%.*s, .category = %u, .vector = %u},\n",
                NAME(oil->isr[i].object), (unsigned)oil->isr[i].category,
                (unsigned)oil->isr[i].vector);
    fprintf(to, "};\n");
}

static void emit_counters(const struct oil *oil, FILE *to)
{
    if (!oil->count[OIL_COUNTER])
        return;
    fprintf(to, "static const struct os_counter_config counters[] = {\n");
    for (int i = 0; i < oil->count[OIL_COUNTER]; i++) {
        fprintf(to, "    {{.maxallowedvalue = %uu, .ticksperbase = %uu, .mincycle = %uu}, ",
                (unsigned)oil->counter[i].max, (unsigned)oil->counter[i].base,
                (unsigned)oil->counter[i].mincycle);
        oil_emit_access(oil, oil->counter[i].object, to);
        fprintf(to, "},\n");
    }
    fprintf(to, "};\nstatic uint64_t count[%d];\n", oil->count[OIL_COUNTER]);
}

static void emit_alarms(const struct oil *oil, FILE *to)
{
    if (!oil->count[OIL_ALARM])
        return;
    fprintf(to, "static const struct os_alarm_config alarms[] = {\n");
    for (int i = 0; i < oil->count[OIL_ALARM]; i++) {
        const struct oil_alarm *a = &oil->alarm[i];

        fprintf(to, "    {.counter = %d, ", a->counter);
        oil_emit_access(oil, a->object, to);
        if (a->action == OIL_CALLBACK)
            fprintf(to, ", .callback = os_callback_%.*s", (int)a->callback.n, a->callback.at);
        else
            fprintf(to, ", .task = %d", a->task);
        if (a->action == OIL_SETEVENT)
            fprintf(to, ", .event = 0x%xu", (unsigned)oil->event[a->event].mask);
        if (a->modes)
            fprintf(to, ",\n     .autostart = 0x%xu, .autostart_time = %uu, .autostart_cycle = %uu",
                    (unsigned)a->modes, (unsigned)a->time, (unsigned)a->cycle);
        fprintf(to, "}, /* %.*s */\n", NAME(a->object));
    }
    fprintf(to, "};\nstatic struct os_alarm alarm_state[%d];\n", oil->count[OIL_ALARM]);
}

static void emit_optional(bool there, const char *field, const char *value, FILE *to)
{
    if (there)
        fprintf(to, "    .%s = %s,\n", field, value);
}

static void emit_config(const struct oil *oil, FILE *to)
{
    const struct oil_os *os = &oil->os;

    fprintf(to,
            "\nconst struct os_config os_config = {\n"
            "    .task = tasks,\n    .task_state = task_state,\n    .queue = queues,\n"
            "    .queue_state = queue_state,\n    .resource = resources,\n"
            "    .resource_state = resource_state,\n"
            "    .tasks = %d,\n    .resources = %d,\n    .isrs = %d,\n    .counters = %d,\n"
            "    .alarms = %d,\n    .tables = %d,\n    .applications = %d,\n    .modes = %d,\n"
            "    .first_resource = %d,\n",
            oil->count[OIL_TASK], resources(oil), oil->count[OIL_ISR], oil->count[OIL_COUNTER],
            oil->count[OIL_ALARM], oil->count[OIL_TABLE], oil->count[OIL_APPLICATION],
            oil->count[OIL_APPMODE], os->scheduler ? 0 : 1);
    if (oil->system_counter == OIL_NONE)
        fprintf(to, "    .system_counter = OS_NO_COUNTER,\n");
    else
        fprintf(to, "    .system_counter = %d,\n", oil->system_counter);
    emit_optional(oil->count[OIL_ISR], "isr", "isrs", to);
    emit_optional(oil->count[OIL_COUNTER], "counter", "counters", to);
    emit_optional(oil->count[OIL_COUNTER], "count", "count", to);
    emit_optional(oil->count[OIL_ALARM], "alarm", "alarms", to);
    emit_optional(oil->count[OIL_ALARM], "alarm_state", "alarm_state", to);
    emit_optional(oil->count[OIL_TABLE], "table", "schedule_tables", to);
    emit_optional(oil->count[OIL_TABLE], "table_state", "schedule_table_state", to);
    emit_optional(oil->count[OIL_APPLICATION], "application", "applications", to);
    emit_optional(oil->count[OIL_APPLICATION], "application_state", "application_state", to);
    emit_optional(os->error, "error_hook", "ErrorHook", to);
    emit_optional(os->pre_task, "pre_task_hook", "PreTaskHook", to);
    emit_optional(os->post_task, "post_task_hook", "PostTaskHook", to);
    emit_optional(os->startup, "startup_hook", "StartupHook", to);
    emit_optional(os->shutdown, "shutdown_hook", "ShutdownHook", to);
    emit_optional(os->protection, "protection_hook", "ProtectionHook", to);
    fprintf(to, "};\n");
}

/* Without the header: its macros could be names that the tables use. */
void oil_emit_source(const struct oil *oil, FILE *to)
{
    fprintf(to,
            "/* SPDX-License-Identifier: BSD-3-Clause */\n"
            "/* The kernel's tables for CPU %.*s; made from its OIL file. */\n"
            "#include \"os_config.h\"\n\n",
            NAME(0));
    emit_prototypes(oil, to);
    fprintf(to, "\n");
    emit_tasks(oil, to);
    emit_queues(oil, to);
    emit_resources(oil, to);
    emit_isrs(oil, to);
    emit_counters(oil, to);
    emit_alarms(oil, to);
    oil_emit_tables(oil, to);
    oil_emit_applications(oil, to);
    emit_config(oil, to);
}
