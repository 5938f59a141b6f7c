/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mixer: every guest stream's strip, each VM's bus, the guests' bus under its ceiling, and the
 * chimes on top. Samples are floats, full scale 1.0, GRAPH_RATE, stereo.
 *
 * Pure and without memory of its own; it belongs to the data thread, which is the only one that
 * calls it once sound runs.
 */
#ifndef SOUND_MIXER_H
#define SOUND_MIXER_H

#include "binnacle/scenario.h"
#include "chimes.h"
#include "policy/limiter.h"
#include "policy/policy.h"
#include "policy/ramp.h"

#define MIXER_RATE    48000u
#define MIXER_STRIPS  (BN_MAX_VMS * BN_MAX_SOUNDS)
#define MIXER_QUANTUM 4096u /* samples at most */
#define MIXER_FADE_MS 10    /* a stream whose device has gone fades out in that time */
#define MIXER_HOLD_MS 500   /* a role sounds on through pauses as long as that */

struct strip {
    uint8_t vm, stream, role;
    bool open;              /* takes part */
    bool arrives;           /* something came in on both channels in the last quantum */
    struct ramp gate;       /* 1: open, to 0: fading out */
    struct policy_gain now; /* what the policy last decided */
    struct ramp gain;       /* and where it is on the way there */
    struct ramp volume[2];  /* what the guest wants */
    float peak;             /* of what it adds to its bus; falls by itself */
};

struct mixer {
    struct policy policy;
    struct chimes chimes;
    struct strip strip[MIXER_STRIPS];
    unsigned strips;
    struct limiter vm_limiter[BN_MAX_VMS], limiter;
    struct ramp vm_ceiling[BN_MAX_VMS], ceiling;
    uint32_t hold[BN_SOUND_ROLES]; /* samples for which the role still sounds */
    float bus[BN_MAX_VMS][2][MIXER_QUANTUM];
};

struct mixer_io {                     /* of one quantum */
    const float *in[MIXER_STRIPS][2]; /* NULL: silence */
    float *out[2];
    float *monitor[BN_MAX_VMS][2]; /* what a VM plays and nobody else's; NULL: not wanted */
    unsigned frames;
};

/* A strip for each playback stream of the scenario, VM by VM. 0 or -errno. */
int mixer_init(struct mixer *m, const struct bn_scenario *s) __attribute__((warn_unused_result));
void mixer_finish(struct mixer *m);
/* Index of the strip, -ENOENT. */
int mixer_find(const struct mixer *m, unsigned vm, unsigned stream);

/* A stream begins: its samples are heard as they are from the first on. */
void mixer_open(struct mixer *m, unsigned strip);
/* It fades out; mixer_faded says when nothing is left of it. */
void mixer_fade(struct mixer *m, unsigned strip);
bool mixer_faded(const struct mixer *m, unsigned strip);
void mixer_close(struct mixer *m, unsigned strip);
/* Factors 0..1; they outlive the stream. */
void mixer_volume(struct mixer *m, unsigned strip, float left, float right);

void mixer_run(struct mixer *m, const struct mixer_io *io);

#endif
