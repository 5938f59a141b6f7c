/* SPDX-License-Identifier: BSD-3-Clause */
/* Schedule tables, from attributes to the model and from there to C (AUTOSAR OS 4 §7.3, §10). */
#include "oil.h"

static int add_step(struct oil *oil, int task, int event)
{
    oil->step[oil->steps] = (struct oil_step){.task = task, .event = event};
    return oil->steps++;
}

static int task_of(const struct oil *oil, int object, int action)
{
    return oil_reference(oil, OIL_TASK, oil_get(oil, object, action, "TASK"));
}

/* The point's activations, then its events, whatever their order in the file. */
static bool model_steps(struct oil *oil, int object, int at, struct oil_point *point)
{
    point->step = oil->steps;
    for (int i = OIL_NONE; (i = oil_find(oil, object, at, "ACTION", i)) != OIL_NONE;)
        if (oil_is(oil->attribute[i].value, "ACTIVATETASK"))
            add_step(oil, task_of(oil, object, i), OIL_NONE);
    for (int i = OIL_NONE; (i = oil_find(oil, object, at, "ACTION", i)) != OIL_NONE;) {
        int task, event;

        if (!oil_is(oil->attribute[i].value, "SETEVENT"))
            continue;
        task = task_of(oil, object, i);
        event = oil_reference(oil, OIL_EVENT, oil_get(oil, object, i, "EVENT"));
        if (!oil_check_event(oil, oil->attribute[i].line, object, task, event))
            return false;
        add_step(oil, task, event);
    }
    point->steps = oil->steps - point->step;
    return true;
}

/* The distance from what is before it; of the first from the table's beginning, where it may be
 * 0. */
static bool check_offset(struct oil *oil, const struct oil_table *t, int line)
{
    const struct oil_point *point = &oil->point[oil->points - 1];
    const struct oil_counter *c = &oil->counter[t->counter];
    bool first = t->points == 1;
    uint32_t before = first ? 0 : point[-1].offset, delay = point->offset - before;

    if (first && !point->offset)
        return true;
    if (!first && point->offset <= before)
        return oil_fail_object(oil, line, t->object,
                               "EXPIRE_POINT = %.*s: its OFFSET = %u is not above %u, that of the "
                               "point before: put the points in their order",
                               OIL_WORD(point->name), (unsigned)point->offset, (unsigned)before);
    if (delay >= c->mincycle && delay <= c->max)
        return true;
    return oil_fail_object(oil, line, t->object,
                           "EXPIRE_POINT = %.*s: %u ticks after %s: must be %s%u to %u, its "
                           "counter's MINCYCLE and MAXALLOWEDVALUE",
                           OIL_WORD(point->name), (unsigned)delay,
                           first ? "the beginning" : "the point before", first ? "0, or " : "",
                           (unsigned)c->mincycle, (unsigned)c->max);
}

static bool model_points(struct oil *oil, struct oil_table *t)
{
    t->point = oil->points;
    for (int i = OIL_NONE;
         (i = oil_find(oil, t->object, OIL_NONE, "EXPIRE_POINT", i)) != OIL_NONE;) {
        struct oil_point *point = &oil->point[oil->points++];

        t->points++;
        *point = (struct oil_point){
            .name = oil->attribute[i].value,
            .offset = oil_number(oil, t->object, i, "OFFSET"),
        };
        if (!check_offset(oil, t, oil->attribute[i].line) || !model_steps(oil, t->object, i, point))
            return false;
    }
    return true;
}

/* After the last point there may be nothing left of a table that does not repeat. */
static bool check_duration(struct oil *oil, const struct oil_table *t)
{
    const struct oil_counter *c = &oil->counter[t->counter];
    const struct oil_point *last = &oil->point[t->point + t->points - 1];
    int line = oil_get(oil, t->object, OIL_NONE, "DURATION")->line;
    uint32_t least = t->repeating ? c->mincycle : 0;

    if (t->implicit && t->duration - 1 != c->max)
        return oil_fail_object(oil, line, t->object,
                               "DURATION = %u: with SYNC = IMPLICIT it must be %llu, the number of "
                               "its counter's values",
                               (unsigned)t->duration, (unsigned long long)c->max + 1);
    if (t->duration >= last->offset && t->duration - last->offset >= least &&
        t->duration - last->offset <= c->max)
        return true;
    return oil_fail_object(oil, line, t->object,
                           "DURATION = %u: must end %u to %u ticks after its last point, which is "
                           "at %u",
                           (unsigned)t->duration, (unsigned)least, (unsigned)c->max,
                           (unsigned)last->offset);
}

/* What StartScheduleTableRel or StartScheduleTableAbs would take. */
static bool model_autostart(struct oil *oil, struct oil_table *t)
{
    int at = oil_find(oil, t->object, OIL_NONE, "AUTOSTART", OIL_NONE);
    uint32_t least = 1, most = oil->counter[t->counter].max;
    const struct oil_attribute *value;

    t->modes = oil_autostart_modes(oil, t->object);
    if (!t->modes)
        return true;
    t->absolute = oil_is(oil_get(oil, t->object, at, "TYPE")->value, "ABSOLUTE");
    value = oil_get(oil, t->object, at, "START_VALUE");
    t->start = (uint32_t)value->number;
    if (t->implicit && !t->absolute)
        return oil_fail_object(oil, oil->attribute[at].line, t->object,
                               "TYPE = RELATIVE: a table with SYNC = IMPLICIT begins at a value of "
                               "its counter: write ABSOLUTE");
    if (t->absolute)
        least = 0;
    else
        most -= oil->point[t->point].offset;
    if (t->start >= least && t->start <= most)
        return true;
    return oil_fail_object(oil, value->line, t->object, "START_VALUE = %u: must be %u to %u",
                           (unsigned)t->start, (unsigned)least, (unsigned)most);
}

bool oil_model_table(struct oil *oil, int object)
{
    struct oil_table *t = &oil->table[oil->object[object].id];
    const struct oil_attribute *sync = oil_get(oil, object, OIL_NONE, "SYNC");

    *t = (struct oil_table){
        .object = object,
        .counter = oil_reference(oil, OIL_COUNTER, oil_get(oil, object, OIL_NONE, "COUNTER")),
        .duration = oil_number(oil, object, OIL_NONE, "DURATION"),
        .repeating = oil_is_true(oil, object, "REPEATING"),
        .implicit = sync && oil_is(sync->value, "IMPLICIT"),
    };
    return model_points(oil, t) && check_duration(oil, t) && model_autostart(oil, t);
}

#define NAME(o) (int)oil->object[o].name.n, oil->object[o].name.at

static void emit_points(const struct oil *oil, const struct oil_table *t, FILE *to)
{
    int first = oil->point[t->point].step;

    fprintf(to, "static const struct os_expiry_action actions_%.*s[] = {\n", NAME(t->object));
    for (int p = t->point; p < t->point + t->points; p++)
        for (int s = 0; s < oil->point[p].steps; s++) {
            const struct oil_step *step = &oil->step[oil->point[p].step + s];

            fprintf(to, "    {.task = %d", step->task);
            if (step->event != OIL_NONE)
                fprintf(to, ", .event = 0x%xu", (unsigned)oil->event[step->event].mask);
            fprintf(to, "},\n");
        }
    fprintf(to, "};\nstatic const struct os_expiry_point points_%.*s[] = {\n", NAME(t->object));
    for (int p = t->point; p < t->point + t->points; p++)
        fprintf(to, "    {.offset = %uu, .action = &actions_%.*s[%d], .actions = %d}, /* %.*s */\n",
                (unsigned)oil->point[p].offset, NAME(t->object), oil->point[p].step - first,
                oil->point[p].steps, OIL_WORD(oil->point[p].name));
    fprintf(to, "};\n");
}

void oil_emit_tables(const struct oil *oil, FILE *to)
{
    int tables = oil->count[OIL_TABLE];

    if (!tables)
        return;
    for (int i = 0; i < tables; i++)
        emit_points(oil, &oil->table[i], to);
    fprintf(to, "static const struct os_table_config schedule_tables[] = {\n");
    for (int i = 0; i < tables; i++) {
        const struct oil_table *t = &oil->table[i];

        fprintf(to,
                "    {.point = points_%.*s, .points = %d, .counter = %d, .duration = %uu,\n"
                "     .repeating = %s, .implicit = %s, ",
                NAME(t->object), t->points, t->counter, (unsigned)t->duration,
                t->repeating ? "true" : "false", t->implicit ? "true" : "false");
        oil_emit_access(oil, t->object, to);
        if (t->modes)
            fprintf(to,
                    ",\n     .autostart = 0x%xu, .autostart_absolute = %s, .autostart_value = %uu",
                    (unsigned)t->modes, t->absolute ? "true" : "false", (unsigned)t->start);
        fprintf(to, "},\n");
    }
    fprintf(to, "};\nstatic struct os_table schedule_table_state[%d];\n", tables);
}
