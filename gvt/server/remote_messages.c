/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what is said over the display socket, and in which order: features, the guest's question,
 * then the scanouts in turn, each one's size before its cursor and its pixels. */
#include <drm_fourcc.h>
#include <string.h>

#include "proto/pixels.h"
#include "remote.h"

#define UPDATE_AT (sizeof(struct vds_header) + sizeof(struct vds_update))
#define MAX_SIDE  16384u

static bool say(struct remote *r, uint32_t request, const void *body, size_t bytes)
{
    const struct vds_header h = {.request = request, .bytes = (uint32_t)bytes};

    memcpy(r->out.data, &h, sizeof(h));
    if (bytes)
        memcpy(r->out.data + sizeof(h), body, bytes);
    r->out.bytes = sizeof(h) + bytes;
    r->out.sent = 0;
    r->out.fd = -1;
    return true;
}

static bool ask(struct remote *r, uint32_t request, const void *body, size_t bytes)
{
    r->awaited = request;
    return say(r, request, body, bytes);
}

static int32_t fourcc(uint32_t format)
{
    switch (format) {
    case VGPU_FORMAT_R8G8B8A8:
    case VGPU_FORMAT_R8G8B8X8:
        return DRM_FORMAT_XBGR8888;
    default:
        return DRM_FORMAT_XRGB8888;
    }
}

static bool say_dmabuf(struct remote *r, unsigned n, struct remote_view *v)
{
    const struct resource *p = v->resource;
    const bool modifier = r->features & VDS_F_DMABUF2;
    const struct vds_dmabuf d = {
        .scanout = n,
        .width = v->rect.width,
        .height = v->rect.height,
        .fd_width = p->width,
        .fd_height = p->height,
        .fd_stride = p->stride,
        .fd_flags = p->shape.flags & VGPU_RESOURCE_Y_0_TOP,
        .fourcc = fourcc(p->format),
        .modifier = {(uint32_t)p->modifier, (uint32_t)(p->modifier >> 32)},
    };

    v->imported = true;
    v->width = v->height = 0;
    (void)say(r, modifier ? VDS_DMABUF_SCANOUT2 : VDS_DMABUF_SCANOUT, &d,
              modifier ? sizeof(d) : VDS_DMABUF_BYTES);
    r->out.fd = p->fd;
    return true;
}

/* What the scanout is. Pages that are flipped have one size: the front end's picture stays. */
static bool say_scanout(struct remote *r, unsigned n, struct remote_view *v)
{
    const struct resource *p = v->resource;
    const bool shown = p && (p->dmabuf || resource_shown_bytes(p));
    const struct vds_scanout s = {n, shown ? v->rect.width : 0, shown ? v->rect.height : 0};
    const struct vds_dmabuf off = {.scanout = n};

    v->set = true;
    if (shown && p->dmabuf)
        return say_dmabuf(r, n, v);
    if (v->imported) {
        v->imported = false;
        v->set = !shown; /* and then the other kind */
        return say(r, VDS_DMABUF_SCANOUT, &off, VDS_DMABUF_BYTES);
    }
    if (v->width == s.width && v->height == s.height)
        return false;
    v->width = s.width;
    v->height = s.height;
    return say(r, VDS_SCANOUT, &s, sizeof(s));
}

/* The protocol's cursors have one size: a larger one is cut, a smaller one stands in its corner. */
static void draw_cursor(uint32_t *to, const struct resource *c)
{
    const uint32_t width = damage_min(c->width, VDS_CURSOR_SIDE);
    const uint32_t height = damage_min(c->height, VDS_CURSOR_SIDE);

    memset(to, 0, VDS_CURSOR_SIDE * VDS_CURSOR_SIDE * sizeof(*to));
    for (uint32_t y = 0; y < height; y++)
        pixels_to_argb(to + y * VDS_CURSOR_SIDE,
                       c->pixels + (size_t)y * c->width * VGPU_BYTES_PER_PIXEL, width, c->format);
}

static bool say_cursor(struct remote *r, unsigned n, struct remote_view *v)
{
    /* A dma-buf's pixels are not on our side. */
    const bool shown = v->cursor && resource_shown_bytes(v->cursor);
    struct vds_cursor c = {.at = {n, v->cursor_x, v->cursor_y}};
    const bool changed = v->cursor_changed;

    v->cursor_changed = v->cursor_moved = false;
    if (!shown || !changed)
        return say(r, shown ? VDS_CURSOR_POS : VDS_CURSOR_POS_HIDE, &c.at, sizeof(c.at));
    c.hot_x = r->gpu->scanout[n].hot_x;
    c.hot_y = r->gpu->scanout[n].hot_y;
    draw_cursor(c.pixel, v->cursor);
    return say(r, VDS_CURSOR_UPDATE, &c, sizeof(c));
}

/* As many of the damaged lines as fit into a message; the others stay. */
static bool say_pixels(struct remote *r, unsigned n, struct remote_view *v)
{
    const struct resource *p = v->resource;
    struct damage *d = &v->damage;
    const uint32_t width = d->x2 - d->x1, left = d->y2 - d->y1;
    const size_t line = (size_t)width * VGPU_BYTES_PER_PIXEL;
    const uint32_t lines = damage_min(left, (uint32_t)((REMOTE_ROOM - UPDATE_AT) / line));
    const struct vds_update u = {n, d->x1 - v->rect.x, d->y1 - v->rect.y, width, lines};
    uint32_t at = d->y1;

    (void)say(r, VDS_UPDATE, &u, sizeof(u));
    for (uint32_t y = 0; y < lines; y++, at++)
        pixels_to_argb((uint32_t *)(void *)(r->out.data + UPDATE_AT + y * line),
                       p->pixels + ((size_t)at * p->width + d->x1) * VGPU_BYTES_PER_PIXEL, width,
                       p->format);
    memcpy(r->out.data + offsetof(struct vds_header, bytes),
           &(uint32_t){(uint32_t)(sizeof(u) + lines * line)}, sizeof(uint32_t));
    r->out.bytes = UPDATE_AT + lines * line;
    d->y1 = at;
    if (at == d->y2) {
        *d = (struct damage){0};
        r->pictures++;
    }
    return true;
}
_Static_assert(MAX_SIDE *VGPU_BYTES_PER_PIXEL + UPDATE_AT <= REMOTE_ROOM &&
                   VGPU_MAX_SIZE <= MAX_SIDE && VGPU_MAX_TEXTURE <= MAX_SIDE,
               "a line fits");
_Static_assert(sizeof(struct vds_cursor) + sizeof(struct vds_header) <= REMOTE_ROOM,
               "a cursor fits");
_Static_assert(UPDATE_AT % sizeof(uint32_t) == 0, "words");

/* The pixels are there already; its answer says that they have been looked at. */
static bool say_drawn(struct remote *r, unsigned n, struct remote_view *v)
{
    const struct damage *d = &v->damage;
    const struct vds_update u = {n, d->x1 - v->rect.x, d->y1 - v->rect.y, d->x2 - d->x1,
                                 d->y2 - d->y1};

    v->damage = (struct damage){0};
    r->pictures++;
    return ask(r, VDS_DMABUF_UPDATE, &u, sizeof(u));
}

static bool view_next(struct remote *r, unsigned n)
{
    struct remote_view *v = &r->view[n];

    if (!v->set && say_scanout(r, n, v))
        return true;
    if (v->cursor_changed || v->cursor_moved)
        return say_cursor(r, n, v);
    if (!v->resource || !damaged(&v->damage))
        return false;
    return v->imported ? say_drawn(r, n, v) : v->width && say_pixels(r, n, v);
}

bool remote_next(struct remote *r)
{
    if (r->awaited)
        return false;
    if (r->question == VDS_GET_DISPLAY_INFO && !r->answered)
        return ask(r, VDS_GET_DISPLAY_INFO, NULL, 0);
    if (r->question == VDS_GET_EDID && !r->answered) {
        r->awaited_scanout = r->question_scanout;
        return ask(r, VDS_GET_EDID, &r->question_scanout, sizeof(r->question_scanout));
    }
    for (unsigned i = 0; i < VGPU_MAX_SCANOUTS; i++) {
        const unsigned n = (r->next + i) % VGPU_MAX_SCANOUTS;

        if (view_next(r, n)) {
            r->next = n + 1;
            return true;
        }
    }
    return false;
}

static void take_modes(struct remote *r, const struct vgpu_display_info *info)
{
    for (unsigned i = 0; i < r->gpu->scanouts; i++) {
        const struct vgpu_display_one *m = &info->mode[i];
        const bool on = m->enabled && m->r.width && m->r.width <= MAX_SIDE && m->r.height &&
                        m->r.height <= MAX_SIDE;

        r->gpu->scanout[i].monitor.mode =
            on ? (struct vgpu_mode){m->r.width, m->r.height, 60000} : (struct vgpu_mode){0};
    }
}

static void take_edid(struct remote *r, unsigned n, const struct vgpu_edid *edid)
{
    if (!edid->size || edid->size > sizeof(edid->edid))
        return; /* ours does */
    r->edid[n] = *edid;
    r->gpu->scanout[n].edid = &r->edid[n];
}

static size_t answer_bytes(uint32_t request)
{
    switch (request) {
    case VDS_GET_PROTOCOL_FEATURES:
        return sizeof(uint64_t);
    case VDS_GET_DISPLAY_INFO:
        return sizeof(struct vgpu_display_info);
    case VDS_GET_EDID:
        return sizeof(struct vgpu_edid);
    default:
        return 0;
    }
}

bool remote_take_answer(struct remote *r)
{
    const uint32_t request = r->in.header.request;

    if (!r->awaited || request != r->awaited || !(r->in.header.flags & VDS_FLAG_REPLY) ||
        r->in.header.bytes != answer_bytes(request) || r->out.sent < r->out.bytes)
        return false;
    r->awaited = 0;
    switch (request) {
    case VDS_GET_PROTOCOL_FEATURES:
        r->features = r->in.body.features & (VDS_F_EDID | VDS_F_DMABUF2);
        r->answered = r->question == VDS_GET_EDID && !(r->features & VDS_F_EDID);
        return say(r, VDS_SET_PROTOCOL_FEATURES, &r->features, sizeof(r->features));
    case VDS_GET_DISPLAY_INFO:
        take_modes(r, &r->in.body.info);
        r->answered = r->question == request;
        return true;
    case VDS_GET_EDID:
        take_edid(r, r->awaited_scanout, &r->in.body.edid);
        r->answered = r->question == request && r->question_scanout == r->awaited_scanout;
        return true;
    default:
        return true;
    }
}
