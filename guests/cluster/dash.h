/* SPDX-License-Identifier: BSD-3-Clause */
/* From vehicle signals to the scene: scaling, needle damping, dashes, lamp check, what to show when
 * the bus is silent. */
#ifndef CLUSTER_DASH_H
#define CLUSTER_DASH_H

#include "odometer.h"
#include "scene.h"

#define DASH_LAMP_CHECK_MS 1500 /* after the start the warning lamps prove themselves */
/* Those that tell of a failure. Not: what only says what is on, open or used up. */
#define DASH_LAMP_CHECK                                                                            \
    (1u << BN_TELLTALE_BRAKE | 1u << BN_TELLTALE_PARK_BRAKE | 1u << BN_TELLTALE_AIRBAG |           \
     1u << BN_TELLTALE_BELT | 1u << BN_TELLTALE_ABS | 1u << BN_TELLTALE_ESC |                      \
     1u << BN_TELLTALE_ESC_OFF | 1u << BN_TELLTALE_TPMS | 1u << BN_TELLTALE_MIL |                  \
     1u << BN_TELLTALE_OIL | 1u << BN_TELLTALE_CHARGE | 1u << BN_TELLTALE_COOLANT |                \
     1u << BN_TELLTALE_EPS | 1u << BN_TELLTALE_LAMP_FAULT)
/* Unknown is not good: what is lit when message Body, and when message Lamps, is not to be had. */
#define DASH_LOST_BODY (1u << BN_TELLTALE_BRAKE | 1u << BN_TELLTALE_MIL)
#define DASH_LOST_LAMPS                                                                            \
    (1u << BN_TELLTALE_AIRBAG | 1u << BN_TELLTALE_ABS | 1u << BN_TELLTALE_ESC |                    \
     1u << BN_TELLTALE_EPS)

struct dash {
    int32_t speed, rpm; /* damped needle angles, 1/16 of an angle unit; SCENE_NONE: hidden */
};

/* Which telltales are lit at bus time now_ms: bits enum bn_telltale. */
uint32_t dash_lamps(const struct bus *bus, uint32_t now_ms);

/* One frame: the scene for bus time now_ms. */
void dash_scene(struct dash *d, const struct bus *bus, const struct odometer *odometer,
                uint32_t now_ms, struct scene *scene);

#endif
