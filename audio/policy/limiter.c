/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the ceiling of a bus. */
#include "limiter.h"

#include <math.h>

#define RECOVERY_MS 100 /* time constant */
#define ALMOST      0.999f

void limiter_init(struct limiter *l, unsigned rate)
{
    l->gain = 1.0f;
    l->recovery = 1000.0f / ((float)rate * RECOVERY_MS);
}

static float within(float x, float ceiling)
{
    return fminf(fmaxf(x, -ceiling), ceiling);
}

void limiter_run(struct limiter *l, float *left, float *right, unsigned frames,
                 struct ramp *ceiling)
{
    for (unsigned i = 0; i < frames; i++) {
        const float top = ramp_next(ceiling);
        const float peak = fmaxf(fabsf(left[i]), fabsf(right[i]));

        if (l->gain < 1.0f) {
            l->gain += (1.0f - l->gain) * l->recovery;
            if (l->gain > ALMOST)
                l->gain = 1.0f;
        }
        if (peak * l->gain > top)
            l->gain = top / peak;
        if (l->gain < 1.0f) {
            /* the product is rounded */
            left[i] = within(left[i] * l->gain, top);
            right[i] = within(right[i] * l->gain, top);
        }
    }
}
