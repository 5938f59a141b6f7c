/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tx or rx chains that a guest has not got back: in order of arrival per stream, recorded in
 * the state so that the next process finds them. With several streams they return out of order, so
 * the used ring alone does not say which are left (VIRTIO 1.2 §2.7.8).
 */
#ifndef AUDIO_DEVICE_FLIGHT_H
#define AUDIO_DEVICE_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "device/state.h"

#define FLIGHT_NONE 0xFFFFu

struct flight {
    struct state_flight *record;
    uint64_t sequence; /* of the next */
    unsigned count;
    uint16_t next[VQ_SIZE_MAX]; /* of the same stream */
    uint16_t first[CARD_STREAMS], last[CARD_STREAMS];
};

void flight_init(struct flight *f, struct state_flight *record);
/* Forgets all of them, in the record too. */
void flight_clear(struct flight *f);

/* A chain popped just now. -EEXIST: the guest offered one that is in flight already. */
int flight_add(struct flight *f, uint16_t head, unsigned stream, uint64_t end, uint32_t bytes)
    __attribute__((warn_unused_result));

/* Oldest of the stream, NULL: none. */
const struct state_slot *flight_first(const struct flight *f, unsigned stream, uint16_t *head);

/* End of the newest of the stream, `none` when there is none. */
uint64_t flight_end(const struct flight *f, unsigned stream, uint64_t none);

/* Gives the oldest of the stream back to the guest. */
void flight_return(struct flight *f, unsigned stream, struct virtq *vq, uint32_t written);

/* True when the record knows of any, be it of this process or of the one before. */
bool flight_recorded(const struct flight *f);

/*
 * The queue has been started: finds what was in flight before, and where to go on popping. False
 * when the record is not of this queue (any more): then it is empty and the queue starts where the
 * front end said. `streams`: bit map of those of `all` that can have chains in flight.
 */
bool flight_adopt(struct flight *f, struct virtq *vq, const struct state_stream *all,
                  uint32_t streams);

#endif
