/* SPDX-License-Identifier: BSD-3-Clause */
/* The picture of the pointer. */
#ifndef DISPLAY_ARROW_H
#define DISPLAY_ARROW_H

struct wlr_buffer;

#define ARROW_WIDTH  18
#define ARROW_HEIGHT 26

/* An arrow whose tip is its top left pixel; NULL: no memory. */
struct wlr_buffer *arrow_create(void);

#endif
