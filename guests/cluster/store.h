/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The odometer's keeper: two slots on an SD card, written by turns, so that whatever a power cut
 * does to the one that is being written, the other is whole. A record counts as kept when it has
 * been read back.
 */
#ifndef CLUSTER_STORE_H
#define CLUSTER_STORE_H

#include "sdcard.h"
#include "slot.h"

#define STORE_PERIOD_MS 10u /* between two calls of store_step() */
#define STORE_TRIES     4u  /* in a row, then the store has failed for this life */
#define STORE_READS     2u  /* of them for a slot; the other one may be good */
/* 4 MiB apart, and as far from the card's beginning: in allocation units of their own, for a card
 * that loses power may lose what lies in the unit that it is writing to. */
#define STORE_BLOCK(slot) (((slot) + 1u) * (4u << 20) / SDHC_BLOCK_BYTES)
#define STORE_FIGURE_M    100u /* the odometer's last figure: each is kept before it is shown */

enum store_state {                /* the DBC's StatsStore.Store */
                   STORE_ABSENT,  /* no controller, or no card in it */
                   STORE_READING, /* the card is being found and read; also after an error */
                   STORE_KEEPING,
                   STORE_FAILED,
};

struct store {
    struct sdcard card;
    const struct sdhc_registers *registers;
    enum store_state state;
    uint8_t step;
    uint8_t tries;
    uint32_t index;   /* of the slot that is read, or written next */
    uint32_t counter; /* of the newest slot */
    bool known;       /* kept says something */
    bool empty;       /* no slot was believed when this life began */
    bool behind;      /* what the card has may be older than `kept`: write, whatever is wanted */
    bool flushed;     /* ignition is off, and that has been written */
    struct record kept, writing;
    uint8_t unread[SLOTS]; /* times that a slot could not be read */
    bool whole[SLOTS];     /* what was read of them */
    uint32_t slot_counter[SLOTS];
    struct record slot_record[SLOTS];
    uint32_t writes; /* completed */
    uint8_t block[SDHC_BLOCK_BYTES];
};

/* registers NULL: there is no controller. */
void store_init(struct store *s, const struct sdhc_registers *registers, uint32_t now_ms);

/* Once every STORE_PERIOD_MS. wanted: what is to be kept, NULL if that is not known; it is written
 * when a figure or a trip has changed, and to the metre when ignition goes off. */
void store_step(struct store *s, const struct record *wanted, bool ignition_off, uint32_t now_ms);

/* A step was cut off somewhere: an error as one of the card's. */
void store_abort(struct store *s, uint32_t now_ms);

/* Nothing more will be learnt of former lives. */
bool store_settled(const struct store *s);

#endif
