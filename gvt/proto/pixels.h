/* SPDX-License-Identifier: BSD-3-Clause */
/* Pixels of the 2D formats as the words that a display takes. */
#ifndef GVT_PROTO_PIXELS_H
#define GVT_PROTO_PIXELS_H

#include <stddef.h>
#include <stdint.h>

/* `count` pixels of a VGPU_FORMAT_* as ARGB words (blue lowest); for a format without alpha the top
 * byte is what the guest left there. */
void pixels_to_argb(uint32_t *to, const void *from, size_t count, uint32_t format);

#endif
