/* SPDX-License-Identifier: BSD-3-Clause */
/* Surfaces and toplevels of guest VMs: limits checked at every commit, damage handed to the
 * screens. */
#ifndef DISPLAY_SCANOUT_H
#define DISPLAY_SCANOUT_H

#include <wayland-server-core.h>

#include "vm.h"

struct wlr_xdg_toplevel;

struct scanout { /* a toplevel whose app_id names a scanout of its VM */
    struct vm *vm;
    int number; /* -1: not one of the VM's scanouts; never shown */
    struct wlr_xdg_toplevel *toplevel;
    struct wl_listener commit, map, unmap, destroy, fullscreen, maximize;
};

void scanout_handle_new_toplevel(struct server *s, struct wlr_xdg_toplevel *toplevel);
void scanout_handle_new_surface(struct server *s, struct wlr_surface *surface);

struct wlr_surface *scanout_surface(const struct scanout *s);

#endif
