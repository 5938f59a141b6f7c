/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the instruments, the room and the level. */
#include "synth.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define LONGEST_S 12.0 /* no voice rings on for longer */

int mix_init(struct mix *m, double seconds)
{
    m->frames = (uint32_t)lround(seconds * SYNTH_RATE);
    m->left = calloc(m->frames, sizeof(*m->left));
    m->right = calloc(m->frames, sizeof(*m->right));
    return m->left && m->right ? 0 : -ENOMEM;
}

void mix_finish(struct mix *m)
{
    free(m->left);
    free(m->right);
}

/* White noise, the same at every build. */
static double noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)(int32_t)*state / 2147483648.0;
}

/* Rises for `rise`, is held, falls by e each `fall` afterwards. */
static double envelope(double t, double held, double rise, double fall)
{
    const double up = t < rise ? t / rise : 1;

    return t < held ? up : up * exp(-(t - held) / fall);
}

static double keys(double t, const struct note *n)
{
    const double w = 2 * M_PI * n->hz * t;
    const double tine = 0.12 * exp(-t / 0.06) * sin(14 * w);
    const double body = sin(w + (0.25 + 1.1 * exp(-t / 0.35)) * sin(w));

    return 0.30 * (body + tine) * exp(-t * n->hz / 500) * envelope(t, n->seconds, 0.004, 0.09);
}

static double saw(double w, double dark)
{
    double s = 0;

    for (int k = 1; k <= 9; k++)
        s += sin(k * w) / pow(k, dark);
    return s;
}

static double pad(double t, const struct note *n)
{
    const double w = 2 * M_PI * n->hz * t, drift = 0.3 * sin(2 * M_PI * 0.21 * t);

    return 0.055 * (saw(w * 0.9975 + drift, 1.7) + saw(w * 1.0025 - drift, 1.7) + sin(w / 2)) *
           envelope(t, n->seconds, 0.7, 0.5);
}

static double bass(double t, const struct note *n)
{
    const double w = 2 * M_PI * n->hz * t;

    return 0.30 * (sin(w) + 0.35 * exp(-t / 0.2) * sin(2 * w) + 0.18 * exp(-t / 0.1) * sin(3 * w)) *
           exp(-t / 1.6) * envelope(t, n->seconds, 0.006, 0.05);
}

static double bell(double t, const struct note *n)
{
    const double w = 2 * M_PI * n->hz * t;

    return 0.24 * sin(w + 1.6 * exp(-t / 0.45) * sin(3.5 * w)) * exp(-t / 1.3) *
           envelope(t, n->seconds + 1.5, 0.002, 0.2);
}

static double lead(double t, const struct note *n)
{
    const double w = 2 * M_PI * n->hz * t + 0.9 * fmin(t, 1) * sin(2 * M_PI * 5.1 * t);

    return 0.17 * (sin(w) - sin(3 * w) / 9 + sin(5 * w) / 25 + 0.25 * sin(2 * w)) *
           envelope(t, n->seconds, 0.03, 0.12);
}

static double kick(double t, const struct note *n)
{
    (void)n;
    return 0.55 * sin(2 * M_PI * (46 * t + 2.4 * (1 - exp(-t / 0.03)))) * exp(-t / 0.13);
}

static double (*const voice[INSTRUMENTS])(double t, const struct note *n) = {
    [KEYS] = keys, [PAD] = pad, [BASS] = bass, [BELL] = bell, [LEAD] = lead, [KICK] = kick,
};

static void add(struct mix *m, uint64_t frame, double value, const struct note *n)
{
    const uint32_t at = (uint32_t)(frame % m->frames);

    m->left[at] += (float)(value * n->gain * sqrt((1 - n->pan) / 2) * M_SQRT2);
    m->right[at] += (float)(value * n->gain * sqrt((1 + n->pan) / 2) * M_SQRT2);
}

/* A string: noise goes round a line as long as one period, and loses its edges (Karplus, Strong).
 */
static void pluck(struct mix *m, uint64_t from, const struct note *n)
{
    const uint32_t period = (uint32_t)(SYNTH_RATE / n->hz);
    const double part = SYNTH_RATE / n->hz - period;
    double line[SYNTH_RATE / 20] = {0}, before = 0;
    uint32_t state = (uint32_t)(n->hz * 1000) ^ (uint32_t)from, end = SYNTH_RATE * 4;

    if (period < 2 || period + 1 >= SYNTH_RATE / 20)
        return;
    for (uint32_t i = 0; i <= period; i++)
        line[i] = before = 0.55 * noise(&state) + 0.45 * before;
    for (uint32_t i = 0; i < end; i++) {
        const uint32_t at = i % (period + 1), next = (i + 1) % (period + 1);
        const double out = line[at] * part + line[next] * (1 - part);
        const double t = (double)i / SYNTH_RATE;

        line[at] = 0.9965 * (0.5 * out + 0.5 * before);
        before = out;
        add(m, from + i, 0.6 * out * envelope(t, n->seconds + 0.6, 0.001, 0.15), n);
    }
}

/* Drums of noise: high ones lose what is low, brushes keep the middle. */
static void hiss(struct mix *m, uint64_t from, enum instrument i, const struct note *n)
{
    const double fall = i == HAT ? 0.035 : 0.11, level = i == HAT ? 0.10 : 0.17;
    uint32_t state = (uint32_t)from | 1;
    double low = 0, before = 0;

    for (uint32_t k = 0; k < (uint32_t)(fall * 8 * SYNTH_RATE); k++) {
        const double white = noise(&state), t = (double)k / SYNTH_RATE;
        const double high = white - before;
        double out;

        before = white;
        low += 0.28 * (white - low);
        out = i == HAT ? high
                       : 0.6 * low + 0.2 * high + 0.5 * sin(2 * M_PI * 185 * t) * exp(-t / 0.04);
        add(m, from + k, level * out * exp(-t / fall) * fmin(1, t / 0.001), n);
    }
}

void synth_play(struct mix *m, enum instrument i, const struct note *n)
{
    const uint64_t from = (uint64_t)llround(n->at * SYNTH_RATE);
    const uint64_t end = (uint64_t)(LONGEST_S * SYNTH_RATE);

    if (i == PLUCK) {
        pluck(m, from, n);
        return;
    }
    if (i == HAT || i == BRUSH) {
        hiss(m, from, i, n);
        return;
    }
    for (uint64_t k = 0; k < end; k++) {
        const double t = (double)k / SYNTH_RATE, value = voice[i](t, n);

        if (t > n->seconds + 0.3 && fabs(value) < 1e-5 && fabs(voice[i](t + 0.0007, n)) < 1e-5)
            break;
        add(m, from + k, value, n);
    }
}

#define COMBS   4
#define ALLPASS 2

struct line {
    float *data;
    uint32_t length, at;
};

static float comb(struct line *l, float in, float *dark)
{
    const float out = l->data[l->at];

    *dark += 0.45f * (out - *dark);
    l->data[l->at] = in + 0.80f * *dark;
    l->at = (l->at + 1) % l->length;
    return out;
}

static float allpass(struct line *l, float in)
{
    const float held = l->data[l->at], out = held - 0.5f * in;

    l->data[l->at] = in + 0.5f * out;
    l->at = (l->at + 1) % l->length;
    return out;
}

/* Twice round: the first time fills the room, so that the end leads to the beginning. */
static int walls(float *side, uint32_t frames, uint32_t spread, double part)
{
    static const uint32_t comb_length[COMBS] = {1687, 1601, 2053, 2251};
    static const uint32_t allpass_length[ALLPASS] = {347, 113};
    struct line line[COMBS + ALLPASS];
    float dark[COMBS] = {0};
    int rc = 0;

    for (int i = 0; i < COMBS + ALLPASS; i++) {
        line[i].length = (i < COMBS ? comb_length[i] : allpass_length[i - COMBS]) + spread;
        line[i].at = 0;
        line[i].data = calloc(line[i].length, sizeof(float));
        rc = line[i].data ? rc : -ENOMEM;
    }
    for (uint64_t k = 0; rc == 0 && k < 2 * (uint64_t)frames; k++) {
        float in = side[k % frames], out = 0;

        for (int i = 0; i < COMBS; i++)
            out += comb(&line[i], in * 0.25f, &dark[i]);
        for (int i = COMBS; i < COMBS + ALLPASS; i++)
            out = allpass(&line[i], out);
        if (k >= frames)
            side[k % frames] = (float)((1 - part) * in + part * out);
    }
    for (int i = 0; i < COMBS + ALLPASS; i++)
        free(line[i].data);
    return rc;
}

int synth_room(struct mix *m, double part)
{
    const int rc = walls(m->left, m->frames, 0, part);

    return rc ? rc : walls(m->right, m->frames, 31, part);
}

void synth_level(struct mix *m, double peak)
{
    double loudest = 1e-9, sum = 0, knee;

    for (uint32_t i = 0; i < m->frames; i++) {
        loudest = fmax(loudest, fmax(fabs(m->left[i]), fabs(m->right[i])));
        sum += m->left[i] * m->left[i] + m->right[i] * m->right[i];
    }
    knee = fmin(loudest, 4.5 * sqrt(sum / (2.0 * m->frames))); /* few frames are louder */
    for (uint32_t i = 0; i < m->frames; i++) {
        m->left[i] = (float)(peak * tanh(m->left[i] / knee) / tanh(loudest / knee));
        m->right[i] = (float)(peak * tanh(m->right[i] / knee) / tanh(loudest / knee));
    }
}
