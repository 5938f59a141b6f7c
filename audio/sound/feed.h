/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The service's end of a stream's ring (link/link.h): takes from it or fills it, believing nothing
 * that stands in it. What the service counts is counted here and only shown there.
 */
#ifndef SOUND_FEED_H
#define SOUND_FEED_H

#include <stdatomic.h>
#include <stdbool.h>

#include "link/link.h"

struct feed {
    struct link_ring *ring;
    uint8_t *pcm;
    uint32_t ring_bytes, frame_bytes;
    uint8_t silence[8]; /* one sample of it */
    uint32_t sample_bytes;
    uint64_t count; /* bytes taken or given since the ring was made */
    uint64_t woken; /* the last wake_at that was answered */
    uint64_t missing;
    uint32_t xruns;
    bool detached; /* the device may be using the ring in another way by now: it is only read */
    bool lied;     /* the device's counter cannot be: nothing more is taken from it */
};

/* Goes on at the counter that stands in the ring. 0, or -EINVAL: the ring contradicts itself. */
int feed_init(struct feed *f, void *ring, uint32_t ring_bytes, uint32_t frame_bytes,
              uint32_t sample_bytes, const uint8_t silence[8]) __attribute__((warn_unused_result));

/*
 * Playback: fills to[0..bytes), whole frames, from the ring, and with silence where there is too
 * little; not started: with silence only. Capture: puts as much as there is room for. `latency`:
 * bytes between the ring and the loudspeaker or microphone. True: the device is to be woken.
 */
bool feed_take(struct feed *f, uint8_t *to, uint32_t bytes, bool started, uint32_t latency);
bool feed_give(struct feed *f, const uint8_t *from, uint32_t bytes, bool started, uint32_t latency);

#endif
