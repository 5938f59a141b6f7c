/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the table of formats and rates. */
#include "proto/pcm.h"

#include <string.h>

static const uint8_t sample_bytes[VSND_FORMATS] = {
    [VSND_FMT_MU_LAW] = 1, [VSND_FMT_A_LAW] = 1,   [VSND_FMT_S8] = 1,    [VSND_FMT_U8] = 1,
    [VSND_FMT_S16] = 2,    [VSND_FMT_U16] = 2,     [VSND_FMT_S24_3] = 3, [VSND_FMT_U24_3] = 3,
    [VSND_FMT_S24] = 4,    [VSND_FMT_U24] = 4,     [VSND_FMT_S32] = 4,   [VSND_FMT_U32] = 4,
    [VSND_FMT_FLOAT] = 4,  [VSND_FMT_FLOAT64] = 8,
};

static const uint32_t hz[VSND_RATES] = {
    [VSND_RATE_8000] = 8000,   [VSND_RATE_11025] = 11025,   [VSND_RATE_16000] = 16000,
    [VSND_RATE_22050] = 22050, [VSND_RATE_32000] = 32000,   [VSND_RATE_44100] = 44100,
    [VSND_RATE_48000] = 48000, [VSND_RATE_64000] = 64000,   [VSND_RATE_88200] = 88200,
    [VSND_RATE_96000] = 96000, [VSND_RATE_176400] = 176400, [VSND_RATE_192000] = 192000,
};

uint64_t pcm_formats(void)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < VSND_FORMATS; i++)
        bits |= (uint64_t)!!sample_bytes[i] << i;
    return bits;
}

uint64_t pcm_rates(void)
{
    uint64_t bits = 0;

    for (unsigned i = 0; i < VSND_RATES; i++)
        bits |= (uint64_t)!!hz[i] << i;
    return bits;
}

unsigned pcm_sample_bytes(unsigned format)
{
    return format < VSND_FORMATS ? sample_bytes[format] : 0;
}

unsigned pcm_rate_hz(unsigned rate)
{
    return rate < VSND_RATES ? hz[rate] : 0;
}

unsigned pcm_frame_bytes(const struct pcm_params *p)
{
    return p->channels <= PCM_CHANNELS ? p->channels * pcm_sample_bytes(p->format) : 0;
}

uint32_t pcm_check(const struct pcm_params *p)
{
    const uint32_t shared = VSND_PCM_F_SHMEM_HOST | VSND_PCM_F_SHMEM_GUEST;
    unsigned frame;

    if ((p->features & shared) == shared || p->channels == 0)
        return VSND_S_BAD_MSG;
    if (!pcm_rate_hz(p->rate) || !pcm_sample_bytes(p->format) || p->channels > PCM_CHANNELS ||
        (p->features & ~PCM_FEATURES))
        return VSND_S_NOT_SUPP;
    frame = pcm_frame_bytes(p);
    if (p->period_bytes == 0 || p->buffer_bytes < p->period_bytes ||
        p->buffer_bytes % p->period_bytes || p->period_bytes % frame)
        return VSND_S_BAD_MSG;
    return p->buffer_bytes > PCM_BUFFER_MAX ? VSND_S_NOT_SUPP : VSND_S_OK;
}

void pcm_positions(unsigned channels, uint8_t position[PCM_CHANNELS])
{
    static const uint8_t maps[PCM_CHANNELS][PCM_CHANNELS] = {
        {VSND_CHMAP_MONO},
        {VSND_CHMAP_FL, VSND_CHMAP_FR},
        {VSND_CHMAP_FL, VSND_CHMAP_FR, VSND_CHMAP_FC},
        {VSND_CHMAP_FL, VSND_CHMAP_FR, VSND_CHMAP_RL, VSND_CHMAP_RR},
        {VSND_CHMAP_FL, VSND_CHMAP_FR, VSND_CHMAP_RL, VSND_CHMAP_RR, VSND_CHMAP_FC},
        {VSND_CHMAP_FL, VSND_CHMAP_FR, VSND_CHMAP_RL, VSND_CHMAP_RR, VSND_CHMAP_FC, VSND_CHMAP_LFE},
        {VSND_CHMAP_FL, VSND_CHMAP_FR, VSND_CHMAP_RL, VSND_CHMAP_RR, VSND_CHMAP_FC, VSND_CHMAP_LFE,
         VSND_CHMAP_RC},
        {VSND_CHMAP_FL, VSND_CHMAP_FR, VSND_CHMAP_RL, VSND_CHMAP_RR, VSND_CHMAP_FC, VSND_CHMAP_LFE,
         VSND_CHMAP_SL, VSND_CHMAP_SR},
    };

    memset(position, VSND_CHMAP_NONE, PCM_CHANNELS);
    if (channels >= 1 && channels <= PCM_CHANNELS)
        memcpy(position, maps[channels - 1], channels);
}
