/* SPDX-License-Identifier: BSD-3-Clause */
/* Speeds and distances in what the driver has chosen: kilometres or miles. */
#ifndef IVI_UNITS_H
#define IVI_UNITS_H

#include "ui.h"

#define UNITS_BYTES 32 /* the longest text */

/* Whole figures, never below the true speed (UN R39): those that the cluster shows. */
int units_speed(const struct ui *u);
const char *units_speed_name(const struct ui *u); /* "km/h", "mph" */

double units_way(const struct ui *u, double metres);
const char *units_way_name(const struct ui *u); /* "km", "mi" */

/* To the next turn: "160 m", "1.2 km"; "170 yd", "0.8 mi". */
void units_near(const struct ui *u, char to[UNITS_BYTES], double metres);

#endif
