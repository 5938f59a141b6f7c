/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the words in which a scenario's problems are told. */
#include <stdio.h>

#include "rules.h"

#define SCENARIO_FAULT(name, what, remedy) {what, remedy},
static const struct {
    const char *what, *remedy;
} words[SCENARIO_FAULT_COUNT] = {SCENARIO_FAULTS(SCENARIO_FAULT)};

struct sentence {
    char *text;
    size_t bytes, used;
};

static void put(struct sentence *out, const char *text, size_t max)
{
    for (size_t i = 0; i < max && text[i] && out->used + 1 < out->bytes; i++)
        out->text[out->used++] = text[i];
}

static void put_number(struct sentence *out, uint64_t value, bool hexadecimal)
{
    char digits[24];

    snprintf(digits, sizeof(digits), hexadecimal ? "0x%lx" : "%lu", value);
    put(out, digits, sizeof(digits));
}

static void put_ref(struct sentence *out, const struct bn_scenario *s, struct scenario_ref of)
{
    static const char *const kinds[] = {"scenario", "hypervisor", "shared memory",
                                        "VM",       "region",     "device",
                                        "output",   "layer ",     "nothing"};
    uint32_t count;
    const char *name = scenario_name(s, of, &count);

    put(out, kinds[of.object], 16);
    if (of.object == SCENARIO_LAYER)
        put_number(out, of.index, false);
    if (!name)
        return;
    put(out, " \"", 2);
    put(out, name, BN_NAME_BYTES);
    put(out, "\"", 1);
}

size_t scenario_explain(const struct bn_scenario *s, const struct scenario_problem *p, char *text,
                        size_t bytes)
{
    struct sentence out = {text, bytes, 0};
    const char *what =
        (unsigned)p->fault < SCENARIO_FAULT_COUNT ? words[p->fault].what : "unknown fault";

    if (bytes == 0)
        return 0;
    for (; *what; what++) {
        if (*what != '%') {
            put(&out, what, 1);
            continue;
        }
        what++;
        if (*what == 'a' || *what == 'w')
            put_ref(&out, s, *what == 'a' ? p->at : p->with);
        else if (*what == 'm')
            put(&out, p->member, 32);
        else
            put_number(&out,
                       (*what == 'l' || *what == 'L' || *what == 'N' ? p->limit : p->value) >>
                           (*what == 'M' || *what == 'N' ? 20 : 0),
                       *what == 'V' || *what == 'L');
    }
    text[out.used] = 0;
    return out.used;
}

const char *scenario_remedy(enum scenario_fault fault)
{
    return (unsigned)fault < SCENARIO_FAULT_COUNT ? words[fault].remedy : "";
}
