/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must outlive a sound device that is killed: a structure in a mapped file, which the process
 * works in. Every change is made so that a death between any two instructions leaves something the
 * next process can go on from (docs/audio.md); it then judges the file like any other input.
 */
#ifndef AUDIO_DEVICE_STATE_H
#define AUDIO_DEVICE_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "device/card.h"
#include "proto/pcm.h"
#include "vhost/virtq.h"

#define STATE_MAGIC   BN_FOURCC('B', 'N', 'S', 'D')
#define STATE_VERSION 1

enum pcm_state {
    PCM_IDLE, /* no parameters */
    PCM_SET,
    PCM_PREPARED,
    PCM_RUNNING,
    PCM_STOPPED,
    PCM_RELEASED,
    PCM_STATES
};

/* enum pcm_state, and which control request led there: the used index it was answered at. */
#define STATE_WORD(state, tag) ((uint32_t)(state) | 0x8000u | (uint32_t)(tag) << 16)
#define STATE_PCM(word)        ((word) & 0xFFu)
#define STATE_HAS_TAG(word)    ((word) & 0x8000u)
#define STATE_TAG(word)        ((uint16_t)((word) >> 16))

struct state_stream {
    _Atomic uint32_t word;
    struct pcm_params params;
    uint32_t ring_bytes;
    _Atomic uint64_t put; /* bytes put into the ring, or taken from it, since PREPARE */
};

/* A tx or rx chain that the guest has not got back, at the place of its head. */
struct state_slot {
    _Atomic uint64_t sequence; /* order of arrival; 0: none. Written last */
    uint64_t end;              /* where in the stream its last byte lies */
    uint32_t bytes;            /* of PCM */
    uint32_t stream;
};

struct state_flight {
    _Atomic uint64_t returning; /* STATE_RETURNING while a chain is given back, else 0 */
    struct state_slot slot[VQ_SIZE_MAX];
};
#define STATE_RETURNING(head, used_idx) (UINT64_C(1) << 32 | (uint64_t)(head) << 16 | (used_idx))

/* Told to the guest as soon as it has buffers for it. */
struct state_events {
    uint32_t jacks, xruns, periods;   /* bit: jack, stream */
    uint32_t controls[CARD_CONTROLS]; /* VSND_CTL_EVT_* */
};

struct state {
    uint32_t magic, version, bytes;
    uint32_t playback, capture;
    uint32_t crc; /* of the words above */
    /* used index of the control queue at which a request was last begun, and STATE_CONTROL_SEEN */
    _Atomic uint32_t control;
    uint32_t jack_place[CARD_JACKS]; /* association << 4 | sequence */
    uint32_t volume[2];              /* steps, CTL_VOLUME_MAX: full scale */
    uint32_t on;                     /* 0: mute */
    uint32_t source;                 /* enum link_source */
    struct state_events events;
    struct state_stream stream[CARD_STREAMS];
    struct state_flight flight[2]; /* tx, rx */
};
#define STATE_CONTROL_SEEN (1u << 16)

/* As a device has it that no guest has touched yet. */
void state_clear(struct state *s, const struct card *card);

/*
 * Maps the file behind fd, which it makes long enough. *fresh: there was nothing that makes sense
 * for such a card. 0 or -errno; the fd stays the caller's.
 */
int state_map(struct state **s, int fd, const struct card *card, bool *fresh)
    __attribute__((warn_unused_result));
void state_unmap(struct state *s);

/* True when every word of it is one that a device of that card could have written. What lies in
 * `flight` is judged against the queues, by flight_adopt(). */
bool state_sane(const struct state *s, const struct card *card);

static inline enum pcm_state state_pcm(const struct state_stream *s)
{
    return (enum pcm_state)STATE_PCM(atomic_load_explicit(&s->word, memory_order_relaxed));
}

#endif
