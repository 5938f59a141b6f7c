/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the order of a pixel's bytes. VIRTIO names them in memory, words are little-endian. */
#include "pixels.h"

#include <string.h>

#include "virtio_gpu.h"

static uint32_t blue_and_red_swapped(uint32_t p)
{
    return (p & 0xFF00FF00u) | (p >> 16 & 0xFF) | (p & 0xFF) << 16;
}

void pixels_to_argb(uint32_t *to, const void *from, size_t count, uint32_t format)
{
    memcpy(to, from, count * sizeof(*to));
    switch (format) {
    case VGPU_FORMAT_A8R8G8B8:
    case VGPU_FORMAT_X8R8G8B8:
        for (size_t i = 0; i < count; i++)
            to[i] = __builtin_bswap32(to[i]);
        break;
    case VGPU_FORMAT_R8G8B8A8:
    case VGPU_FORMAT_R8G8B8X8:
        for (size_t i = 0; i < count; i++)
            to[i] = blue_and_red_swapped(to[i]);
        break;
    case VGPU_FORMAT_A8B8G8R8:
    case VGPU_FORMAT_X8B8G8R8:
        for (size_t i = 0; i < count; i++)
            to[i] = to[i] >> 8 | to[i] << 24;
        break;
    default:
        break;
    }
}
