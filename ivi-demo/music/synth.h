/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A synthesiser for pieces that go round: what rings on past the end is heard at the beginning, so
 * that a piece follows itself without a seam.
 */
#ifndef MUSIC_SYNTH_H
#define MUSIC_SYNTH_H

#include <stdint.h>

#define SYNTH_RATE 48000

struct mix { /* a circle of stereo frames */
    float *left, *right;
    uint32_t frames;
};

enum instrument { KEYS, PAD, BASS, PLUCK, BELL, LEAD, KICK, BRUSH, HAT, INSTRUMENTS };

struct note {
    double at, seconds; /* how long it is held; drums: as long as they are */
    double hz;          /* drums: not looked at */
    double gain;        /* 1: as loud as the instrument is */
    double pan;         /* -1 left, 1 right */
};

/* 0 or -ENOMEM. */
int mix_init(struct mix *m, double seconds) __attribute__((warn_unused_result));
void mix_finish(struct mix *m);

void synth_play(struct mix *m, enum instrument i, const struct note *n);
/* A room around it: part 0..1 of what is heard comes from its walls. 0 or -ENOMEM. */
int synth_room(struct mix *m, double part) __attribute__((warn_unused_result));
/* The loudest frame becomes `peak` of full scale, and what stands out far is rounded off. */
void synth_level(struct mix *m, double peak);

#endif
