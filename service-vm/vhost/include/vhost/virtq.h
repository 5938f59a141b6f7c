/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Split virtqueues from the device's side (VIRTIO 1.2 §2.7): guest memory with checked translation,
 * the one bounded pop that everything uses, used entries and notification suppression. Nothing a
 * guest writes can make these functions read or write outside its memory, loop, or end the process:
 * a malformed chain marks the queue broken until it is started again.
 */
#ifndef VHOST_VIRTQ_H
#define VHOST_VIRTQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#ifndef VQ_CHAIN_MAX /* proofs bring smaller ones, which their bounds reach */
#define VQ_MEM_MAX 32
/* buffers of a chain; an indirect table may be longer than the queue, never than this */
#define VQ_CHAIN_MAX 1024
#endif
#define VQ_SIZE_MAX 1024 /* entries of a queue */

struct vq_region {
    uint64_t gpa, bytes;
    uint64_t uva; /* where the front end says it has the same memory; ring addresses arrive in this
                     form */
    uint8_t *hva;
};

struct vq_mem { /* the guest's memory, at most VQ_MEM_MAX regions that do not overlap */
    uint32_t count;
    struct vq_region region[VQ_MEM_MAX];
};

/* 0, -EINVAL (empty, wraps round, overlaps another in gpa), -ENOSPC. */
int vq_mem_add(struct vq_mem *mem, uint64_t gpa, uint64_t bytes, uint64_t uva, void *hva)
    __attribute__((warn_unused_result));

/* The bytes [gpa, gpa + bytes) if they lie inside one region, else NULL. bytes > 0. */
void *vq_mem_at(const struct vq_mem *mem, uint64_t gpa, uint64_t bytes);
/* Same, by the front end's virtual address. */
void *vq_mem_at_uva(const struct vq_mem *mem, uint64_t uva, uint64_t bytes);

/*
 * [gpa, gpa + bytes) as iovecs, one per region it crosses; the number used (0 for bytes = 0), or
 * -EFAULT when a byte is outside guest memory, -ENOSPC when `max` does not do.
 */
int vq_mem_iov(const struct vq_mem *mem, uint64_t gpa, uint64_t bytes, struct iovec *iov,
               unsigned max) __attribute__((warn_unused_result));

/* Ring layout, VIRTIO 1.2 §2.7.5, §2.7.6, §2.7.8 */
struct vring_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};
#define VRING_DESC_NEXT     1u
#define VRING_DESC_WRITE    2u
#define VRING_DESC_INDIRECT 4u

struct vring_avail {
    uint16_t flags, idx;
    uint16_t ring[]; /* then used_event */
};

struct vring_used_elem {
    uint32_t id, len;
};

struct vring_used {
    uint16_t flags, idx;
    struct vring_used_elem ring[]; /* then avail_event */
};

struct virtq {
    const struct vq_mem *mem;
    struct vring_desc *desc;
    struct vring_avail *avail;
    struct vring_used *used;
    uint32_t size;           /* entries; 0: not started */
    uint16_t last_avail;     /* next entry of the available ring to pop */
    uint16_t seen;           /* the driver's index when it was last read */
    uint16_t used_idx;       /* next entry of the used ring to fill */
    uint16_t signalled_used; /* used_idx at the last notification asked for */
    bool event_idx;          /* VIRTIO_F_EVENT_IDX negotiated */
    bool indirect;           /* VIRTIO_F_INDIRECT_DESC negotiated */
    bool polled;             /* the driver need not tell of new entries */
    bool broken; /* the guest broke the rules: VIRTIO's NEEDS_RESET; nothing is popped until the
                    next start */
    const char
        *fault; /* what the guest did to break it, for a log; NULL: it is not broken by that */
};

/* A request: readable buffers first, then writable ones, as the device sees them. */
struct vq_chain {
    uint16_t head;
    unsigned readable,
        writable; /* iovecs: iov[0 .. readable), iov[readable .. readable + writable) */
    size_t readable_bytes, writable_bytes;
    struct iovec iov[VQ_CHAIN_MAX];
};

/*
 * Starts a queue on rings that lie in guest memory (the caller translated them with vq_mem_at*,
 * with virtq_*_bytes), going on at available entry last_avail; used_idx is read from the ring.
 * -EINVAL: size no power of two or > VQ_SIZE_MAX, or a ring that is not aligned (§2.7: 16, 2 and 4
 * bytes).
 */
int virtq_start(struct virtq *vq, const struct vq_mem *mem, uint32_t size, void *desc, void *avail,
                void *used, uint16_t last_avail) __attribute__((warn_unused_result));
void virtq_stop(struct virtq *vq);

/* Bytes of each part for a queue of `size`, event words included. */
static inline uint64_t virtq_desc_bytes(uint32_t size)
{
    return 16ull * size;
}
static inline uint64_t virtq_avail_bytes(uint32_t size)
{
    return 6ull + 2ull * size;
}
static inline uint64_t virtq_used_bytes(uint32_t size)
{
    return 6ull + 8ull * size;
}

/*
 * Takes the next chain. 1: *c is filled; 0: none there (and the driver is asked for a notification
 * when there is one); -EPROTO: the ring or the chain is malformed: a loop, more buffers than
 * allowed, an address outside guest memory, a readable buffer after a writable one, a bad indirect
 * table; the queue is broken from now on.
 */
int virtq_pop(struct virtq *vq, struct vq_chain *c) __attribute__((warn_unused_result));

/* Gives a chain back with the bytes written to its writable part. */
void virtq_push(struct virtq *vq, uint16_t head, uint32_t written);

/* Takes the last popped chain back into the ring, as if it had not been popped (e.g. the device has
 * no room now). */
void virtq_unpop(struct virtq *vq);

/* Looks up a chain again that was popped before and not given back, with the guest's memory as it
 * is now: 0, or -EPROTO when there is no such chain (any more). The queue is not broken by that. */
int virtq_again(const struct virtq *vq, uint16_t head, struct vq_chain *c)
    __attribute__((warn_unused_result));

/* True when the driver wants an interrupt for what was pushed since the last call (§2.7.7). */
bool virtq_should_notify(struct virtq *vq);

/*
 * For a device that looks for entries itself for a while: the driver is asked for no notification
 * any more (where it has EVENT_IDX; else nothing changes), until virtq_unpoll() asks for the next
 * one again. That returns true if there are entries by then which no pop has seen, and of which no
 * notification will tell.
 */
void virtq_poll(struct virtq *vq);
bool virtq_unpoll(struct virtq *vq);
/* The driver has offered something since the last pop looked. */
bool virtq_offered(const struct virtq *vq);

/* Copies from the readable part, at most len bytes from `offset`; bytes copied, less when the part
 * is shorter. */
size_t chain_read(const struct vq_chain *c, size_t offset, void *buf, size_t len);
/* Copies to the writable part; bytes copied. */
size_t chain_write(const struct vq_chain *c, size_t offset, const void *buf, size_t len);

static inline struct iovec *chain_writable(struct vq_chain *c)
{
    return c->iov + c->readable;
}

#endif
