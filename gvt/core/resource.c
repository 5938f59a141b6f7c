/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the table of a guest's resources and what they may cost. */
#include "resource.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vhost/virtq.h"

struct resource *resource_find(const struct resources *rs, uint32_t id)
{
    struct resource *r = rs->bucket[id % RESOURCE_BUCKETS];

    while (r && r->id != id)
        r = r->next;
    return r;
}

int resource_charge(struct resources *rs, uint64_t bytes)
{
    if (bytes > rs->quota.max_bytes - rs->bytes)
        return -1;
    rs->bytes += bytes;
    return 0;
}

void resource_uncharge(struct resources *rs, uint64_t bytes)
{
    rs->bytes -= bytes;
}

struct resource *resource_add(struct resources *rs, uint32_t id, uint64_t bytes, uint32_t *answer)
{
    struct resource *r;

    *answer = VGPU_ERR_INVALID_RESOURCE_ID;
    if (id == 0 || resource_find(rs, id))
        return NULL;
    *answer = VGPU_ERR_OUT_OF_MEMORY;
    if (rs->count >= rs->quota.max_resources || resource_charge(rs, bytes))
        return NULL;
    r = calloc(1, sizeof(*r));
    if (!r) {
        rs->bytes -= bytes;
        return NULL;
    }
    *r = (struct resource){.id = id, .bytes = bytes, .fd = -1};
    r->next = rs->bucket[id % RESOURCE_BUCKETS];
    rs->bucket[id % RESOURCE_BUCKETS] = r;
    rs->count++;
    return r;
}

void resource_remove(struct resources *rs, struct resource *r)
{
    struct resource **at = &rs->bucket[r->id % RESOURCE_BUCKETS];

    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    resource_detach(rs, r);
    rs->bytes -= r->bytes + r->mirror_bytes;
    rs->count--;
    free(r);
}

uint32_t resource_attach(struct resources *rs, struct resource *r,
                         const struct vgpu_mem_entry *entry, uint32_t count)
{
    struct backing_range *range;
    uint32_t used = 0;
    uint64_t total = 0;

    if (r->range)
        return VGPU_ERR_UNSPEC; /* §5.7.6.9: detach first */
    if (resource_charge(rs, count * sizeof(*range)))
        return VGPU_ERR_OUT_OF_MEMORY;
    range = calloc(count, sizeof(*range));
    if (!range) {
        rs->bytes -= count * sizeof(*range);
        return VGPU_ERR_OUT_OF_MEMORY;
    }
    for (uint32_t i = 0; i < count; i++) {
        if (entry[i].addr + entry[i].length < entry[i].addr)
            goto bad;
        if (used && range[used - 1].gpa + range[used - 1].bytes == entry[i].addr)
            range[used - 1].bytes += entry[i].length;
        else if (entry[i].length)
            range[used++] = (struct backing_range){entry[i].addr, entry[i].length, total};
        total += entry[i].length;
    }
    if (!used)
        goto bad;
    rs->bytes -= (count - used) * sizeof(*range);
    r->range = range;
    r->ranges = used;
    r->backing_bytes = total;
    return VGPU_OK_NODATA;
bad:
    free(range);
    rs->bytes -= count * sizeof(*range);
    return VGPU_ERR_INVALID_PARAMETER;
}

void resource_detach(struct resources *rs, struct resource *r)
{
    if (!r->range)
        return;
    rs->bytes -= r->ranges * sizeof(*r->range);
    free(r->range);
    r->range = NULL;
    r->ranges = 0;
    r->backing_bytes = 0;
}

int backing_copy(struct backing_cursor *c, uint64_t at, uint8_t *ours, size_t bytes, bool to_guest)
{
    while (bytes) {
        const struct backing_range *g = &c->r->range[c->range];
        size_t n = bytes;
        void *theirs;

        if (at < g->at || at - g->at >= g->bytes) {
            /* Ranges are sorted by `at` and cover the backing without a gap. */
            if (at >= g->at)
                c->range++;
            else
                c->range = 0;
            continue;
        }
        if (n > g->bytes - (at - g->at))
            n = g->bytes - (at - g->at);
        theirs = vq_mem_at(c->mem, g->gpa + (at - g->at), n);
        if (!theirs)
            return -EFAULT;
        memcpy(to_guest ? theirs : ours, to_guest ? ours : theirs, n);
        ours += n;
        at += n;
        bytes -= n;
    }
    return 0;
}

void resource_each(struct resources *rs, void (*f)(struct resource *r, void *data), void *data)
{
    for (unsigned i = 0; i < RESOURCE_BUCKETS; i++) {
        struct resource *r = rs->bucket[i], *next;

        for (; r; r = next) {
            next = r->next;
            f(r, data);
        }
    }
}
