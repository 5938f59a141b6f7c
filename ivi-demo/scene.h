/* SPDX-License-Identifier: BSD-3-Clause */
/* The 3D views, drawn by OpenGL ES 3 in the current context: the town around the car, and the car.
 */
#ifndef IVI_SCENE_H
#define IVI_SCENE_H

#include <stdbool.h>

#include "map.h"

struct scene;

/* A part of the picture, in pixels from its top left corner. */
struct scene_view {
    int x, y, width, height;
    int picture_height;
};

/* 0, -ENOMEM, or -ENODEV: the driver takes our shaders for wrong (told on stderr). */
int scene_create(struct scene **s, const struct map *map) __attribute__((warn_unused_result));
void scene_destroy(struct scene *s);

/* From behind and above the car, which stands there. */
void scene_town(struct scene *s, const struct scene_view *v, struct map_place car);
/* The car alone, turned by `yaw` radians; lamps: one bit a telltale (BN_TELLTALE_*). */
void scene_car(struct scene *s, const struct scene_view *v, double yaw, unsigned telltales);
/* Where a point of the map is in that view of the town: true when it is ahead and inside. */
bool scene_project(const struct scene_view *v, struct map_place car, double x, double y,
                   double *to_x, double *to_y);

#endif
