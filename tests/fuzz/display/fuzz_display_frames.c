/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzzes the reader of the cluster's frames: the input is what a cluster gone wrong writes to the
 * window's head, and every pixel that a pick names must be readable. */
#include <stdlib.h>
#include <string.h>

#include "frames.h"

#define REGION_BYTES 262144u
#define READ_BYTES                                                                                 \
    offsetof(struct bn_cluster_frames, telltales) /* what the compositor looks at                  \
                                                   */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void check_pick(const struct frames *f, const struct frame_pick *pick)
{
    const size_t end = f->offset[pick->buffer] + (size_t)f->pitch * (size_t)f->height;

    if (end > REGION_BYTES || pick->damage_count < 1 || pick->damage_count > BN_FRAME_DAMAGE_RECTS)
        abort();
    for (unsigned k = 0; k < pick->damage_count; k++) {
        const struct bn_rect *r = &pick->damage[k];

        if (r->x < 0 || r->y < 0 || r->width < 1 || r->height < 1 || r->width > f->width - r->x ||
            r->height > f->height - r->y)
            abort();
    }
}

/* A geometry that fits; the input spoils it, or not. */
static void write_geometry(struct bn_cluster_frames *c)
{
    c->latest = 1;
    c->width = 64;
    c->height = 32;
    c->pitch = 256;
    c->buffers = BN_FRAME_BUFFERS;
    for (uint32_t i = 0; i < BN_FRAME_BUFFERS; i++)
        c->buffer_offset[i] = 8192 + i * 8192;
}

/* A step of the cluster: 16 bytes anywhere in the window's head, then the number of its last frame,
 * in the frame's own place too if the step says so. */
struct step {
    uint8_t at, flags;
    uint16_t latest;
    uint8_t bytes[16];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static uint8_t region[REGION_BYTES] __attribute__((aligned(64)));
    struct bn_shm_header *h = (struct bn_shm_header *)(void *)region;
    struct bn_cluster_frames *c = (struct bn_cluster_frames *)(void *)(region + sizeof(*h));
    struct frames f = {0};
    struct frame_pick pick;
    struct step s;

    memset(region, 0, 4096);
    write_geometry(c);
    for (; bytes >= sizeof(s); data += sizeof(s), bytes -= sizeof(s)) {
        memcpy(&s, data, sizeof(s));
        if (s.flags & 1)
            memcpy((uint8_t *)c + s.at * 4u % (READ_BYTES - 16), s.bytes, sizeof(s.bytes));
        if (s.flags & 2)
            c->latest = s.flags & 4 ? BN_FRAME_BUSY : s.latest;
        if (s.flags & 8)
            c->frame[c->latest % BN_FRAME_BUFFERS].counter = c->latest;
        *h = (struct bn_shm_header){
            .magic = BN_SHM_MAGIC, .version = BN_SHM_VERSION, .data_id = BN_SHM_CLUSTER_FRAMES};
        h->crc = bn_shm_crc(h, NULL);
        if (!f.shared && frames_attach(&f, region, REGION_BYTES))
            continue;
        for (unsigned i = 0; i < 4 && frames_next(&f, &pick); i++) {
            check_pick(&f, &pick);
            (void)frames_still(&f, &pick);
        }
        if (!frames_same_geometry(&f))
            f.shared = NULL;
    }
    return 0;
}
