/* SPDX-License-Identifier: BSD-3-Clause */
/* The compositor as a whole: everything that exists once. */
#ifndef DISPLAY_SERVER_H
#define DISPLAY_SERVER_H

#include <wayland-server-core.h>

#include "clock.h"
#include "cluster.h"
#include "layout.h"
#include "seat.h"
#include "status.h"
#include "vm.h"
#include "window.h"

struct screen;
struct wlr_allocator;
struct wlr_backend;
struct wlr_session;

struct server {
    struct bn_scenario scenario;
    struct wl_display *display;
    struct wl_event_loop *loop;
    struct wlr_backend *backend;
    struct wlr_session *session; /* NULL when the backend needs none */
    struct wlr_renderer *renderer;
    struct wlr_allocator *allocator;
    struct window window;
    struct cluster cluster;
    struct status status;
    struct clock clock;
    struct seat seat[SEATS];               /* by output, and that of no screen */
    struct screen *screen[BN_MAX_OUTPUTS]; /* of output[i] of the scenario; NULL: not plugged */
    char connector[BN_MAX_OUTPUTS][32];    /* names of those that are counted as they appear */
    unsigned connectors;
    struct vm vm[BN_MAX_VMS];
    struct wl_listener new_output, new_input, new_surface, new_toplevel;
};

struct server_options {
    const char *scenario; /* file, or NULL: from the window, else the default layout */
    const char *shm;      /* shared window, or NULL: no cluster */
    struct wlr_backend *(*backend)(struct wl_event_loop *loop,
                                   struct wlr_session **session); /* NULL: wlroots chooses */
};

/* 0 or -errno after saying why; the sockets of all VMs exist afterwards. */
int server_init(struct server *s, const struct server_options *o)
    __attribute__((warn_unused_result));
void server_finish(struct server *s);

#endif
