/* SPDX-License-Identifier: BSD-3-Clause */
/* The guest's memory: one memfd of 2 MiB pages, low part from 0, the rest from 4 GiB. */
#ifndef DM_GUEST_MEM_H
#define DM_GUEST_MEM_H

#include <stdbool.h>
#include <stdint.h>

#include "vhost/virtq.h"

#define GUEST_MEM_PAGE 0x200000u

struct guest_mem {
    int fd;
    uint8_t *base;
    uint64_t low, high; /* bytes from 0, bytes from 4 GiB */
    struct vq_mem map;  /* uva = our own virtual address */
};

/* bytes: multiple of 2 MiB, at least 4 MiB. huge: of hugetlb pages, all reserved now. 0 or -errno
 * (-ENOMEM: no pages). */
int guest_mem_create(struct guest_mem *mem, uint64_t bytes, bool huge)
    __attribute__((warn_unused_result));
void guest_mem_destroy(struct guest_mem *mem);

/* [gpa, gpa + bytes) if all of it is guest memory, else NULL. */
static inline void *guest_at(const struct guest_mem *mem, uint64_t gpa, uint64_t bytes)
{
    return vq_mem_at(&mem->map, gpa, bytes);
}

#endif
