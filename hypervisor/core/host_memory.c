/* SPDX-License-Identifier: BSD-3-Clause */
/* The machine's memory by the loader's map: what is RAM, and what of it the service VM gets. */
#include "hv/host.h"
#include "hv/scenario.h"
#include "hv/vm.h"

static struct host_range ram[HOST_MAX_RANGES];
static uint32_t ram_count;

/* Memory that the firmware left tables in is memory too, but not to be given away. */
static bool is_ram(uint32_t type)
{
    return type == BN_MEMORY_USABLE || type == BN_MEMORY_ACPI || type == BN_MEMORY_ACPI_NVS;
}

void host_memory_init(void)
{
    for (uint32_t i = 0; i < boot_info.memory_count; i++) {
        const struct bn_memory *m = &boot_info.memory[i];

        if (!is_ram(m->type))
            continue;
        if (ram_count && ram[ram_count - 1].base + ram[ram_count - 1].bytes == m->base)
            ram[ram_count - 1].bytes += m->bytes;
        else if (ram_count < HOST_MAX_RANGES)
            ram[ram_count++] = (struct host_range){m->base, m->bytes};
    }
}

bool host_is_memory_run(hpa_t address, uint64_t *bytes)
{
    *bytes = UINT64_MAX - address;
    for (uint32_t i = 0; i < ram_count; i++) {
        if (address - ram[i].base < ram[i].bytes) {
            *bytes = ram[i].bytes - (address - ram[i].base);
            return true;
        }
        if (ram[i].base > address && ram[i].base - address < *bytes)
            *bytes = ram[i].base - address;
    }
    return false;
}

/* The first range of the scenario at or after `from`, that belongs to somebody. */
static struct host_range next_owned(hpa_t from)
{
    struct host_range next = {UINT64_MAX, 0};
    struct bn_range r;
    struct scenario_ref who;

    for (uint32_t i = 0; scenario_claim(&scenario, i, &r, &who); i++)
        if (r.bytes && r.hpa + r.bytes > from && r.hpa < next.base)
            next = (struct host_range){r.hpa, r.bytes};
    return next;
}

uint32_t host_service_ranges(struct host_range ranges[HOST_MAX_RANGES], enum bn_status *status)
{
    const struct vm *service = vm_service();
    uint64_t wanted = service ? service->config->memory_bytes : 0, left = wanted;
    uint32_t count = 0;

    for (uint32_t i = 0; i < boot_info.memory_count && left; i++) {
        hpa_t at = boot_info.memory[i].base, end = at + boot_info.memory[i].bytes;

        at = page_up(at);
        end = page_down(end);
        while (boot_info.memory[i].type == BN_MEMORY_USABLE && at < end && left &&
               count < HOST_MAX_RANGES) {
            struct host_range owned = next_owned(at);
            uint64_t bytes = (owned.base < end ? owned.base > at ? owned.base : at : end) - at;

            if (bytes > left)
                bytes = left;
            if (bytes)
                ranges[count++] = (struct host_range){at, bytes};
            left -= bytes;
            at += bytes;
            if (at >= owned.base)
                at = owned.base + owned.bytes;
        }
    }
    /* Firmware keeps a little of everything: what is missing may be as much as it plausibly holds.
     */
    *status = left > wanted / 8 ? BN_ENOMEM : BN_OK;
    return count;
}
