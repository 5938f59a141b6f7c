/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what is masked in the capability set. Places and bits are those of struct virgl_caps_v2 in
 * Mesa's virgl_hw.h. */
#include "capset.h"

#include <string.h>

#define BITS_AT   392u
#define BITS2_AT  688u
#define VIDEOS_AT 856u

/*
 * The backing of a physical resource is our mirror of the guest's: what the physical GPU reads from
 * it or writes to it behind our back would be another memory than the guest's. What a stream takes
 * out of the guest's memory is copied in front of it; what it would write there comes back by
 * requests of its own (copy transfers both ways), and no buffer stays mapped while the GPU works on
 * it (ARB_BUFFER_STORAGE).
 */
#define CAP_ARB_BUFFER_STORAGE (1u << 31)
#define CAP2_COPY_BOTH_WAYS    (1u << 7)
/* What the stream's table refuses: resources made inside a stream, the host's memory figures. */
#define CAP2_UNTYPED_RESOURCE (1u << 1)
#define CAP2_MEMINFO          (1u << 3)

static void clear(uint8_t *set, size_t bytes, size_t at, uint32_t bits)
{
    uint32_t word;

    if (bytes < at + sizeof(word))
        return;
    memcpy(&word, set + at, sizeof(word));
    word &= ~bits;
    memcpy(set + at, &word, sizeof(word));
}

void virgl_capset_mask(uint8_t *set, size_t bytes)
{
    clear(set, bytes, BITS_AT, CAP_ARB_BUFFER_STORAGE);
    clear(set, bytes, BITS2_AT, CAP2_COPY_BOTH_WAYS | CAP2_UNTYPED_RESOURCE | CAP2_MEMINFO);
    clear(set, bytes, VIDEOS_AT, UINT32_MAX); /* number of codecs */
}
