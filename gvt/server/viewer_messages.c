/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what a back end's messages do to the scanouts, and the answers to its questions. */
#include <drm_fourcc.h>
#include <stdio.h>
#include <string.h>

#include "backend/soft2d.h"
#include "display/include/display.h"
#include "viewer.h"

static struct viewer_scanout *scanout(struct viewer *v, uint32_t n)
{
    if (n < v->scanouts)
        return &v->scanout[n];
    v->passed_over++;
    return NULL;
}

static struct resource *add_picture(struct viewer *v, uint32_t width, uint32_t height,
                                    uint32_t format)
{
    uint32_t answer;
    struct resource *r = resource_add(&v->resources, ++v->last_id,
                                      (uint64_t)width * height * VGPU_BYTES_PER_PIXEL, &answer);

    if (!r)
        return NULL;
    r->width = width;
    r->height = height;
    r->format = format;
    return r;
}

/* One with pixels of our own, all 0. */
static struct resource *make_picture(struct viewer *v, uint32_t width, uint32_t height,
                                     uint32_t format)
{
    struct resource *r = add_picture(v, width, height, format);

    if (!r || soft2d_create(r) == 0)
        return r;
    resource_remove(&v->resources, r);
    return NULL;
}

void viewer_drop(struct viewer *v, struct resource *r)
{
    v->sink->forget(v->sink_data, r);
    soft2d_destroy(r); /* of a dma-buf, its descriptor */
    resource_remove(&v->resources, r);
}

void viewer_turn_off(struct viewer *v, uint32_t n)
{
    struct viewer_scanout *s = &v->scanout[n];

    if (!s->picture)
        return;
    v->sink->scanout(v->sink_data, n, NULL, NULL);
    viewer_drop(v, s->picture);
    s->picture = NULL;
}

static void show(struct viewer *v, uint32_t n)
{
    struct viewer_scanout *s = &v->scanout[n];
    const struct vgpu_rect all = {0, 0, s->picture->width, s->picture->height};

    s->fresh = false;
    v->sink->scanout(v->sink_data, n, s->picture, &all);
}

static int set_scanout(struct viewer *v)
{
    const struct vds_scanout *m = &v->body.set;
    struct viewer_scanout *s = scanout(v, m->scanout);
    struct resource *r;

    if (!s)
        return 0;
    r = s->picture;
    if (r && !r->dmabuf && r->width == m->width && r->height == m->height)
        return 0; /* another page of the same size */
    viewer_turn_off(v, m->scanout);
    if (!m->width || !m->height)
        return 0;
    r = m->width > BN_MAX_PICTURE || m->height > BN_MAX_PICTURE
            ? NULL
            : make_picture(v, m->width, m->height, VGPU_FORMAT_B8G8R8X8);
    if (!r) {
        v->passed_over++;
        return 0;
    }
    s->picture = r;
    s->fresh = true;
    return 0;
}

struct resource *viewer_target(const struct viewer *v)
{
    const struct vds_update *u = &v->body.update;
    struct resource *r = u->scanout < v->scanouts ? v->scanout[u->scanout].picture : NULL;

    return r && u->x <= r->width && u->width <= r->width - u->x && u->y <= r->height &&
                   u->height <= r->height - u->y
               ? r
               : NULL;
}

static int changed(struct viewer *v, bool drawn)
{
    const struct vds_update *u = &v->body.update;
    const struct vds_header done = {.request = VDS_DMABUF_UPDATE, .flags = VDS_FLAG_REPLY};
    struct resource *r = viewer_target(v);

    if (!r || r->dmabuf != drawn || !u->width || !u->height) {
        v->passed_over++;
    } else {
        v->updates++;
        if (v->scanout[u->scanout].fresh)
            show(v, u->scanout);
        else
            v->sink->flush(v->sink_data, u->scanout, r,
                           &(struct vgpu_rect){u->x, u->y, u->width, u->height});
    }
    return drawn ? v->answer(v->answer_data, &done, sizeof(done)) : 0;
}

static uint32_t format_of(int32_t fourcc)
{
    switch ((uint32_t)fourcc) {
    case DRM_FORMAT_XRGB8888:
    case DRM_FORMAT_ARGB8888:
        return VGPU_FORMAT_B8G8R8X8;
    case DRM_FORMAT_XBGR8888:
    case DRM_FORMAT_ABGR8888:
        return VGPU_FORMAT_R8G8B8X8;
    default:
        return 0;
    }
}

/* A dma-buf as a whole: what can be handed on as it is. */
static int set_dmabuf(struct viewer *v)
{
    const struct vds_dmabuf *m = &v->body.dmabuf;
    struct viewer_scanout *s = scanout(v, m->scanout);
    const uint32_t format = format_of(m->fourcc);
    struct resource *r;

    if (!s)
        return 0;
    viewer_turn_off(v, m->scanout);
    if (v->fd < 0)
        return 0;
    if (!format || m->x || m->y || !m->width || m->width != m->fd_width || !m->height ||
        m->height != m->fd_height || m->width > BN_MAX_PICTURE || m->height > BN_MAX_PICTURE) {
        if (!v->told)
            fprintf(stderr, "display: scanout %u: a dma-buf of this kind cannot be shown\n",
                    m->scanout);
        v->told = true;
        v->passed_over++;
        return 0;
    }
    r = add_picture(v, m->width, m->height, format);
    if (!r) {
        v->passed_over++;
        return 0;
    }
    r->dmabuf = true;
    r->stride = m->fd_stride;
    r->modifier = v->in.request == VDS_DMABUF_SCANOUT2
                      ? m->modifier[0] | (uint64_t)m->modifier[1] << 32
                      : DRM_FORMAT_MOD_INVALID;
    r->fd = v->fd;
    v->fd = -1;
    s->picture = r;
    s->fresh = true;
    return 0;
}

static int set_cursor(struct viewer *v)
{
    const struct vds_cursor *m = &v->body.cursor;
    const bool hide = v->in.request == VDS_CURSOR_POS_HIDE;
    const bool new = v->in.request == VDS_CURSOR_UPDATE;
    struct viewer_scanout *s = scanout(v, m->at.scanout);

    if (!s)
        return 0;
    if (new && !s->cursor) {
        s->cursor = make_picture(v, VDS_CURSOR_SIDE, VDS_CURSOR_SIDE, VGPU_FORMAT_B8G8R8A8);
        v->passed_over += !s->cursor;
    }
    if (new && s->cursor)
        memcpy(s->cursor->pixels, m->pixel, sizeof(m->pixel));
    v->sink->cursor(v->sink_data, m->at.scanout, hide ? NULL : s->cursor, (int32_t)m->at.x,
                    (int32_t)m->at.y, true);
    return 0;
}

static int reply(struct viewer *v, const void *body, size_t bytes)
{
    struct {
        struct vds_header header;
        uint8_t body[sizeof(struct vgpu_edid)]; /* the longest */
    } m = {.header = {v->in.request, VDS_FLAG_REPLY, (uint32_t)bytes}};

    memcpy(m.body, body, bytes);
    return v->answer(v->answer_data, &m, sizeof(m.header) + bytes);
}

static int tell_features(struct viewer *v)
{
    return reply(v, &(uint64_t){VDS_F_EDID | VDS_F_DMABUF2}, sizeof(uint64_t));
}

static int tell_info(struct viewer *v)
{
    struct vgpu_display_info info = {.header.type = VGPU_OK_DISPLAY_INFO};

    for (unsigned i = 0; i < v->scanouts; i++)
        info.mode[i] = monitor_info(&v->scanout[i].monitor);
    return reply(v, &info, sizeof(info));
}

/* A scanout that is not there has one too: QEMU's back end waits for an answer. */
static int tell_edid(struct viewer *v)
{
    const uint32_t n = v->body.scanout;
    struct vgpu_edid edid = {.header.type = VGPU_OK_EDID};

    monitor_edid(&v->scanout[n < v->scanouts ? n : 0].monitor, n % VGPU_MAX_SCANOUTS, &edid);
    return reply(v, &edid, sizeof(edid));
}

static int update(struct viewer *v)
{
    return changed(v, false);
}

static int update_dmabuf(struct viewer *v)
{
    return changed(v, true);
}

/* All that we offer has messages of its own. */
static int take_features(struct viewer *v)
{
    (void)v;
    return 0;
}

const struct viewer_rule *viewer_rule(uint32_t request)
{
    static const struct viewer_rule rules[] = {
        [VDS_GET_PROTOCOL_FEATURES] = {0, tell_features},
        [VDS_SET_PROTOCOL_FEATURES] = {sizeof(uint64_t), take_features},
        [VDS_GET_DISPLAY_INFO] = {0, tell_info},
        [VDS_CURSOR_POS] = {sizeof(struct vds_position), set_cursor},
        [VDS_CURSOR_POS_HIDE] = {sizeof(struct vds_position), set_cursor},
        [VDS_CURSOR_UPDATE] = {sizeof(struct vds_cursor), set_cursor},
        [VDS_SCANOUT] = {sizeof(struct vds_scanout), set_scanout},
        [VDS_UPDATE] = {sizeof(struct vds_update), update},
        [VDS_DMABUF_SCANOUT] = {VDS_DMABUF_BYTES, set_dmabuf},
        [VDS_DMABUF_UPDATE] = {sizeof(struct vds_update), update_dmabuf},
        [VDS_GET_EDID] = {sizeof(uint32_t), tell_edid},
        [VDS_DMABUF_SCANOUT2] = {sizeof(struct vds_dmabuf), set_dmabuf},
    };

    return request < sizeof(rules) / sizeof(rules[0]) && rules[request].execute ? &rules[request]
                                                                                : NULL;
}
