/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one judge of scenarios: the host tool, the loader and the hypervisor all call it, so that
 * none can accept what another refuses. Freestanding, allocates nothing, believes nothing it reads.
 */
#ifndef HV_SCENARIO_H
#define HV_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "binnacle/boot.h"
#include "binnacle/scenario.h"

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

enum scenario_fault {
    SCENARIO_OK,
    /* the file */
    SCENARIO_BAD_MAGIC,
    SCENARIO_BAD_VERSION,
    SCENARIO_BAD_SIZE,
    SCENARIO_BAD_CRC,
    SCENARIO_BAD_FLAGS,
    SCENARIO_TOO_MANY,
    SCENARIO_BAD_NAME,
    SCENARIO_SAME_NAME,
    SCENARIO_BAD_TEXT,
    /* virtual machines */
    SCENARIO_NO_SERVICE_VM_HERE,
    SCENARIO_TWO_SERVICE_VMS,
    SCENARIO_NEEDS_SERVICE_VM,
    SCENARIO_BAD_KIND,
    SCENARIO_BAD_IMAGE,
    SCENARIO_NO_IMAGE,
    SCENARIO_DIRECT_NOT_EXCLUSIVE,
    /* CPUs */
    SCENARIO_NO_CPU,
    SCENARIO_UNKNOWN_CPU,
    SCENARIO_CPU_TWICE,
    SCENARIO_CPU_SHARED,
    SCENARIO_BAD_WEIGHT,
    /* memory */
    SCENARIO_NO_RANGE,
    SCENARIO_UNWANTED_RANGE,
    SCENARIO_MISALIGNED,
    SCENARIO_EMPTY_RANGE,
    SCENARIO_RANGE_WRAPS,
    SCENARIO_OVERLAP,
    SCENARIO_GUEST_OVERLAP,
    SCENARIO_BAD_MEMORY_BYTES,
    SCENARIO_GUEST_TOO_BIG,
    SCENARIO_NOT_MEMORY,
    SCENARIO_TOO_LITTLE_MEMORY,
    /* shared memory */
    SCENARIO_NO_WINDOW,
    SCENARIO_WINDOW_TOO_SMALL,
    SCENARIO_BAD_RIGHTS,
    SCENARIO_UNKNOWN_VM,
    SCENARIO_TWO_WRITERS,
    /* devices */
    SCENARIO_BAD_DEVICE,
    SCENARIO_SAME_DEVICE,
    SCENARIO_BAD_VECTOR,
    SCENARIO_SAME_VECTOR,
    SCENARIO_NOT_DIRECT,
    SCENARIO_NO_DEVICE,
    SCENARIO_WRONG_DEVICE,
    SCENARIO_NO_CONSOLE,
    /* displays */
    SCENARIO_BAD_FRAMEBUFFER,
    SCENARIO_BAD_OUTPUT,
    SCENARIO_SAME_OUTPUT,
    SCENARIO_UNKNOWN_OUTPUT,
    SCENARIO_LAYER_OUTSIDE,
    SCENARIO_BAD_CUT,
    SCENARIO_LAYER_OVER_CLUSTER,
    SCENARIO_FAULT_COUNT
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

struct scenario_problem {
    enum scenario_fault fault;
    struct scenario_ref at;   /* what is at fault */
    struct scenario_ref with; /* what it clashes with, or SCENARIO_NOTHING */
    const char *member; /* which property of `at`, as the .dts calls it; never null, may be empty */
    uint64_t value, limit; /* the figures, where there are any */
};

typedef void scenario_report(void *context, const struct scenario_problem *problem);

/*
 * Checks `bytes` bytes at `s` (aligned to 8): identity, version, checksum, every index, range and
 * right, and, as far as `machine` (may be null) is known, whether the machine has what the scenario
 * asks for. Calls `report` for each problem, in the order of the structure. Looks inside only when
 * identity, checksum and counts are right, and at the machine only when the scenario is sound in
 * itself. Returns the number of problems: 0 means that the scenario can be used as it is.
 */
uint32_t scenario_check(const struct bn_scenario *s, size_t bytes,
                        const struct scenario_machine *machine, scenario_report *report,
                        void *context) __attribute__((warn_unused_result));

/* The checksum that belongs into s->crc: over everything after that member. */
uint32_t scenario_crc(const struct bn_scenario *s);

/*
 * Writes the problem as one sentence with names and figures into text[0..bytes), zero-terminated,
 * cut if too long. `s` is the scenario that was checked. Returns the number of characters written.
 */
size_t scenario_explain(const struct bn_scenario *s, const struct scenario_problem *problem,
                        char *text, size_t bytes);

/* One sentence: what to do about it. */
const char *scenario_remedy(enum scenario_fault fault);

#endif
