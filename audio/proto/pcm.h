/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a stream may be: sample formats, rates and sizes that the device offers and the sound
 * service can play. All formats are little endian and interleaved (VIRTIO 1.2 §5.14.6.6.2).
 */
#ifndef AUDIO_PROTO_PCM_H
#define AUDIO_PROTO_PCM_H

#include <stdint.h>

#include "proto/virtio_snd.h"

#define PCM_CHANNELS   8
#define PCM_BUFFER_MAX ((1u << 22) - 64u) /* bytes; whole frames of any format fit a ring */

#define PCM_FEATURES (VSND_PCM_F_EVT_SHMEM_PERIODS | VSND_PCM_F_EVT_XRUNS)

struct pcm_params {
    uint32_t buffer_bytes, period_bytes, features;
    uint8_t channels, format, rate, reserved; /* enum vsnd_format, enum vsnd_rate */
};

uint64_t pcm_formats(void); /* bit map, of enum vsnd_format */
uint64_t pcm_rates(void);   /* bit map, of enum vsnd_rate */

/* Bytes of a sample in memory, 0: not offered. */
unsigned pcm_sample_bytes(unsigned format);
/* Frames a second, 0: not offered. */
unsigned pcm_rate_hz(unsigned rate);
/* 0 for parameters that are not offered. */
unsigned pcm_frame_bytes(const struct pcm_params *p);

/* VSND_S_OK, VSND_S_BAD_MSG (they contradict themselves), VSND_S_NOT_SUPP (not offered). */
uint32_t pcm_check(const struct pcm_params *p);

/* Positions of 1..PCM_CHANNELS channels, as many of position[] as there are channels. */
void pcm_positions(unsigned channels, uint8_t position[PCM_CHANNELS]);

#endif
