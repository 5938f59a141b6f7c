/* SPDX-License-Identifier: BSD-3-Clause */
/* Decides which picture the driver looks at: EARLY, SHARED or SAFE, from what the compositor claims
 * and proves. */
#ifndef CLUSTER_DISPLAY_H
#define CLUSTER_DISPLAY_H

#include "binnacle/cluster_frames.h"

#include "message.h"

#include <stdbool.h>

#define DISPLAY_STALL_MS 200  /* no new proof for so long: SAFE */
#define DISPLAY_GUEST_MS 1000 /* without a picture for so long: lost; a new mode takes less */
/* So many advances of `shown` past frames of ours before we rely on it. */
#define DISPLAY_PROOFS 6

struct display {
    enum bn_display_state state;
    uint32_t proofs;             /* advances of `shown` in a row */
    uint32_t shown;              /* the last that was believed */
    uint32_t counter;            /* of the last status update */
    uint64_t heartbeat_ns;       /* the last seen */
    uint32_t alive_ms, shown_ms; /* when heartbeat and shown last advanced */
    bool started;                /* a status has been seen */
    bool guests_lost;            /* the last status says that pictures of a guest are gone ... */
    uint32_t guests_ms;          /* ... since then */
};

/*
 * Takes one reading, once per frame. `status` is NULL when none could be read; latest is our last
 * complete frame. Returns true if the state changed.
 */
bool display_update(struct display *d, const struct bn_display_status *status, uint32_t counter,
                    uint32_t latest, uint32_t now_ms);

/* The messages, as bits, of services that were there and are not. Of the guests only a compositor
 * can tell that has proved to be there itself. */
uint32_t display_losses(const struct display *d, uint32_t now_ms);

/* True while the boot framebuffer must carry the picture. */
static inline bool display_boot_framebuffer(const struct display *d)
{
    return d->state != BN_DISPLAY_SHARED;
}

#endif
