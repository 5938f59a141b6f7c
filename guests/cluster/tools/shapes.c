/* SPDX-License-Identifier: BSD-3-Clause */
/* The shapes that telltale symbols are made of, as signed distances. */
#include "shapes.h"

#include <math.h>

static double lerp_clamp(double t)
{
    return t < 0 ? 0 : t > 1 ? 1 : t;
}

/* A line with round ends, `half` wide to each side. */
double sd_line(double x, double y, double ax, double ay, double bx, double by, double half)
{
    double dx = bx - ax, dy = by - ay;
    double t = lerp_clamp(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy));

    return hypot(x - ax - t * dx, y - ay - t * dy) - half;
}

double sd_circle(double x, double y, double cx, double cy, double r)
{
    return hypot(x - cx, y - cy) - r;
}

/* An arc around (cx, cy) of radius r, `half` thick to each side, open beyond `spread` radians to
 * each side of `middle`. */
double sd_arc(double x, double y, double cx, double cy, double r, double middle, double spread,
              double half)
{
    double a = remainder(atan2(y - cy, x - cx) - middle, 2 * PI);

    if (fabs(a) <= spread)
        return fabs(hypot(x - cx, y - cy) - r) - half;
    a = middle + (a < 0 ? -spread : spread);
    return hypot(x - cx - r * cos(a), y - cy - r * sin(a)) - half;
}

/* A polygon given as x, y pairs: exact distance, sign by crossing number. */
double sd_polygon(double x, double y, const double *p, int n)
{
    double best = 1e9;
    int inside = 0;

    for (int i = 0, j = n - 1; i < n; j = i++) {
        double ax = p[2 * j], ay = p[2 * j + 1], bx = p[2 * i], by = p[2 * i + 1];

        best = fmin(best, sd_line(x, y, ax, ay, bx, by, 0));
        if ((ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax)
            inside = !inside;
    }
    return inside ? -best : best;
}

double sd_stroke(double distance, double half)
{
    return fabs(distance) - half;
}

double sd_without(double shape, double hole)
{
    return fmax(shape, -hole);
}

double sd_path(double x, double y, const double *p, int n, double half)
{
    double best = 1e9;

    for (int i = 1; i < n; i++)
        best = fmin(best, sd_line(x, y, p[2 * i - 2], p[2 * i - 1], p[2 * i], p[2 * i + 1], half));
    return best;
}

double sd_box(double x, double y, double x0, double y0, double x1, double y1, double round)
{
    double dx = fabs(x - (x0 + x1) / 2) - (x1 - x0) / 2 + round;
    double dy = fabs(y - (y0 + y1) / 2) - (y1 - y0) / 2 + round;

    return hypot(fmax(dx, 0), fmax(dy, 0)) + fmin(fmax(dx, dy), 0) - round;
}

double sd_wave(double x, double y, double x0, double y0, double x1, double y1, int halves,
               double height, double half)
{
    double length = hypot(x1 - x0, y1 - y0), ux = (x1 - x0) / length, uy = (y1 - y0) / length;
    double best = 1e9, px = x0, py = y0;

    for (int i = 1; i <= 16 * halves; i++) {
        double t = length * i / (16 * halves), s = height * sin(PI * i / 16);
        double qx = x0 + ux * t - uy * s, qy = y0 + uy * t + ux * s;

        best = fmin(best, sd_line(x, y, px, py, qx, qy, half));
        px = qx;
        py = qy;
    }
    return best;
}

double sd_exclamation(double x, double y, double cx, double y0, double y1, double half)
{
    double d = sd_line(x, y, cx, y0 + half, cx, y1 - 4.4 * half, half);

    return fmin(d, sd_circle(x, y, cx, y1 - 1.2 * half, 1.2 * half));
}
