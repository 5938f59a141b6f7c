/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the record of chains in flight. */
#include "device/flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static uint64_t sequence_of(const struct flight *f, unsigned head)
{
    return atomic_load_explicit(&f->record->slot[head].sequence, memory_order_relaxed);
}

static void link_last(struct flight *f, uint16_t head, unsigned stream)
{
    f->next[head] = FLIGHT_NONE;
    if (f->first[stream] == FLIGHT_NONE)
        f->first[stream] = head;
    else
        f->next[f->last[stream]] = head;
    f->last[stream] = head;
    f->count++;
}

void flight_init(struct flight *f, struct state_flight *record)
{
    f->record = record;
    f->sequence = 1;
    f->count = 0;
    memset(f->first, 0xFF, sizeof(f->first));
}

void flight_clear(struct flight *f)
{
    for (unsigned i = 0; i < VQ_SIZE_MAX; i++)
        atomic_store_explicit(&f->record->slot[i].sequence, 0, memory_order_relaxed);
    atomic_store(&f->record->returning, 0);
    flight_init(f, f->record);
}

int flight_add(struct flight *f, uint16_t head, unsigned stream, uint64_t end, uint32_t bytes)
{
    struct state_slot *slot = &f->record->slot[head];

    if (sequence_of(f, head))
        return -EEXIST;
    slot->end = end;
    slot->bytes = bytes;
    slot->stream = stream;
    atomic_store_explicit(&slot->sequence, f->sequence++, memory_order_release);
    link_last(f, head, stream);
    return 0;
}

const struct state_slot *flight_first(const struct flight *f, unsigned stream, uint16_t *head)
{
    *head = f->first[stream];
    return *head == FLIGHT_NONE ? NULL : &f->record->slot[*head];
}

uint64_t flight_end(const struct flight *f, unsigned stream, uint64_t none)
{
    return f->first[stream] == FLIGHT_NONE ? none : f->record->slot[f->last[stream]].end;
}

void flight_return(struct flight *f, unsigned stream, struct virtq *vq, uint32_t written)
{
    const uint16_t head = f->first[stream];

    f->first[stream] = f->next[head];
    f->count--;
    atomic_store(&f->record->returning, STATE_RETURNING(head, vq->used_idx));
    virtq_push(vq, head, written);
    atomic_store(&f->record->slot[head].sequence, 0);
    atomic_store(&f->record->returning, 0);
}

bool flight_recorded(const struct flight *f)
{
    for (unsigned i = 0; i < VQ_SIZE_MAX; i++)
        if (sequence_of(f, i))
            return true;
    return false;
}

/* A chain was on its way back when the process died: whether it got there, the used ring says. */
static void settle_returning(struct flight *f, const struct virtq *vq)
{
    const uint64_t r = atomic_load(&f->record->returning);
    const unsigned head = (r >> 16) & 0xFFFF;

    if (r && head < VQ_SIZE_MAX && (uint16_t)(r + 1) == vq->used_idx)
        atomic_store(&f->record->slot[head].sequence, 0);
    atomic_store(&f->record->returning, 0);
}

struct found {
    uint64_t sequence;
    uint16_t head;
};

static int by_sequence(const void *a, const void *b)
{
    const uint64_t x = ((const struct found *)a)->sequence, y = ((const struct found *)b)->sequence;

    return x < y ? -1 : x > y;
}

/* Are these the chains that lie between what came back and what is still to be popped? */
static bool belongs(const struct virtq *vq, const struct found *found, unsigned n)
{
    const uint16_t popped = (uint16_t)(vq->used_idx + n);
    const uint16_t offered = __atomic_load_n(&vq->avail->idx, __ATOMIC_ACQUIRE);

    if (n > vq->size || found[n - 1].sequence >= UINT64_MAX / 2 ||
        (uint16_t)(offered - popped) > vq->size)
        return false;
    if (vq->last_avail != vq->used_idx && vq->last_avail != popped)
        return false;
    for (unsigned i = 0; i < n; i++)
        if (found[i].head >= vq->size || (i && found[i].sequence == found[i - 1].sequence))
            return false;
    return true;
}

/* Does it lie where its stream is, in whole frames? */
static bool in_place(const struct flight *f, const struct state_slot *slot,
                     const struct state_stream *s)
{
    const uint64_t put = atomic_load_explicit(&s->put, memory_order_relaxed);
    const unsigned frame = pcm_frame_bytes(&s->params);
    const uint64_t start = slot->end - slot->bytes;

    if (slot->bytes == 0 || slot->end < slot->bytes || slot->end >= UINT64_MAX / 2 ||
        slot->bytes % frame || slot->end % frame)
        return false;
    if (f->first[slot->stream] == FLIGHT_NONE)
        return start <= put;
    return start == flight_end(f, slot->stream, 0);
}

static bool relink(struct flight *f, const struct found *found, unsigned n,
                   const struct state_stream *all, uint32_t streams)
{
    for (unsigned i = 0; i < n; i++) {
        const struct state_slot *slot = &f->record->slot[found[i].head];

        if (slot->stream >= CARD_STREAMS || !(streams >> slot->stream & 1) ||
            !in_place(f, slot, &all[slot->stream]))
            return false;
        link_last(f, found[i].head, slot->stream);
    }
    for (unsigned i = 0; i < CARD_STREAMS; i++)
        if (f->first[i] != FLIGHT_NONE &&
            flight_end(f, i, 0) < atomic_load_explicit(&all[i].put, memory_order_relaxed))
            return false;
    return true;
}

bool flight_adopt(struct flight *f, struct virtq *vq, const struct state_stream *all,
                  uint32_t streams)
{
    struct found found[VQ_SIZE_MAX];
    unsigned n = 0;

    settle_returning(f, vq);
    flight_init(f, f->record);
    for (unsigned i = 0; i < VQ_SIZE_MAX; i++)
        if (sequence_of(f, i))
            found[n++] = (struct found){sequence_of(f, i), (uint16_t)i};
    if (n == 0)
        return true;
    qsort(found, n, sizeof(found[0]), by_sequence);
    if (!belongs(vq, found, n) || !relink(f, found, n, all, streams)) {
        flight_clear(f);
        return false;
    }
    f->sequence = found[n - 1].sequence + 1;
    vq->last_avail = (uint16_t)(vq->used_idx + n);
    return true;
}
