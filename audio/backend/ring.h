/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ring of one stream (audio/link/link.h) from the device's side. Its memory is shared with the
 * sound service: of what lies there only the service's counters are read, each once, and bounded
 * before use. How far the device itself is, it keeps elsewhere and passes in as `put`.
 */
#ifndef AUDIO_BACKEND_RING_H
#define AUDIO_BACKEND_RING_H

#include <stdbool.h>
#include <stdint.h>

#include "link/link.h"

struct ring {
    struct link_ring *words; /* mapped for RING_MAP_BYTES; NULL: none */
    uint32_t bytes;          /* of PCM, for the stream as it is now */
    int fd;
};

#define RING_MAP_BYTES (LINK_RING_DATA + (uint64_t)LINK_RING_MAX)

/* Maps the ring's file, making it as long as it can ever be; takes no more than the fd, which stays
 * the caller's on failure. 0 or -errno. */
int ring_init(struct ring *r, int fd) __attribute__((warn_unused_result));
void ring_finish(struct ring *r); /* closes fd */

/* Bytes of PCM for a buffer of that size: whole frames, within what a link allows. */
uint32_t ring_size(uint32_t buffer_bytes, uint32_t frame_bytes);

/* Empty, all counters 0, its pages given back. Only while nobody else uses it. */
void ring_clear(struct ring *r);

/* Playback: bytes taken of `put` put; at most put, at least put - bytes. */
uint64_t ring_taken(const struct ring *r, uint64_t put);
/* Capture: bytes put by the service when the device has taken `taken`; at most taken + bytes. */
uint64_t ring_filled(const struct ring *r, uint64_t taken);

static inline uint8_t *ring_data(const struct ring *r)
{
    return (uint8_t *)r->words + LINK_RING_DATA;
}

/* The service, or the clock that stands in for it, reads the device's counter. */
static inline uint64_t ring_device(const struct ring *r)
{
    return atomic_load_explicit(&r->words->device, memory_order_acquire);
}

/* Says how far the device is: bytes put, or taken. */
static inline void ring_tell(struct ring *r, uint64_t count)
{
    atomic_store_explicit(&r->words->device, count, memory_order_release);
}

/* Asks for a wake-up when the service's counter is at `at`; look at the counter again afterwards.
 */
static inline void ring_wait(struct ring *r, uint64_t at)
{
    atomic_store(&r->words->wake_at, at);
    atomic_thread_fence(memory_order_seq_cst);
}

#endif
