/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the words that contexts copy, and the patience with the physical GPU. */
#include "health.h"

#include <stddef.h>
#include <string.h>

#include "proto/virgl.h"

/* A buffer of the mediator's own with two words for each context, which writes the first and copies
 * it to the second. The guest cannot name it, since no handle of its leads there. A write alone
 * would not do: the physical GPU goes on with it in a context that draws no more. */
#define CANARY_BYTES 4096u
#define SLOT_BYTES   8u
#define FORMAT_R8    64u
#define BIND_VERTEX  16u

_Static_assert(VGPU_MAX_CONTEXTS *SLOT_BYTES <= CANARY_BYTES, "slots");

static const struct gvt_render *ops(const struct vgpu *g)
{
    return g->backend->render;
}

static void copied(struct gvt_job *job, int status)
{
    struct context_health *h =
        (struct context_health *)((uint8_t *)job - offsetof(struct context_health, copy));

    (void)status; /* what is read says it */
    h->copying = false;
    health_ended(h->gpu);
}

static void was_read(struct gvt_job *job, int status)
{
    struct context_health *h =
        (struct context_health *)((uint8_t *)job - offsetof(struct context_health, read));
    struct vgpu *g = h->gpu;
    uint32_t word;

    h->reading = false;
    health_ended(g);
    memcpy(&word, g->health.canary.pixels + h->slot * SLOT_BYTES + 4, sizeof(word));
    if ((status || word != h->word) && !h->lost) {
        h->lost = true;
        g->statistics.lost++;
    }
    if (g->progress)
        g->progress(g->progress_data); /* it may have been in doubt */
}

static bool slot_taken(const struct vgpu *g, uint32_t slot)
{
    for (uint32_t i = 0; i < g->contexts.count; i++)
        if (g->contexts.context[i]->health.attached && g->contexts.context[i]->health.slot == slot)
            return true;
    return false;
}

static int attach(struct vgpu *g, struct context *c)
{
    struct resource *r = &g->health.canary;
    struct context_health *h = &c->health;
    int rc = 0;

    if (!r->physical) {
        *r = (struct resource){.rendered = true,
                               .fd = -1,
                               .shape = {.format = FORMAT_R8,
                                         .bind = BIND_VERTEX,
                                         .width = CANARY_BYTES,
                                         .height = 1,
                                         .depth = 1,
                                         .array_size = 1}};
        rc = ops(g)->create(g->render_data, r, CANARY_BYTES);
    }
    if (rc == 0)
        rc = ops(g)->attach(g->render_data, c, r, &h->token);
    if (rc)
        return rc;
    while (slot_taken(g, h->slot))
        h->slot++;
    h->attached = true;
    h->gpu = g;
    return 0;
}

/* What cannot be started now is tried again at the next look. */
static void examine(struct vgpu *g, struct context *c)
{
    struct context_health *h = &c->health;
    const uint32_t canary = g->health.canary.physical, at = h->slot * SLOT_BYTES;
    const struct vgpu_transfer_3d t = {.box = {at, 0, 0, SLOT_BYTES, 1, 1}, .offset = at};
    const uint32_t batch[] = {
        VIRGL_OP_RESOURCE_INLINE_WRITE | 12u << 16,
        canary,
        0,
        0,
        0,
        0,
        at,
        0,
        0,
        4,
        1,
        1,
        ++g->health.word,
        VIRGL_OP_RESOURCE_COPY_REGION | 13u << 16,
        canary,
        0,
        at + 4,
        0,
        0,
        canary,
        0,
        at,
        0,
        0,
        4,
        1,
        1,
    };

    h->word = g->health.word;
    h->copy = (struct gvt_job){.done = copied, .fence = {.fd = -1}};
    h->read = (struct gvt_job){.done = was_read, .fence = {.fd = -1}};
    if (ops(g)->submit(g->render_data, c, batch, sizeof(batch) / sizeof(batch[0]), &h->copy))
        return;
    h->copying = true;
    if (ops(g)->transfer(g->render_data, c, &g->health.canary, h->token, &t, false, &h->read))
        return;
    h->reading = true;
    h->used = false;
}

enum health_verdict health_look(struct vgpu *g)
{
    struct vgpu_health *h = &g->health;
    bool busy = false, used = false;

    for (uint32_t i = 0; i < VGPU_MAX_JOBS; i++)
        busy = busy || g->job[i].busy;
    for (uint32_t i = 0; i < g->contexts.count; i++) {
        const struct context_health *c = &g->contexts.context[i]->health;

        busy = busy || c->copying || c->reading;
    }
    h->still = busy && h->ended == h->seen ? h->still + 1 : 0;
    h->seen = h->ended;
    if (h->still >= HEALTH_PATIENCE)
        return HEALTH_STANDS;
    /* Nothing is added to what stands. */
    for (uint32_t i = 0; !h->still && i < g->contexts.count; i++) {
        struct context *c = g->contexts.context[i];

        if (!c->health.used || c->health.lost || c->health.copying || c->health.reading)
            continue;
        if (c->health.attached || attach(g, c) == 0)
            examine(g, c);
        used = true;
    }
    h->work = busy || used;
    return h->work ? HEALTH_WORKS : HEALTH_IDLE;
}

void health_forget(struct vgpu *g, struct context *c)
{
    struct context_health *h = &c->health;

    if (h->copying)
        ops(g)->forget(g->render_data, &h->copy);
    if (h->reading)
        ops(g)->forget(g->render_data, &h->read);
    if (h->attached)
        ops(g)->detach(g->render_data, c, h->token);
    *h = (struct context_health){0};
}

void health_reset(struct vgpu *g)
{
    if (g->health.canary.physical)
        ops(g)->destroy(g->render_data, &g->health.canary);
    g->health = (struct vgpu_health){.word = g->health.word};
}
