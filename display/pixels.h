/* SPDX-License-Identifier: BSD-3-Clause */
/* A wlr_buffer over XRGB8888 or ARGB8888 pixels that lie in memory of ours and stay there: read
 * only, never copied. */
#ifndef DISPLAY_PIXELS_H
#define DISPLAY_PIXELS_H

#include <stddef.h>
#include <stdint.h>
#include <wlr/types/wlr_buffer.h>

/* format: DRM fourcc. The memory must outlive the buffer, which ends with wlr_buffer_drop(). NULL:
 * no memory. */
struct wlr_buffer *pixels_create(const void *data, uint32_t format, int width, int height,
                                 size_t pitch);

#endif
