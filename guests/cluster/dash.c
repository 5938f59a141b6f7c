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
    target = (int32_t)(value * DIAL_SWEEP / full) * FINE;
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

void dash_scene(struct dash *d, const struct bus *bus, const struct odometer *odometer,
                uint32_t now_ms, struct scene *scene)
{
    uint32_t metres = odometer_shown_m(odometer, now_ms);
    bool motion = bus_fresh(bus, BUS_MOTION, now_ms), body = bus_fresh(bus, BUS_BODY, now_ms);
    bool distance = bus_fresh(bus, BUS_ODOMETER, now_ms);
    bool lamps = bus_fresh(bus, BUS_LAMPS, now_ms);

    *scene = (struct scene){
        .speed_needle = needle(&d->speed, motion, bus->speed_centikmh, SPEED_MAX_CENTI),
        .rpm_needle = needle(&d->rpm, motion, bus->engine_rpm, RPM_MAX),
        .speed = motion ? (bus->speed_centikmh + 50) / 100 : SCENE_NONE,
        .odometer = distance && metres != ODOMETER_NONE ? metres / 100 : SCENE_ODO_NONE,
        .telltales = dash_lamps(bus, now_ms),
        .gear = body ? bus->gear : SCENE_GEAR_NONE,
        .notice = !motion || !body || !distance || !lamps ? NOTICE_BUS_LOST : NOTICE_NONE,
    };
    if (now_ms < DASH_LAMP_CHECK_MS)
        scene->notice =
            NOTICE_NONE; /* the bus may still be waking up; the dashes say what is known */
}
