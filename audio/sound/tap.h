/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the mixer gave, kept for tests: a file of struct tap_file, mapped, so that keeping it is no
 * more than a copy.
 */
#ifndef SOUND_TAP_H
#define SOUND_TAP_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct tap_file {
    _Atomic uint64_t frames; /* so far */
    uint64_t room;           /* frames; what comes later is not kept */
    uint64_t reserved[6];
    float sample[]; /* left, right */
};

struct tap {
    struct tap_file *file; /* NULL: nothing is kept */
    size_t bytes;
};

/* Makes the file, for that many frames. 0 or -errno. */
int tap_init(struct tap *t, const char *path, uint64_t frames) __attribute__((warn_unused_result));
void tap_finish(struct tap *t);
void tap_write(struct tap *t, const float *left, const float *right, unsigned frames);

#endif
