/* SPDX-License-Identifier: BSD-3-Clause */
/* Start of the hypervisor's page allocator (its users: paging.h). */
#ifndef HV_MEMORY_H
#define HV_MEMORY_H

#include "hv/paging.h"

void memory_init(hpa_t from, hpa_t to); /* what is free of the hypervisor's own range */
size_t memory_free_pages(void);

#endif
