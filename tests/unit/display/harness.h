/* SPDX-License-Identifier: BSD-3-Clause */
/* A whole compositor inside the test: headless outputs, pixman, a shared window in a file, and a
 * cluster that we play. */
#ifndef TEST_DISPLAY_HARNESS_H
#define TEST_DISPLAY_HARNESS_H

#include "server.h"

#define TEST_WIDTH  1280
#define TEST_HEIGHT 720
#define FRAMES_AT   BN_SHM_ALIGN
#define FRAMES_SIZE (8u * BN_SHM_ALIGN)
#define STATUS_AT   (FRAMES_AT + FRAMES_SIZE)
#define WINDOW_SIZE (STATUS_AT + BN_SHM_ALIGN)

struct wlr_output;
struct wlr_output_mode;

struct harness {
    char dir[64], shm[96], scenario[96];
    uint8_t *window; /* the cluster's mapping of it */
    struct server server;
    struct capture {
        struct wl_listener commit, destroy;
        uint32_t *pixels;
        unsigned commits;
        int width, height;         /* of the last picture, at most TEST_WIDTH x TEST_HEIGHT */
        struct wlr_output *output; /* NULL: unplugged */
    } screen[2];
};

/* s: layout, NULL the default one. with_window: with a cluster. */
void harness_start(struct harness *h, const struct bn_scenario *s, bool with_window);
void harness_stop(struct harness *h);

/* Runs the compositor's loop for so long, and on a busy host for as many turns as that usually is.
 */
void harness_run(struct harness *h, int ms);
/* Until *counter changes or two seconds are over, as harness_run() has them. */
void harness_wait(struct harness *h, const unsigned *counter);

void harness_unplug(struct harness *h, unsigned screen);
/* A monitor with these modes (NULL: a window, which has none) is plugged in; they stay the
 * caller's. */
void harness_plug(struct harness *h, unsigned screen, struct wlr_output_mode *modes,
                  unsigned count);
/* The window is given another size. */
void harness_resize(struct harness *h, unsigned screen, int width, int height);

uint32_t harness_pixel(const struct harness *h, unsigned screen, int x, int y); /* 0xRRGGBB */

struct bn_cluster_frames *harness_frames(struct harness *h);
const struct bn_display_status *harness_status(struct harness *h);
uint32_t *harness_buffer(struct harness *h, uint32_t counter);
/* Publishes frame `counter` whose pixels are in its buffer; no rectangles: everything changed. */
void harness_publish(struct harness *h, uint32_t counter, const struct bn_rect *damage,
                     unsigned count);
/* Fills a rectangle of a frame's buffer. */
void harness_fill(struct harness *h, uint32_t counter, int x, int y, int w, int ht,
                  uint32_t colour);
/* What a cluster does at its start: header and geometry. */
void harness_cluster_begin(struct harness *h);

#endif
