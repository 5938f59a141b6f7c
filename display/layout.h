/* SPDX-License-Identifier: BSD-3-Clause */
/* The layout: which picture lies where on which screen, checked and in drawing order. */
#ifndef DISPLAY_LAYOUT_H
#define DISPLAY_LAYOUT_H

#include <stdbool.h>

#include "display.h"

/* NULL when every output and layer of s makes sense, else a sentence that says what does not. */
const char *layout_fault(const struct bn_scenario *s);

/* The cockpit without a scenario: cluster on screen 0 around a map tile, IVI on screen 1 under a
 * telltale strip. */
void layout_default(struct bn_scenario *s);

/*
 * Drawing order of the layers on one output: order[] gets their indices, bottom first: guests by z,
 * then whatever shows the cluster by z, which is why nothing can cover it. Returns how many.
 */
unsigned layout_order(const struct bn_scenario *s, unsigned output, unsigned order[BN_MAX_LAYERS]);

static inline bool layout_shows_cluster(const struct bn_scenario_layer *l)
{
    return l->source != BN_LAYER_SCANOUT;
}

/* True if the output has a layer of the cluster's own (not only a copy). */
bool layout_is_cluster_screen(const struct bn_scenario *s, unsigned output);

#endif
