/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keeps a stereo bus at or below a ceiling, sample by sample and whatever comes, without delay:
 * down at once, up again in a fraction of a second. Below the ceiling, and when it has come up
 * again, samples pass as they are.
 */
#ifndef POLICY_LIMITER_H
#define POLICY_LIMITER_H

#include "ramp.h"

struct limiter {
    float gain;
    float recovery; /* of what is missing, each sample */
};

void limiter_init(struct limiter *l, unsigned rate);
/* In place. The ceiling moves on by `frames` samples. */
void limiter_run(struct limiter *l, float *left, float *right, unsigned frames,
                 struct ramp *ceiling);

#endif
