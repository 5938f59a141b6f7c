/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owns what commands inside a stream need of the guest's memory: transfers, copies from staging
 * memory, results of queries. The physical GPU does all that with the mirrors.
 */
#include <stddef.h>

#include "layout.h"
#include "request.h"

/* Of a batch; with more a guest would keep its mediator away from everything else. */
#define MAX_COPY ((uint64_t)256 << 20)

/* Dwords of TRANSFER3D and COPY_TRANSFER3D */
enum { LEVEL = 2, STRIDE = 4, LAYER_STRIDE, BOX, OFFSET = 12, SOURCE_OFFSET };

static struct vgpu_transfer_3d transfer_of(const uint32_t *command)
{
    const uint32_t *b = command + BOX;

    return (struct vgpu_transfer_3d){.box = {b[0], b[1], b[2], b[3], b[4], b[5]},
                                     .offset = command[OFFSET],
                                     .level = command[LEVEL],
                                     .stride = command[STRIDE],
                                     .layer_stride = command[LAYER_STRIDE]};
}

static int copy_transfer(struct vgpu *g, struct request *q, const struct virgl_note *note,
                         const uint32_t *command)
{
    struct resource *r = resource_find(&g->resources, note->handle[0]);
    const struct vgpu_transfer_3d t = transfer_of(command);

    if (!r || !vgpu_box_possible(&t.box, t.level))
        return -1;
    return work_copy(g, r, q->mem, &t, false);
}

/* Brings `bytes` bytes from `at` on out of the guest's memory, or back. */
static int copy_bytes(struct vgpu *g, struct resource *r, const struct vq_mem *mem, uint64_t at,
                      uint64_t bytes, bool to_guest)
{
    struct backing_cursor c = {r, mem, 0};

    if (!r || !r->range || at > r->backing_bytes || bytes > r->backing_bytes - at ||
        at > r->mirror_bytes || bytes > r->mirror_bytes - at)
        return -1;
    g->statistics.copies++;
    g->statistics.copied_bytes += bytes;
    return backing_copy(&c, at, r->pixels + at, bytes, to_guest);
}

/* Lines of the first resource's texels, which lie in the second's memory as the strides say. */
static int copy_staged(struct vgpu *g, struct request *q, const struct virgl_note *note,
                       const uint32_t *command)
{
    const struct resource *to = resource_find(&g->resources, note->handle[0]);
    struct resource *from = resource_find(&g->resources, note->handle[1]);
    const struct vgpu_transfer_3d t = transfer_of(command);

    if (!to || !vgpu_box_possible(&t.box, t.level))
        return -1;
    return copy_bytes(g, from, q->mem, command[SOURCE_OFFSET], layout_extent(to, &t), false);
}

/* The physical GPU is to find the state there that the guest has left, not an old result. */
static void ask(struct vgpu *g, struct request *q, struct context *c, struct vgpu_job *j,
                uint32_t object)
{
    struct query *query = query_find(&c->queries, object);

    if (!query || copy_bytes(g, resource_find(&g->resources, query->resource), q->mem, 0,
                             QUERY_RESULT_BYTES, false))
        return;
    query->asked = j;
    j->context = c->id;
    j->mem = q->mem;
}

/* The sub-context that commands behind `at` are for, as the commands in front of it say; Mesa
 * begins each batch with one. */
static uint32_t sub_context(const uint32_t *batch, uint32_t from, uint32_t at, uint32_t sub)
{
    for (uint32_t i = from; i < at; i += (batch[i] >> 16) + 1)
        if ((batch[i] & 0xFF) == VIRGL_OP_SET_SUB_CTX)
            sub = batch[i + 1];
    return sub;
}

static int prepare(struct vgpu *g, struct request *q, struct context *c, struct vgpu_job *j,
                   const struct virgl_note *note)
{
    const uint32_t *command = (const uint32_t *)q->payload + note->at;

    switch (*command & 0xFF) {
    case VIRGL_OP_DESTROY_SUB_CTX:
        query_destroy_all(&c->queries, command[1]);
        return 0;
    case VIRGL_OP_CREATE_OBJECT:
        query_create(&c->queries, command[1], note->handle[0]);
        return 0;
    case VIRGL_OP_DESTROY_OBJECT:
        query_destroy(&c->queries, command[1]);
        return 0;
    case VIRGL_OP_GET_QUERY_RESULT:
        ask(g, q, c, j, command[1]);
        return 0;
    case VIRGL_OP_TRANSFER3D:
        return copy_transfer(g, q, note, command);
    default: /* COPY_TRANSFER3D */
        return copy_staged(g, q, note, command);
    }
}

uint32_t stream_prepare(struct vgpu *g, struct request *q, struct context *c, struct vgpu_job *j)
{
    const uint64_t before = g->statistics.copied_bytes;
    uint32_t from = 0;

    c->queries.sub = 0;
    for (uint32_t i = 0; i < g->found.notes; i++) {
        const struct virgl_note *note = &g->found.note[i];

        c->queries.sub = sub_context(q->payload, from, note->at, c->queries.sub);
        from = note->at;
        if (prepare(g, q, c, j, note) || g->statistics.copied_bytes - before > MAX_COPY)
            return VGPU_ERR_INVALID_PARAMETER;
    }
    return VGPU_OK_NODATA;
}

void stream_done(struct vgpu *g, const struct vgpu_job *j, bool ok)
{
    struct context *c = context_find(&g->contexts, j->context);

    for (uint32_t i = 0; c && i < c->queries.count; i++) {
        struct query *query = &c->queries.query[i];

        if (query->asked != j)
            continue;
        query->asked = NULL;
        if (ok) /* a guest that has taken its memory away gets no result */
            (void)copy_bytes(g, resource_find(&g->resources, query->resource), j->mem, 0,
                             QUERY_RESULT_BYTES, true);
    }
}
