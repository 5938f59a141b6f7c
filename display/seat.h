/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keyboards, pointers and touch screens of the machine, and the pointer's picture. A seat is
 * whoever uses them: one for each screen that has devices of its own, so that two people do not
 * share a pointer, and one for all other devices.
 */
#ifndef DISPLAY_SEAT_H
#define DISPLAY_SEAT_H

#include <pixman.h>
#include <wayland-server-core.h>

#include "display.h"
#include "route.h"

struct layer;
struct server;
struct wlr_buffer;
struct wlr_input_device;
struct wlr_render_pass;
struct wlr_texture;

#define SEAT_MAX_HELD 32
#define SEATS         (BN_MAX_OUTPUTS + 1)
#define SEAT_OTHER    BN_MAX_OUTPUTS /* that of no screen */

struct seat {
    struct server *server;
    struct route route;
    struct bn_input_event report[BN_INPUT_BATCH]; /* pointer events since the last frame */
    unsigned reported;
    /* Keys and buttons held down, each with the VM that saw it go down and must see it go up. */
    struct held {
        unsigned vm;
        struct bn_input_event e;
    } held[SEAT_MAX_HELD];
    unsigned held_count;
    bool pointing; /* a pointer has moved: show it */
    struct wlr_buffer *arrow;
    struct wlr_texture *texture;
};

/* All of the server's; 0 or -errno. */
int seat_init_all(struct server *server) __attribute__((warn_unused_result));
void seat_finish_all(struct server *server);
/* Belongs to the output of the scenario whose name the device has (udev: WL_OUTPUT). */
void seat_add(struct server *server, struct wlr_input_device *device);

/* What the devices said; also the way tests speak to us. */
void seat_motion(struct seat *seat, double dx, double dy);
/* False: there is nothing that takes input; the pointer stays. */
bool seat_motion_absolute(struct seat *seat, double fx, double fy);
void seat_button(struct seat *seat, uint16_t code, bool pressed); /* BTN_* */
void seat_wheel(struct seat *seat, bool horizontal, int32_t clicks);
void seat_frame(struct seat *seat);
void seat_key(struct seat *seat, uint16_t code, bool pressed); /* KEY_* */

/* Draws the pointer if it is in this layer: a guest's picture has it, the cluster's never. */
void seat_draw(const struct seat *seat, const struct layer *layer, struct wlr_render_pass *pass,
               const pixman_region32_t *clip);

#endif
