/* SPDX-License-Identifier: BSD-3-Clause */
/* From vehicle signals to the scene: scaling, needle damping, dashes, lamp check, theme and unit,
 * messages, what to show when the bus is silent. */
#ifndef CLUSTER_DASH_H
#define CLUSTER_DASH_H

#include "message.h"
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

/* 0.5 %: below it is night, above it is day; between them what it was. */
#define DASH_NIGHT_BELOW 40
#define DASH_DAY_ABOVE   60
/* 0.5 degrees Celsius: from here down there may be ice, until it is warmer than that. */
#define DASH_ICE      6
#define DASH_ICE_GONE 8

#define DASH_MOVING 500 /* 0.01 km/h: a message for who drives off */

struct dash {
    int32_t speed, rpm;       /* damped needle angles, 1/16 of an angle unit; SCENE_NONE: hidden */
    uint8_t face, next, step; /* as the scene has them */
    bool ice, bus_lost;
    struct messages messages;
    enum bn_chime chime; /* asked for by a message; the owner takes it and clears it */
};

#define DASH_INIT                                                                                  \
    ((struct dash){.speed = SCENE_NONE, .rpm = SCENE_NONE, .face = FACE_FIRST, .next = FACE_FIRST})

/* Which telltales are lit at bus time now_ms: bits enum bn_telltale. */
uint32_t dash_lamps(const struct bus *bus, uint32_t now_ms);

/* One frame: the scene for bus time now_ms. services: the messages, as bits, of those that are
 * lost.
 */
void dash_scene(struct dash *d, const struct bus *bus, const struct odometer *odometer,
                uint32_t now_ms, uint32_t services, struct scene *scene);

#endif
