/* SPDX-License-Identifier: BSD-3-Clause */
/* Symbols of the engine and of what it lives on, of the washer, and of ice. */
#include "shapes.h"
#include "symbols.h"

#include <math.h>

/* ISO 2575 symbol of the engine: the outline of a block with fan, filler and gearbox flange. */
double symbol_mil(double x, double y)
{
    static const double block[] = {15, 23, 23, 23, 28, 18, 42, 18, 48, 24, 48, 30,
                                   52, 30, 52, 25, 58, 25, 58, 46, 52, 46, 52, 41,
                                   48, 41, 42, 49, 24, 49, 19, 43, 15, 43};
    double d = sd_stroke(sd_polygon(x, y, block, CORNERS(block)), 2.1);

    d = fmin(d, sd_line(x, y, 28, 11.5, 42, 11.5, 2.1));
    d = fmin(d, sd_line(x, y, 35, 11.5, 35, 18, 2.1));
    d = fmin(d, sd_line(x, y, 7, 26, 7, 40, 2.1));
    return fmin(d, sd_line(x, y, 7, 33, 15, 33, 2.1));
}

/* ISO 2575 symbol of the oil pressure: a can and the drop at its spout. */
double symbol_oil(double x, double y)
{
    static const double can[] = {16, 30, 38, 30, 42, 34, 54, 26, 40, 47, 16, 47};
    static const double handle[] = {15, 38, 9, 34, 6, 27, 15, 30};
    static const double drop[] = {58.6, 32.5, 61, 38, 56.2, 38};
    double d = sd_stroke(sd_polygon(x, y, can, CORNERS(can)), 2.1);

    d = fmin(d, sd_path(x, y, handle, CORNERS(handle), 2.1));
    d = fmin(d, sd_line(x, y, 27, 23, 27, 30, 2.1));
    d = fmin(d, sd_line(x, y, 20, 22, 34, 22, 2.1));
    d = fmin(d, sd_polygon(x, y, drop, CORNERS(drop)));
    return fmin(d, sd_circle(x, y, 58.6, 39, 2.7));
}

/* ISO 2575 symbol of the battery's charge. */
double symbol_charge(double x, double y)
{
    double d = sd_stroke(sd_box(x, y, 7, 20, 57, 52, 1.5), 2.2);

    d = fmin(d, sd_box(x, y, 13, 12.5, 23, 20, 1));
    d = fmin(d, sd_box(x, y, 41, 12.5, 51, 20, 1));
    d = fmin(d, sd_line(x, y, 14, 36, 25, 36, 2.1));
    d = fmin(d, sd_line(x, y, 39, 36, 50, 36, 2.1));
    return fmin(d, sd_line(x, y, 44.5, 30.5, 44.5, 41.5, 2.1));
}

/* ISO 2575 symbol of the coolant's temperature: a thermometer in waves. */
double symbol_coolant(double x, double y)
{
    double d = sd_line(x, y, 32, 9, 32, 40, 2.6);

    d = fmin(d, sd_circle(x, y, 32, 41, 6.4));
    for (int i = 0; i < 3; i++)
        d = fmin(d, sd_line(x, y, 32, 10 + 9 * i, 42, 10 + 9 * i, 2.0));
    d = fmin(d, sd_wave(x, y, 5, 42, 23, 42, 2, -3.4, 2.0));
    d = fmin(d, sd_wave(x, y, 41, 42, 59, 42, 2, -3.4, 2.0));
    return fmin(d, sd_wave(x, y, 5, 55, 59, 55, 6, -3.4, 2.0));
}

/* ISO 2575 symbol of the fuel: a pump. */
double symbol_fuel(double x, double y)
{
    static const double hose[] = {41, 34, 47, 34, 47, 47, 50, 50, 53, 47, 53, 23, 45, 14};
    double d = sd_box(x, y, 15, 9, 41, 54, 3);

    d = sd_without(d, sd_box(x, y, 20, 14.5, 36, 27, 1));
    d = fmin(d, sd_line(x, y, 12.5, 55.5, 43.5, 55.5, 2.2));
    d = fmin(d, sd_path(x, y, hose, CORNERS(hose), 2.0));
    return fmin(d, sd_line(x, y, 49.5, 23, 53, 28, 2.6));
}

/* ISO 2575 symbol of the washer: a fountain before the windscreen. */
double symbol_washer(double x, double y)
{
    static const double pane[] = {13, 53, 5, 25, 14, 20.5, 23, 18.3};
    double d, right = fmax(x, 64 - x);

    d = sd_path(64 - right, y, pane, CORNERS(pane), 2.3);
    d = fmin(d, sd_line(x, y, 13, 53, 51, 53, 2.3));
    d = fmin(d, sd_line(x, y, 32, 44, 32, 21, 2.2));
    d = fmin(d, sd_arc(right, y, 38, 16, 6, -PI * 0.4, PI * 0.6, 2.1));
    d = fmin(d, sd_circle(right, y, 44.5, 27, 2.2));
    return fmin(d, sd_circle(right, y, 45, 34.5, 2.2));
}

/* ISO 2575 symbol of frost: a flake with six arms, each with two twigs. */
double symbol_ice(double x, double y)
{
    double d = 64;

    for (int i = 0; i < 6; i++) {
        double s = sin(i * PI / 3), c = cos(i * PI / 3);
        double across = fabs((x - 32) * c + (y - 32) * s), along = (x - 32) * s - (y - 32) * c;

        d = fmin(d, sd_line(across, along, 0, 0, 0, 26, 2.6));
        d = fmin(d, sd_line(across, along, 0, 13, 8, 21, 2.4));
    }
    return d;
}
