/* SPDX-License-Identifier: BSD-3-Clause */
/* Makes the scene of a frame. Nothing that is not fresh is shown as a value. */
#include "dash.h"

/* A needle goes a third of its way each frame: 45 ms, under 0.4 km/h of lag in the hardest trace
 * ... */
#define DAMPING 3
/* ... and 6.3 degrees at most: one that comes back sweeps up, and no frame costs much more than
 * others. */
#define SLEW 0x0480
#define FINE 16

static int32_t needle(int32_t *damped, bool fresh, uint32_t value, uint32_t full)
{
    int32_t target, move;

    if (!fresh) {
        *damped = SCENE_NONE;
        return SCENE_NONE;
    }
    value = value > full ? full : value;
    target = (int32_t)((value * DIAL_SWEEP + full - 1) / full) * FINE;
    if (*damped == SCENE_NONE)
        *damped = 0; /* it rises from the stop */
    move = (target - *damped) / DAMPING;
    move = move > SLEW * FINE ? SLEW * FINE : move < -SLEW * FINE ? -SLEW * FINE : move;
    *damped += move;
    if (target - *damped < DAMPING && *damped - target < DAMPING)
        *damped = target;
    return *damped / FINE;
}

uint32_t dash_lamps(const struct bus *bus, uint32_t now_ms)
{
    bool body = bus_fresh(bus, BUS_BODY, now_ms), lamps = bus_fresh(bus, BUS_LAMPS, now_ms);
    uint32_t lit = (body ? bus->telltales & BUS_BODY_LAMPS : DASH_LOST_BODY) |
                   (lamps ? bus->telltales & ~BUS_BODY_LAMPS : DASH_LOST_LAMPS);

    if (now_ms < DASH_LAMP_CHECK_MS)
        lit |= DASH_LAMP_CHECK;
    return lit;
}

/* Day or night by the light outside, else by the lamps; unit by the driver's choice. What is not
 * known stays as it was: a setting is not a measurement. */
static uint32_t wanted_face(const struct dash *d, const struct bus *bus, uint32_t now_ms)
{
    uint32_t face = d->next;
    bool night = face & FACE_NIGHT;

    if (bus_fresh(bus, BUS_EXTERIOR, now_ms))
        night =
            bus->light_halves < DASH_NIGHT_BELOW || (night && bus->light_halves <= DASH_DAY_ABOVE);
    else if (bus_fresh(bus, BUS_LAMPS, now_ms))
        night = night || bus->telltales & 1u << BN_TELLTALE_DIPPED_BEAM;
    if (bus_fresh(bus, BUS_CABIN, now_ms))
        face = bus->miles ? FACE_MILES : 0;
    return (face & ~FACE_NIGHT) | (night ? FACE_NIGHT : 0);
}

/* One step towards the face that is wanted. Before the curtain falls it may still be another: a
 * shadow that has passed changes nothing. */
static void turn_face(struct dash *d, uint32_t wanted)
{
    if (d->step == FACE_STEPS) {
        d->face = d->next;
        d->step = 0;
    }
    if (d->step <= FACE_PAINT && wanted != d->next) {
        d->next = (uint8_t)wanted;
        d->step = 0;
    }
    if (d->face != d->next)
        d->step++;
}

/* UN R39: no speed is shown as less than it is, so what is between two figures is the higher one.
 */
static int32_t speed_figures(uint32_t centikmh, bool miles)
{
    uint32_t over = miles ? 160934 : 100000;

    return (int32_t)((centikmh * 1000u + over - 1) / over);
}

static void take_speed(struct dash *d, const struct bus *bus, bool fresh, struct scene *scene)
{
    uint32_t full = scene->miles ? SPEED_MAX_CENTI_MPH * 160934u / 100000u : SPEED_MAX_CENTI;

    scene->speed = fresh ? speed_figures(bus->speed_centikmh, scene->miles) : SCENE_NONE;
    /* While the scale changes there is none to point at; then the needle rises from the stop. */
    fresh = fresh && (d->step <= FACE_PAINT || !((d->face ^ d->next) & FACE_MILES));
    scene->speed_needle = needle(&d->speed, fresh, bus->speed_centikmh, full);
}

static int32_t gauge_needle(int32_t value, int32_t low, int32_t high)
{
    value = value < low ? low : value > high ? high : value;
    return (value - low) * GAUGE_STEPS / (high - low);
}

static void take_slow(struct dash *d, const struct bus *bus, uint32_t now_ms, struct scene *scene)
{
    if (bus_fresh(bus, BUS_ENGINE, now_ms)) {
        scene->fuel_needle = gauge_needle(bus->fuel_halves, 0, 200);
        scene->coolant_needle = gauge_needle(bus->coolant_c, COOLANT_MIN, COOLANT_MAX);
        scene->range = bus->range_km;
    }
    if (bus_fresh(bus, BUS_CABIN, now_ms))
        scene->clock = bus->hour * 60 + bus->minute;
    if (!bus_fresh(bus, BUS_EXTERIOR, now_ms)) {
        d->ice = false;
        return;
    }
    scene->air = bus->outside_halves;
    d->ice = scene->air <= DASH_ICE || (d->ice && scene->air <= DASH_ICE_GONE);
    scene->ice = d->ice;
}

/* The conditions that have a message: those of lamps only where the vehicle says so, for a lamp
 * that is lit because its message is lost says something else. */
static uint32_t conditions(const struct dash *d, const struct bus *bus, uint32_t now_ms,
                           uint32_t services)
{
    uint32_t lamps = 0;
    bool moving = bus_fresh(bus, BUS_MOTION, now_ms) && bus->speed_centikmh >= DASH_MOVING;

    if (bus_fresh(bus, BUS_BODY, now_ms))
        lamps |= bus->telltales & BUS_BODY_LAMPS;
    if (bus_fresh(bus, BUS_LAMPS, now_ms))
        lamps |= bus->telltales & ~BUS_BODY_LAMPS;
    return messages_of_lamps(lamps, moving) | services |
           (d->bus_lost ? message_bit(MESSAGE_BUS_LOST) : 0) |
           (d->ice ? message_bit(MESSAGE_ICE) : 0);
}

/* Nothing older than the vehicle's count is shown. */
static void take_distances(const struct bus *bus, const struct odometer *odometer, uint32_t now_ms,
                           struct scene *scene)
{
    uint32_t metres = odometer_shown_m(odometer, now_ms);
    uint32_t a = odometer_trip_m(odometer, TRIP_A, now_ms);
    uint32_t b = odometer_trip_m(odometer, TRIP_B, now_ms);
    bool fresh = bus_fresh(bus, BUS_ODOMETER, now_ms);

    scene->odometer = fresh && metres != ODOMETER_NONE ? metres / 100 : SCENE_ODO_NONE;
    scene->trip_a = fresh && a != ODOMETER_NONE ? a / 100 : SCENE_ODO_NONE;
    scene->trip_b = fresh && b != ODOMETER_NONE ? b / 100 : SCENE_ODO_NONE;
}

void dash_scene(struct dash *d, const struct bus *bus, const struct odometer *odometer,
                uint32_t now_ms, uint32_t services, struct scene *scene)
{
    bool motion = bus_fresh(bus, BUS_MOTION, now_ms), checking = now_ms < DASH_LAMP_CHECK_MS;
    enum bn_chime chime;

    turn_face(d, wanted_face(d, bus, now_ms));
    *scene = (struct scene){
        .face = d->face,
        .next = d->next,
        .step = d->step,
        .miles = (d->step > FACE_PAINT ? d->next : d->face) & FACE_MILES,
        .rpm_needle = needle(&d->rpm, motion, bus->engine_rpm, RPM_MAX),
        .fuel_needle = SCENE_NONE,
        .coolant_needle = SCENE_NONE,
        .range = SCENE_NONE,
        .clock = SCENE_NONE,
        .air = SCENE_AIR_NONE,
        .telltales = dash_lamps(bus, now_ms),
        .gear = bus_fresh(bus, BUS_BODY, now_ms) ? bus->gear : SCENE_GEAR_NONE,
    };
    take_speed(d, bus, motion, scene);
    take_distances(bus, odometer, now_ms, scene);
    take_slow(d, bus, now_ms, scene);
    d->bus_lost = false;
    for (int i = 0; i < BUS_MESSAGES; i++)
        d->bus_lost = d->bus_lost || !bus_fresh(bus, (enum bus_message)i, now_ms);
    /* The bus may still be waking up; the dashes say what is known. */
    d->bus_lost = d->bus_lost && !checking;
    scene->message = (uint8_t)messages_update(
        &d->messages, checking ? 0 : conditions(d, bus, now_ms, services), now_ms, &chime);
    if (chime)
        d->chime = chime;
}
