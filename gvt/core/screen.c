/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the commands about scanouts and cursors. */
#include <string.h>

#include "display/include/display.h"
#include "request.h"

#define TARGET_2D 2u /* of Gallium's */

uint32_t screen_info(struct vgpu *g, struct request *q)
{
    struct vgpu_display_info *info = &q->a->u.display_info;

    for (unsigned i = 0; i < g->scanouts; i++)
        info->mode[i] = monitor_info(&g->scanout[i].monitor);
    q->a->bytes = sizeof(*info);
    return VGPU_OK_DISPLAY_INFO;
}

uint32_t screen_edid(struct vgpu *g, struct request *q)
{
    const unsigned n = q->r->get_edid.scanout;
    const struct vgpu_edid *own;

    if (n >= g->scanouts)
        return VGPU_ERR_INVALID_SCANOUT_ID;
    own = g->scanout[n].edid;
    if (own) {
        q->a->u.edid.size = own->size;
        memcpy(q->a->u.edid.edid, own->edid, sizeof(own->edid));
    } else {
        monitor_edid(&g->scanout[n].monitor, n, &q->a->u.edid);
    }
    q->a->bytes = sizeof(q->a->u.edid);
    return VGPU_OK_EDID;
}

/* What a scanout or a cursor can be: of a 3D resource, a plain picture with four bytes a pixel. */
static struct resource *shown(const struct vgpu *g, uint32_t id)
{
    struct resource *r = resource_find(&g->resources, id);

    if (!r || !r->rendered)
        return r;
    if (!r->physical || r->shape.target != TARGET_2D || r->shape.nr_samples > 1)
        return NULL;
    switch (r->format) {
    case VGPU_FORMAT_B8G8R8A8:
    case VGPU_FORMAT_B8G8R8X8:
    case VGPU_FORMAT_R8G8B8A8:
    case VGPU_FORMAT_R8G8B8X8:
        return r;
    default:
        return NULL;
    }
}

/* The compositor gets a 3D resource as a whole, and ends a client whose buffer is too large. */
static bool can_show(const struct vgpu_rect *rect, const struct resource *r)
{
    return rect_inside(rect, r) && rect->width <= BN_MAX_PICTURE &&
           rect->height <= BN_MAX_PICTURE &&
           (!r->rendered || (rect->width == r->width && rect->height == r->height));
}

/* The GPU's picture to where it is shown from, if it is not there already. */
static bool fetch(struct vgpu *g, struct resource *r, const struct vgpu_rect *rect)
{
    const struct gvt_render *render = g->backend->render;
    const int64_t copied =
        r->rendered && r->physical && render->fetch ? render->fetch(g->render_data, r, rect) : 0;

    g->statistics.copies += copied > 0;
    g->statistics.copied_bytes += copied > 0 ? (uint64_t)copied : 0;
    return copied >= 0;
}

uint32_t screen_show(struct vgpu *g, struct request *q)
{
    const struct vgpu_set_scanout *c = &q->r->set_scanout;
    struct vgpu_scanout *s = &g->scanout[c->scanout_id];
    struct resource *resource = NULL;

    if (c->scanout_id >= g->scanouts)
        return VGPU_ERR_INVALID_SCANOUT_ID;
    if (c->resource_id) {
        resource = shown(g, c->resource_id);
        if (!resource)
            return VGPU_ERR_INVALID_RESOURCE_ID;
        if (!can_show(&c->r, resource) || !fetch(g, resource, &c->r))
            return VGPU_ERR_INVALID_PARAMETER;
    }
    s->resource = resource;
    s->rect = c->r;
    g->statistics.scanouts++;
    g->sink->scanout(g->sink_data, c->scanout_id, resource, resource ? &c->r : NULL);
    return VGPU_OK_NODATA;
}

uint32_t screen_flush(struct vgpu *g, struct request *q)
{
    struct resource *resource = resource_find(&g->resources, q->r->flush.resource_id);

    if (!resource)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (!rect_inside(&q->r->flush.r, resource))
        return VGPU_ERR_INVALID_PARAMETER;
    g->statistics.flushes++;
    for (unsigned i = 0; i < g->scanouts; i++)
        if (g->scanout[i].resource == resource && fetch(g, resource, &q->r->flush.r))
            g->sink->flush(g->sink_data, i, resource, &q->r->flush.r);
    return VGPU_OK_NODATA;
}

uint32_t screen_cursor(struct vgpu *g, struct request *q)
{
    const struct vgpu_cursor *c = &q->r->cursor;
    struct resource *resource = NULL;
    struct vgpu_rect all = {0};

    if (c->scanout_id >= g->scanouts)
        return VGPU_ERR_INVALID_SCANOUT_ID;
    if (c->resource_id) {
        resource = shown(g, c->resource_id);
        if (!resource)
            return VGPU_ERR_INVALID_RESOURCE_ID;
        all.width = resource->width;
        all.height = resource->height;
        if (!can_show(&all, resource) || !fetch(g, resource, &all))
            return VGPU_ERR_INVALID_PARAMETER;
    }
    g->scanout[c->scanout_id].cursor = resource;
    g->scanout[c->scanout_id].hot_x = c->hot_x;
    g->scanout[c->scanout_id].hot_y = c->hot_y;
    g->sink->cursor(g->sink_data, c->scanout_id, resource, (int32_t)c->x, (int32_t)c->y, true);
    return VGPU_OK_NODATA;
}

uint32_t screen_cursor_move(struct vgpu *g, struct request *q)
{
    const struct vgpu_cursor *c = &q->r->cursor;

    if (c->scanout_id >= g->scanouts)
        return VGPU_ERR_INVALID_SCANOUT_ID;
    g->sink->cursor(g->sink_data, c->scanout_id, g->scanout[c->scanout_id].cursor, (int32_t)c->x,
                    (int32_t)c->y, false);
    return VGPU_OK_NODATA;
}
