/* SPDX-License-Identifier: BSD-3-Clause */
/* A town that does not exist, as data: the same on the flat map and in the 3D view. Lengths in
 * pixels of the map's picture (MAP_METRES), y to the south. */
#ifndef IVI_TOWN_H
#define IVI_TOWN_H

#include <stdbool.h>

#include "map.h"

#define TOWN_CELL         96 /* between streets */
#define TOWN_LINES        (MAP_SIZE / TOWN_CELL + 3)
#define TOWN_INSET        9 /* from a street's middle to the block beside it */
#define TOWN_STREET_WIDTH 7
#define TOWN_AVENUE_WIDTH 12
#define TOWN_AVENUE_EVERY 4 /* streets */
#define TOWN_HOUSES       4 /* at most, in a cell */
#define TOWN_BANK         104
#define TOWN_WATER        88
#define TOWN_RIVER_STEPS  64
#define TOWN_NAMES        9

struct town_house {
    double x, y, w, d, height; /* north-west corner, width, depth */
};

struct town_name {
    const char *name;
    int u, v; /* cell */
    double size;
};

extern const struct colour town_land, town_block, town_house_wall, town_park, town_water,
    town_street, town_avenue;
extern const struct town_name town_names[TOWN_NAMES];

/* From the even grid to the streets: bent by long waves, so that none is quite straight. */
void town_bend(double u, double v, double *x, double *y);
bool town_is_park(int i, int j);
/* The k-th house of a cell; false: there is none. */
bool town_house(int i, int j, int k, struct town_house *h);
/* A point of the river's middle, 0 (west) to 1 (east). */
void town_river(double at, double *x, double *y);

#endif
