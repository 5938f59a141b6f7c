/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the execution of a guest's commands. */
#include "vgpu.h"

#include <string.h>

#include "edid.h"

struct request {
    const union vgpu_request *r;
    const struct vq_mem *mem;
    const struct vgpu_mem_entry *entries; /* of ATTACH_BACKING */
    uint32_t entry_count;
    struct vgpu_answer *a;
};

typedef uint32_t handler(struct vgpu *g, const struct request *q);

static bool inside(const struct vgpu_rect *rect, const struct resource *r)
{
    return rect->x <= r->width && rect->width <= r->width - rect->x && rect->y <= r->height &&
           rect->height <= r->height - rect->y;
}

static uint32_t get_display_info(struct vgpu *g, const struct request *q)
{
    struct vgpu_display_info *info = &q->a->u.display_info;

    for (unsigned i = 0; i < g->scanouts; i++) {
        info->mode[i].r =
            (struct vgpu_rect){0, 0, g->scanout[i].mode.width, g->scanout[i].mode.height};
        info->mode[i].enabled = g->scanout[i].mode.width != 0;
    }
    q->a->bytes = sizeof(*info);
    return VGPU_OK_DISPLAY_INFO;
}

static uint32_t get_edid(struct vgpu *g, const struct request *q)
{
    const unsigned n = q->r->get_edid.scanout;
    const struct vgpu_mode *m = &g->scanout[n].mode;

    if (n >= g->scanouts)
        return VGPU_ERR_INVALID_SCANOUT_ID;
    q->a->u.edid.size = EDID_BYTES;
    edid_make(q->a->u.edid.edid, m->width, m->height, m->refresh_mhz, n);
    q->a->bytes = sizeof(q->a->u.edid);
    return VGPU_OK_EDID;
}

static uint32_t create_2d(struct vgpu *g, const struct request *q)
{
    const struct vgpu_create_2d *c = &q->r->create_2d;
    uint32_t answer;
    struct resource *resource =
        resource_add(&g->resources, c->resource_id, c->format, c->width, c->height, &answer);

    if (!resource)
        return answer;
    if (g->backend->create_2d(resource)) {
        resource_remove(&g->resources, resource);
        return VGPU_ERR_OUT_OF_MEMORY;
    }
    return VGPU_OK_NODATA;
}

/* Whatever shows it shows nothing any more. */
static void destroy(struct resource *r, void *data)
{
    struct vgpu *g = data;

    for (unsigned i = 0; i < g->scanouts; i++) {
        if (g->scanout[i].resource == r) {
            g->scanout[i].resource = NULL;
            g->sink->scanout(g->sink_data, i, NULL, NULL);
        }
        if (g->scanout[i].cursor == r) {
            g->scanout[i].cursor = NULL;
            g->sink->cursor(g->sink_data, i, NULL, 0, 0, true);
        }
    }
    g->sink->forget(g->sink_data, r);
    g->backend->destroy(r);
    resource_remove(&g->resources, r);
}

static uint32_t unref(struct vgpu *g, const struct request *q)
{
    struct resource *resource = resource_find(&g->resources, q->r->resource.resource_id);

    if (!resource)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    destroy(resource, g);
    return VGPU_OK_NODATA;
}

static uint32_t set_scanout(struct vgpu *g, const struct request *q)
{
    const struct vgpu_set_scanout *c = &q->r->set_scanout;
    struct vgpu_scanout *s = &g->scanout[c->scanout_id];
    struct resource *resource = NULL;

    if (c->scanout_id >= g->scanouts)
        return VGPU_ERR_INVALID_SCANOUT_ID;
    if (c->resource_id) {
        resource = resource_find(&g->resources, c->resource_id);
        if (!resource)
            return VGPU_ERR_INVALID_RESOURCE_ID;
        if (!inside(&c->r, resource))
            return VGPU_ERR_INVALID_PARAMETER;
    }
    s->resource = resource;
    s->rect = c->r;
    g->statistics.scanouts++;
    g->sink->scanout(g->sink_data, c->scanout_id, resource, resource ? &c->r : NULL);
    return VGPU_OK_NODATA;
}

static uint32_t flush(struct vgpu *g, const struct request *q)
{
    struct resource *resource = resource_find(&g->resources, q->r->flush.resource_id);

    if (!resource)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (!inside(&q->r->flush.r, resource))
        return VGPU_ERR_INVALID_PARAMETER;
    g->statistics.flushes++;
    for (unsigned i = 0; i < g->scanouts; i++)
        if (g->scanout[i].resource == resource)
            g->sink->flush(g->sink_data, i, resource, &q->r->flush.r);
    return VGPU_OK_NODATA;
}

static uint32_t transfer_2d(struct vgpu *g, const struct request *q)
{
    const struct vgpu_transfer_2d *c = &q->r->transfer_2d;
    struct resource *resource = resource_find(&g->resources, c->resource_id);
    uint64_t need;
    int64_t copied;

    if (!resource)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (!inside(&c->r, resource))
        return VGPU_ERR_INVALID_PARAMETER;
    /* From the first pixel of the first line to the last of the last. */
    need = ((uint64_t)(c->r.height - 1) * resource->width + c->r.width) * VGPU_BYTES_PER_PIXEL;
    if (!resource->range || c->offset > resource->backing_bytes ||
        need > resource->backing_bytes - c->offset)
        return VGPU_ERR_INVALID_PARAMETER;
    copied = g->backend->transfer_in(resource, q->mem, &c->r, c->offset);
    if (copied < 0)
        return VGPU_ERR_INVALID_PARAMETER;
    g->statistics.copies++;
    g->statistics.copied_bytes += (uint64_t)copied;
    return VGPU_OK_NODATA;
}

static uint32_t attach(struct vgpu *g, const struct request *q)
{
    struct resource *resource = resource_find(&g->resources, q->r->attach.resource_id);

    if (!resource)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (!q->entries || q->entry_count != q->r->attach.nr_entries)
        return VGPU_ERR_INVALID_PARAMETER;
    return resource_attach(&g->resources, resource, q->entries, q->entry_count);
}

static uint32_t detach(struct vgpu *g, const struct request *q)
{
    struct resource *resource = resource_find(&g->resources, q->r->resource.resource_id);

    if (!resource)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (!resource->range)
        return VGPU_ERR_UNSPEC;
    resource_detach(&g->resources, resource);
    return VGPU_OK_NODATA;
}

static uint32_t update_cursor(struct vgpu *g, const struct request *q)
{
    const struct vgpu_cursor *c = &q->r->cursor;
    struct resource *resource = NULL;

    if (c->scanout_id >= g->scanouts)
        return VGPU_ERR_INVALID_SCANOUT_ID;
    if (c->resource_id) {
        resource = resource_find(&g->resources, c->resource_id);
        if (!resource)
            return VGPU_ERR_INVALID_RESOURCE_ID;
    }
    g->scanout[c->scanout_id].cursor = resource;
    g->sink->cursor(g->sink_data, c->scanout_id, resource, (int32_t)c->x, (int32_t)c->y, true);
    return VGPU_OK_NODATA;
}

static uint32_t move_cursor(struct vgpu *g, const struct request *q)
{
    const struct vgpu_cursor *c = &q->r->cursor;

    if (c->scanout_id >= g->scanouts)
        return VGPU_ERR_INVALID_SCANOUT_ID;
    g->sink->cursor(g->sink_data, c->scanout_id, g->scanout[c->scanout_id].cursor, (int32_t)c->x,
                    (int32_t)c->y, false);
    return VGPU_OK_NODATA;
}

static handler *handler_of(uint32_t type)
{
    switch (type) {
    case VGPU_CMD_GET_DISPLAY_INFO:
        return get_display_info;
    case VGPU_CMD_RESOURCE_CREATE_2D:
        return create_2d;
    case VGPU_CMD_RESOURCE_UNREF:
        return unref;
    case VGPU_CMD_SET_SCANOUT:
        return set_scanout;
    case VGPU_CMD_RESOURCE_FLUSH:
        return flush;
    case VGPU_CMD_TRANSFER_TO_HOST_2D:
        return transfer_2d;
    case VGPU_CMD_RESOURCE_ATTACH_BACKING:
        return attach;
    case VGPU_CMD_RESOURCE_DETACH_BACKING:
        return detach;
    case VGPU_CMD_GET_EDID:
        return get_edid;
    case VGPU_CMD_UPDATE_CURSOR:
        return update_cursor;
    case VGPU_CMD_MOVE_CURSOR:
        return move_cursor;
    default:
        return NULL;
    }
}

uint32_t vgpu_entries(const union vgpu_request *r, size_t bytes)
{
    const struct vgpu_rule *rule = NULL;

    if (vgpu_check(r, bytes, VGPU_QUEUE_CONTROL, VGPU_OFFERED, &rule) != VGPU_OK_NODATA)
        return 0;
    return rule->type == VGPU_CMD_RESOURCE_ATTACH_BACKING ? r->attach.nr_entries : 0;
}

/* §5.7.6.7: a fenced command's answer carries the fence back. Everything here is done when it is
 * answered. */
static void complete(const union vgpu_request *r, size_t bytes, struct vgpu_answer *a)
{
    if (bytes < sizeof(r->header) || !(r->header.flags & VGPU_FLAG_FENCE))
        return;
    a->u.header.flags = r->header.flags & (VGPU_FLAG_FENCE | VGPU_FLAG_RING);
    a->u.header.fence_id = r->header.fence_id;
    a->u.header.ctx_id = r->header.ctx_id;
    a->u.header.ring_idx = r->header.ring_idx;
}

void vgpu_execute(struct vgpu *g, const struct vq_mem *mem, unsigned queue,
                  const union vgpu_request *r, size_t bytes, const struct vgpu_mem_entry *entries,
                  uint32_t entry_count, struct vgpu_answer *a)
{
    const struct vgpu_rule *rule = NULL;
    uint32_t answer = vgpu_check(r, bytes, queue, VGPU_OFFERED, &rule);

    memset(a, 0, sizeof(*a));
    a->bytes = sizeof(a->u.header);
    g->statistics.commands++;
    if (answer == VGPU_OK_NODATA)
        answer = handler_of(rule->type)(g, &(struct request){r, mem, entries, entry_count, a});
    if (answer >= VGPU_ERR_UNSPEC) {
        g->statistics.errors++;
        a->bytes = sizeof(a->u.header);
    }
    a->u.header.type = answer;
    complete(r, bytes, a);
}

void vgpu_init(struct vgpu *g, const struct gvt_backend *backend, const struct vgpu_sink *sink,
               void *sink_data, const struct vgpu_mode *modes, unsigned scanouts,
               const struct quota *quota)
{
    memset(g, 0, sizeof(*g));
    g->backend = backend;
    g->sink = sink;
    g->sink_data = sink_data;
    g->resources.quota = *quota;
    g->scanouts = scanouts > VGPU_MAX_SCANOUTS ? VGPU_MAX_SCANOUTS : scanouts;
    for (unsigned i = 0; i < g->scanouts; i++)
        g->scanout[i].mode = modes[i];
    g->config.num_scanouts = g->scanouts;
}

void vgpu_reset(struct vgpu *g)
{
    resource_each(&g->resources, destroy, g);
    for (unsigned i = 0; i < g->scanouts; i++)
        g->sink->scanout(g->sink_data, i, NULL, NULL);
    g->config.events_read = 0;
}
