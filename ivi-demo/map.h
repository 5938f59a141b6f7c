/* SPDX-License-Identifier: BSD-3-Clause */
/* A town that does not exist: drawn once, shown in cuts, with a route that the car follows. */
#ifndef IVI_MAP_H
#define IVI_MAP_H

#include <cairo.h>
#include <stdint.h>

#include "theme.h"

#define MAP_SIZE   1536 /* pixels each way */
#define MAP_METRES 1.6  /* a pixel */
#define MAP_POINTS 512  /* of the route */
#define MAP_TURNS  10

struct map {
    cairo_surface_t *picture;
    double x[MAP_POINTS], y[MAP_POINTS],
        at[MAP_POINTS]; /* route: points and metres from its start */
    unsigned points;
    double turn[MAP_TURNS]; /* metres from the start to each corner */
    int turn_right[MAP_TURNS];
    double length; /* metres; it is a loop */
};

struct map_place {
    double x, y;    /* pixels of the picture */
    double heading; /* radians, 0 = east, clockwise */
};

int map_init(struct map *m, const struct theme *t) __attribute__((warn_unused_result));
void map_finish(struct map *m);

struct map_place map_at(const struct map *m, double metres);
/* Draws the cut of w x h around the car to x, y, and the car; corners of that radius. */
void map_draw(const struct map *m, cairo_t *cr, struct map_place car, double x, double y, double w,
              double h, double radius);
/* The next corner from there: metres to it, its number in *turn. */
double map_next_turn(const struct map *m, double metres, unsigned *turn);
extern const char *const map_street[MAP_TURNS]; /* that one turns into */
/* One number for what map_draw would show: the same number, the same picture. */
uint64_t map_shows(struct map_place car);

#endif
