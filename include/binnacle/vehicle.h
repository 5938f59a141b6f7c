/* SPDX-License-Identifier: BSD-3-Clause */
/* Vehicle signals as the cluster passes them on to others: region "vehicle", bn_shm_header then
 * this, CRC protected, 10 Hz or more. */
#ifndef BINNACLE_VEHICLE_H
#define BINNACLE_VEHICLE_H

#include "binnacle/shm.h"

enum bn_telltale { /* new ones at the end: readers know the others by their bits */
                   BN_TELLTALE_BRAKE,
                   BN_TELLTALE_BELT,
                   BN_TELLTALE_TURN_LEFT,
                   BN_TELLTALE_TURN_RIGHT,
                   BN_TELLTALE_HIGH_BEAM,
                   BN_TELLTALE_MIL, /* engine */
                   BN_TELLTALE_PARK_BRAKE,
                   BN_TELLTALE_AIRBAG,
                   BN_TELLTALE_ABS,
                   BN_TELLTALE_ESC,
                   BN_TELLTALE_ESC_OFF,
                   BN_TELLTALE_TPMS, /* tyre pressure */
                   BN_TELLTALE_OIL,
                   BN_TELLTALE_CHARGE, /* battery */
                   BN_TELLTALE_COOLANT,
                   BN_TELLTALE_EPS, /* power steering */
                   BN_TELLTALE_DIPPED_BEAM,
                   BN_TELLTALE_FOG_FRONT,
                   BN_TELLTALE_FOG_REAR,
                   BN_TELLTALE_LAMP_FAULT,
                   BN_TELLTALE_DOOR,
                   BN_TELLTALE_BOOT,
                   BN_TELLTALE_BONNET,
                   BN_TELLTALE_FUEL,
                   BN_TELLTALE_WASHER,
                   BN_TELLTALE_ACC,  /* adaptive cruise control is active */
                   BN_TELLTALE_LANE, /* lane keeping is active */
                   BN_TELLTALE_COUNT
};

#define BN_VEHICLE_VALID (1u << 0) /* the bus is alive and the values below are fresh, but for: */
#define BN_VEHICLE_AIR   (1u << 1) /* outside_halves is */
#define BN_VEHICLE_CABIN                                                                           \
    (1u << 2)                      /* hour, minute, BN_VEHICLE_MILES, the seats' temperatures are  \
                                    */
#define BN_VEHICLE_MILES (1u << 3) /* the driver has chosen miles and mph */

struct bn_vehicle {
    uint32_t flags;
    uint32_t bus_time_ms;    /* time of the vehicle bus, wraps */
    uint16_t speed_centikmh; /* 0.01 km/h */
    uint16_t engine_rpm;
    int8_t gear;           /* -1 reverse, 0 neutral, 1.. forward */
    int8_t outside_halves; /* outside temperature, 0.5 degrees Celsius */
    uint8_t hour, minute;  /* local time */
    uint32_t odometer_m;
    uint32_t telltales; /* bit enum bn_telltale: lit */
    /* What is to be kept at these seats, 0.5 degrees Celsius; 0: nothing is. */
    uint8_t driver_halves, passenger_halves;
    uint16_t reserved; /* 0 */
};
BN_SIZE_IS(struct bn_vehicle, 28);

#endif
