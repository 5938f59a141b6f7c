/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What sound card a VM has: its streams, jacks, channel maps and controls, and how the device's
 * information requests describe them. Playback stream i and capture stream i make up function group
 * i (a driver's PCM device i). Constant from start to end.
 */
#ifndef AUDIO_DEVICE_CARD_H
#define AUDIO_DEVICE_CARD_H

#include <stdbool.h>
#include <stdint.h>

#include "link/link.h"
#include "proto/virtio_snd.h"

#define CARD_STREAMS LINK_STREAMS /* playback and capture */
#define CARD_SIDE    (CARD_STREAMS / 2)
#define CARD_JACKS   2

enum card_control { CARD_VOLUME, CARD_MUTE, CARD_SOURCE, CARD_CONTROLS };

struct card {
    uint8_t playback, capture; /* streams */
    uint8_t jacks, controls;
    uint8_t control[CARD_CONTROLS]; /* element id -> enum card_control */
};

/* 0; -EINVAL: more than CARD_SIDE streams of a direction, or none at all. */
int card_init(struct card *c, unsigned playback, unsigned capture)
    __attribute__((warn_unused_result));

static inline unsigned card_streams(const struct card *c)
{
    return (unsigned)c->playback + c->capture;
}
static inline bool card_is_playback(const struct card *c, unsigned stream)
{
    return stream < c->playback;
}
unsigned card_chmaps(const struct card *c);

/* Jack 0 belongs to the playback streams if there are any. */
enum vsnd_direction card_jack_direction(const struct card *c, unsigned jack);

/* §5.14.6.6.2, §5.14.6.9.1; id below the number of streams, of maps. */
void card_pcm_info(const struct card *c, unsigned id, struct vsnd_pcm_info *info);
void card_chmap_info(const struct card *c, unsigned id, struct vsnd_chmap_info *info);

#endif
