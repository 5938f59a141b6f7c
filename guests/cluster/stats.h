/* SPDX-License-Identifier: BSD-3-Clause */
/* What the cluster counts of itself, and how it tells. */
#ifndef CLUSTER_STATS_H
#define CLUSTER_STATS_H

#include "bus.h"
#include "chime.h"
#include "glass.h"
#include "odometer.h"

#define STATS_MESSAGES 8
#define STATS_WARM_UP  8 /* frames: every buffer has had its first whole picture */

struct stats {
    uint32_t last;     /* the last frame's counter */
    uint32_t drawn;    /* frames */
    uint32_t overruns; /* slots without a frame of their own */
    uint32_t worst_us; /* longest drawing, the first whole picture of each buffer not counted */
    uint16_t first_telltale_ms, first_frame_ms; /* since time zero of boot */
    uint32_t lost_ms, losses; /* when a frame last began to say that the bus is lost; how often */
    bool is_lost;
    uint64_t first_telltale_tsc;
    uint8_t alive[STATS_MESSAGES];
};

struct stats_sources { /* what others count of themselves */
    const struct bus *bus;
    const struct chimes *chimes;
    const struct store *store;
    const struct odometer *odometer;
    const struct glass *glass;
    uint32_t failing; /* bit i: supervised task i is not OK */
    uint32_t ended;   /* times that a task has been ended */
};

/* Frame n has been drawn in so many microseconds. */
void stats_frame(struct stats *s, uint32_t n, uint32_t us);

/* The frame that is being drawn at that time of the bus says whether the bus is lost. */
void stats_bus_lost(struct stats *s, bool lost, uint32_t now_ms);

/* Message `index` of STATS_MESSAGES at that time of the bus as an SLCAN line; returns its bytes. */
size_t stats_message(struct stats *s, int index, uint8_t display_state,
                     const struct stats_sources *from, uint32_t now_ms,
                     uint8_t out[SLCAN_MAX_BYTES]);

#endif
