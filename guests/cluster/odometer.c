/* SPDX-License-Identifier: BSD-3-Clause */
/* Odometer and trips. A figure that the store can keep is shown once it is kept, so that no power
 * cut takes back what the driver has seen. */
#include "odometer.h"

/* The first look in this life: former ones go on. */
static void begin(struct odometer *o, const struct bus *bus, const struct store *store)
{
    o->known = true;
    if (store->known) {
        o->now = store->kept;
        return;
    }
    o->now.odometer_m = bus->odometer_m;
    for (uint32_t i = 0; i < RECORD_TRIPS; i++)
        o->now.trip_from_m[i] = bus->odometer_m;
}

/* A vehicle that counts less than we have kept has lost its count: what it counts from there on is
 * driven all the same. One that counts more has been driven without us. */
static void count(struct odometer *o, uint32_t vehicle_m)
{
    if (vehicle_m + o->lead_m < o->now.odometer_m)
        o->lead_m = o->now.odometer_m - vehicle_m;
    o->now.odometer_m = vehicle_m + o->lead_m;
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
    o->seen_ms = now_ms;
    if (!store_settled(store) || !bus_fresh(bus, BUS_ODOMETER, now_ms))
        return;
    if (!o->known)
        begin(o, bus, store);
    count(o, bus->odometer_m);
    press(o, bus->trip_buttons);
    show(o, store);
}

static bool is_fresh(const struct odometer *o, uint32_t now_ms)
{
    return o->shown && now_ms - o->seen_ms <= BUS_TIMEOUT_MS;
}

uint32_t odometer_shown_m(const struct odometer *o, uint32_t now_ms)
{
    return is_fresh(o, now_ms) ? o->shown_m : ODOMETER_NONE;
}

uint32_t odometer_trip_m(const struct odometer *o, enum trip trip, uint32_t now_ms)
{
    return is_fresh(o, now_ms) ? o->now.odometer_m - o->now.trip_from_m[trip] : ODOMETER_NONE;
}
