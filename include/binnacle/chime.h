/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How the cluster asks for a chime, and how it knows that it sounds.
 *
 * Region "chime" (cluster writes, service VM reads): bn_shm_header, bn_chime_requests, CRC
 * protected. Request n is request[n % BN_CHIME_REQUESTS]; the first is 1. The cluster fills it,
 * then stores latest = n. A request that is not there any more when it is looked for was for the
 * ear of a moment that has passed.
 *
 * Region "chime-status" (service VM writes, cluster reads): bn_shm_header, bn_chime_status, CRC
 * protected, written in every quantum of the sound card. A request that is not acknowledged within
 * BN_CHIME_PATIENCE_MS was heard by nobody: the cluster sounds it by its own means.
 */
#ifndef BINNACLE_CHIME_H
#define BINNACLE_CHIME_H

#include "binnacle/shm.h"

#define BN_CHIME_REQUESTS    8
#define BN_CHIME_PATIENCE_MS 60

enum bn_chime {
    BN_CHIME_WARNING = 1, /* stop, or do something at once */
    BN_CHIME_BELT = 2,
    BN_CHIME_TICK = 3, /* turn signal, lamp on */
    BN_CHIME_TOCK = 4, /* and off */
    BN_CHIME_INFO = 5, /* look at the instruments */
    BN_CHIME_END       /* one past the last */
};

struct bn_chime_request {
    uint32_t number; /* of the request */
    uint32_t chime;  /* enum bn_chime */
    uint64_t tsc;    /* when it was asked for */
};
BN_SIZE_IS(struct bn_chime_request, 16);

struct bn_chime_requests {
    uint32_t latest; /* number; 0: none so far */
    uint32_t reserved;
    struct bn_chime_request request[BN_CHIME_REQUESTS];
};
BN_SIZE_IS(struct bn_chime_requests, 136);

struct bn_chime_status {
    uint32_t
        acknowledged;  /* latest request that is on its way to the loudspeaker, or was refused */
    uint32_t refused;  /* requests for what is no chime */
    uint64_t played;   /* frames of chimes handed to the sound card */
    uint32_t worst_us; /* longest time from a request to the quantum it begins in */
    uint32_t reserved;
};
BN_SIZE_IS(struct bn_chime_status, 24);

#endif
