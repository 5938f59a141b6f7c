/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the driver is told in words: which conditions have a message, and which of those that hold
 * is on the glass. The most severe comes first, then the others in turn.
 */
#ifndef CLUSTER_MESSAGE_H
#define CLUSTER_MESSAGE_H

#include "binnacle/chime.h"

#include <stdbool.h>
#include <stdint.h>

enum message { /* the more severe first; 0 is none */
               MESSAGE_NONE,
               MESSAGE_BRAKE,
               MESSAGE_STEERING,
               MESSAGE_OIL,
               MESSAGE_COOLANT,
               MESSAGE_BELT,
               MESSAGE_PARK_BRAKE,
               MESSAGE_DOOR,
               MESSAGE_BOOT,
               MESSAGE_BONNET,
               MESSAGE_AIRBAG,
               MESSAGE_CHARGE,
               MESSAGE_BUS_LOST,
               MESSAGE_ICE,
               MESSAGE_DISPLAY_LOST,
               MESSAGE_TYRE,
               MESSAGE_ABS,
               MESSAGE_ENGINE,
               MESSAGE_LAMP,
               MESSAGE_FUEL,
               MESSAGE_IVI_LOST,
               MESSAGE_WASHER,
               MESSAGE_COUNT
};

enum message_severity { SEVERITY_DANGER, SEVERITY_CAUTION, SEVERITY_NOTE, SEVERITY_COUNT };

struct message_entry {
    const char *text;
    enum message_severity severity;
    uint16_t show_ms;    /* how long before another has its turn */
    bool once;           /* shown for one turn; else again and again while the condition lasts */
    bool moving;         /* only while the car moves */
    uint32_t telltales;  /* it says in words what these say; 0: no lamp says it */
    enum bn_chime chime; /* with its first turn; 0: none, or the lamp's (chime.h) */
};

extern const struct message_entry message_table[MESSAGE_COUNT];

static inline uint32_t message_bit(enum message m)
{
    return 1u << m;
}

struct messages {
    uint32_t shown;       /* bits: had a turn in this round */
    uint32_t done;        /* had the one turn that they have */
    uint32_t rung;        /* their chime has been asked for */
    enum message current; /* on the glass ... */
    uint32_t since_ms;    /* ... since then */
};

/* The messages of these lamps, as bits. */
uint32_t messages_of_lamps(uint32_t telltales, bool moving);

/*
 * One look at time now_ms: what is on the glass of the messages whose conditions hold (bits). In
 * *chime the chime that begins with it, or 0. One that is more severe waits for nobody; a condition
 * that has ended is news when it holds again.
 */
enum message messages_update(struct messages *m, uint32_t holding, uint32_t now_ms,
                             enum bn_chime *chime);

#endif
