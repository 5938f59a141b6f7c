/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the walk over a guest's virtqueue: every index, length and address is copied once, checked,
 * then used. */
#include "vhost/virtq.h"

#include <errno.h>
#include <string.h>

int vq_mem_add(struct vq_mem *mem, uint64_t gpa, uint64_t bytes, uint64_t uva, void *hva)
{
    if (bytes == 0 || gpa + bytes < gpa || uva + bytes < uva || !hva)
        return -EINVAL;
    for (uint32_t i = 0; i < mem->count; i++) {
        const struct vq_region *r = &mem->region[i];

        if (gpa < r->gpa + r->bytes && r->gpa < gpa + bytes)
            return -EINVAL;
    }
    if (mem->count == VQ_MEM_MAX)
        return -ENOSPC;
    mem->region[mem->count++] = (struct vq_region){gpa, bytes, uva, hva};
    return 0;
}

/* The region that holds gpa, and in *left how many bytes follow in it. */
static const struct vq_region *region_at(const struct vq_mem *mem, uint64_t gpa, uint64_t *left)
{
    for (uint32_t i = 0; i < mem->count; i++) {
        const struct vq_region *r = &mem->region[i];

        if (gpa >= r->gpa && gpa - r->gpa < r->bytes) {
            *left = r->bytes - (gpa - r->gpa);
            return r;
        }
    }
    return NULL;
}

void *vq_mem_at(const struct vq_mem *mem, uint64_t gpa, uint64_t bytes)
{
    uint64_t left;
    const struct vq_region *r = region_at(mem, gpa, &left);

    return r && bytes <= left ? r->hva + (gpa - r->gpa) : NULL;
}

void *vq_mem_at_uva(const struct vq_mem *mem, uint64_t uva, uint64_t bytes)
{
    for (uint32_t i = 0; i < mem->count; i++) {
        const struct vq_region *r = &mem->region[i];

        if (uva >= r->uva && uva - r->uva < r->bytes && bytes <= r->bytes - (uva - r->uva))
            return r->hva + (uva - r->uva);
    }
    return NULL;
}

int vq_mem_iov(const struct vq_mem *mem, uint64_t gpa, uint64_t bytes, struct iovec *iov,
               unsigned max)
{
    unsigned n = 0;

    while (bytes > 0) {
        uint64_t left;
        const struct vq_region *r = region_at(mem, gpa, &left);

        if (!r)
            return -EFAULT;
        if (n == max)
            return -ENOSPC;
        if (left > bytes)
            left = bytes;
        iov[n].iov_base = r->hva + (gpa - r->gpa);
        iov[n++].iov_len = left;
        gpa += left;
        bytes -= left;
    }
    return (int)n;
}

int virtq_start(struct virtq *vq, const struct vq_mem *mem, uint32_t size, void *desc, void *avail,
                void *used, uint16_t last_avail)
{
    if (size == 0 || size > VQ_SIZE_MAX || (size & (size - 1)))
        return -EINVAL;
    if (!desc || !avail || !used || (uintptr_t)desc % 16 || (uintptr_t)avail % 2 ||
        (uintptr_t)used % 4)
        return -EINVAL;
    vq->mem = mem;
    vq->desc = desc;
    vq->avail = avail;
    vq->used = used;
    vq->size = size;
    vq->last_avail = last_avail;
    vq->used_idx = __atomic_load_n(&vq->used->idx, __ATOMIC_ACQUIRE);
    vq->signalled_used = vq->used_idx;
    vq->broken = vq->polled = false;
    vq->seen = last_avail;
    vq->fault = NULL;
    return 0;
}

void virtq_stop(struct virtq *vq)
{
    vq->size = 0;
    vq->desc = NULL;
    vq->avail = NULL;
    vq->used = NULL;
}

/* Adds one descriptor's buffer to the chain; NULL, or the rule that it breaks. */
static const char *add_buffer(const struct virtq *vq, struct vq_chain *c,
                              const struct vring_desc *d)
{
    unsigned used = c->readable + c->writable;
    bool write = d->flags & VRING_DESC_WRITE;
    int n;

    if (!write && c->writable)
        return "a readable buffer behind a writable one";
    n = vq_mem_iov(vq->mem, d->addr, d->len, c->iov + used, VQ_CHAIN_MAX - used);
    if (n < 0)
        return n == -EFAULT ? "a buffer outside the guest's memory" : "a chain of too many buffers";
    if (write) {
        c->writable += (unsigned)n;
        c->writable_bytes += d->len;
    } else {
        c->readable += (unsigned)n;
        c->readable_bytes += d->len;
    }
    /* §2.7.5.3.1: a chain describes at most 2^32 bytes */
    return c->writable_bytes + c->readable_bytes > UINT32_MAX ? "a chain of more than 4 GiB" : NULL;
}

static struct vring_desc copy_desc(const struct vring_desc *at)
{
    return (struct vring_desc){
        .addr = __atomic_load_n(&at->addr, __ATOMIC_RELAXED),
        .len = __atomic_load_n(&at->len, __ATOMIC_RELAXED),
        .flags = __atomic_load_n(&at->flags, __ATOMIC_RELAXED),
        .next = __atomic_load_n(&at->next, __ATOMIC_RELAXED),
    };
}

/* §2.7.5.3: the table an indirect descriptor stands for; NULL when the descriptor breaks the rules.
 */
static const struct vring_desc *indirect_table(const struct virtq *vq, const struct vring_desc *d,
                                               bool nested)
{
    const void *table;

    if (!vq->indirect || nested || (d->flags & VRING_DESC_NEXT))
        return NULL;
    if (d->len == 0 || d->len % sizeof(*d) || d->len / sizeof(*d) > VQ_CHAIN_MAX)
        return NULL;
    table = vq_mem_at(vq->mem, d->addr, d->len);
    return (uintptr_t)table % sizeof(uint64_t) ? NULL : table;
}

/* NULL: *c is the chain; else the rule that it breaks. */
static const char *walk(const struct virtq *vq, uint16_t head, struct vq_chain *c)
{
    const struct vring_desc *table = vq->desc;
    uint32_t count = vq->size, left = vq->size, i = head;
    bool nested = false; /* not told from `table`: the driver may name the ring itself as a table */

    c->head = head;
    c->readable = c->writable = 0;
    c->readable_bytes = c->writable_bytes = 0;
    for (;;) {
        struct vring_desc d;
        const char *fault;

        if (i >= count)
            return "a descriptor outside its table";
        /* `left` ends every loop: no chain visits more descriptors than its table has */
        if (left-- == 0)
            return "a chain that loops";
        d = copy_desc(&table[i]);
        if (d.flags & VRING_DESC_INDIRECT) {
            table = indirect_table(vq, &d, nested);
            if (!table)
                return "a bad indirect table";
            nested = true;
            count = left = d.len / (uint32_t)sizeof(d);
            i = 0;
            continue;
        }
        fault = add_buffer(vq, c, &d);
        if (fault || !(d.flags & VRING_DESC_NEXT))
            return fault;
        i = d.next;
    }
}

/* §2.7.10: the driver notifies when its index passes this one. */
static void set_avail_event(struct virtq *vq, uint16_t index)
{
    uint16_t *avail_event = (uint16_t *)&vq->used->ring[vq->size];

    if (vq->event_idx)
        __atomic_store_n(avail_event, index, __ATOMIC_RELAXED);
}

/* Asks for a notification at the next entry; the fence orders that against the second look at
 * avail->idx. */
static uint16_t rearm(struct virtq *vq)
{
    set_avail_event(vq, vq->last_avail);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return __atomic_load_n(&vq->avail->idx, __ATOMIC_ACQUIRE);
}

int virtq_pop(struct virtq *vq, struct vq_chain *c)
{
    uint16_t idx, head;

    if (vq->broken)
        return -EPROTO;
    if (vq->size == 0)
        return 0;
    idx = __atomic_load_n(&vq->avail->idx, __ATOMIC_ACQUIRE);
    if (idx == vq->last_avail && !vq->polled)
        idx = rearm(vq);
    vq->seen = idx;
    if (idx == vq->last_avail)
        return 0;
    vq->fault = NULL;
    if ((uint16_t)(idx - vq->last_avail) > vq->size)
        vq->fault = "more chains offered than the queue has entries";
    head = __atomic_load_n(&vq->avail->ring[vq->last_avail & (vq->size - 1)], __ATOMIC_RELAXED);
    if (!vq->fault)
        vq->fault = walk(vq, head, c);
    if (vq->fault) {
        vq->broken = true;
        return -EPROTO;
    }
    vq->last_avail++;
    return 1;
}

void virtq_push(struct virtq *vq, uint16_t head, uint32_t written)
{
    struct vring_used_elem *e;

    if (vq->size == 0 || vq->broken)
        return;
    e = &vq->used->ring[vq->used_idx & (vq->size - 1)];
    __atomic_store_n(&e->id, head, __ATOMIC_RELAXED);
    __atomic_store_n(&e->len, written, __ATOMIC_RELAXED);
    __atomic_store_n(&vq->used->idx, ++vq->used_idx, __ATOMIC_RELEASE);
}

void virtq_unpop(struct virtq *vq)
{
    vq->last_avail--;
}

int virtq_again(const struct virtq *vq, uint16_t head, struct vq_chain *c)
{
    return vq->size == 0 || vq->broken || walk(vq, head, c) ? -EPROTO : 0;
}

bool virtq_should_notify(struct virtq *vq)
{
    uint16_t old = vq->signalled_used, new = vq->used_idx, event;

    if (vq->size == 0 || new == old)
        return false;
    vq->signalled_used = new;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (!vq->event_idx)
        return !(__atomic_load_n(&vq->avail->flags, __ATOMIC_RELAXED) & 1u);
    event = __atomic_load_n(&vq->avail->ring[vq->size], __ATOMIC_RELAXED);
    return (uint16_t)(new - event - 1) < (uint16_t)(new - old);
}

void virtq_poll(struct virtq *vq)
{
    vq->polled = vq->size > 0 && vq->event_idx;
    if (vq->polled)
        set_avail_event(vq, (uint16_t)(vq->last_avail - 1)); /* which it has passed */
}

bool virtq_offered(const struct virtq *vq)
{
    return vq->size > 0 && !vq->broken &&
           __atomic_load_n(&vq->avail->idx, __ATOMIC_ACQUIRE) != vq->seen;
}

bool virtq_unpoll(struct virtq *vq)
{
    if (vq->size == 0)
        return false;
    vq->polled = false;
    (void)rearm(vq);
    return virtq_offered(vq);
}

static size_t copy_part(const struct iovec *iov, unsigned n, size_t offset, uint8_t *buf,
                        size_t len, bool out)
{
    size_t done = 0;

    for (unsigned i = 0; i < n && done < len; i++) {
        size_t part = iov[i].iov_len;
        uint8_t *at = iov[i].iov_base;

        if (offset >= part) {
            offset -= part;
            continue;
        }
        part -= offset;
        if (part > len - done)
            part = len - done;
        if (out)
            memcpy(at + offset, buf + done, part);
        else
            memcpy(buf + done, at + offset, part);
        done += part;
        offset = 0;
    }
    return done;
}

size_t chain_read(const struct vq_chain *c, size_t offset, void *buf, size_t len)
{
    return copy_part(c->iov, c->readable, offset, buf, len, false);
}

size_t chain_write(const struct vq_chain *c, size_t offset, const void *buf, size_t len)
{
    /* copy_part only reads from buf in this direction */
    return copy_part(c->iov + c->readable, c->writable, offset, (uint8_t *)(uintptr_t)buf, len,
                     true);
}
