/* SPDX-License-Identifier: BSD-3-Clause */
/* From vehicle signals to the scene: scaling, needle damping, dashes, lamp check, what to show when
 * the bus is silent. */
#ifndef CLUSTER_DASH_H
#define CLUSTER_DASH_H

#include "bus.h"
#include "scene.h"

#define DASH_LAMP_CHECK_MS 1500 /* after the start the warning lamps prove themselves */
#define DASH_LAMP_CHECK    (1u << BN_TELLTALE_BRAKE | 1u << BN_TELLTALE_BELT | 1u << BN_TELLTALE_MIL)

struct dash {
    int32_t speed, rpm; /* damped needle angles, 1/16 of an angle unit; SCENE_NONE: hidden */
};

/* Which telltales are lit at bus time now_ms: bits enum bn_telltale. */
uint32_t dash_lamps(const struct bus *bus, uint32_t now_ms);

/* One frame: the scene for bus time now_ms. */
void dash_scene(struct dash *d, const struct bus *bus, uint32_t now_ms, struct scene *scene);

#endif
