/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the driver is to see, as values, and how it becomes pixels: painting is a function of scene
 * and area alone, so any part of any buffer can be made right at any time, and damage is the
 * difference of two scenes.
 */
#ifndef CLUSTER_SCENE_H
#define CLUSTER_SCENE_H

#include "gfx.h"
#include "layout.h"
#include "palette.h"

#define SCENE_NONE       (-1) /* needle, figures, clock: not known, dashes */
#define SCENE_GEAR_NONE  127
#define SCENE_ODO_NONE   UINT32_MAX
#define SCENE_AIR_NONE   INT8_MAX
#define SCENE_MAX_DAMAGE 32

/* What is painted once, the face: its colours and the speedometer's scale. */
#define FACE_NIGHT 1u
#define FACE_MILES 2u
#define FACE_COUNT 4u
#define FACE_FIRST FACE_NIGHT /* until the vehicle has said what it is to be */
/* A new face is painted unseen in the first steps, a band of lines each, and comes down like a
 * curtain in the others: no frame costs much more than the rest. */
#define FACE_PAINT 96u
#define FACE_STEPS 216u

struct scene {
    uint8_t face, next, step; /* above line face_edge(step) `next`, below it `face` */
    bool miles;               /* figures are in miles and mph */
    int32_t speed_needle,
        rpm_needle; /* angle from the start of the scale, 0..DIAL_SWEEP, or SCENE_NONE */
    int32_t fuel_needle, coolant_needle; /* 0..GAUGE_STEPS, or SCENE_NONE */
    int32_t speed;                       /* km/h or mph as figures */
    uint32_t odometer, trip_a, trip_b;   /* 100 m */
    int32_t range;                       /* km */
    int32_t clock;                       /* minutes since midnight */
    int8_t air;                          /* 0.5 degrees Celsius outside */
    bool ice;
    uint32_t telltales; /* bit enum bn_telltale */
    int8_t gear;
    uint8_t message; /* enum message */
};

struct damage {
    int count;
    struct area area[SCENE_MAX_DAMAGE];
};

void damage_add(struct damage *d, struct area a);

/* Merges areas until at most `max` are left; what is covered only grows. */
void damage_reduce(struct damage *d, int max);

/* What differs between two scenes. */
void scene_damage(const struct layout *l, const struct scene *from, const struct scene *to,
                  struct damage *d);

/* Paints area `clip` of the scene over the faces, which are as far painted as they are to be seen.
 */
void scene_paint(const struct layout *l, const struct surface *to,
                 const struct surface background[FACE_COUNT], struct area clip,
                 const struct scene *scene);

/* The telltales alone, on whatever is there: the first thing the driver sees. */
void scene_paint_telltales(const struct layout *l, const struct surface *to, struct area clip,
                           uint32_t telltales);

/* All that is read as figures or words: figures.c. */
void figures_paint(const struct layout *l, const struct surface *to, struct area clip,
                   const struct scene *scene, const struct palette *p);

/* Text around the middle cx. */
void figures_centred(const struct layout *l, const struct surface *to, struct area clip,
                     enum asset_font font, int cx, int base, const char *text, uint32_t colour);

/* All of a face that never changes. */
void face_paint(const struct layout *l, const struct surface *background, struct area clip,
                uint32_t face);

static inline const struct palette *face_palette(uint32_t face)
{
    return &palettes[face & FACE_NIGHT ? THEME_NIGHT : THEME_DAY];
}

/* The line down to which a new face is painted, and down to which it has come. */
static inline int face_painted(const struct layout *l, uint32_t step)
{
    return step < FACE_PAINT ? l->height * (int)step / (int)FACE_PAINT : l->height;
}

static inline int face_edge(const struct layout *l, uint32_t step)
{
    return step < FACE_PAINT
               ? 0
               : l->height * (int)(step - FACE_PAINT) / (int)(FACE_STEPS - FACE_PAINT);
}

/* The counter as machine-readable pixels (cluster_frames.h). */
void code_paint(const struct layout *l, const struct surface *to, uint32_t counter);

#endif
