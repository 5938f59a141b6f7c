/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a VM sees of the screens: a wl_output for each of its scanouts that is on one, with the size
 * that the scanout has there. It comes and goes with the screen; a VM finds its own and no other.
 */
#ifndef DISPLAY_MONITOR_H
#define DISPLAY_MONITOR_H

#include <wayland-server-core.h>

#include "display.h"

struct server;
struct vm;

struct monitor {
    struct vm *vm;
    unsigned number;              /* of the scanout */
    struct bn_scanout_size size;  /* width 0: on no screen */
    struct wl_global *global;     /* NULL: on no screen */
    struct wl_global *taken_back; /* the one before it: a client may not have heard of its end */
    struct wl_list resources;     /* of clients that have bound it */
};

void monitor_init(struct monitor *m, struct vm *vm, unsigned number);
void monitor_finish(struct monitor *m);

/* Of all VMs that are open, after a screen has come, gone or changed its size. */
void monitor_update_all(struct server *s);

/* Keeps each VM from the others' outputs. Before the first client. */
void monitor_hide_from_others(struct server *s);

#endif
