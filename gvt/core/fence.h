/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The answers that a guest waits for. Linux's driver takes an answer with a fence for the end of
 * every fenced request before it, whichever context that came from
 * (virtio_gpu_fence_event_process): a guest without F_CONTEXT has one timeline, and fenced requests
 * are answered in the order in which they came.
 */
#ifndef GVT_CORE_FENCE_H
#define GVT_CORE_FENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/virtio_gpu.h"

#define FENCES_MAX 1024u /* a queue is not longer */

struct fence {
    struct vgpu_header header; /* of the answer */
    uint32_t said; /* what has been written into the guest's buffer as the answer's type */
    bool done;
    /* What the device keeps: its queue's element and how many bytes of it are written. */
    uint16_t head;
    uint32_t written;
};

struct fences {
    struct fence fence[FENCES_MAX];
    uint32_t first, count;
};

static inline bool fences_full(const struct fences *f)
{
    return f->count == FENCES_MAX;
}

/* The next in line; there must be room. */
static inline struct fence *fence_add(struct fences *f)
{
    struct fence *e = &f->fence[(f->first + f->count++) % FENCES_MAX];

    *e = (struct fence){0};
    return e;
}

/* Takes the first one if it is done, else NULL; it stays readable until the next fence_add(). */
static inline struct fence *fence_take(struct fences *f)
{
    struct fence *e = &f->fence[f->first];

    if (!f->count || !e->done)
        return NULL;
    f->first = (f->first + 1) % FENCES_MAX;
    f->count--;
    return e;
}

#endif
