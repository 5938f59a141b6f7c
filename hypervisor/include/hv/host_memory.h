/* SPDX-License-Identifier: BSD-3-Clause */
/* Which physical addresses are memory, and whose. */
#ifndef HV_HOST_MEMORY_H
#define HV_HOST_MEMORY_H

#include "hv/types.h"

#define HOST_MAX_RANGES 64

struct host_range {
    hpa_t base;
    uint64_t bytes;
};

/* Merges the loader's map: call once, before host_is_memory. */
void host_memory_init(void);
bool host_is_memory(hpa_t address); /* RAM of any owner */

/*
 * What the service VM gets: usable memory that the scenario gives to nobody else, lowest first, up
 * to its memory_bytes. The count of ranges; BN_ENOMEM in *status if there is less.
 */
uint32_t host_service_ranges(struct host_range ranges[HOST_MAX_RANGES], enum bn_status *status);

#endif
