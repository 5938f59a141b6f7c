/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the town: where its streets, blocks, houses, parks and its river are. */
#include "town.h"

#include <math.h>

const struct colour town_land = RGB(0x151C24), town_block = RGB(0x1B242E),
                    town_house_wall = RGB(0x222D39), town_park = RGB(0x17302B),
                    town_water = RGB(0x12293D), town_street = RGB(0x303D4B),
                    town_avenue = RGB(0x43536A);

const struct town_name town_names[TOWN_NAMES] = {
    {"NORDSTADT", 4, 3, 17},     {"HAFEN", 12, 10, 17},      {"ALTSTADT", 8, 7, 17},
    {"Stadtpark", 5, 10, 13},    {"Museumspark", 11, 4, 13}, {"UNIVERSITÄT", 3, 7, 15},
    {"Binnenhafen", 13, 12, 13}, {"WESTEND", 2, 13, 17},     {"Ostbahnhof", 13, 6, 13}};

void town_bend(double u, double v, double *x, double *y)
{
    *x = u + 34 * sin(v / 260) + 16 * sin((u + v) / 170);
    *y = v + 30 * sin(u / 300 + 1) + 14 * cos((u - v) / 190);
}

/* The same every time: a number from two. */
static unsigned dice(int a, int b)
{
    unsigned h = (unsigned)a * 374761393u + (unsigned)b * 668265263u;

    h = (h ^ h >> 13) * 1274126177u;
    return h ^ h >> 16;
}

bool town_is_park(int i, int j)
{
    return (i >= 3 && i <= 5 && j >= 9 && j <= 10) || (i >= 10 && i <= 11 && j >= 3 && j <= 5) ||
           dice(i, j) % 23 == 0;
}

/* Two cubic curves. */
void town_river(double at, double *x, double *y)
{
    static const double bend[2][4][2] = {{{-40, 1130}, {320, 980}, {420, 1320}, {760, 1190}},
                                         {{760, 1190}, {1060, 1080}, {1120, 820}, {1600, 860}}};
    const int half = at >= 0.5;
    const double t = at * 2 - half, s = 1 - t;
    const double part[4] = {s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t};

    *x = *y = 0;
    for (int i = 0; i < 4; i++) {
        *x += part[i] * bend[half][i][0];
        *y += part[i] * bend[half][i][1];
    }
}

static bool in_river(double x, double y)
{
    for (int k = 0; k <= TOWN_RIVER_STEPS; k++) {
        double rx, ry;

        town_river(k / (double)TOWN_RIVER_STEPS, &rx, &ry);
        if (hypot(x - rx, y - ry) < TOWN_BANK / 2.0 + 16)
            return true;
    }
    return false;
}

bool town_house(int i, int j, int k, struct town_house *h)
{
    const unsigned d = dice(i * 4 + k, j + 77);
    const double u = i * TOWN_CELL + 16 + (k % 2) * 34 + (int)(d % 6),
                 v = j * TOWN_CELL + 16 + (k / 2) * 34 + (int)(d / 8 % 6);

    if (d % 5 == 0 || town_is_park(i, j))
        return false;
    town_bend(u, v, &h->x, &h->y);
    h->w = 18 + d / 64 % 10;
    h->d = 16 + d / 512 % 10;
    h->height = 5 + d / 4096 % 12;
    return !in_river(h->x + h->w / 2, h->y + h->d / 2);
}
