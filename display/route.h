/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Input policy: the pointer lives inside the layers that take input and never on the cluster's
 * picture; the layer it is in has the keyboard. Pure geometry; the desktop is all screens side by
 * side in the order of the scenario.
 */
#ifndef DISPLAY_ROUTE_H
#define DISPLAY_ROUTE_H

#include "layout.h"

struct route {
    const struct bn_scenario *s;
    int output;  /* the one screen that it keeps to, -1: all */
    int layer;   /* index in s->layer[], -1: nothing takes input */
    double x, y; /* in that layer, 0 <= x < width */
};

/* To the middle of the first layer there that takes input. */
void route_init(struct route *r, const struct bn_scenario *s, int output);

void route_move(struct route *r, double dx, double dy);

/*
 * fx, fy: 0..1 over the screen that it keeps to; without one, over the one screen that takes input,
 * or over the whole desktop when there are several. False: that is no place for a pointer; it stays
 * where it was.
 */
bool route_to(struct route *r, double fx, double fy);

/* Position in 0..BN_INPUT_ABS_MAX over the picture of the scanout. */
int32_t route_abs_x(const struct route *r);
int32_t route_abs_y(const struct route *r);

#endif
