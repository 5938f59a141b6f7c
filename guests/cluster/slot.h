/* SPDX-License-Identifier: BSD-3-Clause */
/* What the cluster keeps on its card, as one block: a slot that says of itself whether it is whole.
 */
#ifndef CLUSTER_SLOT_H
#define CLUSTER_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#define SLOT_BYTES   512u
#define SLOTS        2u
#define SLOT_METRES  999999999u /* the DBC's maximum of Distance */
#define RECORD_TRIPS 2u

struct record { /* metres */
    uint32_t odometer_m;
    uint32_t trip_from_m[RECORD_TRIPS]; /* the odometer when each trip was reset */
};

/* Slot `index` of the card with that identity: the whole block. */
void slot_pack(uint8_t block[SLOT_BYTES], uint32_t index, uint32_t card, uint32_t counter,
               const struct record *record);

/* False, and nothing is written, unless every bit of the block is as slot_pack() made it for that
 * slot of that card. */
bool slot_unpack(const uint8_t block[SLOT_BYTES], uint32_t index, uint32_t card, uint32_t *counter,
                 struct record *record);

/* Was the slot with counter a written after the one with b? They are at most half of all counters
 * apart. */
bool slot_newer(uint32_t a, uint32_t b);

#endif
