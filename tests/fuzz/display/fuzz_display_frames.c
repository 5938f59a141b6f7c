/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzzes the reader of the cluster's frames: the window's head is the input, and every pixel a pick
 * names must be readable. */
#include <stdlib.h>
#include <string.h>

#include "frames.h"

#define REGION_BYTES 262144u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static uint8_t region[REGION_BYTES] __attribute__((aligned(64)));
    struct bn_shm_header *h = (struct bn_shm_header *)(void *)region;
    struct frames f = {0};
    struct frame_pick pick;

    memset(region, 0, 4096);
    memcpy(region, data, bytes > 4096 ? 4096 : bytes);
    h->magic = BN_SHM_MAGIC;
    h->version = BN_SHM_VERSION;
    h->data_id = BN_SHM_CLUSTER_FRAMES;
    h->payload_bytes = 0;
    h->crc = bn_shm_crc(h, NULL);
    if (frames_attach(&f, region, REGION_BYTES))
        return 0;
    for (unsigned i = 0; i < 4 && frames_next(&f, &pick); i++) {
        const size_t end = f.offset[pick.buffer] + (size_t)f.pitch * (size_t)f.height;

        if (end > REGION_BYTES || pick.damage_count < 1 ||
            pick.damage_count > BN_FRAME_DAMAGE_RECTS)
            abort();
        for (unsigned k = 0; k < pick.damage_count; k++) {
            const struct bn_rect *r = &pick.damage[k];

            if (r->x < 0 || r->y < 0 || r->width < 1 || r->height < 1 ||
                r->width > f.width - r->x || r->height > f.height - r->y)
                abort();
        }
    }
    return 0;
}
