/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Where a guest's sound goes to and comes from. A back end works on the streams' rings: of a stream
 * that is started it takes (playback) or fills (capture) at the stream's rate, counts what it did
 * in the ring, and calls progress() when a counter has reached the ring's wake_at.
 *
 * No call waits for anything.
 */
#ifndef AUDIO_BACKEND_BACKEND_H
#define AUDIO_BACKEND_BACKEND_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/ring.h"
#include "link/link.h"

/* What a back end tells the device. */
struct backend_events {
    void (*progress)(void *data); /* a ring has moved, or become ready */
    void (*jack)(void *data, unsigned jack, bool connected);
};

struct backend_ops {
    const char *name;
    /*
     * The stream has parameters and this ring. With `resume` what is in the ring goes on; else the
     * back end clears it as soon as nobody else can be using it, and is ready then. 0 or -errno.
     */
    int (*open)(void *b, unsigned stream, const struct link_format *format, struct ring *ring,
                bool resume);
    bool (*ready)(void *b, unsigned stream); /* the device may use the ring */
    int (*start)(void *b, unsigned stream);  /* -EIO: whoever plays it has refused the stream */
    void (*stop)(void *b, unsigned stream);
    void (*close)(void *b, unsigned stream); /* the ring is not used again before open */
    void (*volume)(void *b, unsigned stream, const struct link_volume *volume);
    void (*source)(void *b, unsigned stream, unsigned source); /* enum link_source */
    void (*waiting)(void *b, unsigned stream);                 /* the ring's wake_at has changed */
};

#endif
