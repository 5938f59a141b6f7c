/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the cluster's picture on this side of the shared window. */
#include "cluster.h"

#include <drm_fourcc.h>
#include <errno.h>
#include <string.h>
#include <wlr/render/pixman.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/util/log.h>

#include "pixels.h"

void cluster_init(struct cluster *c, struct wlr_renderer *renderer, const struct window *w)
{
    const size_t need = sizeof(struct bn_shm_header) + sizeof(struct bn_cluster_frames);
    int rc;

    memset(c, 0, sizeof(*c));
    c->renderer = renderer;
    c->in_place = wlr_renderer_is_pixman(renderer);
    rc = window_map(w, BN_SHM_CLUSTER_FRAMES, BN_SHM_READ, need, &c->region);
    if (rc && rc != -ENOENT)
        wlr_log(WLR_ERROR, "cluster frames cannot be read: %s", strerror(-rc));
}

static void drop_pictures(struct cluster *c)
{
    for (unsigned i = 0; i < BN_FRAME_BUFFERS; i++) {
        wlr_texture_destroy(c->texture[i]);
        c->texture[i] = NULL;
        if (c->buffer[i])
            wlr_buffer_drop(c->buffer[i]);
        c->buffer[i] = NULL;
    }
    c->lost = c->lost || c->current;
    c->current = NULL;
}

void cluster_finish(struct cluster *c)
{
    drop_pictures(c);
    window_unmap(&c->region);
}

static bool attach(struct cluster *c)
{
    struct frames *f = &c->frames;

    drop_pictures(c);
    if (!c->region.base || frames_attach(f, c->region.base, c->region.bytes))
        return false;
    for (unsigned i = 0; i < BN_FRAME_BUFFERS; i++) {
        c->buffer[i] = pixels_create(c->region.base + f->offset[i], DRM_FORMAT_XRGB8888, f->width,
                                     f->height, (size_t)f->pitch);
        if (!c->buffer[i]) {
            f->shared = NULL;
            return false;
        }
    }
    wlr_log(WLR_INFO, "cluster: %dx%d frames found, at frame %u", f->width, f->height,
            f->shared->latest);
    return true;
}

static bool upload(struct cluster *c, const struct frame_pick *pick)
{
    const unsigned slot = c->in_place ? pick->buffer : 0;
    struct wlr_texture **t = &c->texture[slot];
    pixman_region32_t damage;
    bool ok = true;

    if (!*t) {
        *t = wlr_texture_from_buffer(c->renderer, c->buffer[pick->buffer]);
        c->uploads += !c->in_place;
        c->upload_bytes +=
            c->in_place ? 0 : (uint64_t)c->frames.width * (uint64_t)c->frames.height * 4;
    } else if (!c->in_place) {
        pixman_region32_init(&damage);
        for (unsigned i = 0; i < pick->damage_count; i++) {
            const struct bn_rect *r = &pick->damage[i];

            pixman_region32_union_rect(&damage, &damage, r->x, r->y, (unsigned)r->width,
                                       (unsigned)r->height);
            c->upload_bytes += (uint64_t)r->width * (uint64_t)r->height * 4;
        }
        ok = wlr_texture_update_from_buffer(*t, c->buffer[pick->buffer], &damage);
        c->uploads++;
        pixman_region32_fini(&damage);
    }
    if (!*t || !ok)
        return false;
    c->current = *t;
    return true;
}

bool cluster_next(struct cluster *c, struct frame_pick *pick)
{
    if (!c->region.base)
        return false;
    if (c->frames.shared && !frames_same_geometry(&c->frames))
        c->frames.shared = NULL;
    if (!c->frames.shared && !attach(c))
        return false;
    if (!frames_next(&c->frames, pick))
        return false;
    if (!upload(c, pick)) {
        wlr_log(WLR_ERROR, "cluster: frame %u could not be made a texture", pick->counter);
        c->frames.missed++;
        c->frames.gap = true;
        return false;
    }
    return true;
}
