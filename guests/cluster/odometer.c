/* SPDX-License-Identifier: BSD-3-Clause */
/* Odometer and trips. A figure that the store can keep is shown once it is kept, so that no power
 * cut takes back what the driver has seen. */
#include "odometer.h"

/* Metres that a vehicle drives in that time at most: 450 km/h, and one for rounding. */
static uint32_t reach_m(uint32_t ms)
{
    return ms / 8 + 1;
}

/* The first steady count in this life: former ones go on. */
static void begin(struct odometer *o, const struct store *store)
{
    o->known = true;
    if (store->known) {
        o->now = store->kept;
        return;
    }
    o->now.odometer_m = o->vehicle_m;
    for (uint32_t i = 0; i < RECORD_TRIPS; i++)
        o->now.trip_from_m[i] = o->vehicle_m;
}

/*
 * What the vehicle has driven is added, whatever its count is: one that has lost it goes on from
 * less. A leap, there and back, is nothing driven; a higher count that stays is the vehicle's.
 */
static void count(struct odometer *o, const struct store *store, uint32_t vehicle_m, uint32_t ms)
{
    uint32_t way_m = vehicle_m - o->vehicle_m; /* huge where it is less */

    if (!o->heard || way_m > reach_m(ms - o->vehicle_ms))
        o->steady_ms = ms;
    else if (o->known)
        o->now.odometer_m += way_m;
    o->heard = true;
    o->vehicle_m = vehicle_m;
    o->vehicle_ms = ms;
    if (ms - o->steady_ms >= ODOMETER_STEADY_MS) {
        if (!o->known && store_settled(store))
            begin(o, store);
        if (o->known && vehicle_m > o->now.odometer_m)
            o->now.odometer_m = vehicle_m;
    }
    if (o->now.odometer_m > SLOT_METRES)
        o->now.odometer_m = SLOT_METRES;
}

/* A button resets its trip when it goes down, however long it is held. */
static void press(struct odometer *o, uint32_t buttons)
{
    for (uint32_t i = 0; i < RECORD_TRIPS; i++)
        if (buttons & ~o->pressed & 1u << i)
            o->now.trip_from_m[i] = o->now.odometer_m;
    o->pressed = buttons;
}

/* While there is a store: what it has kept. */
static void show(struct odometer *o, const struct store *store)
{
    uint32_t safe_m = store->state == STORE_KEEPING ? store->kept.odometer_m : o->now.odometer_m;

    if (store->state == STORE_KEEPING && !store->known)
        return;
    if (!o->shown || safe_m > o->shown_m)
        o->shown_m = safe_m;
    o->shown = true;
}

void odometer_update(struct odometer *o, const struct bus *bus, const struct store *store,
                     uint32_t now_ms)
{
    o->looked_ms = now_ms;
    if (!bus_fresh(bus, BUS_ODOMETER, now_ms))
        return;
    count(o, store, bus->odometer_m, bus->time_ms[BUS_ODOMETER]);
    if (!o->known)
        return;
    press(o, bus->trip_buttons);
    show(o, store);
}

static bool is_fresh(const struct odometer *o, uint32_t now_ms)
{
    return o->shown && now_ms - o->looked_ms <= BUS_TIMEOUT_MS;
}

uint32_t odometer_shown_m(const struct odometer *o, uint32_t now_ms)
{
    return is_fresh(o, now_ms) ? o->shown_m : ODOMETER_NONE;
}

uint32_t odometer_trip_m(const struct odometer *o, enum trip trip, uint32_t now_ms)
{
    return is_fresh(o, now_ms) ? o->now.odometer_m - o->now.trip_from_m[trip] : ODOMETER_NONE;
}
