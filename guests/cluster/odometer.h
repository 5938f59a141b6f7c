/* SPDX-License-Identifier: BSD-3-Clause */
/* The odometer, which is never lower than it was, and the trips: from what the vehicle counts and
 * what the store has kept. */
#ifndef CLUSTER_ODOMETER_H
#define CLUSTER_ODOMETER_H

#include "bus.h"
#include "store.h"

#define ODOMETER_NONE UINT32_MAX
#define ODOMETER_STEADY_MS                                                                         \
    200u /* then a count is the vehicle's, and no accident of a controller                         \
          */

struct odometer {
    bool known;        /* `now` says something */
    struct record now; /* to the metre */
    bool shown;        /* shown_m says something */
    uint32_t shown_m;
    uint32_t looked_ms; /* when odometer_update() last did */
    bool heard;         /* what follows says something: */
    uint32_t vehicle_m; /* the vehicle's last count, */
    uint32_t vehicle_ms;
    uint32_t steady_ms; /* and since when it goes on as a vehicle can drive */
    uint32_t pressed;   /* the trips' buttons, when last seen */
};

/* Takes what the bus says, if it is fresh, once the store is settled; more often than every
 * BUS_TIMEOUT_MS, after each store_step(). */
void odometer_update(struct odometer *o, const struct bus *bus, const struct store *store,
                     uint32_t now_ms);

/* Metres for the driver to see, or ODOMETER_NONE: not known, or not looked at for too long. */
uint32_t odometer_shown_m(const struct odometer *o, uint32_t now_ms);

/* Metres since the trip was reset, or ODOMETER_NONE. */
uint32_t odometer_trip_m(const struct odometer *o, enum trip trip, uint32_t now_ms);

#endif
