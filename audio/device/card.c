/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the description of a VM's sound card. */
#include "device/card.h"

#include <errno.h>

#include "proto/pcm.h"

int card_init(struct card *c, unsigned playback, unsigned capture)
{
    *c = (struct card){.playback = (uint8_t)playback, .capture = (uint8_t)capture};
    if (playback > CARD_SIDE || capture > CARD_SIDE || playback + capture == 0)
        return -EINVAL;
    c->jacks = (uint8_t)(!!playback + !!capture);
    if (playback) {
        c->control[c->controls++] = CARD_VOLUME;
        c->control[c->controls++] = CARD_MUTE;
    }
    if (capture)
        c->control[c->controls++] = CARD_SOURCE;
    return 0;
}

unsigned card_chmaps(const struct card *c)
{
    return card_streams(c) * PCM_CHANNELS;
}

enum vsnd_direction card_jack_direction(const struct card *c, unsigned jack)
{
    return jack == 0 && c->playback ? VSND_D_OUTPUT : VSND_D_INPUT;
}

static unsigned group(const struct card *c, unsigned stream)
{
    return card_is_playback(c, stream) ? stream : stream - c->playback;
}

static uint8_t direction(const struct card *c, unsigned stream)
{
    return card_is_playback(c, stream) ? VSND_D_OUTPUT : VSND_D_INPUT;
}

void card_pcm_info(const struct card *c, unsigned id, struct vsnd_pcm_info *info)
{
    *info = (struct vsnd_pcm_info){.nid = group(c, id),
                                   .features = PCM_FEATURES,
                                   .formats = pcm_formats(),
                                   .rates = pcm_rates(),
                                   .direction = direction(c, id),
                                   .channels_min = 1,
                                   .channels_max = PCM_CHANNELS};
}

void card_chmap_info(const struct card *c, unsigned id, struct vsnd_chmap_info *info)
{
    const unsigned stream = id / PCM_CHANNELS, channels = id % PCM_CHANNELS + 1;

    *info = (struct vsnd_chmap_info){
        .nid = group(c, stream), .direction = direction(c, stream), .channels = (uint8_t)channels};
    pcm_positions(channels, info->position);
}
