/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A compiled scenario on its way to the machine: whether it is one, who claims which memory, and
 * whether the machine has what it asks for. What is wrong in a scenario itself bn-scenario finds,
 * before it writes one (tools/scenario/check.c).
 */
#ifndef HV_SCENARIO_H
#define HV_SCENARIO_H

#include "binnacle/boot.h"
#include "binnacle/scenario.h"
#include "hv/types.h"

/* What is known of the machine the scenario shall run on. A part that is not known yet is null and
 * not checked. */
struct scenario_machine {
    const struct bn_memory *memory; /* sorted, not overlapping; null: unknown */
    uint32_t memory_count;
    uint32_t cpu_count; /* usable CPUs; 0: unknown */
    void *context;      /* handed to the two questions below */
    bool (*pci_ids)(void *context, uint16_t bdf, uint16_t *vendor, uint16_t *device);
    bool (*uart_present)(void *context, uint16_t port);
};

enum scenario_object { /* what a problem is about; `index` counts within its array of the scenario
                        */
                       SCENARIO_ITSELF,
                       SCENARIO_HYPERVISOR,
                       SCENARIO_SHM,
                       SCENARIO_VM,
                       SCENARIO_REGION,
                       SCENARIO_DEVICE,
                       SCENARIO_OUTPUT,
                       SCENARIO_LAYER,
                       SCENARIO_NOTHING,
};

struct scenario_ref {
    enum scenario_object object;
    uint32_t index;
};

/* The checksum that belongs into s->crc: over everything after that member. */
uint32_t scenario_crc(const struct bn_scenario *s);

/* Why the `bytes` bytes at `s` are no scenario of this release as it was written, with what to do;
 * null: they are. */
const char *scenario_wrong(const struct bn_scenario *s, size_t bytes);

/*
 * The n-th claim on host memory: hypervisor, window, then BN_MAX_RANGES of every VM, unused ones
 * with 0 bytes. Returns false past the last.
 */
bool scenario_claim(const struct bn_scenario *s, uint32_t n, struct bn_range *range,
                    struct scenario_ref *who);

/* Told of each thing that the machine lacks: which part of the scenario asks for it, by which
 * property, one sentence, and what to do about it. */
typedef void scenario_misfit(void *context, struct scenario_ref at, const char *member,
                             const char *what, const char *remedy);

/* boot/fit.c: sets a scenario against a machine. Returns the number of misfits. */
uint32_t scenario_fit(const struct bn_scenario *s, const struct scenario_machine *machine,
                      scenario_misfit *tell, void *context) HV_MUST_CHECK;

#endif
