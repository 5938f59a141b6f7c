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

/* What a machine has or lacks beside CPUs, memory and devices. */
#define MACHINE_VIRTUALISATION (1u << 0) /* SVM or VMX */
#define MACHINE_SWITCHED_ON    (1u << 1) /* and firmware lets us use it */
#define MACHINE_NESTED_PAGING  (1u << 2)
#define MACHINE_UNRESTRICTED   (1u << 3)
#define MACHINE_PM_TIMER       (1u << 4)
#define MACHINE_IOMMU          (1u << 5) /* VT-d or AMD-Vi */
#define MACHINE_INVARIANT_TSC  (1u << 6)
#define MACHINE_DISPLAY        (1u << 7) /* a linear framebuffer of the firmware's */
#define MACHINE_XSAVE          (1u << 8)

/* What is known of the machine the scenario shall run on. A part that is not known yet is null or 0
 * and not checked. */
struct scenario_machine {
    uint32_t known, has; /* MACHINE_*: those that were looked for, those that are there */
    const struct bn_memory *memory; /* sorted, not overlapping; null: unknown */
    uint32_t memory_count;
    uint32_t cpu_count; /* usable CPUs; 0: unknown */
    bool (*pci_ids)(uint16_t bdf, uint16_t *vendor, uint16_t *device);
    bool (*uart_present)(uint16_t port);
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

/* Is it a function that the service VM never has? One of a post-launched VM's it gives away. */
static inline bool scenario_hides(const struct bn_scenario *s, const struct bn_scenario_device *d)
{
    return d->kind == BN_DEVICE_PCI &&
           (d->owner == BN_OWNER_HYPERVISOR || s->vm[d->owner].kind != BN_VM_POSTLAUNCHED);
}

/* Whether the machine has what the scenario asks for; LOST: it lacks something that it can do
 * without, and `what` says what that means. */
enum scenario_verdict { SCENARIO_MET, SCENARIO_LOST, SCENARIO_UNMET };

/* Told of each thing that the scenario asks of the machine: which part of the scenario does, by
 * which property, one sentence, and, unless it is met, what to do about it. */
typedef void scenario_finding(void *context, enum scenario_verdict verdict, struct scenario_ref at,
                              const char *member, const char *what, const char *remedy);

/* boot/fit.c: sets a scenario against a machine. Returns the number of findings that are UNMET. */
uint32_t scenario_fit(const struct bn_scenario *s, const struct scenario_machine *machine,
                      scenario_finding *tell, void *context) HV_MUST_CHECK;

#endif
