/* SPDX-License-Identifier: BSD-3-Clause */
/* Symbols of people, doors and the aids to the driver. */
#include "shapes.h"
#include "symbols.h"

#include <math.h>

/* ISO 2575 symbol of the seat belt: an occupant, the strap across. */
double symbol_belt(double x, double y)
{
    static const double torso[] = {19, 29, 24, 25, 40, 25, 45, 29, 51, 59, 13, 59};
    double d = sd_circle(x, y, 32, 12, 9.2), body = sd_polygon(x, y, torso, CORNERS(torso)) - 1.5;
    double strap = sd_line(x, y, 45, 20, 12, 58, 0);

    body = sd_without(body, strap - 6.2);
    d = fmin(d, body);
    return fmin(d, sd_line(x, y, 42.5, 22.9, 15, 54.5, 2.6));
}

/* ISO 2575 symbol of the airbag: one who sits, and the bag before the chest. */
double symbol_airbag(double x, double y)
{
    double d = sd_circle(x, y, 19, 12.5, 7.2);

    d = fmin(d, sd_line(x, y, 17, 27, 22, 46, 5.2));
    d = fmin(d, sd_line(x, y, 23, 48.5, 40, 48.5, 4.0));
    d = fmin(d, sd_line(x, y, 41, 48.5, 47, 58, 3.4));
    d = fmin(d, sd_line(x, y, 8.5, 32, 14, 54, 2.0));
    return fmin(d, sd_circle(x, y, 43, 28.5, 12.2));
}

double symbol_part_car(double x, double y)
{
    static const double roof[] = {-8.5, -10, 8.5, -10, 12.5, 1, -12.5, 1};
    double right = fabs(x), d = sd_stroke(sd_polygon(x, y, roof, CORNERS(roof)), 2.2);

    d = fmin(d, sd_box(x, y, -17, 0, 17, 11.5, 3));
    d = sd_without(d, sd_circle(right, y, 11, 5.5, 2.3));
    return fmin(d, sd_box(right, y, 9.5, 9, 15.5, 16, 1));
}

/* ISO 2575 symbol of an open door: a car from above, a door open on each side. */
double symbol_door(double x, double y)
{
    static const double shell[] = {26, 6, 38, 6, 43, 11, 44, 55, 40, 59, 24, 59, 20, 55, 21, 11};
    static const double screen[] = {24.5, 25, 28, 21.5, 36, 21.5, 39.5, 25};
    static const double rear[] = {25, 47, 28, 50, 36, 50, 39, 47};
    double d = sd_stroke(sd_polygon(x, y, shell, CORNERS(shell)), 2.1);
    double right = fmax(x, 64 - x);

    d = fmin(d, sd_path(x, y, screen, CORNERS(screen), 2.0));
    d = fmin(d, sd_path(x, y, rear, CORNERS(rear), 2.0));
    return fmin(d, sd_line(right, y, 44, 27, 58, 39, 2.5));
}

/* A car from its left side, nose to the left, without what opens. */
static double profile(double x, double y)
{
    static const double line[] = {12, 49, 4.5, 49, 4.5, 40,   8,  36,   21, 34, 29,
                                  25, 46, 25,  54, 34,  59.5, 37, 59.5, 49, 53, 49};
    double d = sd_path(x, y, line, CORNERS(line), 2.1);

    d = fmin(d, sd_line(x, y, 24, 49, 41, 49, 2.1));
    d = fmin(d, sd_stroke(sd_circle(x, y, 18, 49, 5.2), 2.1));
    return fmin(d, sd_stroke(sd_circle(x, y, 47, 49, 5.2), 2.1));
}

/* ISO 2575 symbol of the open boot: the lid stands up behind. */
double symbol_boot(double x, double y)
{
    return fmin(profile(x, y), sd_line(x, y, 47, 24, 59, 12, 2.6));
}

/* ISO 2575 symbol of the open bonnet: it stands up before the windscreen. */
double symbol_bonnet(double x, double y)
{
    return fmin(profile(x, y), sd_line(x, y, 21, 33, 7, 19, 2.6));
}

/* ISO 2575 symbol of cruise control, and the car ahead that it keeps its distance from. */
double symbol_acc(double x, double y)
{
    const double size = 0.86;
    double d = size * symbol_part_car((x - 32) / size, (y - 43) / size);

    d = fmin(d, sd_arc(x, y, 32, 36, 27, -PI / 2, 1.75, 2.2));
    for (int i = -1; i <= 1; i++) {
        double s = sin(i * 0.85), c = cos(i * 0.85);

        d = fmin(d, sd_line(x, y, 32 + 27 * s, 36 - 27 * c, 32 + 20.5 * s, 36 - 20.5 * c, 2.0));
    }
    return d;
}

/* ISO 2575 symbol of lane keeping: a car between the lines of its lane. */
double symbol_lane(double x, double y)
{
    const double size = 0.84;
    double right = fmax(x, 64 - x), d = size * symbol_part_car((x - 32) / size, (y - 42) / size);

    d = fmin(d, sd_line(right, y, 59.5, 57, 56.7, 45, 2.3));
    d = fmin(d, sd_line(right, y, 54.8, 36, 52.4, 26, 2.3));
    return fmin(d, sd_line(right, y, 50.5, 17.5, 48.2, 8, 2.3));
}
