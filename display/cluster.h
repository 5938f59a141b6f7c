/* SPDX-License-Identifier: BSD-3-Clause */
/* The cluster's picture as a texture: frames of the shared window, uploaded by damage only. */
#ifndef DISPLAY_CLUSTER_H
#define DISPLAY_CLUSTER_H

#include "frames.h"
#include "window.h"

struct wlr_buffer;
struct wlr_renderer;
struct wlr_texture;

struct cluster {
    struct wlr_renderer *renderer;
    struct window_region region; /* base NULL: this machine has no cluster */
    struct frames frames;
    struct wlr_buffer *buffer[BN_FRAME_BUFFERS];
    /* A renderer that reads memory in place (pixman) has one texture a buffer; one that uploads
     * (GLES2) has one in all. */
    struct wlr_texture *texture[BN_FRAME_BUFFERS];
    struct wlr_texture *current; /* NULL: nothing to show yet */
    bool in_place;
    bool lost; /* there was a picture and is none: whoever drew it clears this */
    uint64_t uploads, upload_bytes; /* copies made by this process; 0 when read in place */
};

void cluster_init(struct cluster *c, struct wlr_renderer *renderer, const struct window *w);
void cluster_finish(struct cluster *c);

/*
 * Takes the next frame, if there is one, and makes it the current texture. After drawing it
 * everywhere the caller asks frames_still() before anything is shown.
 */
bool cluster_next(struct cluster *c, struct frame_pick *pick);

#endif
