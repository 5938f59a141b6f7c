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

#define SCENE_NONE       (-1) /* needle, figures: not known, dashes */
#define SCENE_GEAR_NONE  127
#define SCENE_ODO_NONE   UINT32_MAX
#define SCENE_MAX_DAMAGE 32

enum scene_notice { NOTICE_NONE, NOTICE_BUS_LOST, NOTICE_COUNT };

struct scene {
    int32_t speed_needle,
        rpm_needle;     /* angle from the start of the scale, 0..DIAL_SWEEP, or SCENE_NONE */
    int32_t speed;      /* km/h as figures */
    uint32_t odometer;  /* 100 m */
    uint32_t telltales; /* bit enum bn_telltale */
    int8_t gear;
    uint8_t notice; /* enum scene_notice */
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

/* Paints area `clip` of the scene over the background. */
void scene_paint(const struct layout *l, const struct surface *to, const struct surface *background,
                 struct area clip, const struct scene *scene);

/* The telltales alone, on whatever is there: the first thing the driver sees. */
void scene_paint_telltales(const struct layout *l, const struct surface *to, struct area clip,
                           uint32_t telltales);

/* All that never changes. */
void face_paint(const struct layout *l, const struct surface *background);

/* The counter as machine-readable pixels (cluster_frames.h). */
void code_paint(const struct layout *l, const struct surface *to, uint32_t counter);

#endif
