/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes the virtqueue walker: the input is what a driver does, step by step, good and hostile
 * alike; every buffer that the walker hands out is touched, under ASan, at both ends.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vhost/virtq.h"

#define BASE  0x1000u /* gpa of the guest's memory */
#define BYTES 0x2000u
#define FAR   512u /* bytes of a second region right behind it, mapped elsewhere */
#define AVAIL 0x800u
#define USED  0xC00u
#define TABLE 0x1000u /* indirect tables begin here */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Shaped like a descriptor, so that a mutation of one is one of the other. */
struct step {
    uint64_t addr;
    uint32_t len;
    uint8_t what, flags, index, next;
};

struct driver {
    struct vq_mem mem;
    struct virtq vq;
    uint32_t entries;
    uint8_t *ram, *far_ram;
};

static struct vring_avail *avail(struct driver *d)
{
    return (struct vring_avail *)(void *)(d->ram + AVAIL);
}

/* A descriptor of the ring or of the indirect table: addresses as they come, or inside memory. */
static void put(struct driver *d, const struct step *s, bool in_table)
{
    struct vring_desc *table = (struct vring_desc *)(void *)(d->ram + (in_table ? TABLE : 0));
    struct vring_desc desc = {s->addr, s->len, s->flags & 7, s->next};

    if (s->flags & 0x80) {
        desc.addr = BASE + s->addr % (BYTES + FAR);
        desc.len = s->len % (FAR + 64);
    }
    if (s->flags & 0x40 && desc.flags & VRING_DESC_INDIRECT) {
        desc.addr = BASE + TABLE;
        desc.len = (s->len % 65) * 16;
    }
    if (s->flags & 0x20)
        desc.next = (uint16_t)(s->next % d->entries);
    table[s->index % (in_table ? 64 : d->entries)] = desc;
}

static void start(struct driver *d, uint16_t last)
{
    bool event_idx = d->vq.event_idx, indirect = d->vq.indirect;

    if (virtq_start(&d->vq, &d->mem, d->entries, d->ram, d->ram + AVAIL, d->ram + USED, last))
        abort();
    d->vq.event_idx = event_idx;
    d->vq.indirect = indirect;
}

static void touch(const struct vq_chain *c)
{
    size_t bytes = 0;

    if (c->readable + c->writable > VQ_CHAIN_MAX)
        abort();
    for (unsigned v = 0; v < c->readable + c->writable; v++) {
        volatile uint8_t *p = c->iov[v].iov_base;

        p[0] = p[0];
        p[c->iov[v].iov_len - 1] = p[c->iov[v].iov_len - 1];
        bytes += c->iov[v].iov_len;
    }
    if (bytes != c->readable_bytes + c->writable_bytes)
        abort();
}

static void pop_all(struct driver *d, const struct step *s)
{
    static struct vq_chain c;
    uint8_t buf[64] = {0};
    unsigned popped = 0;
    int rc = 0;

    if (s->flags & 4)
        virtq_poll(&d->vq);
    while (popped++ < 2 * d->entries && (rc = virtq_pop(&d->vq, &c)) == 1) {
        touch(&c);
        (void)chain_read(&c, s->index, buf, s->len % (sizeof(buf) + 1));
        (void)chain_write(&c, s->next, buf, s->len % (sizeof(buf) + 1));
        if (s->flags & 1 && popped == 1) {
            virtq_unpop(&d->vq);
            continue;
        }
        virtq_push(&d->vq, c.head, s->len);
        (void)virtq_should_notify(&d->vq);
    }
    if (rc == 0 && virtq_offered(&d->vq)) /* it has just looked */
        abort();
    if (s->flags & 8)
        (void)virtq_unpoll(&d->vq);
    if (rc < 0) { /* broken for good, whatever comes, until it is started again */
        if (virtq_pop(&d->vq, &c) >= 0)
            abort();
        start(d, s->flags & 2 ? avail(d)->idx : d->vq.last_avail);
    }
}

static void make_step(struct driver *d, const struct step *s)
{
    switch (s->what % 8) {
    case 0:
    case 1:
    case 2:
        put(d, s, false);
        break;
    case 3:
        put(d, s, true);
        break;
    case 4: /* offer a chain */
        avail(d)->ring[avail(d)->idx % d->entries] =
            s->flags & 1 ? s->index : (uint16_t)(s->index % d->entries);
        avail(d)->idx++;
        break;
    case 5: /* anything anywhere */
        memcpy(d->ram + s->len % (BYTES - sizeof(s->addr)), &s->addr, sizeof(s->addr));
        break;
    default:
        pop_all(d, s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct driver d = {.entries = size ? 1u << (data[0] % 8) : 1};
    struct step s;

    /* malloc: the sanitizer watches both ends */
    d.ram = aligned_alloc(4096, BYTES);
    d.far_ram = malloc(FAR);
    memset(d.ram, 0, BYTES);
    memset(d.far_ram, 0, FAR);
    if (vq_mem_add(&d.mem, BASE, BYTES, 0, d.ram) ||
        vq_mem_add(&d.mem, BASE + BYTES, FAR, 0x100000, d.far_ram))
        abort();
    d.vq.indirect = size && !(data[0] & 0x40);
    d.vq.event_idx = size && data[0] & 0x80;
    start(&d, 0);
    for (size_t at = 1; at + sizeof(s) <= size; at += sizeof(s)) {
        memcpy(&s, data + at, sizeof(s));
        make_step(&d, &s);
    }
    pop_all(&d, &(struct step){0});
    free(d.ram);
    free(d.far_ram);
    return 0;
}
