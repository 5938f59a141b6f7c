/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who is heard: the table of roles, each VM's gain, and what follows from both for one stream.
 *
 * Pure: no I/O, no memory of its own. Levels are centibels (0.1 dB) below full scale, at most 0.
 */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "binnacle/scenario.h"

#define POLICY_SILENT      (-1200) /* centibel: that, and what is below, is nothing at all */
#define POLICY_UNDER_CHIME (-120)  /* a chime stands out from the rest by at least that */
#define POLICY_CHANGE_MS   20 /* in which a gain or a mute that somebody has set takes effect */

struct policy_rule {
    int16_t centibel;               /* what the stream is turned down to */
    uint16_t attack_ms, release_ms; /* how fast down and up again */
    bool exclusive;                 /* the stream is not heard at all */
};

/* [role of a stream][role that sounds, higher than its own]; the others are not looked at. */
extern const struct policy_rule policy_table[BN_SOUND_ROLES][BN_SOUND_ROLES];
extern const char *const policy_role_names[BN_SOUND_ROLES];

struct policy_vm {
    char name[BN_NAME_BYTES];
    int16_t gain_centibel;
    bool muted;
};

struct policy {
    struct policy_rule rule[BN_SOUND_ROLES][BN_SOUND_ROLES];
    struct policy_vm vm[BN_MAX_VMS];
    unsigned vms;
};

/* What a stream gets: its gain, and the role to which it owes that it is not more. */
struct policy_gain {
    float gain;
    uint8_t below; /* enum bn_sound_role; BN_SOUND_NONE: nobody's */
};

/* The table as it stands above, the gains of the scenario. */
void policy_init(struct policy *p, const struct bn_scenario *s);

/* Changes at run time. 0, or -EINVAL (no such VM or role), -ERANGE (level), -EPERM (a chime would
 * not stand out, or a chime itself). Duck: how far streams of the role are turned down under any
 * higher one; where that is not far enough under a chime, they are turned down as far as that. */
int policy_set_gain(struct policy *p, unsigned vm, int centibel)
    __attribute__((warn_unused_result));
int policy_set_mute(struct policy *p, unsigned vm, bool muted) __attribute__((warn_unused_result));
int policy_set_duck(struct policy *p, unsigned role, int centibel)
    __attribute__((warn_unused_result));

/* The gain of a stream of `role` in VM `vm` while the roles in `active` sound (bit 1 << role): what
 * the sternest of the guests' roles leaves, and under a chime that much less again. */
struct policy_gain policy_decide(const struct policy *p, unsigned vm, unsigned role,
                                 unsigned active);
/* In how many ms the stream goes from one to the other. */
unsigned policy_ramp_ms(const struct policy *p, unsigned role, struct policy_gain from,
                        struct policy_gain to);

float policy_factor(int centibel);

#endif
