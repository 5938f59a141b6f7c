/* SPDX-License-Identifier: BSD-3-Clause */
/* The telltale symbols as shapes, for the build-time tool: drawn by us in the likeness of ISO 2575.
 */
#ifndef CLUSTER_SYMBOLS_H
#define CLUSTER_SYMBOLS_H

#include "binnacle/vehicle.h"

#include "assets.h"

/* Signed distance to the symbol's edge, negative inside; x, y in a 64 x 64 box. By enum
 * bn_telltale. */
extern double (*const symbols[ASSET_SYMBOLS])(double x, double y);

/* The same by enum asset_mark. */
extern double (*const marks[MARK_COUNT])(double x, double y);

double symbol_brake(double x, double y);
double symbol_belt(double x, double y);
double symbol_turn_left(double x, double y);
double symbol_turn_right(double x, double y);
double symbol_high_beam(double x, double y);
double symbol_mil(double x, double y);
double symbol_park_brake(double x, double y);
double symbol_airbag(double x, double y);
double symbol_abs(double x, double y);
double symbol_esc(double x, double y);
double symbol_esc_off(double x, double y);
double symbol_tpms(double x, double y);
double symbol_oil(double x, double y);
double symbol_charge(double x, double y);
double symbol_coolant(double x, double y);
double symbol_steering(double x, double y);
double symbol_dipped_beam(double x, double y);
double symbol_fog_front(double x, double y);
double symbol_fog_rear(double x, double y);
double symbol_lamp_fault(double x, double y);
double symbol_door(double x, double y);
double symbol_boot(double x, double y);
double symbol_bonnet(double x, double y);
double symbol_fuel(double x, double y);
double symbol_washer(double x, double y);
double symbol_acc(double x, double y);
double symbol_lane(double x, double y);
double symbol_ice(double x, double y);

/* A car from behind, 34 wide and 28 high, around the origin: part of several symbols. */
double symbol_part_car(double x, double y);

#endif
