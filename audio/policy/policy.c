/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the table of who gives way to whom, and what follows from it. */
#include "policy.h"

#include <errno.h>
#include <math.h>
#include <string.h>

const char *const policy_role_names[BN_SOUND_ROLES] = {"none",      "media", "navigation",
                                                       "telephone", "park",  "chime"};

#define DUCK(level, attack, release) {(level), (attack), (release), false}
#define GIVE_WAY(attack, release)    {POLICY_SILENT, (attack), (release), true}

/*
 * A stream in the first column, while something of the role above sounds:
 * level in centibel, ms to get down there, ms to get up again.
 */
/* clang-format off */
const struct policy_rule policy_table[BN_SOUND_ROLES][BN_SOUND_ROLES] = {
    /*                         navigation                                     telephone                                 */
    [BN_SOUND_MEDIA]      = {[BN_SOUND_NAVIGATION] = DUCK(-140, 60, 600), [BN_SOUND_TELEPHONE] = GIVE_WAY(40, 800),
    /*                         park distance                                  chime                                     */
                             [BN_SOUND_PARK]       = DUCK(-160, 20, 500), [BN_SOUND_CHIME]     = DUCK(-160, 5, 400)},
    [BN_SOUND_NAVIGATION] = {[BN_SOUND_TELEPHONE]  = DUCK(-120, 40, 400),
                             [BN_SOUND_PARK]       = DUCK(-100, 20, 300), [BN_SOUND_CHIME]     = DUCK(-150, 5, 300)},
    [BN_SOUND_TELEPHONE]  = {[BN_SOUND_PARK]       = DUCK(-80, 20, 300),  [BN_SOUND_CHIME]     = DUCK(-150, 5, 300)},
    [BN_SOUND_PARK]       = {                                             [BN_SOUND_CHIME]     = DUCK(-150, 5, 200)},
};
/* clang-format on */

void policy_init(struct policy *p, const struct bn_scenario *s)
{
    memset(p, 0, sizeof(*p));
    memcpy(p->rule, policy_table, sizeof(p->rule));
    p->vms = s->vm_count < BN_MAX_VMS ? s->vm_count : BN_MAX_VMS;
    for (unsigned i = 0; i < p->vms; i++) {
        const int16_t gain = s->vm[i].sound.gain_centibel;

        memcpy(p->vm[i].name, s->vm[i].name, sizeof(p->vm[i].name) - 1);
        p->vm[i].gain_centibel = gain < 0 ? gain : 0;
    }
}

static bool in_range(int centibel)
{
    return centibel <= 0 && centibel >= BN_SOUND_MIN_GAIN;
}

int policy_set_gain(struct policy *p, unsigned vm, int centibel)
{
    if (vm >= p->vms)
        return -EINVAL;
    if (!in_range(centibel))
        return -ERANGE;
    p->vm[vm].gain_centibel = (int16_t)centibel;
    return 0;
}

int policy_set_mute(struct policy *p, unsigned vm, bool muted)
{
    if (vm >= p->vms)
        return -EINVAL;
    p->vm[vm].muted = muted;
    return 0;
}

int policy_set_duck(struct policy *p, unsigned role, int centibel)
{
    if (role == BN_SOUND_NONE || role >= BN_SOUND_ROLES)
        return -EINVAL;
    if (role == BN_SOUND_CHIME)
        return -EPERM; /* nothing is above it */
    if (!in_range(centibel))
        return -ERANGE;
    for (unsigned above = role + 1; above < BN_SOUND_ROLES; above++) {
        struct policy_rule *r = &p->rule[role][above];

        r->centibel = (int16_t)centibel;
        r->exclusive = false;
        if (above == BN_SOUND_CHIME && r->centibel > POLICY_UNDER_CHIME)
            r->centibel = POLICY_UNDER_CHIME;
    }
    return 0;
}

float policy_factor(int centibel)
{
    if (centibel <= POLICY_SILENT)
        return 0.0f;
    return centibel >= 0 ? 1.0f : powf(10.0f, (float)centibel / 200.0f);
}

struct policy_gain policy_decide(const struct policy *p, unsigned vm, unsigned role,
                                 unsigned active)
{
    struct policy_gain g = {1.0f, BN_SOUND_NONE};
    const struct policy_vm *v = &p->vm[vm];

    for (unsigned above = role + 1; above < BN_SOUND_CHIME; above++) {
        const struct policy_rule *r = &p->rule[role][above];
        const float f = r->exclusive ? 0.0f : policy_factor(r->centibel);

        if ((active & 1u << above) && f < g.gain)
            g = (struct policy_gain){f, (uint8_t)above};
    }
    /* Whatever is heard when a chime begins goes down from there: it stands out from that. */
    if (role != BN_SOUND_NONE && role < BN_SOUND_CHIME && active & 1u << BN_SOUND_CHIME)
        g = (struct policy_gain){g.gain * policy_factor(p->rule[role][BN_SOUND_CHIME].centibel),
                                 BN_SOUND_CHIME};
    g.gain = v->muted ? 0.0f : g.gain * policy_factor(v->gain_centibel);
    return g;
}

unsigned policy_ramp_ms(const struct policy *p, unsigned role, struct policy_gain from,
                        struct policy_gain to)
{
    if (from.below == to.below)
        return POLICY_CHANGE_MS;
    if (to.gain < from.gain)
        return to.below ? p->rule[role][to.below].attack_ms : POLICY_CHANGE_MS;
    return from.below ? p->rule[role][from.below].release_ms : POLICY_CHANGE_MS;
}
