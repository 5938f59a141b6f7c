/* SPDX-License-Identifier: BSD-3-Clause */
/* Words every shared structure of Binnacle is written in: fixed width, little endian, asserted
 * layout, one CRC. */
#ifndef BINNACLE_ABI_H
#define BINNACLE_ABI_H

#include <stddef.h>
#include <stdint.h>

#define BN_SIZE_IS(type, n) _Static_assert(sizeof(type) == (n), #type " must be " #n " bytes")
#define BN_OFFSET_IS(type, m, n)                                                                   \
    _Static_assert(offsetof(type, m) == (n), #type "." #m " must be at " #n)
#define BN_FOURCC(a, b, c, d)                                                                      \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

#define BN_NAME_BYTES 16 /* names are zero-terminated, so 15 characters at most */

/*
 * CRC-32 of ISO 3309 (reflected 0x04C11DB7), bitwise: it runs over headers and blobs of a few KiB,
 * and must not need a table in every world that includes this. Start with crc = 0; the result of
 * one call continues in the next.
 */
static inline uint32_t bn_crc32(uint32_t crc, const void *data, size_t bytes)
{
    const uint8_t *p = (const uint8_t *)data;

    crc = ~crc;
    for (size_t i = 0; i < bytes; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

#endif
