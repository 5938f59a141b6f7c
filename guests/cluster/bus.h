/* SPDX-License-Identifier: BSD-3-Clause */
/* What the cluster knows of the vehicle, and for how long it may believe it. */
#ifndef CLUSTER_BUS_H
#define CLUSTER_BUS_H

#include "binnacle/vehicle.h"

#include "can.h"

#define BUS_TIMEOUT_MS      100 /* a signal older than this is not shown ... */
#define BUS_SLOW_TIMEOUT_MS 500 /* ... and this one, if it is sent ten times a second */

/* The telltales of message Body; all others are of message Lamps. */
#define BUS_BODY_LAMPS                                                                             \
    (1u << BN_TELLTALE_BRAKE | 1u << BN_TELLTALE_BELT | 1u << BN_TELLTALE_TURN_LEFT |              \
     1u << BN_TELLTALE_TURN_RIGHT | 1u << BN_TELLTALE_HIGH_BEAM | 1u << BN_TELLTALE_MIL)

enum trip { TRIP_A, TRIP_B };
enum bus_message {
    BUS_MOTION,
    BUS_BODY,
    BUS_ODOMETER,
    BUS_LAMPS,
    BUS_ENGINE, /* slow from here on */
    BUS_EXTERIOR,
    BUS_CABIN,
    BUS_MESSAGES
};

struct bus {
    struct slcan_parser parser;
    struct e2e_receiver e2e[BUS_MESSAGES], request_e2e;
    bool seen[BUS_MESSAGES];
    uint32_t time_ms[BUS_MESSAGES]; /* the bus time each message's content is for */
    uint16_t speed_centikmh, engine_rpm;
    int8_t gear;
    uint32_t telltales; /* bit enum bn_telltale */
    uint32_t odometer_m;
    uint32_t trip_buttons; /* bit enum trip: held */
    bool ignition_off;
    uint8_t fuel_halves; /* 0.5 % */
    int16_t coolant_c;   /* degrees Celsius */
    uint16_t range_km;
    int8_t outside_halves; /* 0.5 degrees Celsius */
    uint8_t light_halves;  /* 0.5 % */
    uint8_t hour, minute;
    bool miles;                              /* what the driver has chosen: miles and mph */
    uint8_t driver_halves, passenger_halves; /* by 0.5 degrees Celsius, kept at that seat; 0: off */
    uint32_t rejected;                       /* frames that were not believed */
    uint16_t last_rejected;                  /* identifier of the last of them */
    uint8_t alive;                           /* of the sync frames */
    bool stats_wanted;                       /* a stats request has come; the owner clears it */
};

/* Takes received bytes at bus time now_ms. */
void bus_feed(struct bus *b, const uint8_t *data, size_t bytes, uint32_t now_ms);

/* Takes over what an untrusted reader of the bus has heard: copied, then checked. A message with a
 * value that it cannot have has not been heard. */
void bus_take(struct bus *b, const struct bus *heard);

/* True while message m was received for a time not longer before now_ms than its timeout. */
bool bus_fresh(const struct bus *b, enum bus_message m, uint32_t now_ms);

/* The sync frame for bus time now_ms, as bytes for the wire. */
size_t bus_sync(struct bus *b, uint32_t now_ms, uint8_t out[SLCAN_MAX_BYTES]);

/* The signals as others may have them. What a slow message says has a flag of its own; if one of
 * the others is not fresh, all of them are 0 and their flag is off. */
void bus_publish(const struct bus *b, uint32_t now_ms, struct bn_vehicle *v);

#endif
