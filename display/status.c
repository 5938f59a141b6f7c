/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the region "display-status". */
#include "status.h"

#include <stddef.h>
#include <string.h>

void status_open(struct status *s, const struct window *w)
{
    const size_t need = sizeof(struct bn_shm_header) + sizeof(struct bn_display_status);

    memset(s, 0, sizeof(*s));
    if (window_map(w, BN_SHM_DISPLAY_STATUS, BN_SHM_WRITE, need, &s->region) < 0)
        s->region.base = NULL;
    if (s->region.base) /* a compositor started afresh goes on where the last one stopped */
        s->sequence = ((const struct bn_shm_header *)(const void *)s->region.base)->sequence & ~1u;
}

void status_close(struct status *s)
{
    window_unmap(&s->region);
}

void status_shown(struct status *s, uint32_t counter, uint64_t drawn_ns, uint64_t deadline_ns,
                  uint64_t now_ns)
{
    s->now.shown = counter;
    s->now.shown_total++;
    s->now.ready = 1;
    if (!now_ns)
        return;
    if (now_ns > deadline_ns)
        s->now.late++;
    if (now_ns > drawn_ns && now_ns - drawn_ns > s->now.worst_ns)
        s->now.worst_ns = now_ns - drawn_ns;
}

void status_publish(struct status *s, uint64_t time_ns)
{
    volatile struct bn_shm_header *shared = (volatile void *)s->region.base;
    struct bn_shm_header h = {
        .magic = BN_SHM_MAGIC,
        .version = BN_SHM_VERSION,
        .data_id = BN_SHM_DISPLAY_STATUS,
        .payload_bytes = sizeof(s->now),
        .counter = ++s->counter,
        .time_ns = time_ns,
    };

    s->published_ns = time_ns;
    s->now.heartbeat_ns = time_ns;
    if (!shared)
        return;
    h.crc = bn_shm_crc(&h, &s->now);
    h.sequence = s->sequence + 1;
    __atomic_store_n(&shared->sequence, h.sequence, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    memcpy(s->region.base, &h, sizeof(h));
    memcpy(s->region.base + sizeof(h), &s->now, sizeof(s->now));
    s->sequence += 2;
    __atomic_store_n(&shared->sequence, s->sequence, __ATOMIC_RELEASE);
}
