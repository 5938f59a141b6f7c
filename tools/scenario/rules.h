/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the scenario check share. Private to them. */
#ifndef SCENARIO_RULES_H
#define SCENARIO_RULES_H

#include "binnacle/shm.h"
#include "check.h"

struct scenario_checker {
    const struct bn_scenario *s; /* counts are within their arrays once the identity is checked */
    scenario_report *report;
    void *context;
    uint32_t problems;
};

static inline struct scenario_ref ref(enum scenario_object object, uint32_t index)
{
    return (struct scenario_ref){object, index};
}

static inline void clash(struct scenario_checker *c, enum scenario_fault fault,
                         struct scenario_ref at, struct scenario_ref with, const char *member,
                         uint64_t value, uint64_t limit)
{
    const struct scenario_problem problem = {fault, at, with, member, value, limit};

    c->problems++;
    if (c->report)
        c->report(c->context, &problem);
}

static inline void blame(struct scenario_checker *c, enum scenario_fault fault,
                         struct scenario_ref at, const char *member, uint64_t value, uint64_t limit)
{
    clash(c, fault, at, ref(SCENARIO_NOTHING, 0), member, value, limit);
}

/* The name of a VM, region, device or output, null for other things; *count: how many there are. */
const char *scenario_name(const struct bn_scenario *s, struct scenario_ref of, uint32_t *count);

void scenario_check_vms(struct scenario_checker *c);
void scenario_check_devices(struct scenario_checker *c);
void scenario_check_displays(struct scenario_checker *c);

#endif
