/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a VM's input back ends fetch its events: $XDG_RUNTIME_DIR/binnacle/<vm>.input. */
#ifndef DISPLAY_INPUTPORT_H
#define DISPLAY_INPUTPORT_H

#include <wayland-server-core.h>

#include "display.h"

#define INPUT_PORT_PEERS 4 /* a keyboard and a tablet, twice while back ends are replaced */

struct input_port {
    int listener; /* -1: closed */
    struct wl_event_loop *loop;
    struct wl_event_source *source;
    struct input_peer {
        struct input_port *port;
        int fd; /* -1: free */
        struct wl_event_source *source;
    } peer[INPUT_PORT_PEERS];
    uint64_t dropped; /* reports that a slow back end had no room for */
};

int input_port_init(struct input_port *p, struct wl_event_loop *loop, const char *dir,
                    const char *vm) __attribute__((warn_unused_result));
void input_port_finish(struct input_port *p);

/* Sends one report to every back end; one that does not read loses reports, never delays us. */
void input_port_send(struct input_port *p, const struct bn_input_event *e, unsigned count);

/* A listening unix socket dir/name+suffix, mode 0660, replacing a stale one; its fd or -errno. */
int socket_listen(const char *dir, const char *name, const char *suffix, int type)
    __attribute__((warn_unused_result));

#endif
