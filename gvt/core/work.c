/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what the physical GPU works on: transfers and batches, from the request to the answer. */
#include "health.h"
#include "layout.h"
#include "request.h"

static const struct gvt_render *ops(const struct vgpu *g)
{
    return g->backend->render;
}

int work_copy(struct vgpu *g, struct resource *r, const struct vq_mem *mem,
              const struct vgpu_transfer_3d *t, bool to_guest)
{
    struct backing_cursor at = {r, mem, 0};
    struct layout_box b;

    if (!r->range || !layout_of_box(r, t, &b) || b.end > r->backing_bytes ||
        b.end > r->mirror_bytes)
        return -1;
    if (b.line == b.stride) { /* one line after the other: a layer at a time, or all of them */
        const bool packed = b.layer_stride == b.line * b.lines;

        b.line *= packed ? b.lines * (uint64_t)b.layers : b.lines;
        b.layers = packed ? 1 : b.layers;
        b.lines = 1;
    }
    for (uint32_t z = 0; z < b.layers; z++) {
        for (uint32_t y = 0; y < b.lines; y++) {
            const uint64_t offset = t->offset + z * b.layer_stride + y * b.stride;

            if (backing_copy(&at, offset, r->pixels + offset, b.line, to_guest))
                return -1;
        }
    }
    g->statistics.copies++;
    g->statistics.copied_bytes += b.line * b.lines * b.layers;
    return 0;
}

static void job_done(struct gvt_job *work, int status)
{
    struct vgpu_job *j = (struct vgpu_job *)work; /* its first member */
    struct vgpu *g = j->gpu;
    bool ok = status == 0;

    if (ok && j->resource)
        ok = work_copy(g, j->resource, j->mem, &j->transfer, true) == 0;
    if (j->context)
        stream_done(g, j, ok);
    if (j->fence) {
        if (!ok && j->fence->header.type == VGPU_OK_NODATA)
            j->fence->header.type = VGPU_ERR_UNSPEC;
        j->fence->done = true;
    }
    g->batches -= j->batch;
    health_ended(g);
    j->busy = false;
    if (g->gate)
        g->gate->ended(g->gate_data);
    if (g->progress)
        g->progress(g->progress_data);
}

static struct vgpu_job *free_job(const struct vgpu *g)
{
    for (unsigned i = 0; i < VGPU_MAX_JOBS; i++)
        if (!g->job[i].busy)
            return (struct vgpu_job *)&g->job[i];
    return NULL;
}

static bool gate_open(const struct vgpu *g)
{
    return !g->gate || g->gate->open(g->gate_data);
}

bool work_ready(const struct vgpu *g, uint32_t type)
{
    switch (type) {
    case VGPU_CMD_SUBMIT_3D:
        return !g->max_batches || (g->batches < g->max_batches && free_job(g) && gate_open(g));
    case VGPU_CMD_TRANSFER_TO_HOST_3D:
    case VGPU_CMD_TRANSFER_FROM_HOST_3D:
        return free_job(g) && gate_open(g);
    default:
        return true;
    }
}

static struct vgpu_job *new_job(struct vgpu *g, bool batch)
{
    struct vgpu_job *j = free_job(g);

    if (j)
        *j = (struct vgpu_job){
            .work = {.done = job_done, .fence = {.fd = -1}}, .gpu = g, .batch = batch};
    return j;
}

static uint32_t start(struct request *q, struct vgpu_job *j, int rc)
{
    if (rc)
        return VGPU_ERR_UNSPEC;
    j->busy = true;
    j->gpu->health.work = true;
    j->gpu->batches += j->batch;
    if (j->gpu->gate)
        j->gpu->gate->started(j->gpu->gate_data);
    q->job = j;
    return VGPU_OK_NODATA;
}

/* A context that the physical GPU has ended is none any more: it would ignore what it gets. */
static struct context *find(const struct vgpu *g, uint32_t id)
{
    struct context *c = context_find(&g->contexts, id);

    return c && !c->health.lost ? c : NULL;
}

static uint32_t transfer(struct vgpu *g, struct request *q, bool to_gpu)
{
    const struct vgpu_transfer_3d *t = &q->r->transfer_3d;
    struct context *c = find(g, t->header.ctx_id);
    struct resource *r = resource_find(&g->resources, t->resource_id);
    const uint32_t *token;
    struct layout_box box;
    struct vgpu_job *j;

    if (!c)
        return VGPU_ERR_INVALID_CONTEXT_ID;
    token = context_token(c, t->resource_id);
    if (!r || !token)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (!layout_of_box(r, t, &box) || box.end > r->backing_bytes || box.end > r->mirror_bytes ||
        (to_gpu && work_copy(g, r, q->mem, t, false)))
        return VGPU_ERR_INVALID_PARAMETER;
    j = new_job(g, false);
    if (!j)
        return VGPU_ERR_OUT_OF_MEMORY;
    if (!to_gpu) {
        j->resource = r;
        j->mem = q->mem;
        j->transfer = *t;
    }
    return start(q, j, ops(g)->transfer(g->render_data, c, r, *token, t, to_gpu, &j->work));
}

uint32_t work_transfer_to_host(struct vgpu *g, struct request *q)
{
    return transfer(g, q, true);
}

uint32_t work_transfer_from_host(struct vgpu *g, struct request *q)
{
    return transfer(g, q, false);
}

uint32_t work_submit(struct vgpu *g, struct request *q)
{
    struct context *c = find(g, q->r->header.ctx_id);
    const uint32_t dwords = q->r->submit_3d.bytes / 4;
    enum virgl_verdict verdict;
    uint32_t answer;
    struct vgpu_job *j;

    if (!c)
        return VGPU_ERR_INVALID_CONTEXT_ID;
    if (!dwords)
        return VGPU_OK_NODATA;
    if (!q->payload)
        return VGPU_ERR_INVALID_PARAMETER;
    verdict = virgl_relocate(q->payload, dwords, &c->map, &g->found);
    if (verdict != VIRGL_FINE) {
        g->statistics.refused++;
        return verdict == VIRGL_FOREIGN ? VGPU_ERR_INVALID_RESOURCE_ID : VGPU_ERR_INVALID_PARAMETER;
    }
    j = new_job(g, true);
    if (!j)
        return VGPU_ERR_OUT_OF_MEMORY;
    answer = stream_prepare(g, q, c, j);
    if (answer != VGPU_OK_NODATA)
        return answer;
    g->statistics.batches++;
    g->statistics.dwords += dwords;
    c->health.used = true;
    return start(q, j, ops(g)->submit(g->render_data, c, q->payload, dwords, &j->work));
}

void work_drop(struct vgpu *g, struct resource *r)
{
    for (unsigned i = 0; i < VGPU_MAX_JOBS; i++) {
        struct vgpu_job *j = &g->job[i];

        if (!j->busy || j->resource != r)
            continue;
        j->resource = NULL;
        if (j->fence)
            j->fence->header.type = VGPU_ERR_INVALID_RESOURCE_ID;
    }
}

void work_reset(struct vgpu *g)
{
    for (unsigned i = 0; i < VGPU_MAX_JOBS; i++) {
        if (g->job[i].busy)
            ops(g)->forget(g->render_data, &g->job[i].work);
        g->job[i].busy = false;
    }
    g->batches = 0;
    if (g->gate)
        g->gate->reset(g->gate_data);
    g->fences.first = g->fences.count = 0;
}
