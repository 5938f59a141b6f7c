/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the way of a scanout's picture to the compositor: damage gathered, one commit per frame. */
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "display/include/display.h"
#include "import.h"
#include "xdg-shell-client-protocol.h"

struct picture { /* a resource as the compositor knows it */
    struct wl_shm_pool *pool;
    struct wl_buffer *buffer; /* of rect, no alpha */
    struct vgpu_rect rect;
    struct wl_buffer *cursor; /* all of it, with alpha */
    /* Of a dma-buf, in place of these */
    struct import opaque, alpha;
    struct globals *globals;
    struct resource *resource;
};

static void commit(struct view *v);

/* The compositor has taken the resource: whoever waited for that shows it. */
static void handle_imported(void *data)
{
    const struct picture *p = data;

    for (unsigned i = 0; i < p->globals->views; i++) {
        struct view *v = &p->globals->view[i];

        v->cursor_changed = v->cursor_changed || v->cursor == p->resource;
        if (v->resource == p->resource || v->cursor == p->resource)
            commit(v);
    }
}

static struct picture *picture_of(struct view *v, struct resource *r)
{
    const size_t bytes = resource_shown_bytes(r);
    struct picture *p = r->sink;

    if (p || r->fd < 0 || (!r->dmabuf && !bytes))
        return p;
    p = calloc(1, sizeof(*p));
    if (!p)
        return NULL;
    p->opaque.ready = p->alpha.ready = handle_imported;
    p->opaque.data = p->alpha.data = p;
    p->globals = v->globals;
    p->resource = r;
    if (r->dmabuf) {
        r->sink = p;
        return p;
    }
    p->pool = wl_shm_create_pool(v->globals->shm, r->fd, (int32_t)bytes);
    if (!p->pool) {
        free(p);
        return NULL;
    }
    r->sink = p;
    return p;
}

static struct wl_buffer *buffer_for(struct view *v, struct resource *r,
                                    const struct vgpu_rect *rect)
{
    struct picture *p = picture_of(v, r);
    const int32_t stride = (int32_t)(r->width * VGPU_BYTES_PER_PIXEL);

    if (!p)
        return NULL;
    if (r->dmabuf)
        return import_buffer(&p->opaque, v->globals, r, shm_format(r->format, false));
    if (p->buffer && !memcmp(&p->rect, rect, sizeof(*rect)))
        return p->buffer;
    if (p->buffer)
        wl_buffer_destroy(p->buffer);
    p->rect = *rect;
    p->buffer = wl_shm_pool_create_buffer(p->pool, (int32_t)(rect->y * r->width + rect->x) * 4,
                                          (int32_t)rect->width, (int32_t)rect->height, stride,
                                          shm_format(r->format, false));
    return p->buffer;
}

static struct wl_buffer *cursor_for(struct view *v, struct resource *r)
{
    struct picture *p = picture_of(v, r);

    if (p && r->dmabuf)
        return import_buffer(&p->alpha, v->globals, r, shm_format(r->format, true));
    if (p && !p->cursor)
        p->cursor = wl_shm_pool_create_buffer(p->pool, 0, (int32_t)r->width, (int32_t)r->height,
                                              (int32_t)(r->width * VGPU_BYTES_PER_PIXEL),
                                              shm_format(r->format, true));
    return p ? p->cursor : NULL;
}

void view_forget(struct resource *r, bool disconnecting)
{
    struct picture *p = r->sink;

    if (!p)
        return;
    if (p->buffer)
        wl_buffer_destroy(p->buffer);
    if (p->cursor)
        wl_buffer_destroy(p->cursor);
    if (p->pool)
        wl_shm_pool_destroy(p->pool);
    import_finish(&p->opaque, disconnecting);
    import_finish(&p->alpha, disconnecting);
    free(p);
    r->sink = NULL;
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

bool view_full(const struct view *v)
{
    return damaged(&v->damage) && now_ns() - v->since_ns < VIEW_PATIENCE_NS;
}

static void begin_damage(struct view *v)
{
    if (!damaged(&v->damage))
        v->since_ns = now_ns();
}

static void handle_frame(void *data, struct wl_callback *callback, uint32_t time)
{
    struct view *v = data;

    (void)time;
    wl_callback_destroy(callback);
    v->frame = NULL;
    commit(v);
}

static const struct wl_callback_listener frame_listener = {handle_frame};

static void commit_cursor(struct view *v)
{
    struct wl_buffer *buffer = v->cursor ? cursor_for(v, v->cursor) : NULL;

    wl_surface_attach(v->cursor_surface, buffer, 0, 0);
    if (buffer)
        wl_surface_damage_buffer(v->cursor_surface, 0, 0, (int32_t)v->cursor->width,
                                 (int32_t)v->cursor->height);
    wl_surface_commit(v->cursor_surface);
}

static void commit(struct view *v)
{
    const struct damage *d = &v->damage;
    const bool picture = damaged(d);
    struct wl_buffer *buffer;

    if (!v->configured || v->frame || !v->resource ||
        !(picture || v->cursor_changed || v->cursor_moved))
        return;
    if (v->cursor_changed)
        commit_cursor(v);
    if (v->cursor_changed || v->cursor_moved)
        wl_subsurface_set_position(v->cursor_sub, v->cursor_x, v->cursor_y);
    if (picture) {
        buffer = buffer_for(v, v->resource, &v->rect);
        if (!buffer)
            return;
        wl_surface_attach(v->surface, buffer, 0, 0);
        wl_surface_damage_buffer(v->surface, (int32_t)(d->x1 - v->rect.x),
                                 (int32_t)(d->y1 - v->rect.y), (int32_t)(d->x2 - d->x1),
                                 (int32_t)(d->y2 - d->y1));
    }
    v->damage = (struct damage){0};
    v->cursor_changed = v->cursor_moved = false;
    v->frame = wl_surface_frame(v->surface);
    wl_callback_add_listener(v->frame, &frame_listener, v);
    wl_surface_commit(v->surface);
    v->pictures += picture;
}

static void handle_toplevel_configure(void *data, struct xdg_toplevel *t, int32_t width,
                                      int32_t height, struct wl_array *states)
{
    (void)data, (void)t, (void)width, (void)height, (void)states;
}

static void handle_close(void *data, struct xdg_toplevel *t)
{
    (void)data, (void)t;
}

static const struct xdg_toplevel_listener toplevel_listener = {
    .configure = handle_toplevel_configure,
    .close = handle_close,
};

static void handle_configure(void *data, struct xdg_surface *xdg, uint32_t serial)
{
    struct view *v = data;

    xdg_surface_ack_configure(xdg, serial);
    v->configured = true;
    commit(v);
}

static const struct xdg_surface_listener xdg_listener = {handle_configure};

static void damage_all(struct view *v)
{
    begin_damage(v);
    v->damage = (struct damage){0};
    (void)damage_add(&v->damage, &v->rect, &v->rect);
    v->cursor_changed = v->cursor != NULL;
}

static void open_surface(struct view *v)
{
    char app_id[sizeof(BN_SCANOUT_APP_ID) + 12];

    v->surface = wl_compositor_create_surface(v->globals->compositor);
    v->xdg = xdg_wm_base_get_xdg_surface(v->globals->shell, v->surface);
    xdg_surface_add_listener(v->xdg, &xdg_listener, v);
    v->toplevel = xdg_surface_get_toplevel(v->xdg);
    xdg_toplevel_add_listener(v->toplevel, &toplevel_listener, v);
    snprintf(app_id, sizeof(app_id), BN_SCANOUT_APP_ID "%u", v->number);
    xdg_toplevel_set_app_id(v->toplevel, app_id);
    v->cursor_surface = wl_compositor_create_surface(v->globals->compositor);
    v->cursor_sub =
        wl_subcompositor_get_subsurface(v->globals->subcompositor, v->cursor_surface, v->surface);
    wl_subsurface_set_desync(v->cursor_sub);
    wl_surface_commit(v->surface);
    damage_all(v);
}

static void close_surface(struct view *v)
{
    if (!v->surface)
        return;
    if (v->frame)
        wl_callback_destroy(v->frame);
    wl_subsurface_destroy(v->cursor_sub);
    wl_surface_destroy(v->cursor_surface);
    xdg_toplevel_destroy(v->toplevel);
    xdg_surface_destroy(v->xdg);
    wl_surface_destroy(v->surface);
    v->frame = NULL;
    v->surface = NULL;
    v->configured = false;
}

void view_connect(struct view *v, struct globals *globals)
{
    close_surface(v);
    v->globals = globals;
    if (globals && v->resource)
        open_surface(v);
}

void view_show(struct view *v, struct resource *r, const struct vgpu_rect *rect)
{
    v->resource = r;
    v->fresh = false;
    if (r)
        v->rect = *rect;
    if (!v->globals)
        return;
    if (!r) {
        close_surface(v);
        return;
    }
    if (!v->surface)
        open_surface(v);
    damage_all(v);
    commit(v);
}

void view_damage(struct view *v, const struct vgpu_rect *d)
{
    if (v->fresh)
        return;
    begin_damage(v);
    if (damage_add(&v->damage, &v->rect, d))
        commit(v);
}

void view_cursor(struct view *v, struct resource *r, int32_t x, int32_t y, bool update)
{
    v->cursor = r;
    v->cursor_x = x;
    v->cursor_y = y;
    v->cursor_changed = v->cursor_changed || update;
    v->cursor_moved = true;
    if (v->globals)
        commit(v);
}
