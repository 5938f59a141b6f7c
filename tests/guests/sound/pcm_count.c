/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plays frames that carry their own number, so that whoever has the sound can tell what was lost,
 * repeated or put elsewhere: 16-bit stereo at 48 kHz, the low 12 bits of the number left, the next
 * 12 right, the first frame's number 1. That is 18 dB below full scale: nothing has a reason to
 * make it quieter.
 *
 * pcm-count DEVICE SECONDS PERIOD [loud|delay]: periods of so many frames, four of them in the
 * buffer. loud: not the number, but a tone at full scale. delay: says of each period when it was
 * written, by the TSC, and how many frames later the next one will be heard, by snd_pcm_delay().
 */
#include <alsa/asoundlib.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

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

struct said {
    uint64_t tsc;
    uint32_t next; /* frame's number */
    int32_t delay;
};

/* All of it at the end: saying it takes time. */
static void say(const struct said *said, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        printf("delay %llu %u %d\n", (unsigned long long)said[i].tsc, said[i].next, said[i].delay);
}

/* Plays frames up to `total`; 0 or an error. said: one for each period, or NULL. */
static int play(snd_pcm_t *pcm, uint32_t total, uint32_t period, bool loud, struct said *said,
                unsigned *xruns)
{
    int16_t *frames = calloc(period, 4);
    int rc = frames ? 0 : -ENOMEM;

    for (uint32_t number = 1; rc >= 0 && number <= total; number += period) {
        fill(frames, number, period, loud);
        if (said)
            said->tsc = __rdtsc();
        rc = write_frames(pcm, frames, period, xruns);
        if (said && rc >= 0) {
            snd_pcm_sframes_t delay = 0;

            /* while the buffer is not full yet, playing has not begun, and when it was written
             * counts */
            if (number > period * PERIODS)
                said->tsc = __rdtsc();
            rc = snd_pcm_delay(pcm, &delay);
            said->next = number + period;
            said->delay = (int32_t)delay;
            said++;
        }
    }
    free(frames);
    return rc;
}

int main(int argc, char **argv)
{
    struct said *said = NULL;
    snd_pcm_uframes_t period;
    snd_pcm_t *pcm;
    uint32_t total;
    unsigned xruns = 0;
    int rc;

    if (argc < 4 || (period = strtoul(argv[3], NULL, 10)) == 0) {
        fprintf(stderr, "usage: pcm-count DEVICE SECONDS PERIOD [loud|delay]\n");
        return 2;
    }
    total = (uint32_t)strtoul(argv[2], NULL, 10) * RATE;
    if (argc > 4 && strcmp(argv[4], "delay") == 0)
        said = calloc(total / period + 1, sizeof(*said));
    rc = snd_pcm_open(&pcm, argv[1], SND_PCM_STREAM_PLAYBACK, 0);
    if (rc >= 0)
        rc = set_up(pcm, &period);
    if (rc >= 0)
        rc = play(pcm, total, (uint32_t)period, argc > 4 && !said, said, &xruns);
    if (rc >= 0)
        rc = snd_pcm_drain(pcm);
    if (rc < 0) {
        fprintf(stderr, "pcm-count: %s\n", snd_strerror(rc));
        return 1;
    }
    snd_pcm_close(pcm);
    total = (uint32_t)((total + period - 1) / period * period);
    if (said)
        say(said, (uint32_t)(total / period));
    free(said);
    printf("pcm-count: %u frames, %u underruns\n", total, xruns);
    return 0;
}
