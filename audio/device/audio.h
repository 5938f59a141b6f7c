/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One guest's sound device: card, state, streams' rings and queues, and the back end that plays
 * them. device.c brings it to life; the other files each own a part of what it does.
 */
#ifndef AUDIO_DEVICE_AUDIO_H
#define AUDIO_DEVICE_AUDIO_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/backend/backend.h" /* gvt has one as well */
#include "device/card.h"
#include "device/flight.h"
#include "device/state.h"
#include "vhost/backend.h"

struct stream {      /* what a new process finds out again */
    bool open;       /* the back end has it */
    bool reported;   /* its xruns and periods are counted from what the next two say */
    uint32_t xruns;  /* of the ring, told */
    uint64_t period; /* number of the period the ring is in */
};

struct audio_statistics {
    uint64_t requests, refused; /* control requests, those not answered with OK */
    uint64_t buffers, bad_buffers;
    uint64_t xruns, restored; /* restored: buffers found in flight at a start */
};

struct audio {
    struct card card;
    struct state *state;
    struct ring ring[CARD_STREAMS];
    struct stream stream[CARD_STREAMS];
    struct flight flight[2]; /* tx, rx */
    const struct backend_ops *ops;
    void *backend;
    struct vu_device vhost;
    uint32_t jacks;          /* bit: connected */
    bool live;               /* the control queue runs: streams are with the back end */
    bool replay;             /* the next control request may have been carried out already ... */
    uint16_t replay_at;      /* ... when this is its used index */
    struct vq_chain chain;   /* of tx, rx and event buffers */
    struct vq_chain request; /* of the control request that is being carried out */
    struct audio_statistics n;
};

static inline unsigned audio_queue(const struct audio *a, unsigned stream)
{
    return card_is_playback(&a->card, stream) ? VSND_QUEUE_TX : VSND_QUEUE_RX;
}
static inline struct flight *audio_flight(struct audio *a, unsigned stream)
{
    return &a->flight[!card_is_playback(&a->card, stream)];
}

#endif
