/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The chimes: what each sounds like, rendered once, and which of them sound now.
 *
 * Each kind has a voice of its own, so that none waits for another or is cut off by it; asked for
 * again while it sounds, it begins anew and its old self fades. The peaks of all voices and the
 * ceiling that the rest is held to under them add up to full scale: nothing is ever clipped. For
 * that, a chime needs CHIME_ATTACK samples to reach its peak, as the ceiling does to come down.
 */
#ifndef SOUND_CHIMES_H
#define SOUND_CHIMES_H

#include <stdbool.h>
#include <stdint.h>

#include "binnacle/chime.h"

#define CHIME_RATE   48000u
#define CHIME_ATTACK 240u /* samples, 5 ms */
/* Of the rest, however much of it there is, under any chime but a tick: 16.5 dB below full scale.
 * All chimes together have what is left. */
#define CHIME_CEILING 0.15f

struct chime_sound {
    float *sample; /* CHIME_RATE */
    uint32_t length;
};

struct chime_voice {
    const struct chime_sound *sound; /* NULL: silent */
    const struct chime_sound *old;
    uint32_t at, old_at, old_left;
};

struct chimes {
    struct chime_sound sound[BN_CHIME_END];
    struct chime_voice voice[BN_CHIME_END]; /* tick and tock have one together */
    uint64_t played;                        /* samples with a chime in them */
};

/* Renders all. 0 or -ENOMEM. */
int chimes_init(struct chimes *c) __attribute__((warn_unused_result));
void chimes_finish(struct chimes *c);

/* From the next sample on. False: there is no such chime. */
bool chimes_start(struct chimes *c, uint32_t chime);
/* What the rest has to be held to while what sounds now sounds; 1.0 when nothing does. */
float chimes_ceiling(const struct chimes *c);
/* True while one sounds to which others have to give way, which a turn signal's ticking is not. */
bool chimes_duck(const struct chimes *c);
/* Adds the next `frames` samples of all voices to both channels. */
void chimes_add(struct chimes *c, float *left, float *right, unsigned frames);

const char *chime_name(uint32_t chime);
/* The highest sample that the chime can have. */
float chime_peak(uint32_t chime);

#endif
