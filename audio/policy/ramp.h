/* SPDX-License-Identifier: BSD-3-Clause */
/* A level that moves in a straight line and arrives at a given sample, exactly. */
#ifndef POLICY_RAMP_H
#define POLICY_RAMP_H

#include <stdint.h>

struct ramp {
    float now, target, step;
    uint32_t left; /* samples to go */
};

static inline void ramp_set(struct ramp *r, float level)
{
    *r = (struct ramp){.now = level, .target = level};
}

/* samples 0: at once. A ramp that is on its way there already is left alone. */
static inline void ramp_to(struct ramp *r, float level, uint32_t samples)
{
    if (level == r->target)
        return;
    r->target = level;
    r->left = samples;
    r->step = samples ? (level - r->now) / (float)samples : 0.0f;
    if (!samples)
        r->now = level;
}

/* The level at the next sample. */
static inline float ramp_next(struct ramp *r)
{
    if (r->left) {
        r->left--;
        r->now = r->left ? r->now + r->step : r->target;
    }
    return r->now;
}

#endif
