/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the service's side of a stream's ring. */
#include "feed.h"

#include <errno.h>
#include <string.h>

int feed_init(struct feed *f, void *ring, uint32_t ring_bytes, uint32_t frame_bytes,
              uint32_t sample_bytes, const uint8_t silence[8])
{
    struct link_ring *r = ring;

    *f = (struct feed){.ring = r,
                       .pcm = (uint8_t *)ring + LINK_RING_DATA,
                       .ring_bytes = ring_bytes,
                       .frame_bytes = frame_bytes,
                       .sample_bytes = sample_bytes,
                       .count = atomic_load_explicit(&r->service, memory_order_relaxed),
                       .xruns = atomic_load_explicit(&r->xruns, memory_order_relaxed),
                       .missing = atomic_load_explicit(&r->missing, memory_order_relaxed)};
    memcpy(f->silence, silence, sizeof(f->silence));
    return f->count % frame_bytes ? -EINVAL : 0;
}

static void copy(uint8_t *to, const uint8_t *from, uint32_t bytes)
{
    if (bytes)
        memcpy(to, from, bytes);
}

/* What the count is now, and whether the device wants to hear of it. Its wake_at is read after the
 * count is written, and it looks at the count after it has written that: one of both sees. */
static bool show(struct feed *f, uint32_t latency)
{
    struct link_ring *r = f->ring;
    uint64_t wake;

    if (f->detached)
        return false;
    atomic_store_explicit(&r->latency, latency, memory_order_relaxed);
    atomic_store_explicit(&r->xruns, f->xruns, memory_order_relaxed);
    atomic_store_explicit(&r->missing, f->missing, memory_order_relaxed);
    atomic_store_explicit(&r->service, f->count, memory_order_seq_cst);
    wake = atomic_load_explicit(&r->wake_at, memory_order_seq_cst);
    if (!wake || wake == f->woken || wake > f->count)
        return false;
    f->woken = wake;
    return true;
}

static void fill_silence(const struct feed *f, uint8_t *to, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        to[i] = f->silence[i % f->sample_bytes];
}

static void lacks(struct feed *f, uint32_t bytes)
{
    if (!bytes)
        return;
    f->xruns++;
    f->missing += bytes;
}

bool feed_take(struct feed *f, uint8_t *to, uint32_t bytes, bool started, uint32_t latency)
{
    uint32_t n = 0;

    if (started && !f->lied) {
        const uint64_t put = atomic_load_explicit(&f->ring->device, memory_order_acquire);
        const uint64_t there = put - f->count;
        const uint32_t at = (uint32_t)(f->count % f->ring_bytes);
        uint32_t first;

        f->lied = there > f->ring_bytes;
        n = f->lied || there > bytes ? bytes : (uint32_t)there;
        n = f->lied ? 0 : n - n % f->frame_bytes;
        first = n < f->ring_bytes - at ? n : f->ring_bytes - at;
        copy(to, f->pcm + at, first);
        copy(to + first, f->pcm, n - first);
        f->count += n;
        lacks(f, bytes - n);
    }
    fill_silence(f, to + n, bytes - n);
    return show(f, latency);
}

bool feed_give(struct feed *f, const uint8_t *from, uint32_t bytes, bool started, uint32_t latency)
{
    if (started && !f->lied) {
        const uint64_t taken = atomic_load_explicit(&f->ring->device, memory_order_acquire);
        const uint64_t there = f->count - taken;
        const uint32_t at = (uint32_t)(f->count % f->ring_bytes);
        uint32_t n, first;

        f->lied = there > f->ring_bytes;
        n = f->lied ? 0 : f->ring_bytes - (uint32_t)there;
        n = n < bytes ? n - n % f->frame_bytes : bytes;
        first = n < f->ring_bytes - at ? n : f->ring_bytes - at;
        copy(f->pcm + at, from, first);
        copy(f->pcm, from + first, n - first);
        f->count += n;
        lacks(f, bytes - n);
    }
    return show(f, latency);
}
