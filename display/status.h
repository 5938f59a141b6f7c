/* SPDX-License-Identifier: BSD-3-Clause */
/* The compositor's report to cluster and hypervisor: region "display-status", E2E protected. */
#ifndef DISPLAY_STATUS_H
#define DISPLAY_STATUS_H

#include "binnacle/cluster_frames.h"
#include "window.h"

struct status {
    struct window_region region; /* base NULL: nobody to report to */
    struct bn_display_status now;
    uint32_t sequence, counter;
    uint64_t published_ns;
};

/* Maps the region; a window without one, or none at all, is no error: then nothing is published. */
void status_open(struct status *s, const struct window *w);
void status_close(struct status *s);

/* Writes s->now to the region. time_ns: compositor's monotonic time, becomes the heartbeat. */
void status_publish(struct status *s, uint64_t time_ns);

/* Counts a cluster frame as scanned out: now_ns in the cluster's time, 0 if that is not known (then
 * neither late nor worst). */
void status_shown(struct status *s, uint32_t counter, uint64_t drawn_ns, uint64_t deadline_ns,
                  uint64_t now_ns);

#endif
