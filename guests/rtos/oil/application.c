/* SPDX-License-Identifier: BSD-3-Clause */
/* OS-Applications, from attributes to the model and from there to C: whose each object is, who may
 * use it, and what an untrusted application may not have (AUTOSAR OS 4 §7.6, §10). */
#include "oil.h"

/* What an application may own, and let others use. */
static const enum oil_kind owned[] = {OIL_TASK, OIL_COUNTER, OIL_ALARM, OIL_TABLE};
#define OWNED (sizeof(owned) / sizeof(owned[0]))

static struct oil_word name_of(const struct oil *oil, int object)
{
    return oil->object[object].name;
}

static bool own(struct oil *oil, int id, int attribute, int object)
{
    struct oil_access *access = &oil->access[object];
    int application = oil->attribute[attribute].object;

    if (access->owner != OIL_NONE)
        return oil_fail_object(oil, oil->attribute[attribute].line, application,
                               "%s %.*s is APPLICATION %.*s's already",
                               oil_kind_name(oil->object[object].kind),
                               OIL_WORD(name_of(oil, object)),
                               OIL_WORD(name_of(oil, oil->application[access->owner].object)));
    access->owner = id;
    access->allowed |= 1u << id;
    return true;
}

bool oil_model_application(struct oil *oil, int object)
{
    int id = oil->object[object].id;
    struct oil_application *a = &oil->application[id];
    const struct oil_attribute *restart = oil_get(oil, object, OIL_NONE, "RESTARTTASK");

    *a = (struct oil_application){
        .object = object,
        .trusted = oil_is_true(oil, object, "TRUSTED"),
        .restart_task = restart ? oil_reference(oil, OIL_TASK, restart) : OIL_NONE,
    };
    for (size_t k = 0; k < OWNED; k++) {
        const char *kind = oil_kind_name(owned[k]);

        for (int i = OIL_NONE; (i = oil_find(oil, object, OIL_NONE, kind, i)) != OIL_NONE;)
            if (!own(oil, id, i, oil_object_named(oil, owned[k], oil->attribute[i].value)))
                return false;
    }
    if (restart && oil->access[oil->task[a->restart_task].object].owner != id)
        return oil_fail_object(oil, restart->line, object,
                               "RESTARTTASK = %.*s: is not one of its tasks: add TASK = %.*s",
                               OIL_WORD(restart->value), OIL_WORD(restart->value));
    return true;
}

static void let_in(struct oil *oil, int object)
{
    for (int i = OIL_NONE;
         (i = oil_find(oil, object, OIL_NONE, "ACCESSING_APPLICATION", i)) != OIL_NONE;)
        oil->access[object].allowed |= 1u
                                       << oil_reference(oil, OIL_APPLICATION, &oil->attribute[i]);
}

/* An untrusted task can be ended only while interrupts are on, and must not have the CPU for ever,
 * be it by activating itself again and again. It may touch any register. */
static bool check_task(struct oil *oil, struct oil_task *t)
{
    int owner = oil->access[t->object].owner, line = oil->object[t->object].line;
    bool untrusted = owner != OIL_NONE && !oil->application[owner].trusted;

    for (int i = OIL_NONE; (i = oil_find(oil, t->object, OIL_NONE, "RESOURCE", i)) != OIL_NONE &&
                           owner != OIL_NONE;) {
        int object = oil_object_named(oil, OIL_RESOURCE, oil->attribute[i].value);

        oil->access[object].allowed |= 1u << owner;
        if (untrusted && oil->resource[oil->object[object].id].isr)
            return oil_fail_object(oil, oil->attribute[i].line, t->object,
                                   "RESOURCE = %.*s: an ISR takes it too, which an untrusted task "
                                   "could keep off for ever",
                                   OIL_WORD(oil->attribute[i].value));
    }
    if (!untrusted)
        return true;
    t->untrusted = t->sse = true;
    return (t->budget && t->frame) ||
           oil_fail_object(oil, line, t->object,
                           "its APPLICATION %.*s is not trusted: it needs TIMING_PROTECTION with "
                           "EXECUTIONBUDGET and TIMEFRAME",
                           OIL_WORD(name_of(oil, oil->application[owner].object)));
}

/* Whether the owner of an alarm or a table may do to the task what that is for. */
static bool check_action(struct oil *oil, int object, int task)
{
    int owner = oil->access[object].owner, target = oil->task[task].object;

    if (owner == OIL_NONE || oil->access[target].allowed >> owner & 1)
        return true;
    return oil_fail_object(oil, oil->object[object].line, object,
                           "TASK %.*s may not be used by APPLICATION %.*s: add "
                           "ACCESSING_APPLICATION to the task",
                           OIL_WORD(name_of(oil, target)),
                           OIL_WORD(name_of(oil, oil->application[owner].object)));
}

static bool check_alarm(struct oil *oil, const struct oil_alarm *a)
{
    int owner = oil->access[a->object].owner;

    if (a->action != OIL_CALLBACK)
        return check_action(oil, a->object, a->task);
    if (owner == OIL_NONE || oil->application[owner].trusted)
        return true;
    return oil_fail_object(oil, oil->object[a->object].line, a->object,
                           "ACTION = ALARMCALLBACK: its APPLICATION %.*s is not trusted, and the "
                           "kernel calls trusted code alone",
                           OIL_WORD(name_of(oil, oil->application[owner].object)));
}

static bool check_table(struct oil *oil, const struct oil_table *t)
{
    for (int p = t->point; p < t->point + t->points; p++)
        for (int s = 0; s < oil->point[p].steps; s++)
            if (!check_action(oil, t->object, oil->step[oil->point[p].step + s].task))
                return false;
    return true;
}

bool oil_check_applications(struct oil *oil)
{
    for (int o = 0; o < oil->objects; o++)
        let_in(oil, o);
    for (int t = 0; t < oil->count[OIL_TASK]; t++)
        if (!check_task(oil, &oil->task[t]))
            return false;
    for (int a = 0; a < oil->count[OIL_ALARM]; a++)
        if (!check_alarm(oil, &oil->alarm[a]))
            return false;
    for (int t = 0; t < oil->count[OIL_TABLE]; t++)
        if (!check_table(oil, &oil->table[t]))
            return false;
    return true;
}

void oil_emit_access(const struct oil *oil, int object, FILE *to)
{
    const struct oil_access *a = &oil->access[object];

    fprintf(to, ".access = {%d, 0x%xu}", a->owner == OIL_NONE ? 255 : a->owner,
            (unsigned)a->allowed);
}

/* RES_SCHEDULER, which keeps off all tasks. */
uint32_t oil_trusted_applications(const struct oil *oil)
{
    uint32_t trusted = 0;

    for (int a = 0; a < oil->count[OIL_APPLICATION]; a++)
        trusted |= (uint32_t)oil->application[a].trusted << a;
    return trusted;
}

#define NAME(o) (int)oil->object[o].name.n, oil->object[o].name.at

void oil_emit_applications(const struct oil *oil, FILE *to)
{
    int applications = oil->count[OIL_APPLICATION];

    for (int a = 0; a < applications; a++)
        if (!oil->application[a].trusted)
            fprintf(to, "OS_DATA_ENDS(%.*s);\nOS_PAGE_TABLES(page_tables_%.*s);\n",
                    NAME(oil->application[a].object), NAME(oil->application[a].object));
    if (!applications)
        return;
    fprintf(to, "static const struct os_application_config applications[] = {\n");
    for (int i = 0; i < applications; i++) {
        const struct oil_application *a = &oil->application[i];

        fprintf(to, "    {.trusted = %s, .restart_task = %d", a->trusted ? "true" : "false",
                a->restart_task == OIL_NONE ? 255 : a->restart_task);
        if (!a->trusted)
            fprintf(to,
                    ",\n     .data = data_%.*s, .data_end = data_end_%.*s, "
                    ".page_tables = page_tables_%.*s",
                    NAME(a->object), NAME(a->object), NAME(a->object));
        fprintf(to, "},\n");
    }
    fprintf(to, "};\nstatic ApplicationStateType application_state[%d];\n", applications);
}
