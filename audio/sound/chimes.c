/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the synthesis of the chimes and the voices that play them. */
#include "chimes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PARTIALS 5
#define TAU      6.28318530717958647692

struct partial {
    float hz, level, decay_ms; /* time to a level of 1/e */
};

struct note {
    float at_ms;
    struct partial partial[PARTIALS];
};

struct kind {
    const char *name;
    float peak;
    bool ducks;
    uint8_t voice;
    float ms;
    struct note note[4];
};

/* A bell's partials are no harmonics; a struck bar's are further apart still. */
#define BELL(hz, ms)                                                                               \
    {{(hz), 1.0f, (ms)},                                                                           \
     {(hz) * 2.0f, 0.55f, (ms) * 0.6f},                                                            \
     {(hz) * 2.98f, 0.3f, (ms) * 0.4f},                                                            \
     {(hz) * 4.21f, 0.15f, (ms) * 0.25f}}
#define HORN(hz, ms)                                                                               \
    {                                                                                              \
        {(hz), 1.0f, (ms)}, {(hz) * 1.5f, 0.7f, (ms)},                                             \
        {                                                                                          \
            (hz) * 3.0f, 0.25f, (ms)                                                               \
        }                                                                                          \
    }
#define BAR(hz, ms) {{(hz), 1.0f, (ms)}, {(hz) * 2.76f, 0.5f, (ms) * 0.5f}}

/* The peaks add up to 0.8: warning, belt, info, and one of tick and tock. */
static const struct kind kinds[BN_CHIME_END] = {
    [BN_CHIME_WARNING] = {"warning",
                          0.40f,
                          true,
                          0,
                          900.0f,
                          {{0, HORN(880.0f, 110)},
                           {210, HORN(880.0f, 110)},
                           {420, HORN(880.0f, 220)}}},
    [BN_CHIME_BELT] = {"belt", 0.18f, true, 1, 900.0f, {{0, BELL(659.26f, 260)}}},
    [BN_CHIME_TICK] = {"tick", 0.08f, false, 2, 45.0f, {{0, BAR(1900.0f, 6)}}},
    [BN_CHIME_TOCK] = {"tock", 0.08f, false, 2, 45.0f, {{0, BAR(1250.0f, 7)}}},
    [BN_CHIME_INFO] =
        {"info", 0.14f, true, 3, 800.0f, {{0, BELL(783.99f, 160)}, {170, BELL(1046.5f, 200)}}},
};

static bool is_chime(uint32_t chime)
{
    return chime > 0 && chime < BN_CHIME_END;
}

const char *chime_name(uint32_t chime)
{
    return is_chime(chime) ? kinds[chime].name : "?";
}

float chime_peak(uint32_t chime)
{
    return is_chime(chime) ? kinds[chime].peak : 0.0f;
}

static void add_note(float *to, uint32_t length, const struct note *n)
{
    const uint32_t from = (uint32_t)(n->at_ms * CHIME_RATE / 1000.0f);

    for (unsigned k = 0; k < PARTIALS && n->partial[k].level > 0.0f; k++) {
        const struct partial *p = &n->partial[k];

        for (uint32_t i = from; i < length; i++) {
            const double t = (double)(i - from) / CHIME_RATE;
            /* struck softly: a step would be a click before the tone */
            const double soft = i - from < CHIME_ATTACK ? (double)(i - from + 1) / CHIME_ATTACK : 1;

            to[i] +=
                (float)(soft * p->level * exp(-t * 1000.0 / p->decay_ms) * sin(TAU * p->hz * t));
        }
    }
}

/* How much of the peak a chime may use at a sample: up in CHIME_ATTACK, down in as many. */
static float envelope(uint32_t i, uint32_t length)
{
    const uint32_t edge = i + 1 < length - i ? i + 1 : length - i;

    return edge < CHIME_ATTACK ? (float)edge / CHIME_ATTACK : 1.0f;
}

static int render(struct chime_sound *s, const struct kind *k)
{
    float highest = 0.0f;

    s->length = (uint32_t)(k->ms * CHIME_RATE / 1000.0f);
    s->sample = calloc(s->length, sizeof(*s->sample));
    if (!s->sample)
        return -ENOMEM;
    for (unsigned n = 0; n < sizeof(k->note) / sizeof(k->note[0]); n++)
        add_note(s->sample, s->length, &k->note[n]);
    for (uint32_t i = 0; i < s->length; i++)
        highest = fmaxf(highest, fabsf(s->sample[i]));
    for (uint32_t i = 0; i < s->length; i++) {
        const float most = k->peak * envelope(i, s->length);

        s->sample[i] = fminf(fmaxf(s->sample[i] * k->peak / highest, -most), most);
    }
    return 0;
}

int chimes_init(struct chimes *c)
{
    int rc = 0;

    memset(c, 0, sizeof(*c));
    for (uint32_t i = 1; rc == 0 && i < BN_CHIME_END; i++)
        rc = render(&c->sound[i], &kinds[i]);
    if (rc)
        chimes_finish(c);
    return rc;
}

void chimes_finish(struct chimes *c)
{
    for (uint32_t i = 0; i < BN_CHIME_END; i++)
        free(c->sound[i].sample);
    memset(c, 0, sizeof(*c));
}

bool chimes_start(struct chimes *c, uint32_t chime)
{
    struct chime_voice *v;

    if (!is_chime(chime))
        return false;
    v = &c->voice[kinds[chime].voice];
    if (v->sound && v->at) { /* else it begins with this very sample, asked for twice */
        v->old = v->sound;
        v->old_at = v->at;
        v->old_left = CHIME_ATTACK;
    }
    v->sound = &c->sound[chime];
    v->at = 0;
    return true;
}

static const struct kind *kind_of(const struct chimes *c, const struct chime_voice *v)
{
    return v->sound ? &kinds[v->sound - c->sound] : NULL;
}

bool chimes_duck(const struct chimes *c)
{
    for (unsigned i = 0; i < BN_CHIME_END; i++) {
        const struct kind *k = kind_of(c, &c->voice[i]);

        if (k && k->ducks)
            return true;
    }
    return false;
}

float chimes_ceiling(const struct chimes *c)
{
    float ceiling = 1.0f;

    if (chimes_duck(c))
        return CHIME_CEILING;
    for (unsigned i = 0; i < BN_CHIME_END; i++) {
        const struct kind *k = kind_of(c, &c->voice[i]);

        ceiling -= k ? k->peak : 0.0f;
    }
    return ceiling;
}

static float next_sample(struct chime_voice *v)
{
    float x = 0.0f;

    if (v->old) {
        x += v->old->sample[v->old_at++] * (float)--v->old_left / CHIME_ATTACK;
        if (!v->old_left || v->old_at == v->old->length)
            v->old = NULL;
    }
    if (v->sound) {
        x += v->sound->sample[v->at++];
        if (v->at == v->sound->length)
            v->sound = NULL;
    }
    return x;
}

void chimes_add(struct chimes *c, float *left, float *right, unsigned frames)
{
    for (unsigned i = 0; i < frames; i++) {
        float x = 0.0f;
        bool any = false;

        for (unsigned v = 0; v < BN_CHIME_END; v++) {
            any = any || c->voice[v].sound;
            if (c->voice[v].sound || c->voice[v].old)
                x += next_sample(&c->voice[v]);
        }
        left[i] += x;
        right[i] += x;
        c->played += any;
    }
}
