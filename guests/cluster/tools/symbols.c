/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The telltale symbols as signed distances, drawn by us in the likeness of ISO 2575: negative
 * inside, units of a 64 x 64 box with its origin at the top left.
 */
#include "symbols.h"

#include <math.h>

#define PI         3.14159265358979
#define CORNERS(p) ((int)(sizeof(p) / sizeof((p)[0]) / 2))

static double lerp_clamp(double t)
{
    return t < 0 ? 0 : t > 1 ? 1 : t;
}

/* A line with round ends, `half` wide to each side. */
static double line(double x, double y, double ax, double ay, double bx, double by, double half)
{
    double dx = bx - ax, dy = by - ay;
    double t = lerp_clamp(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy));

    return hypot(x - ax - t * dx, y - ay - t * dy) - half;
}

static double circle(double x, double y, double cx, double cy, double r)
{
    return hypot(x - cx, y - cy) - r;
}

/* An arc around (cx, cy) of radius r, `half` thick to each side, open beyond `spread` radians to
 * each side of `middle`. */
static double arc(double x, double y, double cx, double cy, double r, double middle, double spread,
                  double half)
{
    double a = remainder(atan2(y - cy, x - cx) - middle, 2 * PI);

    if (fabs(a) <= spread)
        return fabs(hypot(x - cx, y - cy) - r) - half;
    a = middle + (a < 0 ? -spread : spread);
    return hypot(x - cx - r * cos(a), y - cy - r * sin(a)) - half;
}

/* A polygon given as x, y pairs: exact distance, sign by crossing number. */
static double polygon(double x, double y, const double *p, int n)
{
    double best = 1e9;
    int inside = 0;

    for (int i = 0, j = n - 1; i < n; j = i++) {
        double ax = p[2 * j], ay = p[2 * j + 1], bx = p[2 * i], by = p[2 * i + 1];

        best = fmin(best, line(x, y, ax, ay, bx, by, 0));
        if ((ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax)
            inside = !inside;
    }
    return inside ? -best : best;
}

static double stroke(double distance, double half)
{
    return fabs(distance) - half;
}

static double without(double shape, double hole)
{
    return fmax(shape, -hole);
}

/* ISO 2575 symbol of brake failure: an exclamation mark in a circle between two shoes. */
static double brake(double x, double y)
{
    double d = stroke(circle(x, y, 32, 32, 18.5), 2.3);

    d = fmin(d, line(x, y, 32, 22.5, 32, 34, 2.6));
    d = fmin(d, circle(x, y, 32, 41.5, 3.0));
    d = fmin(d, arc(x, y, 32, 32, 27.5, 0, 0.82, 2.3));
    return fmin(d, arc(x, y, 32, 32, 27.5, PI, 0.82, 2.3));
}

/* ISO 2575 symbol of the seat belt: an occupant, the strap across. */
static double belt(double x, double y)
{
    static const double torso[] = {19, 29, 24, 25, 40, 25, 45, 29, 51, 59, 13, 59};
    double d = circle(x, y, 32, 12, 9.2), body = polygon(x, y, torso, CORNERS(torso)) - 1.5;
    double strap = line(x, y, 45, 20, 12, 58, 0);

    body = without(body, strap - 6.2);
    d = fmin(d, body);
    return fmin(d, line(x, y, 42.5, 22.9, 15, 54.5, 2.6));
}

static double turn_left(double x, double y)
{
    static const double arrow[] = {5, 32, 31, 10, 31, 22, 58, 22, 58, 42, 31, 42, 31, 54};

    return polygon(x, y, arrow, CORNERS(arrow)) - 0.8;
}

static double turn_right(double x, double y)
{
    return turn_left(64 - x, y);
}

/* ISO 2575 symbol of the main beam: a lamp that throws five level rays. */
static double high_beam(double x, double y)
{
    double lamp = fmax(hypot((x - 36) / 1.22, y - 32) - 18.6, 36 - x);
    double d = stroke(lamp, 2.2);

    for (int i = -2; i <= 2; i++)
        d = fmin(d, line(x, y, 7, 32 + 8.6 * i, 27, 32 + 8.6 * i, 2.1));
    return d;
}

/* ISO 2575 symbol of the engine: the outline of a block with fan, filler and gearbox flange. */
static double mil(double x, double y)
{
    static const double block[] = {15, 23, 23, 23, 28, 18, 42, 18, 48, 24, 48, 30,
                                   52, 30, 52, 25, 58, 25, 58, 46, 52, 46, 52, 41,
                                   48, 41, 42, 49, 24, 49, 19, 43, 15, 43};
    double d = stroke(polygon(x, y, block, CORNERS(block)), 2.1);

    d = fmin(d, line(x, y, 28, 11.5, 42, 11.5, 2.1));
    d = fmin(d, line(x, y, 35, 11.5, 35, 18, 2.1));
    d = fmin(d, line(x, y, 7, 26, 7, 40, 2.1));
    return fmin(d, line(x, y, 7, 33, 15, 33, 2.1));
}

double (*const symbols[ASSET_SYMBOLS])(double x, double y) = {brake,      belt,      turn_left,
                                                              turn_right, high_beam, mil};
