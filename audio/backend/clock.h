/* SPDX-License-Identifier: BSD-3-Clause */
/* Time in the place of a sound card: a ring is taken from or filled at the stream's rate, whoever
 * listens. */
#ifndef AUDIO_BACKEND_CLOCK_H
#define AUDIO_BACKEND_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/ring.h"

struct clock {
    uint64_t start_ns, frames; /* begun, and how many frames it has worked off since */
    uint32_t rate, frame_bytes;
    bool playback;
};

/* What is due now: bytes of the ring from counter `from` on, and `missing` that are not there
 * (playback) or found no room (capture). */
struct clock_step {
    uint64_t from, bytes, missing;
};

uint64_t clock_now(void); /* CLOCK_MONOTONIC, ns */
void clock_start(struct clock *c, const struct link_format *format, bool playback, uint64_t now);
/* The clock moves on to `now`; the ring does with clock_commit(). */
struct clock_step clock_due(struct clock *c, const struct ring *r, uint64_t now);
void clock_commit(struct ring *r, const struct clock_step *step);
/* When the ring's counter gets to where the device waits for it; UINT64_MAX: it does not wait. */
uint64_t clock_when(const struct clock *c, const struct ring *r);

/* Silence of that sample format, from the beginning of a sample. */
void clock_silence(uint8_t *pcm, uint64_t bytes, unsigned format);
/* The same for the ring's bytes of a step. */
void clock_silence_step(const struct ring *r, const struct clock_step *step, unsigned format);

#endif
