/* SPDX-License-Identifier: BSD-3-Clause */
/* A guest's resources: pixels on our side, backing in the guest's memory, quotas. */
#ifndef GVT_CORE_RESOURCE_H
#define GVT_CORE_RESOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/format.h"
#include "proto/virtio_gpu.h"

struct vq_mem;

struct backing_range { /* of guest-physical memory; `at` = its first byte's offset in the backing */
    uint64_t gpa, bytes, at;
};

/*
 * A 2D resource's pixels are a memfd. Those of a 3D one are the physical GPU's; on our side it has
 * a mirror of the guest's backing, byte for byte at the same offsets, which the physical GPU's
 * transfers read and write.
 */
struct resource {
    uint32_t id, format, width, height;
    size_t bytes;        /* what it is charged: of a 2D resource its pixels, width * height * 4 */
    uint8_t *pixels;     /* or the mirror; NULL: none */
    size_t mirror_bytes; /* of a 3D resource; they are charged too */
    int fd;              /* memfd of the pixels or of the mirror, or a dma-buf; -1: none */
    bool dmabuf;         /* it is one, of the picture itself: lines of `stride` bytes */
    uint32_t stride;
    uint64_t modifier; /* DRM's, of such a picture */
    bool rendered;     /* a 3D resource: what follows is set */
    struct vgpu_create_3d shape;
    struct virgl_block block;
    uint32_t physical; /* the physical GPU's handle, 0: it is not there yet */
    uint32_t token;    /* the back end's */
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

/* What of its pixels can be shown by whoever maps fd: a whole picture of four bytes a pixel, or 0.
 */
static inline size_t resource_shown_bytes(const struct resource *r)
{
    const uint64_t picture = (uint64_t)r->width * r->height * VGPU_BYTES_PER_PIXEL;
    const size_t all = r->rendered ? r->mirror_bytes : r->bytes;

    return r->pixels && !r->dmabuf && picture <= all ? all : 0;
}

struct resource *resource_find(const struct resources *rs, uint32_t id);

/* A new one of `bytes` bytes with neither pixels nor backing; NULL with *answer = the guest's
 * error: id taken, quota used up, no memory. */
struct resource *resource_add(struct resources *rs, uint32_t id, uint64_t bytes, uint32_t *answer);
/* Takes it out and frees it; pixels must be gone. */
void resource_remove(struct resources *rs, struct resource *r);

/* Entries that follow each other in memory become one range. Returns the guest's answer. */
uint32_t resource_attach(struct resources *rs, struct resource *r,
                         const struct vgpu_mem_entry *entry, uint32_t count)
    __attribute__((warn_unused_result));
void resource_detach(struct resources *rs, struct resource *r);

/* Takes `bytes` out of the quota; 0, -1: there are not so many. */
int resource_charge(struct resources *rs, uint64_t bytes) __attribute__((warn_unused_result));
void resource_uncharge(struct resources *rs, uint64_t bytes);

/* Where copying goes on: a transfer's lines follow each other, and the next one is seldom in
 * another range. */
struct backing_cursor {
    const struct resource *r;
    const struct vq_mem *mem;
    uint32_t range;
};

/* Copies [at, at + bytes) of the backing, which reaches that far, to `ours` or from there. 0, or
 * -EFAULT when the guest's memory is not there. */
int backing_copy(struct backing_cursor *c, uint64_t at, uint8_t *ours, size_t bytes, bool to_guest)
    __attribute__((warn_unused_result));

/* Calls f for every resource; f may remove it. */
void resource_each(struct resources *rs, void (*f)(struct resource *r, void *data), void *data);

#endif
