/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading the cluster's frames out of the shared window: geometry checked once, frames picked
 * strictly in order, nothing that the window says believed further than it can be checked. No
 * drawing here.
 */
#ifndef DISPLAY_FRAMES_H
#define DISPLAY_FRAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "binnacle/cluster_frames.h"

struct frames {
    const volatile struct bn_cluster_frames *shared; /* NULL until frames_attach() */
    const uint8_t *base;                             /* of the region */
    int32_t width, height, pitch;
    size_t offset[BN_FRAME_BUFFERS];
    uint64_t tsc_hz, boot_tsc;
    uint32_t taken;  /* counter of the last frame picked; 0: none yet */
    uint32_t missed; /* counters that can never be shown any more */
    bool gap;        /* the last one picked was not shown: damage of the next one says too little */
};

struct frame_pick {
    uint32_t counter;
    unsigned buffer;
    bool whole; /* damage is relative to a frame that was never taken: everything changed */
    unsigned damage_count;
    struct bn_rect damage[BN_FRAME_DAMAGE_RECTS]; /* inside the picture, none empty */
    uint64_t drawn_ns, deadline_ns;
};

/*
 * Looks whether the region holds a sound header and geometry; 0, -EAGAIN (the cluster has not
 * written it yet), -EINVAL (it makes no sense). May be called again and again until it succeeds.
 */
int frames_attach(struct frames *f, const uint8_t *region, size_t bytes)
    __attribute__((warn_unused_result));

/*
 * The next frame to show, if there is one: the one after the last, or, when the cluster is more
 * than buffers - 1 ahead, the oldest that is still safe to read (the others count as missed). A
 * frame that is being overwritten counts as missed as well.
 */
bool frames_next(struct frames *f, struct frame_pick *pick);

/* After reading its pixels: was it still the same frame? False counts it as missed. */
bool frames_still(struct frames *f, const struct frame_pick *pick);

/* True if the header is still the one that was attached; else the cluster has begun anew and
 * frames_attach() is due. */
bool frames_same_geometry(const struct frames *f);

/* Cluster's time now in ns, 0 when it gave no TSC frequency. */
uint64_t frames_now_ns(const struct frames *f);

#endif
