/* SPDX-License-Identifier: BSD-3-Clause */
/* The contexts of a guest: what each of them has attached, as the relocator wants it. */
#ifndef GVT_CORE_CONTEXT_H
#define GVT_CORE_CONTEXT_H

#include "core/resource.h"
#include "proto/virgl.h"

/* Handles of a guest that a context can have attached. Linux counts them up and never uses one
 * again; the map of a context is as long as the highest. */
#define CONTEXT_MAX_HANDLE (1u << 20)
#define VGPU_MAX_CONTEXTS  256u

struct context {
    uint32_t id;
    int fd; /* the back end's context on the physical GPU: an open file, or a number */
    struct virgl_map map;
    uint32_t *physical; /* the map's */
    uint32_t *token;    /* beside it: the back end's word for the resource in this context */
    uint64_t bytes;     /* of both, charged to the guest */
};

struct contexts {
    struct context *context[VGPU_MAX_CONTEXTS];
    uint32_t count, max;
};

struct context *context_find(const struct contexts *cs, uint32_t id);

/* A new one; NULL with *answer = the guest's error. */
struct context *context_add(struct contexts *cs, uint32_t id, uint32_t *answer);
/* Takes it out and frees it; the back end has let go of it. */
void context_remove(struct contexts *cs, struct resources *rs, struct context *c);

/* Makes the map reach `handle`; VGPU_OK_NODATA or the guest's error. */
uint32_t context_reach(struct context *c, struct resources *rs, uint32_t handle)
    __attribute__((warn_unused_result));

static inline bool context_has(const struct context *c, uint32_t handle)
{
    return handle < c->map.count && c->physical[handle];
}

#endif
