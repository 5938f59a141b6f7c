/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the reader's side of the cluster's frame ring. */
#include "frames.h"

#include <errno.h>
#include <string.h>
#include <x86intrin.h>

#define MAX_PIXELS 4096
#define MAX_PITCH  (MAX_PIXELS * 8)

_Static_assert(BN_FRAME_BUFFERS > 2, "the oldest readable frame is buffers - 2 behind the latest");

static bool geometry_ok(const struct bn_cluster_frames *c, size_t bytes)
{
    const size_t head = sizeof(struct bn_shm_header) + sizeof(*c);

    if (!c->width || c->width > MAX_PIXELS || !c->height || c->height > MAX_PIXELS)
        return false;
    if (c->pitch < c->width * 4 || c->pitch > MAX_PITCH || c->pitch % 4 ||
        c->buffers != BN_FRAME_BUFFERS)
        return false;
    for (unsigned i = 0; i < BN_FRAME_BUFFERS; i++) {
        const size_t at = c->buffer_offset[i];

        if (at < head || at % 4 || at > bytes || (size_t)c->pitch * c->height > bytes - at)
            return false;
    }
    return true;
}

int frames_attach(struct frames *f, const uint8_t *region, size_t bytes)
{
    struct bn_shm_header h;
    struct bn_cluster_frames c;

    f->shared = NULL;
    if (bytes < sizeof(h) + sizeof(c))
        return -EINVAL;
    memcpy(&h, region, sizeof(h));
    memcpy(&c, region + sizeof(h), sizeof(c));
    if (h.magic != BN_SHM_MAGIC || c.latest == 0)
        return -EAGAIN;
    if (h.version != BN_SHM_VERSION || h.data_id != BN_SHM_CLUSTER_FRAMES || h.payload_bytes ||
        h.crc != bn_shm_crc(&h, NULL) || !geometry_ok(&c, bytes))
        return -EINVAL;
    f->shared = (const volatile struct bn_cluster_frames *)(region + sizeof(h));
    f->base = region;
    f->width = (int32_t)c.width;
    f->height = (int32_t)c.height;
    f->pitch = (int32_t)c.pitch;
    for (unsigned i = 0; i < BN_FRAME_BUFFERS; i++)
        f->offset[i] = c.buffer_offset[i];
    f->tsc_hz = c.tsc_hz;
    f->boot_tsc = c.boot_tsc;
    f->taken = 0;
    f->gap = false;
    return 0;
}

bool frames_same_geometry(const struct frames *f)
{
    const volatile struct bn_cluster_frames *c = f->shared;

    if (c->width != (uint32_t)f->width || c->height != (uint32_t)f->height ||
        c->pitch != (uint32_t)f->pitch)
        return false;
    for (unsigned i = 0; i < BN_FRAME_BUFFERS; i++)
        if (c->buffer_offset[i] != f->offset[i])
            return false;
    return true;
}

/* Which counter comes next, given the cluster's latest; 0: nothing new. */
static uint32_t choose(struct frames *f, uint32_t latest, bool *whole)
{
    const uint32_t ahead = latest - f->taken;

    *whole = false;
    if (latest == 0 || latest == BN_FRAME_BUSY || ahead == 0)
        return 0;
    if (f->taken == 0 ||
        (int32_t)ahead < 0) { /* first one, or the cluster has begun to count anew */
        *whole = true;
        return latest;
    }
    if (ahead < BN_FRAME_BUFFERS)
        return f->taken + 1;
    *whole = true;
    f->missed += ahead - (BN_FRAME_BUFFERS - 1);
    return latest - (BN_FRAME_BUFFERS - 2);
}

static void take_damage(const struct frames *f, const struct bn_frame *frame,
                        struct frame_pick *pick)
{
    pick->damage_count = 0;
    if (frame->damage_count > BN_FRAME_DAMAGE_RECTS)
        pick->whole = true;
    for (unsigned i = 0; !pick->whole && i < frame->damage_count; i++) {
        struct bn_rect r = frame->damage[i];
        int64_t right = (int64_t)r.x + r.width, bottom = (int64_t)r.y + r.height;

        r.x = r.x < 0 ? 0 : r.x;
        r.y = r.y < 0 ? 0 : r.y;
        right = right > f->width ? f->width : right;
        bottom = bottom > f->height ? f->height : bottom;
        if (right <= r.x || bottom <= r.y)
            continue;
        r.width = (int32_t)(right - r.x);
        r.height = (int32_t)(bottom - r.y);
        pick->damage[pick->damage_count++] = r;
    }
    if (pick->whole ||
        !pick->damage_count) { /* a frame that changes nothing is shown all the same, and counted */
        pick->damage[0] = (struct bn_rect){0, 0, f->width, f->height};
        pick->damage_count = 1;
    }
}

static bool lost(struct frames *f)
{
    f->missed++;
    f->gap = true;
    return false;
}

bool frames_next(struct frames *f, struct frame_pick *pick)
{
    const uint32_t latest = __atomic_load_n(&f->shared->latest, __ATOMIC_ACQUIRE);
    struct bn_frame frame;

    pick->counter = choose(f, latest, &pick->whole);
    if (!pick->counter)
        return false;
    f->taken = pick->counter;
    pick->buffer = pick->counter % BN_FRAME_BUFFERS;
    memcpy(&frame, (const void *)&f->shared->frame[pick->buffer], sizeof(frame));
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (frame.counter != pick->counter)
        return lost(f);
    pick->whole = pick->whole || f->gap;
    f->gap = false;
    pick->drawn_ns = frame.drawn_ns;
    pick->deadline_ns = frame.deadline_ns;
    take_damage(f, &frame, pick);
    return true;
}

bool frames_still(struct frames *f, const struct frame_pick *pick)
{
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&f->shared->frame[pick->buffer].counter, __ATOMIC_ACQUIRE) == pick->counter)
        return true;
    return lost(f);
}

uint64_t frames_now_ns(const struct frames *f)
{
    if (!f->tsc_hz)
        return 0;
    return (uint64_t)((unsigned __int128)(__rdtsc() - f->boot_tsc) * 1000000000u / f->tsc_hz);
}
