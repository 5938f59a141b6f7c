/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the time that stands in for a sound card. */
#include "backend/clock.h"

#include <string.h>
#include <time.h>

#include "proto/pcm.h"

#define NS 1000000000u

uint64_t clock_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * NS + (uint64_t)t.tv_nsec;
}

void clock_start(struct clock *c, const struct link_format *format, bool playback, uint64_t now)
{
    *c = (struct clock){.start_ns = now,
                        .rate = format->rate,
                        .frame_bytes = format->channels * pcm_sample_bytes(format->format),
                        .playback = playback};
}

struct clock_step clock_due(struct clock *c, const struct ring *r, uint64_t now)
{
    const uint64_t since = now > c->start_ns ? now - c->start_ns : 0;
    const uint64_t frames = since / NS * c->rate + since % NS * c->rate / NS;
    const uint64_t due = frames > c->frames ? (frames - c->frames) * c->frame_bytes : 0;
    const uint64_t device = ring_device(r);
    struct clock_step step = {0};
    uint64_t there;

    if (c->playback) {
        step.from = ring_taken(r, device);
        there = device - step.from;
    } else {
        step.from = ring_filled(r, device);
        there = r->bytes - (step.from - device);
    }
    there -= there % c->frame_bytes;
    step.bytes = due < there ? due : there;
    step.missing = due - step.bytes;
    c->frames += due / c->frame_bytes;
    return step;
}

void clock_commit(struct ring *r, const struct clock_step *step)
{
    struct link_ring *w = r->words;

    if (step->missing) {
        atomic_fetch_add(&w->missing, step->missing);
        atomic_fetch_add(&w->xruns, 1);
    }
    atomic_store(&w->latency, 0);
    atomic_store(&w->service, step->from + step->bytes);
}

uint64_t clock_when(const struct clock *c, const struct ring *r)
{
    const uint64_t at = atomic_load(&r->words->wake_at);
    const uint64_t is = atomic_load(&r->words->service);
    uint64_t frames;

    if (at == UINT64_MAX)
        return UINT64_MAX;
    frames = at > is ? (at - is + c->frame_bytes - 1) / c->frame_bytes : 0;
    if (frames > (uint64_t)LINK_RING_MAX)
        return UINT64_MAX;
    frames += c->frames;
    return c->start_ns + frames / c->rate * NS + (frames % c->rate * NS + c->rate - 1) / c->rate;
}

void clock_silence(uint8_t *pcm, uint64_t bytes, unsigned format)
{
    /* the sample that is silence, where that is not 0 */
    static const uint8_t samples[VSND_FORMATS][4] = {
        [VSND_FMT_MU_LAW] = {0xFF},       [VSND_FMT_A_LAW] = {0xD5},
        [VSND_FMT_U8] = {0x80},           [VSND_FMT_U16] = {0, 0x80},
        [VSND_FMT_U24_3] = {0, 0, 0x80},  [VSND_FMT_U24] = {0, 0, 0x80},
        [VSND_FMT_U32] = {0, 0, 0, 0x80},
    };
    const unsigned sample = pcm_sample_bytes(format);

    if (sample > 4 || sample == 0) {
        memset(pcm, 0, bytes);
        return;
    }
    for (uint64_t i = 0; i < bytes; i++)
        pcm[i] = samples[format][i % sample];
}

void clock_silence_step(const struct ring *r, const struct clock_step *step, unsigned format)
{
    for (uint64_t done = 0, part; done < step->bytes; done += part) {
        const uint64_t place = (step->from + done) % r->bytes, left = r->bytes - place;

        part = step->bytes - done < left ? step->bytes - done : left;
        clock_silence(ring_data(r) + place, part, format);
    }
}
