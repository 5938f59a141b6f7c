/* SPDX-License-Identifier: BSD-3-Clause */
/* The shared window as the cluster uses it: frames, vehicle data and chime requests out; status of
 * display and chimes in. */
#ifndef CLUSTER_WINDOW_H
#define CLUSTER_WINDOW_H

#include "binnacle/chime.h"
#include "binnacle/cluster_frames.h"
#include "binnacle/vehicle.h"

#include <stdbool.h>

#define WINDOW_BUFFER_ALIGN 4096u

struct window { /* NULL: that region is not ours */
    uint8_t *frames_region;
    struct bn_cluster_frames *frames;
    uint8_t *vehicle_region;
    const uint8_t *status_region;
    uint8_t *chime_region;
    const uint8_t *chime_status_region;
};

/*
 * Finds the regions by the directory at the start of the window; false if there is no valid one.
 * Frames that have no room for BN_FRAME_BUFFERS buffers of width x height are left out.
 */
bool window_open(struct window *w, uint8_t *base, uint32_t bytes, uint32_t width, uint32_t height);

/* Where buffer i is: width x height XRGB8888, width * 4 bytes a line. */
uint32_t *window_buffer(const struct window *w, uint32_t i);

/* Before drawing frame n into its buffer, and after: the reader sees it only whole. */
void window_frame_begin(const struct window *w, uint32_t n);
void window_frame_end(const struct window *w, uint32_t n, const struct bn_rect *damage,
                      uint32_t count, uint64_t drawn_ns, uint64_t deadline_ns);

void window_publish_vehicle(const struct window *w, const struct bn_vehicle *v, uint64_t now_ns);
void window_publish_chimes(const struct window *w, const struct bn_chime_requests *r,
                           uint64_t now_ns);

/* A copy of the display's or the chimes' status if it is whole and right (E2E); its update counter
 * in *counter. The source is hostile. */
bool window_read_status(const uint8_t *region, struct bn_display_status *status, uint32_t *counter);
bool window_read_chime_status(const uint8_t *region, struct bn_chime_status *status,
                              uint32_t *counter);

#endif
