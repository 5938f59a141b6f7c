/* SPDX-License-Identifier: BSD-3-Clause */
/* Believes a frame when its CRC, its alive count, its time and its values say so; forgets it after
 * its timeout. */
#include "bus.h"

#include "cockpit_dbc.h"
#include "mem.h"

#define SPEED_LIMIT  40000u /* the DBC's maxima */
#define RPM_LIMIT    12000u
#define METRES_LIMIT 999999999u
#define FULL_HALVES  200u /* 100 % */
#define RANGE_LIMIT  2000u
#define COOLANT_RAW  190u /* 150 degrees Celsius ... */
#define COOLANT_ZERO 40   /* ... by this offset */
#define AIR_MIN      (-100)
#define AIR_MAX      120
#define SEAT_MIN     32 /* 16 degrees Celsius */
#define SEAT_MAX     56

/*
 * An answer names the low half of the sync time it is for: that makes its age known however long it
 * lay in a queue. False if it is too old, or of the future.
 */
static bool believe_time(uint16_t answer_ms, uint32_t now_ms, uint32_t *time_ms)
{
    uint16_t age = (uint16_t)(now_ms - answer_ms);

    if (age > BUS_TIMEOUT_MS)
        return false;
    *time_ms = now_ms - age;
    return true;
}

static bool take_motion(struct bus *b, const struct can_frame *f, uint32_t now_ms)
{
    struct dbc_motion m;

    dbc_motion_unpack(&m, f->data);
    b->speed_centikmh = m.speed;
    b->engine_rpm = m.engine_rpm;
    return believe_time(m.time_ms, now_ms, &b->time_ms[BUS_MOTION]);
}

#define LAMP(signal, lamp) (uint32_t)m.signal << BN_TELLTALE_##lamp

static bool take_body(struct bus *b, const struct can_frame *f, uint32_t now_ms)
{
    struct dbc_body m;

    dbc_body_unpack(&m, f->data);
    b->gear = m.gear;
    b->telltales = (b->telltales & ~BUS_BODY_LAMPS) | LAMP(brake_warning, BRAKE) |
                   LAMP(belt_reminder, BELT) | LAMP(turn_left, TURN_LEFT) |
                   LAMP(turn_right, TURN_RIGHT) | LAMP(high_beam, HIGH_BEAM) |
                   LAMP(engine_mil, MIL);
    return believe_time(m.time_ms, now_ms, &b->time_ms[BUS_BODY]);
}

static bool take_odometer(struct bus *b, const struct can_frame *f, uint32_t now_ms)
{
    struct dbc_odometer m;

    dbc_odometer_unpack(&m, f->data);
    b->odometer_m = m.distance;
    b->trip_buttons = (uint32_t)m.trip_a_reset << TRIP_A | (uint32_t)m.trip_b_reset << TRIP_B;
    b->ignition_off = m.ignition_off;
    return believe_time(m.time_ms, now_ms, &b->time_ms[BUS_ODOMETER]);
}

static bool take_lamps(struct bus *b, const struct can_frame *f, uint32_t now_ms)
{
    struct dbc_lamps m;

    dbc_lamps_unpack(&m, f->data);
    b->telltales = (b->telltales & BUS_BODY_LAMPS) | LAMP(park_brake, PARK_BRAKE) |
                   LAMP(airbag_fault, AIRBAG) | LAMP(abs_fault, ABS) | LAMP(esc_active, ESC) |
                   LAMP(esc_off, ESC_OFF) | LAMP(tyre_pressure, TPMS) | LAMP(oil_pressure, OIL) |
                   LAMP(battery_charge, CHARGE) | LAMP(coolant_temperature, COOLANT) |
                   LAMP(steering_fault, EPS) | LAMP(dipped_beam, DIPPED_BEAM) |
                   LAMP(fog_front, FOG_FRONT) | LAMP(fog_rear, FOG_REAR) |
                   LAMP(lamp_fault, LAMP_FAULT) | LAMP(door_open, DOOR) | LAMP(boot_open, BOOT) |
                   LAMP(bonnet_open, BONNET) | LAMP(fuel_low, FUEL) | LAMP(washer_low, WASHER) |
                   LAMP(cruise_active, ACC) | LAMP(lane_active, LANE);
    return believe_time(m.time_ms, now_ms, &b->time_ms[BUS_LAMPS]);
}

static bool take_engine(struct bus *b, const struct can_frame *f, uint32_t now_ms)
{
    struct dbc_engine m;

    dbc_engine_unpack(&m, f->data);
    b->fuel_halves = m.fuel_level;
    b->coolant_c = (int16_t)(m.coolant - COOLANT_ZERO);
    b->range_km = m.range;
    return believe_time(m.time_ms, now_ms, &b->time_ms[BUS_ENGINE]);
}

static bool take_exterior(struct bus *b, const struct can_frame *f, uint32_t now_ms)
{
    struct dbc_exterior m;

    dbc_exterior_unpack(&m, f->data);
    b->outside_halves = m.air_temperature;
    b->light_halves = m.light_intensity;
    return believe_time(m.time_ms, now_ms, &b->time_ms[BUS_EXTERIOR]);
}

static bool take_cabin(struct bus *b, const struct can_frame *f, uint32_t now_ms)
{
    struct dbc_cabin m;

    dbc_cabin_unpack(&m, f->data);
    b->hour = m.hour;
    b->minute = m.minute;
    b->miles = m.miles;
    b->driver_halves = m.driver_temperature;
    b->passenger_halves = m.passenger_temperature;
    return believe_time(m.time_ms, now_ms, &b->time_ms[BUS_CABIN]);
}

static const struct {
    uint16_t id;
    uint8_t bytes;
    bool (*take)(struct bus *b, const struct can_frame *f, uint32_t now_ms);
} messages[BUS_MESSAGES] = {
    [BUS_MOTION] = {DBC_MOTION_ID, DBC_MOTION_BYTES, take_motion},
    [BUS_BODY] = {DBC_BODY_ID, DBC_BODY_BYTES, take_body},
    [BUS_ODOMETER] = {DBC_ODOMETER_ID, DBC_ODOMETER_BYTES, take_odometer},
    [BUS_LAMPS] = {DBC_LAMPS_ID, DBC_LAMPS_BYTES, take_lamps},
    [BUS_ENGINE] = {DBC_ENGINE_ID, DBC_ENGINE_BYTES, take_engine},
    [BUS_EXTERIOR] = {DBC_EXTERIOR_ID, DBC_EXTERIOR_BYTES, take_exterior},
    [BUS_CABIN] = {DBC_CABIN_ID, DBC_CABIN_BYTES, take_cabin},
};

/* A seat's temperature is one that can be chosen, or nothing keeps it. */
static bool seat_fits(uint8_t halves)
{
    return halves == 0 || (halves >= SEAT_MIN && halves <= SEAT_MAX);
}

/* Whether its values are some that the message can have. */
static bool fits(const struct bus *b, enum bus_message m)
{
    switch (m) {
    case BUS_MOTION:
        return b->speed_centikmh <= SPEED_LIMIT && b->engine_rpm <= RPM_LIMIT;
    case BUS_BODY:
        return b->gear >= -1 && b->gear <= 9;
    case BUS_ODOMETER:
        return b->odometer_m <= METRES_LIMIT && b->trip_buttons < 1u << (TRIP_B + 1);
    case BUS_ENGINE:
        return b->fuel_halves <= FULL_HALVES && b->range_km <= RANGE_LIMIT &&
               b->coolant_c >= -COOLANT_ZERO && b->coolant_c <= (int)COOLANT_RAW - COOLANT_ZERO;
    case BUS_EXTERIOR:
        return b->outside_halves >= AIR_MIN && b->outside_halves <= AIR_MAX &&
               b->light_halves <= FULL_HALVES;
    case BUS_CABIN:
        return b->hour <= 23 && b->minute <= 59 && seat_fits(b->driver_halves) &&
               seat_fits(b->passenger_halves);
    default:
        return true;
    }
}

static void reject(struct bus *b, const struct can_frame *f)
{
    b->rejected++;
    b->last_rejected = f->id;
}

/* All of a message, or nothing of it. */
static bool take_whole(struct bus *b, enum bus_message m, const struct can_frame *f,
                       uint32_t now_ms)
{
    struct bus next = *b;

    if (!messages[m].take(&next, f, now_ms) || !fits(&next, m))
        return false;
    *b = next;
    b->seen[m] = true;
    return true;
}

static void take_frame(struct bus *b, const struct can_frame *f, uint32_t now_ms)
{
    if (f->id == DBC_STATS_REQUEST_ID && f->length == DBC_STATS_REQUEST_BYTES) {
        if (e2e_check(&b->request_e2e, f) != E2E_WRONG_CRC)
            b->stats_wanted = true;
        else
            reject(b, f);
        return;
    }
    for (int i = 0; i < BUS_MESSAGES; i++) {
        if (messages[i].id != f->id)
            continue;
        if (f->length != messages[i].bytes || e2e_check(&b->e2e[i], f) != E2E_OK ||
            !take_whole(b, (enum bus_message)i, f, now_ms))
            reject(b, f);
    }
}

void bus_feed(struct bus *b, const uint8_t *data, size_t bytes, uint32_t now_ms)
{
    struct can_frame frame;

    for (size_t i = 0; i < bytes; i++)
        if (slcan_feed(&b->parser, data[i], &frame))
            take_frame(b, &frame, now_ms);
}

/* A bool that somebody else has written may be any byte. */
static void settle(bool *b)
{
    uint8_t byte;

    memcpy(&byte, b, sizeof(byte));
    *b = byte == 1;
}

void bus_take(struct bus *b, const struct bus *heard)
{
    uint8_t alive = b->alive; /* ours */

    memcpy(b, heard, sizeof(*b));
    b->alive = alive;
    settle(&b->ignition_off);
    settle(&b->miles);
    settle(&b->stats_wanted);
    b->telltales &= (1u << BN_TELLTALE_COUNT) - 1;
    for (int i = 0; i < BUS_MESSAGES; i++) {
        settle(&b->seen[i]);
        b->seen[i] = b->seen[i] && fits(b, (enum bus_message)i);
    }
}

bool bus_fresh(const struct bus *b, enum bus_message m, uint32_t now_ms)
{
    return b->seen[m] &&
           now_ms - b->time_ms[m] <= (m < BUS_ENGINE ? BUS_TIMEOUT_MS : BUS_SLOW_TIMEOUT_MS);
}

size_t bus_sync(struct bus *b, uint32_t now_ms, uint8_t out[SLCAN_MAX_BYTES])
{
    struct can_frame frame = {.id = DBC_SYNC_ID, .length = DBC_SYNC_BYTES};
    struct dbc_sync sync = {.time_ms = now_ms};

    dbc_sync_pack(&sync, frame.data);
    e2e_protect(&frame, b->alive++);
    return slcan_format(&frame, out);
}

void bus_publish(const struct bus *b, uint32_t now_ms, struct bn_vehicle *v)
{
    *v = (struct bn_vehicle){.bus_time_ms = now_ms};
    if (bus_fresh(b, BUS_EXTERIOR, now_ms)) {
        v->flags |= BN_VEHICLE_AIR;
        v->outside_halves = b->outside_halves;
    }
    if (bus_fresh(b, BUS_CABIN, now_ms)) {
        v->flags |= b->miles ? BN_VEHICLE_CABIN | BN_VEHICLE_MILES : BN_VEHICLE_CABIN;
        v->hour = b->hour;
        v->minute = b->minute;
        v->driver_halves = b->driver_halves;
        v->passenger_halves = b->passenger_halves;
    }
    for (int i = 0; i < BUS_ENGINE; i++)
        if (!bus_fresh(b, (enum bus_message)i, now_ms))
            return;
    v->flags |= BN_VEHICLE_VALID;
    v->speed_centikmh = b->speed_centikmh;
    v->engine_rpm = b->engine_rpm;
    v->gear = b->gear;
    v->odometer_m = b->odometer_m;
    v->telltales = b->telltales;
}
