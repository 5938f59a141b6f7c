/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plays frames that carry their own number, so that whoever has the sound can tell what was lost,
 * repeated or put elsewhere: 16-bit stereo at 48 kHz, the low 12 bits of the number left, the next
 * 12 right, the first frame's number 1. That is 18 dB below full scale: nothing has a reason to
 * make it quieter.
 *
 * pcm-count DEVICE SECONDS PERIOD [loud]: periods of so many frames, four of them in the buffer.
 * loud: not the number, but a tone at full scale.
 */
#include <alsa/asoundlib.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define RATE    48000u
#define PERIODS 4u
#define TONE_HZ 997.0

static int set_up(snd_pcm_t *pcm, snd_pcm_uframes_t *period)
{
    snd_pcm_hw_params_t *hw;
    snd_pcm_sw_params_t *sw;
    snd_pcm_uframes_t buffer = *period * PERIODS;
    int rc, dir = 0;

    snd_pcm_hw_params_alloca(&hw);
    snd_pcm_sw_params_alloca(&sw);
    rc = snd_pcm_hw_params_any(pcm, hw);
    if (rc >= 0)
        rc = snd_pcm_hw_params_set_access(pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED);
    if (rc >= 0)
        rc = snd_pcm_hw_params_set_format(pcm, hw, SND_PCM_FORMAT_S16_LE);
    if (rc >= 0)
        rc = snd_pcm_hw_params_set_channels(pcm, hw, 2);
    if (rc >= 0)
        rc = snd_pcm_hw_params_set_rate(pcm, hw, RATE, 0);
    if (rc >= 0)
        rc = snd_pcm_hw_params_set_period_size(pcm, hw, *period, dir);
    if (rc >= 0)
        rc = snd_pcm_hw_params_set_buffer_size(pcm, hw, buffer);
    if (rc >= 0)
        rc = snd_pcm_hw_params(pcm, hw);
    if (rc < 0)
        return rc;
    rc = snd_pcm_sw_params_current(pcm, sw);
    if (rc >= 0)
        rc = snd_pcm_sw_params_set_start_threshold(pcm, sw, buffer);
    return rc < 0 ? rc : snd_pcm_sw_params(pcm, sw);
}

static void fill(int16_t *frames, uint32_t first, snd_pcm_uframes_t count, bool loud)
{
    for (snd_pcm_uframes_t i = 0; i < count; i++) {
        const uint32_t n = first + (uint32_t)i;

        if (loud) {
            frames[2 * i] = (int16_t)lrint(32767 * sin(2 * M_PI * TONE_HZ * n / RATE));
            frames[2 * i + 1] = frames[2 * i];
        } else {
            frames[2 * i] = (int16_t)(n & 0xFFFu);
            frames[2 * i + 1] = (int16_t)(n >> 12 & 0xFFFu);
        }
    }
}

/* Writes `count` frames; 0 or an error. Underruns are counted and played on after. */
static int write_frames(snd_pcm_t *pcm, const int16_t *frames, snd_pcm_uframes_t count,
                        unsigned *xruns)
{
    snd_pcm_uframes_t done = 0;

    while (done < count) {
        snd_pcm_sframes_t n = snd_pcm_writei(pcm, frames + 2 * done, count - done);

        if (n == -EPIPE) {
            ++*xruns;
            n = snd_pcm_prepare(pcm);
        }
        if (n < 0)
            return (int)n;
        done += (snd_pcm_uframes_t)n;
    }
    return 0;
}

int main(int argc, char **argv)
{
    snd_pcm_uframes_t period;
    snd_pcm_t *pcm;
    uint32_t total, number = 1;
    unsigned xruns = 0;
    int16_t *frames;
    int rc;

    if (argc < 4) {
        fprintf(stderr, "usage: pcm-count DEVICE SECONDS PERIOD [loud]\n");
        return 2;
    }
    total = (uint32_t)strtoul(argv[2], NULL, 10) * RATE;
    period = strtoul(argv[3], NULL, 10);
    frames = calloc(period ? period : 1, 4);
    rc = frames && period ? snd_pcm_open(&pcm, argv[1], SND_PCM_STREAM_PLAYBACK, 0) : -EINVAL;
    if (rc >= 0)
        rc = set_up(pcm, &period);
    for (; rc >= 0 && number <= total; number += (uint32_t)period) {
        fill(frames, number, period, argc > 4);
        rc = write_frames(pcm, frames, period, &xruns);
    }
    if (rc >= 0)
        rc = snd_pcm_drain(pcm);
    if (rc < 0) {
        fprintf(stderr, "pcm-count: %s\n", snd_strerror(rc));
        return 1;
    }
    snd_pcm_close(pcm);
    free(frames);
    printf("pcm-count: %u frames, %u underruns\n", number - 1, xruns);
    return 0;
}
