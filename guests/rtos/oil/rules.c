/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which attributes an object has, and what their values may be (ISO 17356-6 §5.3, and those of this
 * implementation, marked so). An attribute that no rule names is an error, never ignored.
 */
#include "oil.h"

#include <string.h>

enum value { NUMBER, BOOLEAN, CHOICE, REFERENCE, STRING, MASK, LABEL };

#define REQUIRED 1u /* where its parent stands */
#define SEVERAL  2u
#define SAME     4u /* of several, some may have the same value */

struct rule {
    enum oil_kind kind;
    const char *parent; /* attribute in whose braces it stands; NULL: none */
    const char *when; /* values of the parent for which it exists, each between blanks; NULL: all */
    const char *name;
    enum value value;
    unsigned flags;
    const char *choices;  /* CHOICE: the values, each between blanks */
    enum oil_kind to;     /* REFERENCE */
    uint64_t least, most; /* NUMBER */
};

static const struct rule rules[] = {
    {OIL_OS, NULL, NULL, "STATUS", CHOICE, REQUIRED, " STANDARD EXTENDED ", 0, 0, 0},
    {OIL_OS, NULL, NULL, "STARTUPHOOK", BOOLEAN, REQUIRED, NULL, 0, 0, 0},
    {OIL_OS, NULL, NULL, "ERRORHOOK", BOOLEAN, REQUIRED, NULL, 0, 0, 0},
    {OIL_OS, NULL, NULL, "SHUTDOWNHOOK", BOOLEAN, REQUIRED, NULL, 0, 0, 0},
    {OIL_OS, NULL, NULL, "PRETASKHOOK", BOOLEAN, REQUIRED, NULL, 0, 0, 0},
    {OIL_OS, NULL, NULL, "POSTTASKHOOK", BOOLEAN, REQUIRED, NULL, 0, 0, 0},
    {OIL_OS, NULL, NULL, "USEGETSERVICEID", BOOLEAN, REQUIRED, NULL, 0, 0, 0},
    {OIL_OS, NULL, NULL, "USEPARAMETERACCESS", BOOLEAN, REQUIRED, NULL, 0, 0, 0},
    {OIL_OS, NULL, NULL, "USERESSCHEDULER", BOOLEAN, 0, NULL, 0, 0, 0},
    /* AUTOSAR's. */
    {OIL_OS, NULL, NULL, "PROTECTIONHOOK", BOOLEAN, 0, NULL, 0, 0, 0},
    /* This implementation's: what the objects may at most need; AUTO does not ask. */
    {OIL_OS, NULL, NULL, "CONFORMANCE", CHOICE, 0, " AUTO BCC1 BCC2 ECC1 ECC2 ", 0, 0, 0},

    {OIL_TASK, NULL, NULL, "PRIORITY", NUMBER, REQUIRED, NULL, 0, 0, UINT32_MAX},
    {OIL_TASK, NULL, NULL, "SCHEDULE", CHOICE, REQUIRED, " FULL NON ", 0, 0, 0},
    {OIL_TASK, NULL, NULL, "ACTIVATION", NUMBER, REQUIRED, NULL, 0, 1, 255},
    {OIL_TASK, NULL, NULL, "AUTOSTART", BOOLEAN, REQUIRED, NULL, 0, 0, 0},
    {OIL_TASK, "AUTOSTART", " TRUE ", "APPMODE", REFERENCE, REQUIRED | SEVERAL, NULL, OIL_APPMODE,
     0, 0},
    {OIL_TASK, NULL, NULL, "RESOURCE", REFERENCE, SEVERAL, NULL, OIL_RESOURCE, 0, 0},
    {OIL_TASK, NULL, NULL, "EVENT", REFERENCE, SEVERAL, NULL, OIL_EVENT, 0, 0},
    /* AUTOSAR's; times in microseconds. */
    {OIL_TASK, NULL, NULL, "ACCESSING_APPLICATION", REFERENCE, SEVERAL, NULL, OIL_APPLICATION, 0,
     0},
    {OIL_TASK, NULL, NULL, "TIMING_PROTECTION", BOOLEAN, 0, NULL, 0, 0, 0},
    {OIL_TASK, "TIMING_PROTECTION", " TRUE ", "EXECUTIONBUDGET", NUMBER, 0, NULL, 0, 1, UINT32_MAX},
    {OIL_TASK, "TIMING_PROTECTION", " TRUE ", "TIMEFRAME", NUMBER, 0, NULL, 0, 1, UINT32_MAX},
    /* This implementation's: usable bytes, rounded up to pages of 4096; whether the task touches
     * SSE registers. */
    {OIL_TASK, NULL, NULL, "STACKSIZE", NUMBER, REQUIRED, NULL, 0, 1024, 1u << 20},
    {OIL_TASK, NULL, NULL, "SSE", BOOLEAN, 0, NULL, 0, 0, 0},

    {OIL_COUNTER, NULL, NULL, "MAXALLOWEDVALUE", NUMBER, REQUIRED, NULL, 0, 1, UINT32_MAX},
    {OIL_COUNTER, NULL, NULL, "TICKSPERBASE", NUMBER, REQUIRED, NULL, 0, 1, UINT32_MAX},
    {OIL_COUNTER, NULL, NULL, "ACCESSING_APPLICATION", REFERENCE, SEVERAL, NULL, OIL_APPLICATION, 0,
     0},
    {OIL_COUNTER, NULL, NULL, "MINCYCLE", NUMBER, REQUIRED, NULL, 0, 1, UINT32_MAX},
    /* This implementation's: HARDWARE is the machine's clock in microseconds, SOFTWARE what
     * IncrementCounter counts. */
    {OIL_COUNTER, NULL, NULL, "TYPE", CHOICE, 0, " HARDWARE SOFTWARE ", 0, 0, 0},

    {OIL_ALARM, NULL, NULL, "ACCESSING_APPLICATION", REFERENCE, SEVERAL, NULL, OIL_APPLICATION, 0,
     0},
    {OIL_ALARM, NULL, NULL, "COUNTER", REFERENCE, REQUIRED, NULL, OIL_COUNTER, 0, 0},
    {OIL_ALARM, NULL, NULL, "ACTION", CHOICE, REQUIRED, " ACTIVATETASK SETEVENT ALARMCALLBACK ", 0,
     0, 0},
    {OIL_ALARM, "ACTION", " ACTIVATETASK SETEVENT ", "TASK", REFERENCE, REQUIRED, NULL, OIL_TASK, 0,
     0},
    {OIL_ALARM, "ACTION", " SETEVENT ", "EVENT", REFERENCE, REQUIRED, NULL, OIL_EVENT, 0, 0},
    {OIL_ALARM, "ACTION", " ALARMCALLBACK ", "ALARMCALLBACKNAME", STRING, REQUIRED, NULL, 0, 0, 0},
    {OIL_ALARM, NULL, NULL, "AUTOSTART", BOOLEAN, REQUIRED, NULL, 0, 0, 0},
    {OIL_ALARM, "AUTOSTART", " TRUE ", "ALARMTIME", NUMBER, REQUIRED, NULL, 0, 1, UINT32_MAX},
    {OIL_ALARM, "AUTOSTART", " TRUE ", "CYCLETIME", NUMBER, REQUIRED, NULL, 0, 0, UINT32_MAX},
    {OIL_ALARM, "AUTOSTART", " TRUE ", "APPMODE", REFERENCE, REQUIRED | SEVERAL, NULL, OIL_APPMODE,
     0, 0},

    {OIL_TABLE, NULL, NULL, "ACCESSING_APPLICATION", REFERENCE, SEVERAL, NULL, OIL_APPLICATION, 0,
     0},
    {OIL_TABLE, NULL, NULL, "COUNTER", REFERENCE, REQUIRED, NULL, OIL_COUNTER, 0, 0},
    {OIL_TABLE, NULL, NULL, "DURATION", NUMBER, REQUIRED, NULL, 0, 1, UINT32_MAX},
    {OIL_TABLE, NULL, NULL, "REPEATING", BOOLEAN, REQUIRED, NULL, 0, 0, 0},
    {OIL_TABLE, NULL, NULL, "SYNC", CHOICE, 0, " NONE IMPLICIT ", 0, 0, 0},
    {OIL_TABLE, NULL, NULL, "AUTOSTART", BOOLEAN, REQUIRED, NULL, 0, 0, 0},
    {OIL_TABLE, "AUTOSTART", " TRUE ", "TYPE", CHOICE, REQUIRED, " RELATIVE ABSOLUTE ", 0, 0, 0},
    {OIL_TABLE, "AUTOSTART", " TRUE ", "START_VALUE", NUMBER, REQUIRED, NULL, 0, 0, UINT32_MAX},
    {OIL_TABLE, "AUTOSTART", " TRUE ", "APPMODE", REFERENCE, REQUIRED | SEVERAL, NULL, OIL_APPMODE,
     0, 0},
    {OIL_TABLE, NULL, NULL, "EXPIRE_POINT", LABEL, REQUIRED | SEVERAL, NULL, 0, 0, 0},
    {OIL_TABLE, "EXPIRE_POINT", NULL, "OFFSET", NUMBER, REQUIRED, NULL, 0, 0, UINT32_MAX},
    {OIL_TABLE, "EXPIRE_POINT", NULL, "ACTION", CHOICE, REQUIRED | SEVERAL | SAME,
     " ACTIVATETASK SETEVENT ", 0, 0, 0},
    {OIL_TABLE, "ACTION", " ACTIVATETASK SETEVENT ", "TASK", REFERENCE, REQUIRED, NULL, OIL_TASK, 0,
     0},
    {OIL_TABLE, "ACTION", " SETEVENT ", "EVENT", REFERENCE, REQUIRED, NULL, OIL_EVENT, 0, 0},

    {OIL_APPLICATION, NULL, NULL, "TRUSTED", BOOLEAN, REQUIRED, NULL, 0, 0, 0},
    {OIL_APPLICATION, NULL, NULL, "TASK", REFERENCE, SEVERAL, NULL, OIL_TASK, 0, 0},
    {OIL_APPLICATION, NULL, NULL, "COUNTER", REFERENCE, SEVERAL, NULL, OIL_COUNTER, 0, 0},
    {OIL_APPLICATION, NULL, NULL, "ALARM", REFERENCE, SEVERAL, NULL, OIL_ALARM, 0, 0},
    {OIL_APPLICATION, NULL, NULL, "SCHEDULETABLE", REFERENCE, SEVERAL, NULL, OIL_TABLE, 0, 0},
    {OIL_APPLICATION, NULL, NULL, "RESTARTTASK", REFERENCE, 0, NULL, OIL_TASK, 0, 0},

    {OIL_RESOURCE, NULL, NULL, "RESOURCEPROPERTY", CHOICE, REQUIRED, " STANDARD LINKED INTERNAL ",
     0, 0, 0},
    {OIL_RESOURCE, "RESOURCEPROPERTY", " LINKED ", "LINKEDRESOURCE", REFERENCE, REQUIRED, NULL,
     OIL_RESOURCE, 0, 0},

    {OIL_EVENT, NULL, NULL, "MASK", MASK, REQUIRED, NULL, 0, 1, UINT32_MAX},

    {OIL_ISR, NULL, NULL, "CATEGORY", NUMBER, REQUIRED, NULL, 0, 1, 2},
    {OIL_ISR, NULL, NULL, "RESOURCE", REFERENCE, SEVERAL, NULL, OIL_RESOURCE, 0, 0},
    /* This implementation's: the interrupt vector; 0x40 and 0x41 are the port's own. */
    {OIL_ISR, NULL, NULL, "VECTOR", NUMBER, REQUIRED, NULL, 0, 0x42, 0xFE},
};
#define RULES (sizeof(rules) / sizeof(rules[0]))

int oil_find(const struct oil *oil, int object, int parent, const char *name, int after)
{
    for (int i = after + 1; i < oil->attributes; i++) {
        const struct oil_attribute *a = &oil->attribute[i];

        if (a->object == object && a->parent == parent && oil_is(a->name, name))
            return i;
    }
    return OIL_NONE;
}

const struct oil_attribute *oil_get(const struct oil *oil, int object, int parent, const char *name)
{
    int i = oil_find(oil, object, parent, name, OIL_NONE);

    return i == OIL_NONE ? NULL : &oil->attribute[i];
}

bool oil_is_true(const struct oil *oil, int object, const char *name)
{
    const struct oil_attribute *a = oil_get(oil, object, OIL_NONE, name);

    return a && oil_is(a->value, "TRUE");
}

uint32_t oil_number(const struct oil *oil, int object, int parent, const char *name)
{
    return (uint32_t)oil_get(oil, object, parent, name)->number;
}

int oil_reference(const struct oil *oil, enum oil_kind kind, const struct oil_attribute *a)
{
    return oil->object[oil_object_named(oil, kind, a->value)].id;
}

int oil_object_named(const struct oil *oil, enum oil_kind kind, struct oil_word name)
{
    for (int i = 0; i < oil->objects; i++)
        if (oil->object[i].kind == kind && oil_same(oil->object[i].name, name))
            return i;
    return OIL_NONE;
}

/* Whether `word` is one of a list, each between blanks. */
static bool listed(const char *list, struct oil_word word)
{
    for (const char *at = list; *++at;) {
        size_t n = strcspn(at, " ");

        if (n == word.n && memcmp(at, word.at, n) == 0)
            return true;
        at += n;
    }
    return false;
}

static bool in_braces_of(const struct rule *r, const struct oil_attribute *parent)
{
    return oil_is(parent->name, r->parent) && (!r->when || listed(r->when, parent->value));
}

static const struct rule *rule_of(const struct oil *oil, const struct oil_attribute *a)
{
    const struct oil_attribute *parent = a->parent == OIL_NONE ? NULL : &oil->attribute[a->parent];

    for (size_t i = 0; i < RULES; i++) {
        const struct rule *r = &rules[i];

        if (r->kind != oil->object[a->object].kind || !oil_is(a->name, r->name) ||
            !r->parent != !parent)
            continue;
        /* That the parent stands where it may was seen before: it comes first. */
        if (!parent || in_braces_of(r, parent))
            return r;
    }
    return NULL;
}

static bool check_name(struct oil *oil, const struct oil_attribute *a, const struct rule *r)
{
    const char *choices = r->value == BOOLEAN ? " TRUE FALSE " : r->choices;

    if (r->value == REFERENCE) {
        if (oil_object_named(oil, r->to, a->value) == OIL_NONE)
            return oil_fail_object(oil, a->line, a->object,
                                   "%s = %.*s: there is no %s of that name", r->name,
                                   OIL_WORD(a->value), oil_kind_name(r->to));
    } else if (!listed(choices, a->value)) {
        return oil_fail_object(oil, a->line, a->object, "%s = %.*s: must be one of%s", r->name,
                               OIL_WORD(a->value), choices);
    }
    return true;
}

static bool check_value(struct oil *oil, const struct oil_attribute *a, const struct rule *r)
{
    static const char *const wanted[] = {
        "a number",         "TRUE or FALSE", "one of its names", "an object's name", "a string",
        "a number or AUTO", "a name"};
    enum oil_token token = r->value == NUMBER || r->value == MASK ? OIL_NUMBER
                           : r->value == STRING                   ? OIL_STRING
                                                                  : OIL_NAME;

    if (r->value == MASK && a->token == OIL_NAME && oil_is(a->value, "AUTO"))
        return true;
    if (a->token != token)
        return oil_fail_object(oil, a->line, a->object, "%s = %.*s: the value must be %s%s",
                               r->name, OIL_WORD(a->value), wanted[r->value],
                               oil_is(a->value, "AUTO") ? "; nothing chooses it" : "");
    if (token == OIL_NUMBER && (a->number < r->least || a->number > r->most))
        return oil_fail_object(oil, a->line, a->object, "%s = %.*s: must be %llu to %llu", r->name,
                               OIL_WORD(a->value), (unsigned long long)r->least,
                               (unsigned long long)r->most);
    return token != OIL_NAME || r->value == LABEL || check_name(oil, a, r);
}

/* The same attribute before, in the same braces; with the same value where several are allowed. */
static bool check_repeated(struct oil *oil, int at, const struct rule *r)
{
    const struct oil_attribute *a = &oil->attribute[at];

    for (int i = OIL_NONE; (i = oil_find(oil, a->object, a->parent, r->name, i)) != at;) {
        const struct oil_attribute *other = &oil->attribute[i];

        if (!(r->flags & SEVERAL))
            return oil_fail_object(oil, a->line, a->object,
                                   "%s stands in line %d already: remove one", r->name,
                                   other->line);
        if (!(r->flags & SAME) && oil_same(a->value, other->value))
            return oil_fail_object(oil, a->line, a->object,
                                   "%s = %.*s stands in line %d already: remove one", r->name,
                                   OIL_WORD(a->value), other->line);
    }
    return true;
}

static bool check_attribute(struct oil *oil, int at)
{
    const struct oil_attribute *a = &oil->attribute[at];
    const struct rule *r = rule_of(oil, a);

    if (r)
        return check_value(oil, a, r) && check_repeated(oil, at, r);
    if (a->parent == OIL_NONE)
        return oil_fail_object(oil, a->line, a->object, "has no attribute %.*s: remove it",
                               OIL_WORD(a->name));
    return oil_fail_object(oil, a->line, a->object, "%.*s = %.*s has no attribute %.*s: remove it",
                           OIL_WORD(oil->attribute[a->parent].name),
                           OIL_WORD(oil->attribute[a->parent].value), OIL_WORD(a->name));
}

/* What the rules ask for in the braces of `parent`, or in the object itself. */
static bool check_required(struct oil *oil, int object, int parent)
{
    const struct oil_attribute *p = parent == OIL_NONE ? NULL : &oil->attribute[parent];

    for (size_t i = 0; i < RULES; i++) {
        const struct rule *r = &rules[i];

        if (r->kind != oil->object[object].kind || !(r->flags & REQUIRED) || !r->parent != !p)
            continue;
        if (p && !in_braces_of(r, p))
            continue;
        if (oil_find(oil, object, parent, r->name, OIL_NONE) != OIL_NONE)
            continue;
        if (p)
            return oil_fail_object(oil, p->line, object, "%s = %.*s needs %s in its braces",
                                   r->parent, OIL_WORD(p->value), r->name);
        return oil_fail_object(oil, oil->object[object].line, object, "%s is missing: add it",
                               r->name);
    }
    return true;
}

bool oil_check_attributes(struct oil *oil)
{
    for (int i = 0; i < oil->attributes; i++)
        if (!check_attribute(oil, i))
            return false;
    for (int o = 0; o < oil->objects; o++)
        if (!check_required(oil, o, OIL_NONE))
            return false;
    for (int i = 0; i < oil->attributes; i++)
        if (!check_required(oil, oil->attribute[i].object, i))
            return false;
    return true;
}
