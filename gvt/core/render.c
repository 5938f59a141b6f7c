/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the execution of the 3D commands that are done at once: capability set, contexts,
 * resources. */
#include <string.h>

#include "health.h"
#include "layout.h"
#include "request.h"

#define PAGE 4096u

static const struct gvt_render *ops(const struct vgpu *g)
{
    return g->backend->render;
}

static uint32_t get_capset_info(struct vgpu *g, struct request *q)
{
    struct vgpu_capset_info *info = &q->a->u.capset_info;

    if (q->r->get_capset_info.index >= g->config.num_capsets)
        return VGPU_ERR_INVALID_PARAMETER;
    info->id = g->capset.id;
    info->max_version = g->capset.version;
    info->max_size = (uint32_t)g->capset.bytes;
    q->a->bytes = sizeof(*info);
    return VGPU_OK_CAPSET_INFO;
}

static uint32_t get_capset(struct vgpu *g, struct request *q)
{
    const struct vgpu_get_capset *c = &q->r->get_capset;

    if (c->id != g->capset.id || c->version > g->capset.version)
        return VGPU_ERR_INVALID_PARAMETER;
    memcpy(q->a->u.capset.data, g->capset.data, g->capset.bytes);
    q->a->bytes = sizeof(q->a->u.header) + g->capset.bytes;
    return VGPU_OK_CAPSET;
}

static uint32_t ctx_create(struct vgpu *g, struct request *q)
{
    uint32_t answer;
    struct context *c = context_add(&g->contexts, q->r->header.ctx_id, &answer);

    if (!c)
        return answer;
    if (ops(g)->context_create(g->render_data, c)) {
        context_remove(&g->contexts, &g->resources, c);
        return VGPU_ERR_OUT_OF_MEMORY;
    }
    return VGPU_OK_NODATA;
}

/* Batches that it has in flight end by themselves. */
static void ctx_end(struct vgpu *g, struct context *c)
{
    health_forget(g, c);
    ops(g)->context_destroy(g->render_data, c);
    context_remove(&g->contexts, &g->resources, c);
}

static uint32_t ctx_destroy(struct vgpu *g, struct request *q)
{
    struct context *c = context_find(&g->contexts, q->r->header.ctx_id);

    if (!c)
        return VGPU_ERR_INVALID_CONTEXT_ID;
    ctx_end(g, c);
    return VGPU_OK_NODATA;
}

static uint32_t create_3d(struct vgpu *g, struct request *q)
{
    const struct vgpu_create_3d *c = &q->r->create_3d;
    struct virgl_block block;
    struct resource *r;
    uint32_t answer;

    if (!virgl_block_of(c->format, &block))
        return VGPU_ERR_INVALID_PARAMETER;
    r = resource_add(&g->resources, c->resource_id, layout_bytes(c, &block), &answer);
    if (!r)
        return answer;
    r->rendered = true;
    r->shape = *c;
    r->block = block;
    r->format = c->format;
    r->width = c->width;
    r->height = c->height;
    return VGPU_OK_NODATA;
}

/* CREATE_3D does not say how much memory a transfer may reach: the physical resource is made when
 * the backing is known, or when it is used before. */
static uint32_t make(struct vgpu *g, struct resource *r, uint64_t wanted)
{
    const uint64_t bytes = (wanted + PAGE - 1) / PAGE * PAGE;

    if (r->physical)
        return bytes > r->mirror_bytes ? VGPU_ERR_INVALID_PARAMETER : VGPU_OK_NODATA;
    if (resource_charge(&g->resources, bytes))
        return VGPU_ERR_OUT_OF_MEMORY;
    if (ops(g)->create(g->render_data, r, bytes)) {
        resource_uncharge(&g->resources, bytes);
        return VGPU_ERR_OUT_OF_MEMORY;
    }
    return VGPU_OK_NODATA;
}

uint32_t render_backed(struct vgpu *g, struct resource *r)
{
    const uint32_t answer = make(g, r, r->backing_bytes);

    if (answer != VGPU_OK_NODATA)
        resource_detach(&g->resources, r);
    return answer;
}

static void detach_from(struct vgpu *g, struct context *c, uint32_t handle)
{
    const uint32_t *token = context_token(c, handle);

    if (!token)
        return;
    ops(g)->detach(g->render_data, c, *token);
    context_detach(c, handle);
}

void render_destroy(struct vgpu *g, struct resource *r)
{
    work_drop(g, r);
    for (uint32_t i = 0; i < g->contexts.count; i++)
        detach_from(g, g->contexts.context[i], r->id);
    if (r->physical)
        ops(g)->destroy(g->render_data, r);
}

/* Linux attaches every picture it has a handle for, dumb ones too: those cannot be used in a
 * stream.
 */
static uint32_t ctx_attach(struct vgpu *g, struct request *q)
{
    struct context *c = context_find(&g->contexts, q->r->header.ctx_id);
    struct resource *r = resource_find(&g->resources, q->r->resource.resource_id);
    uint32_t answer, token;

    if (!c)
        return VGPU_ERR_INVALID_CONTEXT_ID;
    if (!r)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (!r->rendered || context_token(c, r->id))
        return VGPU_OK_NODATA;
    answer = r->physical ? VGPU_OK_NODATA : make(g, r, layout_bytes(&r->shape, &r->block));
    if (answer == VGPU_OK_NODATA)
        answer = context_reach(c, &g->resources);
    if (answer != VGPU_OK_NODATA)
        return answer;
    if (ops(g)->attach(g->render_data, c, r, &token))
        return VGPU_ERR_OUT_OF_MEMORY;
    context_attach(c, r->id, r->physical, token);
    return VGPU_OK_NODATA;
}

static uint32_t ctx_detach(struct vgpu *g, struct request *q)
{
    struct context *c = context_find(&g->contexts, q->r->header.ctx_id);

    if (!c)
        return VGPU_ERR_INVALID_CONTEXT_ID;
    if (!resource_find(&g->resources, q->r->resource.resource_id))
        return VGPU_ERR_INVALID_RESOURCE_ID;
    detach_from(g, c, q->r->resource.resource_id);
    return VGPU_OK_NODATA;
}

handler *render_handler_of(uint32_t type)
{
    switch (type) {
    case VGPU_CMD_GET_CAPSET_INFO:
        return get_capset_info;
    case VGPU_CMD_GET_CAPSET:
        return get_capset;
    case VGPU_CMD_CTX_CREATE:
        return ctx_create;
    case VGPU_CMD_CTX_DESTROY:
        return ctx_destroy;
    case VGPU_CMD_CTX_ATTACH_RESOURCE:
        return ctx_attach;
    case VGPU_CMD_CTX_DETACH_RESOURCE:
        return ctx_detach;
    case VGPU_CMD_RESOURCE_CREATE_3D:
        return create_3d;
    case VGPU_CMD_TRANSFER_TO_HOST_3D:
        return work_transfer_to_host;
    case VGPU_CMD_TRANSFER_FROM_HOST_3D:
        return work_transfer_from_host;
    case VGPU_CMD_SUBMIT_3D:
        return work_submit;
    default:
        return NULL;
    }
}

void render_reset(struct vgpu *g)
{
    work_reset(g);
    while (g->contexts.count)
        ctx_end(g, g->contexts.context[0]);
    health_reset(g);
}
