/* SPDX-License-Identifier: BSD-3-Clause */
/* What the vehicle does, as the cluster passes it on: region "vehicle" of the shared window, BAR 2
 * of a PCI function. */
#ifndef IVI_VEHICLE_H
#define IVI_VEHICLE_H

#include <stdbool.h>
#include <stddef.h>

#include "binnacle/vehicle.h"

#define VEHICLE_STALE_S 0.5 /* the cluster writes at 10 Hz or more */

struct vehicle_state {
    bool valid; /* false: every value is to be shown as dashes, but for the last ones */
    double speed_kmh, rpm;
    int gear;
    uint32_t odometer_m;
    uint32_t telltales;
    bool has_air, has_cabin; /* temperature outside; clock, unit and seats are known */
    double outside_c;        /* degrees Celsius */
    int hour, minute;        /* of the vehicle's clock */
    bool miles;              /* what the driver has chosen */
    double seat_c[2];        /* kept at the driver's and the passenger's, degrees Celsius; 0: off */
};

struct vehicle_source {
    const volatile uint8_t *region; /* NULL: this machine has none */
    void *mapping;
    size_t mapped;
    uint32_t counter; /* last one seen */
    double fresh_at;  /* when it advanced */
    bool seen;
    struct vehicle_state last;
};

/* Looks for the PCI function, or takes a file laid out like its BAR if path is not NULL. Absence is
 * no error. */
void vehicle_open(struct vehicle_source *s, const char *path);
void vehicle_close(struct vehicle_source *s);

/* Reads the region as E2E asks: identity, sequence, checksum, and a counter that advances. now:
 * seconds. */
void vehicle_read(struct vehicle_source *s, double now, struct vehicle_state *v);

/* The vehicle region in a window of that many bytes, NULL if its directory makes no sense or has
 * none that may be read. */
const volatile uint8_t *vehicle_region(const volatile uint8_t *window, size_t bytes);

#endif
