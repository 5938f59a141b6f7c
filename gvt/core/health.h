/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whether the physical GPU still works for the guest. A context that it has ended after an error
 * says nothing and draws nothing: so each context that was used is given a word to copy now and
 * then, and the copy is read back. And work whose end does not come: the GPU stands still.
 */
#ifndef GVT_CORE_HEALTH_H
#define GVT_CORE_HEALTH_H

#include "backend/backend.h"
#include "core/vgpu.h"

enum health_verdict {
    HEALTH_IDLE,   /* there is nothing to look after */
    HEALTH_WORKS,  /* look again */
    HEALTH_STANDS, /* HEALTH_PATIENCE looks in turn have found work and none that had ended */
};
#define HEALTH_PATIENCE 10u
/* So many looks, and nothing more is put on what may stand still: the kernel's driver has room for
 * some hundred commands and then waits, beyond any signal. */
#define HEALTH_DOUBT 2u

/* The physical GPU has ended a piece of work. */
static inline void health_ended(struct vgpu *g)
{
    g->health.ended++;
    g->health.still = 0;
}

/* To be called once a second while it does not say HEALTH_IDLE, and after vgpu_init() when work has
 * come (g->health.work). statistics.lost counts the contexts that were found dead. */
enum health_verdict health_look(struct vgpu *g);

/* Before the context goes. */
void health_forget(struct vgpu *g, struct context *c);
/* When all contexts have gone. */
void health_reset(struct vgpu *g);

#endif
