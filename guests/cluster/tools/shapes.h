/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shapes as signed distances for the build-time tool: negative inside, units of a 64 x 64 box with
 * its origin at the top left, y downwards. `half` is half the width of a stroke with round ends.
 */
#ifndef CLUSTER_SHAPES_H
#define CLUSTER_SHAPES_H

#define PI         3.14159265358979
#define CORNERS(p) ((int)(sizeof(p) / sizeof((p)[0]) / 2))

double sd_line(double x, double y, double ax, double ay, double bx, double by, double half);
double sd_circle(double x, double y, double cx, double cy, double r);

/* Around (cx, cy), open beyond `spread` radians to each side of `middle` (0: to the right). */
double sd_arc(double x, double y, double cx, double cy, double r, double middle, double spread,
              double half);

/* Filled; n corners as x, y pairs. */
double sd_polygon(double x, double y, const double *p, int n);

/* A stroke through n points given as x, y pairs. */
double sd_path(double x, double y, const double *p, int n, double half);

/* Filled, its corners rounded. */
double sd_box(double x, double y, double x0, double y0, double x1, double y1, double round);

/* A wave of so many half periods along a line. */
double sd_wave(double x, double y, double x0, double y0, double x1, double y1, int halves,
               double height, double half);

/* An exclamation mark from y0 down to y1. */
double sd_exclamation(double x, double y, double cx, double y0, double y1, double half);

/* The edge of a shape as a stroke; a shape without another. */
double sd_stroke(double distance, double half);
double sd_without(double shape, double hole);

#endif
