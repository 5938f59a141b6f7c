/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The compositor's own frame clock. virtio-gpu's KMS does not pace page flips, and the picture that
 * matters comes from a VM that does not know our display: so we look for the cluster's next frame
 * ourselves, seldom while it cannot be there yet, every CLOCK_POLL_MS around the time it is due.
 */
#ifndef DISPLAY_CLOCK_H
#define DISPLAY_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct server;
struct wl_event_source;

#define CLOCK_FRAME_NS  16666667
#define CLOCK_POLL_NS   2000000  /* while a frame is due */
#define CLOCK_QUIET_NS  13000000 /* after a frame: the next cannot be there earlier */
#define CLOCK_IDLE_NS   8000000  /* no cluster */
#define CLOCK_STATUS_NS 90000000 /* the status must be renewed every 100 ms */

struct clock {
    struct server *server;
    int timer;
    struct wl_event_source *source;
    uint64_t composed_ns; /* last composition */
    uint64_t cluster_ns;  /* last new cluster frame */
    uint64_t ticks, composed;
};

int clock_init(struct clock *c, struct server *server)
    __attribute__((warn_unused_result)); /* 0 or -errno */
void clock_finish(struct clock *c);

uint64_t clock_now_ns(void); /* CLOCK_MONOTONIC */

#endif
