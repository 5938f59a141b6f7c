/* SPDX-License-Identifier: BSD-3-Clause */
/* One layer of a screen: where its picture comes from, what of it has changed, how it is drawn. */
#ifndef DISPLAY_LAYER_H
#define DISPLAY_LAYER_H

#include "screen.h"

struct wlr_render_pass;

void layer_damage_cluster(const struct layer *l, const struct frame_pick *pick,
                          const struct frames *f, struct wlr_damage_ring *ring);
void layer_damage_scanout(const struct layer *l, const pixman_region32_t *damage, int width,
                          int height, struct wlr_damage_ring *ring);

/* Draws what of the layer is visible and damaged; a layer without a picture is black. */
void layer_draw(const struct layer *l, struct server *server, struct wlr_render_pass *pass,
                const pixman_region32_t *damage);
void layer_draw_black(struct wlr_render_pass *pass, const pixman_region32_t *area,
                      const pixman_region32_t *damage);

/* The cut of a source of that size that the layer shows; empty if there is none inside the source.
 */
struct wlr_box layer_cut(const struct bn_scenario_layer *place, int width, int height);

#endif
