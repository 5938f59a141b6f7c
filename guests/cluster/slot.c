/* SPDX-License-Identifier: BSD-3-Clause */
/* Packs a slot, and believes one only when all of it is right. */
#include "slot.h"

#include "binnacle/abi.h"

#include "mem.h"

#define SLOT_MAGIC   BN_FOURCC('B', 'N', 'O', 'D')
#define SLOT_VERSION 1

struct slot { /* on the card, little endian */
    uint32_t magic;
    uint16_t version;
    uint16_t index; /* a copy in the other slot's place is not believed */
    uint32_t card;  /* nor is one on another card */
    uint32_t counter;
    struct record record;
    uint8_t reserved[480]; /* 0 */
    uint32_t crc;          /* bn_crc32 over all before */
};
BN_SIZE_IS(struct slot, SLOT_BYTES);
BN_OFFSET_IS(struct slot, record, 16);
BN_OFFSET_IS(struct slot, crc, 508);

static bool in_range(const struct record *r)
{
    if (r->odometer_m > SLOT_METRES)
        return false;
    for (uint32_t i = 0; i < RECORD_TRIPS; i++)
        if (r->trip_from_m[i] > r->odometer_m)
            return false;
    return true;
}

void slot_pack(uint8_t block[SLOT_BYTES], uint32_t index, uint32_t card, uint32_t counter,
               const struct record *record)
{
    struct slot slot = {
        .magic = SLOT_MAGIC,
        .version = SLOT_VERSION,
        .index = (uint16_t)index,
        .card = card,
        .counter = counter,
        .record = *record,
    };

    slot.crc = bn_crc32(0, &slot, offsetof(struct slot, crc));
    memcpy(block, &slot, sizeof(slot));
}

/* It is what would be written for what it says. */
bool slot_unpack(const uint8_t block[SLOT_BYTES], uint32_t index, uint32_t card, uint32_t *counter,
                 struct record *record)
{
    uint8_t again[SLOT_BYTES];
    struct slot slot;

    memcpy(&slot, block, sizeof(slot));
    slot_pack(again, index, card, slot.counter, &slot.record);
    if (!in_range(&slot.record) || memcmp(again, block, sizeof(again)))
        return false;
    *counter = slot.counter;
    *record = slot.record;
    return true;
}

bool slot_newer(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) > 0;
}
