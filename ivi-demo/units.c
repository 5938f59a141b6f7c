/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what figures are shown for metres and kilometres an hour. */
#include "units.h"

#include <math.h>
#include <stdio.h>

#define MILE_M 1609.34
#define YARD_M 0.9144

int units_speed(const struct ui *u)
{
    const double centi = round(u->vehicle.speed_kmh * 100); /* as the bus has it */

    return (int)ceil(u->miles ? centi * 1000 / 160934 : centi / 100);
}

const char *units_speed_name(const struct ui *u)
{
    return u->miles ? "mph" : "km/h";
}

double units_way(const struct ui *u, double metres)
{
    return metres / (u->miles ? MILE_M : 1000);
}

const char *units_way_name(const struct ui *u)
{
    return u->miles ? "mi" : "km";
}

void units_near(const struct ui *u, char to[UNITS_BYTES], double metres)
{
    const double small = u->miles ? metres / YARD_M : metres;

    if (small < 1000)
        snprintf(to, UNITS_BYTES, "%d %s", (int)(small / 10) * 10, u->miles ? "yd" : "m");
    else
        snprintf(to, UNITS_BYTES, "%.1f %s", floor(units_way(u, metres) * 10) / 10,
                 units_way_name(u));
}
