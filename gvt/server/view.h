/* SPDX-License-Identifier: BSD-3-Clause */
/* One scanout as a Wayland toplevel, with its cursor as a subsurface. */
#ifndef GVT_SERVER_VIEW_H
#define GVT_SERVER_VIEW_H

#include <stdbool.h>
#include <wayland-client.h>

#include "core/vgpu.h"
#include "damage.h"

struct view;

struct globals { /* what the compositor offers */
    struct wl_display *display;
    struct wl_registry *registry;
    struct wl_compositor *compositor;
    struct wl_subcompositor *subcompositor;
    struct wl_shm *shm;
    struct xdg_wm_base *shell;
    struct zwp_linux_dmabuf_v1 *dmabuf; /* NULL: it has no GPU that could show the guest's */
    struct view *view;                  /* all that show there */
    unsigned views;
};

struct view {
    struct globals *globals; /* NULL: not connected */
    unsigned number;
    struct resource *resource; /* what the guest shows, NULL: nothing */
    struct vgpu_rect rect;
    struct resource *cursor;
    int32_t cursor_x, cursor_y;
    /* The Wayland side; surface NULL: not on the screen */
    struct wl_surface *surface;
    struct xdg_surface *xdg;
    struct xdg_toplevel *toplevel;
    struct wl_callback *frame; /* outstanding: no commit before it is done */
    bool configured;
    struct wl_surface *cursor_surface;
    struct wl_subsurface *cursor_sub;
    struct damage damage; /* what the next commit has to carry */
    uint64_t since_ns;    /* when the first of it came */
    /* Shown anew and no request since: a flush adds nothing. Set by who sees all requests. */
    bool fresh;
    bool cursor_changed, cursor_moved;
    /* Commits that carried a picture: at most one a flush, a view_show(), a connection. */
    uint64_t pictures;
};

/* The connection is there (globals) or gone (NULL). */
void view_connect(struct view *v, struct globals *globals);

void view_show(struct view *v, struct resource *r, const struct vgpu_rect *rect);
void view_damage(struct view *v, const struct vgpu_rect *damage);
void view_cursor(struct view *v, struct resource *r, int32_t x, int32_t y, bool update);

/*
 * Whether a flush should wait: the picture before it has not been taken yet. Not for longer than
 * VIEW_PATIENCE_NS: a compositor that says nothing, or refuses the picture, holds no guest.
 */
#define VIEW_PATIENCE_NS 100000000L
bool view_full(const struct view *v);

/* Drops what Wayland has of the resource. disconnecting: the whole connection ends. */
void view_forget(struct resource *r, bool disconnecting);

#endif
