/* SPDX-License-Identifier: BSD-3-Clause */
/* The back end without a sound service: time goes on, playback is heard by nobody, capture hears
 * nothing, or what stream 0 plays. */
#ifndef AUDIO_BACKEND_NULL_H
#define AUDIO_BACKEND_NULL_H

#include "backend/backend.h"
#include "backend/clock.h"
#include "vhost/loop.h"

#define NULL_FIFO (1u << 19) /* bytes of the way back */

struct null_stream {
    bool open, running;
    struct link_format format;
    struct ring *ring;
    struct clock clock;
};

struct null {
    struct vu_loop *loop;
    struct vu_source timer;
    const struct backend_events *events;
    void *data;
    unsigned playback; /* streams below that number play */
    bool loopback;
    bool flows; /* the way back has held enough to run evenly */
    struct null_stream stream[LINK_STREAMS];
    uint64_t in, out; /* bytes that went into fifo and out of it */
    uint8_t fifo[NULL_FIFO];
};

extern const struct backend_ops null_backend; /* its b is a struct null */

/* 0 or -errno. */
int null_init(struct null *n, struct vu_loop *loop, const struct backend_events *events, void *data,
              unsigned playback, bool loopback) __attribute__((warn_unused_result));
void null_finish(struct null *n);

/* Everything that is due at `now` (ns). */
void null_tick(struct null *n, uint64_t now);

#endif
