/* SPDX-License-Identifier: BSD-3-Clause */
/* Symbols of brakes, stability, tyres and steering. */
#include "shapes.h"
#include "symbols.h"

#include <math.h>

/* What ISO 2575 puts around a brake's letter or mark: a drum between two shoes. */
static double drum(double x, double y)
{
    double d = sd_stroke(sd_circle(x, y, 32, 32, 18.5), 2.3);

    d = fmin(d, sd_arc(x, y, 32, 32, 27.5, 0, 0.82, 2.3));
    return fmin(d, sd_arc(x, y, 32, 32, 27.5, PI, 0.82, 2.3));
}

/* ISO 2575 symbol of brake failure: an exclamation mark in the drum. */
double symbol_brake(double x, double y)
{
    double d = fmin(drum(x, y), sd_line(x, y, 32, 22.5, 32, 34, 2.6));

    return fmin(d, sd_circle(x, y, 32, 41.5, 3.0));
}

/* ISO 2575 symbol of the parking brake: a P in the drum. */
double symbol_park_brake(double x, double y)
{
    double d = fmin(drum(x, y), sd_line(x, y, 28, 22.5, 28, 42, 2.6));

    d = fmin(d, sd_line(x, y, 28, 22.5, 33, 22.5, 2.6));
    d = fmin(d, sd_line(x, y, 28, 33, 33, 33, 2.6));
    return fmin(d, sd_arc(x, y, 33, 27.75, 5.25, 0, PI / 2, 2.6));
}

/* Letters on a grid 1 wide and 1.5 high. */
static const double letter_a[] = {0, 1.5, 0.5, 0, 1, 1.5};
static const double letter_a_bar[] = {0.22, 0.95, 0.78, 0.95};
static const double letter_b[] = {0,   0.75, 0.7, 0.75, 1, 0.98, 1,   1.27, 0.7,  1.5, 0,
                                  1.5, 0,    0,   0.65, 0, 0.92, 0.2, 0.92, 0.55, 0.7, 0.75};
static const double letter_f[] = {0, 1.5, 0, 0, 0.95, 0};
static const double letter_f_bar[] = {0, 0.72, 0.8, 0.72};
static const double letter_s[] = {1, 0.25, 0.75, 0,    0.25, 0,   0, 0.22,
                                  0, 0.5,  0.25, 0.72, 0.75, 0.8, 1, 1.0,
                                  1, 1.28, 0.75, 1.5,  0.25, 1.5, 0, 1.25};
static const double letter_o[] = {0,   0.3, 0.3, 0,   0.7, 0, 1,   0.3, 1,
                                  1.2, 0.7, 1.5, 0.3, 1.5, 0, 1.2, 0,   0.3};

/* A letter of `size` units, its upper left corner at (left, top). */
static double letter(double x, double y, double left, double top, double size, const double *p,
                     int n, double half)
{
    return size * sd_path((x - left) / size, (y - top) / size, p, n, half / size);
}

/* ISO 2575 symbol of the anti-lock brakes: the letters in the drum, wider than for one mark. */
double symbol_abs(double x, double y)
{
    double d = sd_stroke(sd_circle(x, y, 32, 32, 21), 2.1);

    d = fmin(d, sd_arc(x, y, 32, 32, 28, 0, 0.82, 2.1));
    d = fmin(d, sd_arc(x, y, 32, 32, 28, PI, 0.82, 2.1));
    d = fmin(d, letter(x, y, 17, 26, 8, letter_a, CORNERS(letter_a), 1.55));
    d = fmin(d, letter(x, y, 17, 26, 8, letter_a_bar, CORNERS(letter_a_bar), 1.3));
    d = fmin(d, letter(x, y, 29, 26, 7.8, letter_b, CORNERS(letter_b), 1.55));
    return fmin(d, letter(x, y, 40.2, 26, 7.2, letter_s, CORNERS(letter_s), 1.55));
}

/* ISO 2575 symbol of stability control: a car from behind that leaves the tracks of a skid. */
double symbol_esc(double x, double y)
{
    double d = symbol_part_car(x - 32, y - 18);

    d = fmin(d, sd_wave(x, y, 20, 39, 20, 59, 2, -4.2, 2.4));
    return fmin(d, sd_wave(x, y, 44, 39, 44, 59, 2, -4.2, 2.4));
}

/* ISO 2575 symbol of stability control switched off: the same over the word. */
double symbol_esc_off(double x, double y)
{
    const double size = 0.7;
    double d = size * symbol_esc(32 + (x - 32) / size, y / size);

    d = fmin(d, letter(x, y, 14, 46.5, 9, letter_o, CORNERS(letter_o), 2.0));
    d = fmin(d, letter(x, y, 28, 46.5, 9, letter_f, CORNERS(letter_f), 2.0));
    d = fmin(d, letter(x, y, 28, 46.5, 9, letter_f_bar, CORNERS(letter_f_bar), 1.8));
    d = fmin(d, letter(x, y, 41.5, 46.5, 9, letter_f, CORNERS(letter_f), 2.0));
    return fmin(d, letter(x, y, 41.5, 46.5, 9, letter_f_bar, CORNERS(letter_f_bar), 1.8));
}

/* ISO 2575 symbol of tyre pressure: a tyre cut across, flat at its tread, with an exclamation
 * mark. */
double symbol_tpms(double x, double y)
{
    static const double tread[] = {15.5, 47.5, 48.5, 47.5};
    double d = sd_exclamation(x, y, 32, 15, 41, 2.6);
    double right = fmax(x, 64 - x); /* both sides at once */

    d = fmin(d, sd_arc(right, y, 33, 30, 22, 0, 0.93, 2.3));
    d = fmin(d, sd_line(right, y, 46.2, 12.4, 42.5, 6.5, 2.3));
    d = fmin(d, sd_path(x, y, tread, CORNERS(tread), 2.3));
    for (int i = 0; i < 3; i++)
        d = fmin(d, sd_line(right, y, 32 + 7.5 * i, 48, 32 + 7.5 * i, 55.5, 1.9));
    return d;
}

/* ISO 2575 symbol of the steering: a wheel and an exclamation mark. */
double symbol_steering(double x, double y)
{
    double d = sd_stroke(sd_circle(x, y, 25, 32, 19.5), 2.6);

    d = fmin(d, sd_circle(x, y, 25, 33, 5.5));
    d = fmin(d, sd_line(x, y, 6, 31, 44, 31, 2.4));
    d = fmin(d, sd_line(x, y, 25, 34, 25, 50, 2.4));
    return fmin(d, sd_exclamation(x, y, 55.5, 13, 51, 3.2));
}
