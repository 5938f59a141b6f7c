/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the exchange of chime requests and answers in shared memory. */
#include "requests.h"

#include <string.h>

static bool valid(const struct bn_shm_header *h, const void *payload, uint32_t kind, uint32_t bytes)
{
    return h->magic == BN_SHM_MAGIC && h->version == BN_SHM_VERSION && h->data_id == kind &&
           h->payload_bytes == bytes && h->crc == bn_shm_crc(h, payload);
}

void requests_init(struct requests *r, const void *region, void *answer, uint64_t tsc_khz)
{
    struct bn_shm_header h;

    *r = (struct requests){.region = region, .answer = answer, .tsc_khz = tsc_khz};
    if (!answer)
        return;
    memcpy(&h, answer, sizeof(h));
    memcpy(&r->status, r->answer + sizeof(h), sizeof(r->status));
    if (valid(&h, &r->status, BN_SHM_CHIME_STATUS, sizeof(r->status))) {
        r->sequence = h.sequence & ~1u;
        r->counter = h.counter;
        r->seen = r->status.acknowledged;
    } else {
        memset(&r->status, 0, sizeof(r->status));
        r->sequence = h.sequence & ~1u; /* whoever watches it sees it advance */
    }
}

/* A copy that is whole. What changes while it is read is looked at again in the next quantum. */
static bool read_requests(struct requests *r, struct bn_chime_requests *q)
{
    const volatile struct bn_shm_header *shared = (const volatile void *)r->region;
    struct bn_shm_header h;
    const uint32_t before = __atomic_load_n(&shared->sequence, __ATOMIC_ACQUIRE);

    if (r->begun && before == r->seen_sequence)
        return false;
    if (before & 1u) {
        r->torn++;
        return false;
    }
    memcpy(&h, r->region, sizeof(h));
    memcpy(q, r->region + sizeof(h), sizeof(*q));
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    if (__atomic_load_n(&shared->sequence, __ATOMIC_RELAXED) != before) {
        r->torn++;
        return false;
    }
    if (h.magic != BN_SHM_MAGIC)
        return false; /* the cluster has not begun yet */
    if (!valid(&h, q, BN_SHM_CHIME, sizeof(*q))) {
        r->torn++;
        return false;
    }
    r->seen_sequence = before;
    r->begun = true;
    return true;
}

/* 0: of this moment, or of another clock. */
static uint64_t age_us(const struct requests *r, uint64_t asked, uint64_t tsc)
{
    return r->tsc_khz && asked && asked < tsc ? (tsc - asked) * 1000 / r->tsc_khz : 0;
}

static void serve(struct requests *r, const struct bn_chime_request *q, uint64_t tsc,
                  bool (*start)(void *data, uint32_t chime), void *data)
{
    const uint64_t age = age_us(r, q->tsc, tsc);

    if (age > BN_CHIME_PATIENCE_MS * 1000u)
        return;
    if (!start(data, q->chime))
        r->status.refused++;
    else if (age > r->status.worst_us)
        r->status.worst_us = (uint32_t)age;
}

void requests_poll(struct requests *r, uint64_t tsc, bool (*start)(void *data, uint32_t chime),
                   void *data)
{
    struct bn_chime_requests q;

    if (!r->region || !read_requests(r, &q) || q.latest == r->seen)
        return;
    /* Fewer than before: the cluster has started again. More than there is room for: the oldest are
     * gone. */
    if (q.latest - r->seen > BN_CHIME_REQUESTS)
        r->seen = q.latest > BN_CHIME_REQUESTS ? q.latest - BN_CHIME_REQUESTS : 0;
    while (r->seen != q.latest) {
        const struct bn_chime_request *one = &q.request[++r->seen % BN_CHIME_REQUESTS];

        if (one->number == r->seen)
            serve(r, one, tsc, start, data);
    }
}

void requests_answer(struct requests *r, uint64_t played, uint64_t time_ns, bool audible)
{
    volatile struct bn_shm_header *shared = (volatile void *)r->answer;
    struct bn_shm_header h = {
        .magic = BN_SHM_MAGIC,
        .version = BN_SHM_VERSION,
        .data_id = BN_SHM_CHIME_STATUS,
        .payload_bytes = sizeof(r->status),
        .counter = ++r->counter,
        .time_ns = time_ns,
    };

    if (audible) {
        r->status.acknowledged = r->seen;
        r->status.played = played;
    }
    if (!shared)
        return;
    h.crc = bn_shm_crc(&h, &r->status);
    h.sequence = r->sequence + 1;
    __atomic_store_n(&shared->sequence, h.sequence, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
    memcpy(r->answer, &h, sizeof(h));
    memcpy(r->answer + sizeof(h), &r->status, sizeof(r->status));
    r->sequence += 2;
    __atomic_store_n(&shared->sequence, r->sequence, __ATOMIC_RELEASE);
}
