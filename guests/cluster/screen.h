/* SPDX-License-Identifier: BSD-3-Clause */
/* The pictures themselves: rotating buffers and the boot framebuffer, each with the scene it holds.
 */
#ifndef CLUSTER_SCREEN_H
#define CLUSTER_SCREEN_H

#include "glass.h"
#include "scene.h"
#include "window.h"

#define SCREEN_MAX_WIDTH  1920
#define SCREEN_MAX_HEIGHT 1080

struct target {
    struct surface surface;
    struct scene scene; /* what its pixels show, if valid */
    bool valid;
    int look; /* the telltale whose place is looked at next */
};

struct screen {
    struct layout layout;
    struct glass glass;
    struct surface background[FACE_COUNT];
    int painted[FACE_COUNT]; /* lines of each, from above */
    struct target buffer[BN_FRAME_BUFFERS];
    uint32_t buffers;
    struct target boot; /* surface.px NULL: there is no boot framebuffer */
    struct scene last;  /* of the frame before */
    bool last_valid;
    uint32_t whole_copies; /* boot frames still to be copied whole */
    int band;              /* next line of the boot framebuffer to be refreshed */
};

/* Early: only the boot framebuffer exists; telltales go to it at once. px NULL: no boot
 * framebuffer. */
void screen_early(struct screen *s, uint32_t *px, int width, int height, int stride,
                  uint32_t telltales);

/* Then: background and buffers, `own` one static buffer when there is no shared window. */
void screen_start(struct screen *s, const struct window *w);

/* The boot framebuffer is to be believed in no more: copy it whole for the next `frames` frames. */
void screen_refresh_boot(struct screen *s, uint32_t frames);

/* Draws frame n of the scene into its buffer and, if asked, brings the boot framebuffer up to it.
 * Of the buffer as it was one telltale's place is looked at before; where that has changed without
 * having been drawn, everything is drawn anew. */
void screen_draw(struct screen *s, uint32_t n, const struct scene *scene, bool to_boot,
                 struct damage *changed);

#endif
