/* SPDX-License-Identifier: BSD-3-Clause */
/* How large a picture element is, format by format: what a box of a resource means in bytes. */
#ifndef GVT_PROTO_FORMAT_H
#define GVT_PROTO_FORMAT_H

#include <stdbool.h>
#include <stdint.h>

struct virgl_block { /* the smallest piece of a format: width x height texels in `bytes` bytes */
    uint8_t width, height, bytes;
};

/* Formats as virgl numbers them (Mesa's virgl_hw.h). False: one with several planes, or none. */
bool virgl_block_of(uint32_t format, struct virgl_block *block);

#endif
