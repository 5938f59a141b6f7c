/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the driver is to hear: which lamp or condition asks for which chime, and how a request gets
 * to an ear: by the sound service, or, where that does not answer in time, by the PC speaker.
 */
#ifndef CLUSTER_CHIME_H
#define CLUSTER_CHIME_H

#include "binnacle/chime.h"

#include <stdbool.h>

#include "bus.h"

#define CHIME_PERIOD_MS  10   /* how often one looks; no step of a tone is shorter */
#define CHIME_AT_ONCE    3    /* at most so many can be asked for at one look */
#define CHIME_REST_MS    2000 /* a lamp that was dark for less is no news when it is lit again */
#define CHIME_BELT_SPEED 1000 /* 0.01 km/h: unbelted from here on is worth a gong; ... */
#define CHIME_BELT_MS    2000 /* ... again and again ... */
#define CHIME_MOVING     1000 /* 0.01 km/h: an open door, say, is no news before */
#define CHIME_BELT_GONGS 16   /* ... for half a minute, until the belt was fastened once */

/* ---- which */

struct chime_watch {
    uint32_t lit;                        /* telltales at the last look */
    bool known[BN_TELLTALE_COUNT];       /* each has been lit before */
    uint32_t dark_ms[BN_TELLTALE_COUNT]; /* ... and, if it is dark, so since then */
    uint32_t gongs, gong_ms;             /* of this reminder; the last of them */
};

/*
 * One look at bus time now_ms: the chimes that are due, most urgent first, into wanted[]; returns
 * how many. None while the lamps prove themselves (DASH_LAMP_CHECK_MS); what is lit after that is
 * news.
 */
uint32_t chime_watch(struct chime_watch *w, const struct bus *bus, uint32_t now_ms,
                     enum bn_chime wanted[CHIME_AT_ONCE]);

/* ---- by the speaker */

struct chime_tone {      /* what the speaker sounds: a chime from start_ms on */
    enum bn_chime chime; /* 0: nothing */
    uint32_t start_ms;
};

/* Begins a chime, unless a more urgent one sounds. */
void chime_tone_begin(struct chime_tone *t, enum bn_chime chime, uint32_t now_ms);

/* Hz of the speaker at now_ms; 0: silence. Time alone ends a tone. */
uint32_t chime_tone_hz(struct chime_tone *t, uint32_t now_ms);

/* ---- to an ear */

struct chime_pending {
    uint32_t number; /* of the request; 0: this slot is free */
    uint32_t asked_ms;
    uint32_t counter; /* of the status when it was asked: an older word is no answer */
    enum bn_chime chime;
    bool spoken; /* by the speaker already */
};

struct chimes {
    struct bn_chime_requests requests; /* as the region has them */
    struct chime_pending pending[BN_CHIME_REQUESTS];
    struct chime_tone tone;
    uint32_t counter; /* of the last status that could be read */
    uint32_t refused; /* as it said */
    bool heard;       /* there was one */
    bool silent;      /* the service did not answer the last time: the speaker goes first */
    uint32_t asked, spoken;
};

/* Without a service to ask, every chime is the speaker's. */
void chimes_init(struct chimes *c, bool service);

/* Asks for a chime: then the requests are to be published. */
void chimes_ask(struct chimes *c, enum bn_chime chime, uint32_t now_ms, uint64_t tsc);

/*
 * What the service says, each time one looks; status is NULL when none could be read. Requests that
 * it does not acknowledge within BN_CHIME_PATIENCE_MS, or refuses, are begun on the speaker.
 */
void chimes_update(struct chimes *c, const struct bn_chime_status *status, uint32_t counter,
                   uint32_t now_ms);

#endif
