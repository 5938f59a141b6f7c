/* SPDX-License-Identifier: BSD-3-Clause */
/* What the guests' GPU mediators say of themselves. */
#ifndef CTL_GPU_H
#define CTL_GPU_H

#include "binnacle/gpu_status.h"

#define GPU_MAX_GUESTS 8u

struct gpu_guest {
    struct bn_gpu_status s;
    uint64_t before; /* its batches at the look before this one; in the first one 0 */
    int alive;       /* 0: its mediator has died */
};

/* Fills guest[0..GPU_MAX_GUESTS) in the order of their names, and keeps what they had done before.
 * How many there are, or -errno; files that are no status are left out. */
int gpu_look(const char *folder, struct gpu_guest *guest, unsigned before)
    __attribute__((warn_unused_result));
/* Of the batches of all guests since the look before, in percent. */
unsigned gpu_share(const struct gpu_guest *guest, unsigned count, unsigned i);

/* Prints the table; with seconds one each second, so many times more. Exit code. */
int gpu_show(const char *folder, unsigned seconds);

#endif
