/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the table of formats. */
#include "format.h"

#include <errno.h>
#include <linux/virtio_snd.h>

static const struct format formats[] = {
    {VIRTIO_SND_PCM_FMT_MU_LAW, 1, SPA_AUDIO_FORMAT_ULAW, {0xFF}},
    {VIRTIO_SND_PCM_FMT_A_LAW, 1, SPA_AUDIO_FORMAT_ALAW, {0xD5}},
    {VIRTIO_SND_PCM_FMT_S8, 1, SPA_AUDIO_FORMAT_S8, {0}},
    {VIRTIO_SND_PCM_FMT_U8, 1, SPA_AUDIO_FORMAT_U8, {0x80}},
    {VIRTIO_SND_PCM_FMT_S16, 2, SPA_AUDIO_FORMAT_S16_LE, {0}},
    {VIRTIO_SND_PCM_FMT_U16, 2, SPA_AUDIO_FORMAT_U16_LE, {0, 0x80}},
    {VIRTIO_SND_PCM_FMT_S24_3, 3, SPA_AUDIO_FORMAT_S24_LE, {0}},
    {VIRTIO_SND_PCM_FMT_U24_3, 3, SPA_AUDIO_FORMAT_U24_LE, {0, 0, 0x80}},
    {VIRTIO_SND_PCM_FMT_S24, 4, SPA_AUDIO_FORMAT_S24_32_LE, {0}},
    {VIRTIO_SND_PCM_FMT_U24, 4, SPA_AUDIO_FORMAT_U24_32_LE, {0, 0, 0x80}},
    {VIRTIO_SND_PCM_FMT_S32, 4, SPA_AUDIO_FORMAT_S32_LE, {0}},
    {VIRTIO_SND_PCM_FMT_U32, 4, SPA_AUDIO_FORMAT_U32_LE, {0, 0, 0, 0x80}},
    {VIRTIO_SND_PCM_FMT_FLOAT, 4, SPA_AUDIO_FORMAT_F32_LE, {0}},
    {VIRTIO_SND_PCM_FMT_FLOAT64, 8, SPA_AUDIO_FORMAT_F64_LE, {0}},
};

static const uint8_t channels[] = {
    [VIRTIO_SND_CHMAP_MONO] = SPA_AUDIO_CHANNEL_MONO,
    [VIRTIO_SND_CHMAP_FL] = SPA_AUDIO_CHANNEL_FL,
    [VIRTIO_SND_CHMAP_FR] = SPA_AUDIO_CHANNEL_FR,
    [VIRTIO_SND_CHMAP_RL] = SPA_AUDIO_CHANNEL_RL,
    [VIRTIO_SND_CHMAP_RR] = SPA_AUDIO_CHANNEL_RR,
    [VIRTIO_SND_CHMAP_FC] = SPA_AUDIO_CHANNEL_FC,
    [VIRTIO_SND_CHMAP_LFE] = SPA_AUDIO_CHANNEL_LFE,
    [VIRTIO_SND_CHMAP_SL] = SPA_AUDIO_CHANNEL_SL,
    [VIRTIO_SND_CHMAP_SR] = SPA_AUDIO_CHANNEL_SR,
    [VIRTIO_SND_CHMAP_RC] = SPA_AUDIO_CHANNEL_RC,
    [VIRTIO_SND_CHMAP_FLC] = SPA_AUDIO_CHANNEL_FLC,
    [VIRTIO_SND_CHMAP_FRC] = SPA_AUDIO_CHANNEL_FRC,
    [VIRTIO_SND_CHMAP_RLC] = SPA_AUDIO_CHANNEL_RLC,
    [VIRTIO_SND_CHMAP_RRC] = SPA_AUDIO_CHANNEL_RRC,
};

/* ALSA's order, for devices that say nothing. One channel is in the middle. */
static const uint8_t usual[LINK_CHANNELS] = {
    SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR,  SPA_AUDIO_CHANNEL_RL, SPA_AUDIO_CHANNEL_RR,
    SPA_AUDIO_CHANNEL_FC, SPA_AUDIO_CHANNEL_LFE, SPA_AUDIO_CHANNEL_SL, SPA_AUDIO_CHANNEL_SR};

const struct format *format_find(uint16_t virtio)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        if (formats[i].virtio == virtio)
            return &formats[i];
    return NULL;
}

static void place(const struct link_format *f, struct spa_audio_info_raw *raw)
{
    bool known = true;

    for (unsigned i = 0; i < f->channels; i++) {
        const uint8_t p = f->position[i];

        raw->position[i] = p < sizeof(channels) ? channels[p] : 0;
        known = known && raw->position[i];
    }
    for (unsigned i = 0; !known && i < f->channels; i++)
        raw->position[i] = f->channels == 1 ? SPA_AUDIO_CHANNEL_MONO : usual[i];
}

int format_convert(const struct link_format *f, struct spa_audio_info_raw *raw)
{
    const struct format *known = format_find(f->format);
    uint32_t frame;

    if (!known || f->rate < FORMAT_MIN_RATE || f->rate > FORMAT_MAX_RATE)
        return -ENOTSUP;
    if (!f->channels || f->channels > LINK_CHANNELS)
        return -ENOTSUP;
    frame = (uint32_t)known->bytes * f->channels;
    if (f->ring_bytes < LINK_RING_MIN || f->ring_bytes > LINK_RING_MAX || f->ring_bytes % frame)
        return -EINVAL;
    *raw =
        (struct spa_audio_info_raw){.format = known->spa, .rate = f->rate, .channels = f->channels};
    place(f, raw);
    return 0;
}
