/* SPDX-License-Identifier: BSD-3-Clause */
/* Symbols of the lamps outside: turn signals, beams, fog lamps, a lamp that has failed. */
#include "shapes.h"
#include "symbols.h"

#include <math.h>

double symbol_turn_left(double x, double y)
{
    static const double arrow[] = {5, 32, 31, 10, 31, 22, 58, 22, 58, 42, 31, 42, 31, 54};

    return sd_polygon(x, y, arrow, CORNERS(arrow)) - 0.8;
}

double symbol_turn_right(double x, double y)
{
    return symbol_turn_left(64 - x, y);
}

/* A headlamp that looks to the left. */
static double headlamp(double x, double y)
{
    double lamp = fmax(hypot((x - 36) / 1.22, y - 32) - 18.6, 36 - x);

    return sd_stroke(lamp, 2.2);
}

/* ISO 2575 symbol of the main beam: a lamp that throws five level rays. */
double symbol_high_beam(double x, double y)
{
    double d = headlamp(x, y);

    for (int i = -2; i <= 2; i++)
        d = fmin(d, sd_line(x, y, 7, 32 + 8.6 * i, 27, 32 + 8.6 * i, 2.1));
    return d;
}

/* ISO 2575 symbol of the dipped beam: its rays fall. */
double symbol_dipped_beam(double x, double y)
{
    double d = headlamp(x, y);

    for (int i = -2; i <= 2; i++)
        d = fmin(d, sd_line(x, y, 7, 36.5 + 8.6 * i, 27, 30 + 8.6 * i, 2.1));
    return d;
}

/* ISO 2575 symbol of the front fog lamps: falling rays through a wave of fog. */
double symbol_fog_front(double x, double y)
{
    double d = headlamp(x, y);

    for (int i = -1; i <= 1; i++)
        d = fmin(d, sd_line(x, y, 4.5, 36.5 + 11.5 * i, 28, 29 + 11.5 * i, 2.1));
    return fmin(d, sd_wave(x, y, 16, 10, 16, 54, 3, 3.0, 2.1));
}

/* ISO 2575 symbol of the rear fog lamps: they look the other way, and level. */
double symbol_fog_rear(double x, double y)
{
    double d = headlamp(64 - x, y);

    for (int i = -1; i <= 1; i++)
        d = fmin(d, sd_line(x, y, 36, 32 + 11.5 * i, 59.5, 32 + 11.5 * i, 2.1));
    return fmin(d, sd_wave(x, y, 48, 10, 48, 54, 3, 3.0, 2.1));
}

/* ISO 2575 symbol of a lamp that has failed: a bulb with an exclamation mark, and rays. */
double symbol_lamp_fault(double x, double y)
{
    double right = fmax(x, 64 - x), d;

    d = sd_arc(x, y, 32, 29, 14.5, -PI / 2, PI - 0.5, 2.2);
    d = fmin(d, sd_line(right, y, 38.9, 41.8, 38.9, 50, 2.2));
    d = fmin(d, sd_line(x, y, 25.1, 49, 38.9, 49, 2.2));
    d = fmin(d, sd_line(x, y, 28.5, 56, 35.5, 56, 2.2));
    d = fmin(d, sd_exclamation(x, y, 32, 19, 41, 2.4));
    d = fmin(d, sd_line(right, y, 53, 29, 59, 29, 2.0));
    d = fmin(d, sd_line(right, y, 47.6, 14.2, 51.8, 10, 2.0));
    return fmin(d, sd_line(right, y, 47.6, 43.8, 51.8, 48, 2.0));
}
