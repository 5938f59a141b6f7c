/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cluster's requests for chimes (binnacle/chime.h): read from the region "chime", answered in
 * the region "chime-status". Both calls are for the data thread: no waiting, no memory, no system
 * call.
 */
#ifndef SOUND_REQUESTS_H
#define SOUND_REQUESTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "binnacle/chime.h"

#define REQUESTS_BYTES (sizeof(struct bn_shm_header) + sizeof(struct bn_chime_requests))
#define STATUS_BYTES   (sizeof(struct bn_shm_header) + sizeof(struct bn_chime_status))

struct requests {
    const uint8_t *region; /* REQUESTS_BYTES; NULL: nobody asks */
    uint8_t *answer;       /* STATUS_BYTES; NULL: nobody wants to know */
    uint64_t tsc_khz;
    bool begun; /* a valid region has been seen */
    uint32_t seen_sequence, seen;
    uint32_t sequence, counter; /* of the answer */
    struct bn_chime_status status;
    uint64_t torn; /* looks at the region while it was being written, or damaged */
};

/* Either may be NULL. A service that starts anew goes on where the answer says that the one before
 * stopped. */
void requests_init(struct requests *r, const void *region, void *answer, uint64_t tsc_khz);

/*
 * Looks for requests and calls start() for each that is new and not older than
 * BN_CHIME_PATIENCE_MS: what is older has been sounded by the cluster itself. start() says whether
 * there is such a chime.
 */
void requests_poll(struct requests *r, uint64_t tsc, bool (*start)(void *data, uint32_t chime),
                   void *data);

/* Writes the answer. `audible`: there is a loudspeaker; without one nothing is acknowledged that
 * was not before, so that the cluster uses its own. */
void requests_answer(struct requests *r, uint64_t played, uint64_t time_ns, bool audible);

#endif
