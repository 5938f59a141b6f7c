/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the sum of all that is heard. */
#include "mixer.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define SAMPLES(ms)        ((ms) * MIXER_RATE / 1000)
#define AUDIBLE            0.001f /* -60 dB: a stream that is below is no reason for others to give way */
#define PEAK_FALL_MS       300
#define CEILING_RELEASE_MS 300

int mixer_init(struct mixer *m, const struct bn_scenario *s)
{
    memset(m, 0, sizeof(*m));
    policy_init(&m->policy, s);
    for (unsigned vm = 0; vm < m->policy.vms; vm++) {
        const struct bn_scenario_sound *sound = &s->vm[vm].sound;

        limiter_init(&m->vm_limiter[vm], MIXER_RATE);
        ramp_set(&m->vm_ceiling[vm], 1.0f);
        for (unsigned i = 0; i < sound->playback && i < BN_MAX_SOUNDS; i++) {
            const uint8_t role = sound->role[i];

            struct strip *t = &m->strip[m->strips++];

            *t = (struct strip){
                .vm = (uint8_t)vm,
                .stream = (uint8_t)i,
                /* never a chime, whatever the scenario says */
                .role = role > BN_SOUND_NONE && role < BN_SOUND_CHIME ? role : BN_SOUND_MEDIA};
            ramp_set(&t->volume[0], 1.0f);
            ramp_set(&t->volume[1], 1.0f);
        }
    }
    limiter_init(&m->limiter, MIXER_RATE);
    ramp_set(&m->ceiling, 1.0f);
    return chimes_init(&m->chimes);
}

void mixer_finish(struct mixer *m)
{
    chimes_finish(&m->chimes);
}

int mixer_find(const struct mixer *m, unsigned vm, unsigned stream)
{
    for (unsigned i = 0; i < m->strips; i++)
        if (m->strip[i].vm == vm && m->strip[i].stream == stream)
            return (int)i;
    return -ENOENT;
}

static unsigned active_roles(const struct mixer *m)
{
    unsigned active = chimes_duck(&m->chimes) ? 1u << BN_SOUND_CHIME : 0;

    for (unsigned role = 0; role < BN_SOUND_CHIME; role++)
        active |= m->hold[role] ? 1u << role : 0;
    return active;
}

void mixer_open(struct mixer *m, unsigned strip)
{
    struct strip *s = &m->strip[strip];

    s->now = policy_decide(&m->policy, s->vm, s->role, active_roles(m));
    ramp_set(&s->gain, s->now.gain);
    ramp_set(&s->gate, 1.0f);
    s->peak = 0.0f;
    s->arrives = false;
    s->open = true;
}

void mixer_fade(struct mixer *m, unsigned strip)
{
    ramp_to(&m->strip[strip].gate, 0.0f, SAMPLES(MIXER_FADE_MS));
}

bool mixer_faded(const struct mixer *m, unsigned strip)
{
    const struct strip *s = &m->strip[strip];

    return !s->open || (s->gate.target == 0.0f && !s->gate.left);
}

void mixer_close(struct mixer *m, unsigned strip)
{
    m->strip[strip].open = false;
    m->strip[strip].peak = 0.0f;
}

void mixer_volume(struct mixer *m, unsigned strip, float left, float right)
{
    struct strip *s = &m->strip[strip];
    const uint32_t samples = s->open ? SAMPLES(POLICY_CHANGE_MS) : 0;

    ramp_to(&s->volume[0], left, samples);
    ramp_to(&s->volume[1], right, samples);
}

/* A guest's full scale is 1.0, and no number is no sound. */
static float full_scale(float x)
{
    if (!(fabsf(x) <= 1.0f))
        return x > 1.0f ? 1.0f : x < -1.0f ? -1.0f : 0.0f;
    return x;
}

static bool is_audible(const float *in, unsigned frames)
{
    for (unsigned i = 0; in && i < frames; i++)
        if (fabsf(in[i]) > AUDIBLE)
            return true;
    return false;
}

/* Which roles sound in this quantum, a pause in speech included. */
static void note_roles(struct mixer *m, const struct mixer_io *io)
{
    for (unsigned role = 0; role < BN_SOUND_ROLES; role++)
        m->hold[role] -= m->hold[role] < io->frames ? m->hold[role] : io->frames;
    for (unsigned i = 0; i < m->strips; i++) {
        const struct strip *s = &m->strip[i];

        if (s->open && !m->policy.vm[s->vm].muted &&
            (is_audible(io->in[i][0], io->frames) || is_audible(io->in[i][1], io->frames)))
            m->hold[s->role] = SAMPLES(MIXER_HOLD_MS);
    }
}

static void decide(struct mixer *m, struct strip *s, unsigned active)
{
    const struct policy_gain g = policy_decide(&m->policy, s->vm, s->role, active);

    if (g.gain != s->gain.target)
        ramp_to(&s->gain, g.gain, SAMPLES(policy_ramp_ms(&m->policy, s->role, s->now, g)));
    s->now = g;
}

static void add_strip(struct mixer *m, struct strip *s, const float *const in[2], unsigned frames)
{
    float peak = s->peak * expf(-(float)frames / (float)SAMPLES(PEAK_FALL_MS));

    for (unsigned i = 0; i < frames; i++) {
        const float gain = ramp_next(&s->gain) * ramp_next(&s->gate);

        for (unsigned c = 0; c < 2; c++) {
            const float volume = ramp_next(&s->volume[c]);
            const float x = in[c] ? full_scale(in[c][i]) * volume * gain : 0.0f;

            m->bus[s->vm][c][i] += x;
            peak = fmaxf(peak, fabsf(x));
        }
    }
    s->peak = peak;
}

/* A VM's streams together are no louder than one: none can push the others down. */
static void finish_bus(struct mixer *m, unsigned vm, const struct mixer_io *io)
{
    float *const *bus = (float *const[2]){m->bus[vm][0], m->bus[vm][1]};

    limiter_run(&m->vm_limiter[vm], bus[0], bus[1], io->frames, &m->vm_ceiling[vm]);
    for (unsigned c = 0; c < 2; c++) {
        if (io->monitor[vm][c])
            memcpy(io->monitor[vm][c], bus[c], io->frames * sizeof(float));
        for (unsigned i = 0; i < io->frames; i++)
            io->out[c][i] += bus[c][i];
    }
}

void mixer_run(struct mixer *m, const struct mixer_io *io)
{
    const float ceiling = chimes_ceiling(&m->chimes);
    unsigned active;

    note_roles(m, io);
    active = active_roles(m);
    /* down with the attack of what sounds, up slowly once it is over */
    ramp_to(&m->ceiling, ceiling,
            ceiling < m->ceiling.target ? CHIME_ATTACK : SAMPLES(CEILING_RELEASE_MS));
    for (unsigned c = 0; c < 2; c++) {
        memset(io->out[c], 0, io->frames * sizeof(float));
        for (unsigned vm = 0; vm < m->policy.vms; vm++)
            memset(m->bus[vm][c], 0, io->frames * sizeof(float));
    }
    for (unsigned i = 0; i < m->strips; i++) {
        m->strip[i].arrives = io->in[i][0] && io->in[i][1];
        if (!m->strip[i].open)
            continue;
        decide(m, &m->strip[i], active);
        add_strip(m, &m->strip[i], io->in[i], io->frames);
    }
    for (unsigned vm = 0; vm < m->policy.vms; vm++)
        finish_bus(m, vm, io);
    limiter_run(&m->limiter, io->out[0], io->out[1], io->frames, &m->ceiling);
    chimes_add(&m->chimes, io->out[0], io->out[1], io->frames);
}
