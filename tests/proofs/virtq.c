/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Proof over the virtqueue walker (CBMC): whatever a guest has in its memory, and whatever it
 * writes there meanwhile, no access leaves the rings, the guest's memory or the chain, no loop goes
 * on for longer than the bounds say, and each buffer of a chain lies inside the guest's memory.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* What a guest can write is never looked at twice as if it were the same: each read says anything,
 * if it is one of memory that is there. */
#define CHECK_READ(at, bytes)  __CPROVER_assert(__CPROVER_r_ok(at, bytes), "a read in bounds")
#define CHECK_WRITE(at, bytes) __CPROVER_assert(__CPROVER_w_ok(at, bytes), "a write in bounds")
#define __atomic_load_n(at, order)                                                                 \
    ({                                                                                             \
        __typeof__(*(at)) any_;                                                                    \
        CHECK_READ(at, sizeof(any_));                                                              \
        any_;                                                                                      \
    })
#define __atomic_store_n(at, value, order)                                                         \
    ({                                                                                             \
        CHECK_WRITE(at, sizeof(*(at)));                                                            \
        (void)(value);                                                                             \
    })
#define memcpy(to, from, bytes)                                                                    \
    ({                                                                                             \
        CHECK_READ(from, bytes);                                                                   \
        CHECK_WRITE(to, bytes);                                                                    \
    })

#include "service-vm/vhost/virtq.c"

uint64_t nondet_u64(void);
uint32_t nondet_u32(void);
uint16_t nondet_u16(void);
_Bool nondet_bool(void);

static struct vq_mem mem;
static struct vq_chain chain;

static void add_region(void)
{
    uint8_t *at = malloc(REGION_BYTES);

    __CPROVER_assume(at && vq_mem_add(&mem, nondet_u64(), REGION_BYTES, nondet_u64(), at) == 0);
}

static void check_chain(void)
{
    unsigned i = nondet_u32();
    const uint8_t *base;
    bool inside = false;

    __CPROVER_assert(chain.readable + chain.writable <= VQ_CHAIN_MAX,
                     "the chain holds its buffers");
    __CPROVER_assume(i < chain.readable + chain.writable);
    base = chain.iov[i].iov_base;
    for (uint32_t r = 0; r < mem.count; r++) {
        const struct vq_region *region = &mem.region[r];

        if (__CPROVER_POINTER_OBJECT(base) == __CPROVER_POINTER_OBJECT(region->hva))
            inside |=
                chain.iov[i].iov_len <= region->bytes &&
                (uint64_t)__CPROVER_POINTER_OFFSET(base) <= region->bytes - chain.iov[i].iov_len;
    }
    __CPROVER_assert(inside, "a buffer lies inside the guest's memory");
}

int main(void)
{
    struct virtq vq = {.event_idx = nondet_bool(), .indirect = nondet_bool()};
    uint32_t size = nondet_u32();
    uint8_t buffer[8];

    for (unsigned i = 0; i < REGIONS; i++)
        add_region();
    __CPROVER_assume(size <= QUEUE_SIZE);
    /* as backend_messages.c does it */
    __CPROVER_assume(
        virtq_start(&vq, &mem, size, vq_mem_at_uva(&mem, nondet_u64(), virtq_desc_bytes(size)),
                    vq_mem_at_uva(&mem, nondet_u64(), virtq_avail_bytes(size)),
                    vq_mem_at_uva(&mem, nondet_u64(), virtq_used_bytes(size)), nondet_u16()) == 0);
    if (nondet_bool())
        virtq_poll(&vq);
    if (virtq_pop(&vq, &chain) == 1) {
        size_t offset = nondet_u64(), bytes = nondet_u64();

        check_chain();
        __CPROVER_assume(bytes <= sizeof(buffer));
        chain_read(&chain, offset, buffer, bytes);
        chain_write(&chain, offset, buffer, bytes);
        virtq_push(&vq, chain.head, nondet_u32());
    }
    (void)virtq_should_notify(&vq);
    (void)virtq_unpoll(&vq);
    return 0;
}
