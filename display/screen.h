/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One physical screen: its layers in drawing order, its damage, and the way to the display
 * controller. One that has not the plan's mode is used as it is, and the layout stretched to it.
 * wlroots' scene graph (0.18) makes a new texture of every buffer it is given, 3.7 MB
 * for each cluster frame; layers that do not move need none of it, so a screen draws them itself
 * and uploads only what changed.
 */
#ifndef DISPLAY_SCREEN_H
#define DISPLAY_SCREEN_H

#include <stdbool.h>
#include <wayland-server-core.h>
#include <wlr/types/wlr_damage_ring.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/box.h>

#include "binnacle/scenario.h"
#include "frames.h"

struct server;
struct wlr_surface;

struct layer {
    const struct bn_scenario_layer *place;
    struct wlr_box box;        /* where it is on this screen */
    pixman_region32_t visible; /* on the screen: what no layer above covers */
};

struct screen {
    struct server *server;
    struct wlr_output *output;
    const struct bn_scenario_output *plan;
    unsigned index;               /* in scenario.output[] */
    struct wlr_output_mode *mode; /* of the output's own, NULL: width x height as it is */
    int32_t width, height;        /* the plan's, or else the layout is stretched to it */
    bool shows_cluster;
    bool lit; /* mode set, first picture shown */
    unsigned layers;
    struct layer layer[BN_MAX_LAYERS]; /* bottom first */
    pixman_region32_t bare;            /* no layer at all: black */
    struct wlr_damage_ring ring;
    /* Between draw and show: */
    bool drawn;
    struct wlr_output_state state;
    pixman_region32_t damage; /* of the drawn frame */
    /* Between show and the page flip: */
    bool cluster_flying;
    uint32_t flying_seq;
    struct frame_pick flying;
    struct wl_listener present, request_state, destroy;
};

/* Called for every output that appears: takes it if the scenario has a place for it. */
void screen_new(struct server *server, struct wlr_output *output);
void screen_destroy(struct screen *s);

/* Where a layer of the plan is on it. */
struct wlr_box screen_box(const struct screen *s, const struct bn_scenario_layer *place);

bool screen_busy(const struct screen *s); /* a page flip is under way */

/* Cluster's damage, or all of what it covers if pick is NULL. */
void screen_damage_cluster(struct screen *s, const struct frame_pick *pick);

/*
 * Damage of one surface of a VM's scanout (surface coordinates of the scanout's root, NULL: the
 * layer as a whole), on whatever layers of this screen show it. width, height: of the root surface.
 */
void screen_damage_scanout(struct screen *s, unsigned vm, unsigned scanout,
                           const pixman_region32_t *damage, int width, int height);

/* Renders if there is damage and the screen can take a frame; true if it did. Then exactly one of
 * the two: */
bool screen_draw(struct screen *s);
void screen_show(struct screen *s, const struct frame_pick *pick);
void screen_discard(struct screen *s);

#endif
