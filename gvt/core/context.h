/* SPDX-License-Identifier: BSD-3-Clause */
/* The contexts of a guest: what each of them has attached, as the relocator wants it. */
#ifndef GVT_CORE_CONTEXT_H
#define GVT_CORE_CONTEXT_H

#include "backend/job.h"
#include "core/query.h"
#include "core/resource.h"
#include "proto/virgl.h"

#define VGPU_MAX_CONTEXTS 256u

struct vgpu;

struct context_health { /* core/health.h */
    struct vgpu *gpu;
    struct gvt_job copy, read;
    uint32_t slot, token, word;      /* where it writes what */
    bool used;                       /* since it was looked at */
    bool attached, copying, reading; /* the canary; the job is with the back end */
    bool lost;                       /* the physical GPU has ended it */
};

struct context {
    uint32_t id;
    int fd; /* the back end's context on the physical GPU: an open file, or a number */
    /* Handles that are attached. Linux counts them up and never uses one again, so that the few
     * which there are at a time may have any value. */
    struct virgl_map map;
    struct virgl_slot *slot; /* the map's */
    uint32_t *token; /* beside each slot: the back end's word for the resource in this context */
    uint32_t attached;
    uint64_t bytes; /* of both, charged to the guest */
    struct queries queries;
    struct context_health health;
};

struct contexts {
    struct context *context[VGPU_MAX_CONTEXTS];
    uint32_t count, max;
    uint32_t factor; /* of their maps */
};

struct context *context_find(const struct contexts *cs, uint32_t id);

/* A new one; NULL with *answer = the guest's error. */
struct context *context_add(struct contexts *cs, uint32_t id, uint32_t *answer);
/* Takes it out and frees it; the back end has let go of it. */
void context_remove(struct contexts *cs, struct resources *rs, struct context *c);

/* Makes room in the map for one handle more; VGPU_OK_NODATA or the guest's error. */
uint32_t context_reach(struct context *c, struct resources *rs) __attribute__((warn_unused_result));
/* Puts a handle there for which context_reach() has made room and that is not there yet. */
void context_attach(struct context *c, uint32_t handle, uint32_t physical, uint32_t token);
/* Takes one out that is there. */
void context_detach(struct context *c, uint32_t handle);

/* The back end's word for an attached handle, NULL: it is not attached. */
const uint32_t *context_token(const struct context *c, uint32_t handle);

#endif
