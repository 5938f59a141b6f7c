/* SPDX-License-Identifier: BSD-3-Clause */
/* A guest's 2D resources: pixels on our side, backing in the guest's memory, quotas. */
#ifndef GVT_CORE_RESOURCE_H
#define GVT_CORE_RESOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "proto/virtio_gpu.h"

struct backing_range { /* of guest-physical memory; `at` = its first byte's offset in the backing */
    uint64_t gpa, bytes, at;
};

struct resource {
    uint32_t id, format, width, height;
    size_t bytes;    /* of the pixels: width * height * 4 */
    uint8_t *pixels; /* NULL with a back end that keeps none */
    int fd;          /* memfd of the pixels, -1: none */
    uint32_t ranges;
    struct backing_range *range; /* NULL: no backing attached */
    uint64_t backing_bytes;
    void *sink;            /* what the display side keeps with it */
    struct resource *next; /* in its bucket */
};

#define RESOURCE_BUCKETS 64u

struct quota {
    uint32_t max_resources;
    uint64_t max_bytes; /* of pixels and of bookkeeping together */
};

struct resources {
    struct resource *bucket[RESOURCE_BUCKETS];
    uint32_t count;
    uint64_t bytes;
    struct quota quota;
};

struct resource *resource_find(const struct resources *rs, uint32_t id);

/* A new one with neither pixels nor backing; NULL with *answer = the guest's error: id taken, quota
 * used up, no memory. */
struct resource *resource_add(struct resources *rs, uint32_t id, uint32_t format, uint32_t width,
                              uint32_t height, uint32_t *answer);
/* Takes it out and frees it; pixels must be gone. */
void resource_remove(struct resources *rs, struct resource *r);

/* Entries that follow each other in memory become one range. Returns the guest's answer. */
uint32_t resource_attach(struct resources *rs, struct resource *r,
                         const struct vgpu_mem_entry *entry, uint32_t count)
    __attribute__((warn_unused_result));
void resource_detach(struct resources *rs, struct resource *r);

/* Calls f for every resource; f may remove it. */
void resource_each(struct resources *rs, void (*f)(struct resource *r, void *data), void *data);

#endif
