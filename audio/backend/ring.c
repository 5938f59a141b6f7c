/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the memory of a stream's ring and the bounds of its counters. */
#include "backend/ring.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

int ring_init(struct ring *r, int fd)
{
    void *at;

    if (ftruncate(fd, (off_t)RING_MAP_BYTES) < 0)
        return -errno;
    at = mmap(NULL, RING_MAP_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return -errno;
    *r = (struct ring){.words = at, .fd = fd};
    return 0;
}

void ring_finish(struct ring *r)
{
    if (!r->words)
        return;
    munmap(r->words, RING_MAP_BYTES);
    close(r->fd);
    r->words = NULL;
    r->fd = -1;
}

uint32_t ring_size(uint32_t buffer_bytes, uint32_t frame_bytes)
{
    uint32_t bytes = buffer_bytes < LINK_RING_MIN ? LINK_RING_MIN : buffer_bytes;

    return (bytes + frame_bytes - 1) / frame_bytes * frame_bytes;
}

void ring_clear(struct ring *r)
{
    /* A file that cannot give its pages back keeps them: the counters say what counts. */
    (void)madvise(r->words, RING_MAP_BYTES, MADV_REMOVE);
    atomic_store(&r->words->wake_at, UINT64_MAX);
    atomic_store(&r->words->service, 0);
    atomic_store(&r->words->latency, 0);
    atomic_store(&r->words->xruns, 0);
    atomic_store(&r->words->missing, 0);
    atomic_store(&r->words->device, 0);
}

uint64_t ring_taken(const struct ring *r, uint64_t put)
{
    const uint64_t taken = atomic_load(&r->words->service);
    const uint64_t least = put > r->bytes ? put - r->bytes : 0;

    return taken > put ? put : taken < least ? least : taken;
}

uint64_t ring_filled(const struct ring *r, uint64_t taken)
{
    const uint64_t filled = atomic_load(&r->words->service);
    const uint64_t most = taken + r->bytes;

    return filled < taken ? taken : filled > most ? most : filled;
}
