/* SPDX-License-Identifier: BSD-3-Clause */
/* A compiled scenario: that it is one, undamaged, and the memory that it gives to somebody. */
#include "hv/scenario.h"

uint32_t scenario_crc(const struct bn_scenario *s)
{
    const size_t start = offsetof(struct bn_scenario, crc) + sizeof(s->crc);

    return bn_crc32(0, (const uint8_t *)s + start, sizeof(*s) - start);
}

const char *scenario_wrong(const struct bn_scenario *s, size_t bytes)
{
    if (bytes < 8 || s->magic != BN_SCENARIO_MAGIC)
        return "this is not a scenario: write the file with bn-scenario compile";
    if (s->version != BN_SCENARIO_VERSION)
        return "the scenario is of another version: compile it with the bn-scenario of this "
               "release";
    if (bytes != sizeof(*s) || s->bytes != sizeof(*s))
        return "the scenario is cut or from another release: compile it again";
    if (s->crc != scenario_crc(s))
        return "the scenario's checksum is wrong, it was damaged: compile it again";
    return NULL;
}

bool scenario_claim(const struct bn_scenario *s, uint32_t n, struct bn_range *range,
                    struct scenario_ref *who)
{
    if (n < 2) {
        *range = n ? s->shm : s->hypervisor;
        *who = (struct scenario_ref){n ? SCENARIO_SHM : SCENARIO_HYPERVISOR, 0};
        return true;
    }
    n -= 2;
    if (n >= s->vm_count * BN_MAX_RANGES)
        return false;
    const struct bn_scenario_vm *vm = &s->vm[n / BN_MAX_RANGES];

    *who = (struct scenario_ref){SCENARIO_VM, n / BN_MAX_RANGES};
    *range =
        n % BN_MAX_RANGES < vm->range_count ? vm->range[n % BN_MAX_RANGES] : (struct bn_range){0};
    return true;
}
