/* SPDX-License-Identifier: BSD-3-Clause */
/* Music in files: RIFF WAVE, 48 kHz, stereo, 16 bits, and what its INFO list says. */
#ifndef IVI_WAV_H
#define IVI_WAV_H

#include <stddef.h>
#include <stdint.h>

#include "media.h"

struct wav {
    void *mapped;
    size_t mapped_bytes;
    const int16_t *sample; /* left, right, left, ... */
    uint32_t frames;
    struct media_title about; /* its file's name where it does not say its title */
};

/* 0 or -errno; -EINVAL: not a file of this kind. Nothing in the file is believed unchecked. */
int wav_open(struct wav *w, const char *path) __attribute__((warn_unused_result));
void wav_close(struct wav *w);

#endif
