/* SPDX-License-Identifier: BSD-3-Clause */
/* Sample formats and channel positions: VIRTIO's (VIRTIO 1.2 5.14.6.6.2.1) and PipeWire's. */
#ifndef SOUND_FORMAT_H
#define SOUND_FORMAT_H

#include <spa/param/audio/raw.h>

#include "link/link.h"

#define FORMAT_MIN_RATE 5512u
#define FORMAT_MAX_RATE 384000u

struct format {
    uint16_t virtio; /* VIRTIO_SND_PCM_FMT_* */
    uint16_t bytes;  /* of a sample */
    enum spa_audio_format spa;
    uint8_t silence[8];
};

/* NULL: none that we can play. */
const struct format *format_find(uint16_t virtio);
/* Checks what a device asks for, fills in `raw`. 0, or -EINVAL, -ENOTSUP. */
int format_convert(const struct link_format *f, struct spa_audio_info_raw *raw)
    __attribute__((warn_unused_result));

#endif
