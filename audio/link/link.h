/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The link between a guest's sound device, a process that faces the guest, and the sound service,
 * which has the sound card: who says what, and the ring that PCM crosses in.
 *
 * One SOCK_SEQPACKET connection a guest, to the service's socket for that guest
 * (SOUND_LINK_DIR/<vm>.link), so that the socket says who it is. The device asks, the service
 * answers every request with one message of the same kind and serial; events come in between. A
 * message is one struct link_message; LINK_OPEN brings two descriptors: the ring's file, and an
 * eventfd that the service adds to when the device waits for it.
 *
 * The ring is the device's file (sealed or in its state folder), link_ring_bytes() long, mapped by
 * both. Either side believes nothing of what the other writes: counters are read once and checked
 * against the ring's size before use. A device that dies leaves the ring as it was; the service
 * goes on without it.
 */
#ifndef AUDIO_LINK_H
#define AUDIO_LINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOUND_LINK_DIR     "/run/sound/link"
#define SOUND_LINK_VERSION 1
#define LINK_STREAMS       16 /* of a guest: playback first, then capture */
#define LINK_CHANNELS      8
#define LINK_RING_MIN      4096u /* bytes of PCM */
#define LINK_RING_MAX      (1u << 22)

enum link_kind {
    LINK_HELLO = 1, /* version -> link_card */
    LINK_OPEN,      /* link_format, ring and eventfd */
    LINK_START,     /* from here on the ring is played or filled */
    LINK_STOP,      /* what is in the ring stays there */
    LINK_CLOSE,
    LINK_VOLUME, /* link_volume: what the guest wants; the policy's gain is apart from it */
    LINK_SOURCE, /* value: which source a capture stream hears, enum link_source */
    /* events, serial 0 */
    LINK_JACK, /* stream: jack number, value: 1 connected */
};

enum link_source { LINK_SOURCE_MICROPHONE, LINK_SOURCE_MONITOR, LINK_SOURCES };

struct link_format {
    uint32_t rate;                   /* Hz */
    uint16_t format;                 /* VIRTIO_SND_PCM_FMT_*, VIRTIO 1.2 5.14.6.6.2.1 */
    uint16_t channels;               /* 1..LINK_CHANNELS */
    uint8_t position[LINK_CHANNELS]; /* VIRTIO_SND_CHMAP_* */
    uint32_t ring_bytes;             /* of PCM, whole frames, LINK_RING_MIN..LINK_RING_MAX */
    uint32_t period_bytes;
};

struct link_volume {
    uint16_t left_centibel, right_centibel; /* below full scale, 0.1 dB; LINK_MUTED */
};
#define LINK_MUTED 0xFFFFu

struct link_card {
    uint32_t rate, quantum; /* Hz, frames: of the sound card's graph */
    uint32_t jacks;         /* bit: jack connected */
};

struct link_message {
    uint16_t kind; /* enum link_kind */
    uint16_t stream;
    uint32_t serial; /* of the request, given back with the answer */
    int32_t status;  /* answer: 0 or -errno */
    uint32_t value;
    union {
        struct link_format format;
        struct link_volume volume;
        struct link_card card;
    };
};
_Static_assert(sizeof(struct link_message) == 40, "link message");

/*
 * First the device's words, then the service's, each on its own cache line, then the PCM at
 * LINK_RING_DATA. All counters count bytes since the ring was made and never go back; byte n lies
 * at n % ring_bytes. Playback: the device puts, the service takes. Capture: the service puts, the
 * device takes.
 */
struct link_ring {
    _Alignas(64) _Atomic uint64_t device; /* bytes put (playback) or taken (capture) */
    _Atomic uint64_t wake_at; /* the service adds to the eventfd when its counter reaches this */
    _Alignas(64) _Atomic uint64_t service; /* bytes taken (playback) or put (capture) */
    _Atomic uint32_t
        latency;            /* bytes between here and the loudspeaker or microphone, at that time */
    _Atomic uint32_t xruns; /* quanta that found too little, while started */
    _Atomic uint64_t
        missing; /* bytes of silence played for want of the device's, or of sound lost */
};
#define LINK_RING_DATA 4096u

static inline size_t link_ring_bytes(uint32_t ring_bytes)
{
    return LINK_RING_DATA + (size_t)ring_bytes;
}

#endif
