/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests the virtqueue walker with a driver of our own, good and hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vhost/virtq.h"

#define SIZE  8u
#define BASE  0x100000u /* gpa of the guest's memory */
#define BYTES 0x10000u
#define HIGH  0x100000000u /* a second region */
#define DESC  0x0u
#define AVAIL 0x400u
#define USED  0x800u
#define TABLE 0x1000u /* indirect table */

struct guest {
    uint8_t *ram, *high;
    struct vq_mem mem;
    struct virtq vq;
    struct vq_chain chain;
};

static struct vring_desc *desc(struct guest *g, unsigned i)
{
    return (struct vring_desc *)(g->ram + DESC) + i;
}

static struct vring_avail *avail(struct guest *g)
{
    return (struct vring_avail *)(g->ram + AVAIL);
}

static struct vring_used *used(struct guest *g)
{
    return (struct vring_used *)(g->ram + USED);
}

static void put(struct guest *g, unsigned i, uint64_t addr, uint32_t len, unsigned flags,
                unsigned next)
{
    *desc(g, i) = (struct vring_desc){addr, len, (uint16_t)flags, (uint16_t)next};
}

static void offer(struct guest *g, unsigned head)
{
    avail(g)->ring[avail(g)->idx % SIZE] = (uint16_t)head;
    avail(g)->idx++;
}

static int setup(void **state)
{
    struct guest *g = calloc(1, sizeof(*g));

    g->ram = aligned_alloc(4096, BYTES);
    g->high = aligned_alloc(4096, BYTES);
    memset(g->ram, 0, BYTES);
    memset(g->high, 0, BYTES);
    assert_int_equal(vq_mem_add(&g->mem, BASE, BYTES, 0x7000, g->ram), 0);
    assert_int_equal(vq_mem_add(&g->mem, HIGH, BYTES, 0x40007000, g->high), 0);
    assert_int_equal(
        virtq_start(&g->vq, &g->mem, SIZE, g->ram + DESC, g->ram + AVAIL, g->ram + USED, 0), 0);
    g->vq.indirect = true;
    *state = g;
    return 0;
}

static int teardown(void **state)
{
    struct guest *g = *state;

    free(g->ram);
    free(g->high);
    free(g);
    return 0;
}

static void pops_one_chain(void **state)
{
    struct guest *g = *state;
    uint8_t in[300];

    memset(g->ram + 0x2000, 0xAB, 100);
    memset(g->high, 0xCD, 200);
    put(g, 3, BASE + 0x2000, 100, VRING_DESC_NEXT, 5);
    put(g, 5, HIGH, 200, VRING_DESC_NEXT, 1);
    put(g, 1, BASE + 0x3000, 64, VRING_DESC_WRITE, 0);
    offer(g, 3);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 1);
    assert_int_equal(g->chain.head, 3);
    assert_int_equal(g->chain.readable, 2);
    assert_int_equal(g->chain.writable, 1);
    assert_int_equal(g->chain.readable_bytes, 300);
    assert_int_equal(g->chain.writable_bytes, 64);
    assert_int_equal(chain_read(&g->chain, 0, in, sizeof(in)), 300);
    assert_int_equal(in[99], 0xAB);
    assert_int_equal(in[100], 0xCD);
    assert_int_equal(chain_read(&g->chain, 90, in, 20), 20);
    assert_int_equal(in[9], 0xAB);
    assert_int_equal(in[10], 0xCD);
    assert_int_equal(chain_read(&g->chain, 290, in, 20), 10);
    assert_int_equal(chain_read(&g->chain, 300, in, 20), 0);
    assert_int_equal(chain_write(&g->chain, 60, "abcdefgh", 8), 4);
    assert_memory_equal(g->ram + 0x3000 + 60, "abcd", 4);
    virtq_push(&g->vq, g->chain.head, 4);
    assert_int_equal(used(g)->idx, 1);
    assert_int_equal(used(g)->ring[0].id, 3);
    assert_int_equal(used(g)->ring[0].len, 4);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 0);
}

static void follows_an_indirect_table(void **state)
{
    struct guest *g = *state;
    struct vring_desc *t = (struct vring_desc *)(g->ram + TABLE);

    /* longer than the queue: allowed in a table */
    for (unsigned i = 0; i < 20; i++)
        t[i] = (struct vring_desc){BASE + 0x2000 + i * 16, 16, i < 19 ? VRING_DESC_NEXT : 0,
                                   (uint16_t)(i + 1)};
    put(g, 0, BASE + TABLE, 20 * 16, VRING_DESC_INDIRECT, 0);
    offer(g, 0);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 1);
    assert_int_equal(g->chain.readable, 20);
    assert_int_equal(g->chain.readable_bytes, 320);
}

static void a_buffer_may_cross_adjacent_regions(void **state)
{
    struct guest *g = *state;

    assert_int_equal(vq_mem_add(&g->mem, HIGH + BYTES, 0x1000, 0, g->ram), 0);
    put(g, 0, HIGH + BYTES - 16, 32, 0, 0);
    offer(g, 0);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 1);
    assert_int_equal(g->chain.readable, 2);
    assert_ptr_equal(g->chain.iov[1].iov_base, g->ram);
}

/* The chain at head 0 is refused for that reason, and the queue stays broken until it is started
 * again. */
static void refused(struct guest *g, const char *why)
{
    offer(g, 0);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), -EPROTO);
    assert_true(g->vq.broken);
    assert_string_equal(g->vq.fault, why);
    put(g, 1, BASE + 0x2000, 16, 0, 0);
    offer(g, 1);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), -EPROTO);
    virtq_push(&g->vq, 0, 0);
    assert_int_equal(used(g)->idx, 0);
    assert_int_equal(
        virtq_start(&g->vq, &g->mem, SIZE, g->ram + DESC, g->ram + AVAIL, g->ram + USED, 1), 0);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 1);
    assert_null(g->vq.fault);
}

static void refuses_a_loop(void **state)
{
    struct guest *g = *state;

    put(g, 0, BASE, 16, VRING_DESC_NEXT, 4);
    put(g, 4, BASE, 16, VRING_DESC_NEXT, 0);
    refused(g, "a chain that loops");
}

static void refuses_a_loop_to_itself_without_bytes(void **state)
{
    struct guest *g = *state;

    put(g, 0, BASE, 0, VRING_DESC_NEXT, 0);
    refused(g, "a chain that loops");
}

static void refuses_a_next_outside(void **state)
{
    struct guest *g = *state;

    put(g, 0, BASE, 16, VRING_DESC_NEXT, SIZE);
    refused(g, "a descriptor outside its table");
}

static void refuses_addresses_outside(void **state)
{
    static const struct {
        uint64_t addr;
        uint32_t len;
    } bad[] = {
        {0, 16},         {BASE - 1, 1},        {BASE + BYTES, 1},  {BASE + BYTES - 8, 9},
        {UINT64_MAX, 1}, {UINT64_MAX - 7, 16}, {BASE, UINT32_MAX}, {HIGH - 1, 2},
    };
    struct guest *g = *state;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(g->ram, 0, TABLE);
        assert_int_equal(
            virtq_start(&g->vq, &g->mem, SIZE, g->ram + DESC, g->ram + AVAIL, g->ram + USED, 0), 0);
        put(g, 0, bad[i].addr, bad[i].len, 0, 0);
        refused(g, "a buffer outside the guest's memory");
    }
}

static void refuses_readable_after_writable(void **state)
{
    struct guest *g = *state;

    put(g, 0, BASE + 0x2000, 16, VRING_DESC_WRITE | VRING_DESC_NEXT, 1);
    put(g, 1, BASE + 0x2000, 16, 0, 0);
    refused(g, "a readable buffer behind a writable one");
}

static void refuses_bad_heads_and_indices(void **state)
{
    struct guest *g = *state;

    avail(g)->ring[0] = SIZE;
    avail(g)->idx = 1;
    assert_int_equal(virtq_pop(&g->vq, &g->chain), -EPROTO);
    assert_string_equal(g->vq.fault, "a descriptor outside its table");
    avail(g)->idx = SIZE + 1; /* more than a queueful ahead */
    assert_int_equal(
        virtq_start(&g->vq, &g->mem, SIZE, g->ram + DESC, g->ram + AVAIL, g->ram + USED, 0), 0);
    avail(g)->ring[0] = 0;
    assert_int_equal(virtq_pop(&g->vq, &g->chain), -EPROTO);
    assert_string_equal(g->vq.fault, "more chains offered than the queue has entries");
}

static void refuses_bad_indirect_tables(void **state)
{
    struct guest *g = *state;
    struct vring_desc *t = (struct vring_desc *)(g->ram + TABLE);
    static const struct {
        uint64_t addr;
        uint32_t len, flags;
    } bad[] = {
        {BASE + TABLE, 0, 0},
        {BASE + TABLE, 15, 0},
        {BASE + TABLE, 16, VRING_DESC_NEXT},
        {BASE + TABLE, 16 * (VQ_CHAIN_MAX + 1), 0},
        {BASE + BYTES - 16, 32, 0},
        {BASE + TABLE + 4, 16, 0},
        {0, 16, 0},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(g->ram, 0, TABLE);
        assert_int_equal(
            virtq_start(&g->vq, &g->mem, SIZE, g->ram + DESC, g->ram + AVAIL, g->ram + USED, 0), 0);
        put(g, 0, bad[i].addr, bad[i].len, bad[i].flags | VRING_DESC_INDIRECT, 1);
        refused(g, "a bad indirect table");
    }
    /* a table in a table */
    memset(g->ram, 0, TABLE);
    assert_int_equal(
        virtq_start(&g->vq, &g->mem, SIZE, g->ram + DESC, g->ram + AVAIL, g->ram + USED, 0), 0);
    t[0] = (struct vring_desc){BASE + TABLE, 16, VRING_DESC_INDIRECT, 0};
    put(g, 0, BASE + TABLE, 16, VRING_DESC_INDIRECT, 0);
    refused(g, "a bad indirect table");
    /* a loop inside a table, and a next outside of it */
    memset(g->ram, 0, TABLE);
    assert_int_equal(
        virtq_start(&g->vq, &g->mem, SIZE, g->ram + DESC, g->ram + AVAIL, g->ram + USED, 0), 0);
    t[0] = (struct vring_desc){BASE + 0x2000, 16, VRING_DESC_NEXT, 0};
    put(g, 0, BASE + TABLE, 16, VRING_DESC_INDIRECT, 0);
    refused(g, "a chain that loops");
    memset(g->ram, 0, TABLE);
    assert_int_equal(
        virtq_start(&g->vq, &g->mem, SIZE, g->ram + DESC, g->ram + AVAIL, g->ram + USED, 0), 0);
    t[0].next = 1;
    put(g, 0, BASE + TABLE, 16, VRING_DESC_INDIRECT, 0);
    refused(g, "a descriptor outside its table");
    /* not negotiated */
    memset(g->ram, 0, TABLE);
    assert_int_equal(
        virtq_start(&g->vq, &g->mem, SIZE, g->ram + DESC, g->ram + AVAIL, g->ram + USED, 0), 0);
    t[0] = (struct vring_desc){BASE + 0x2000, 16, 0, 0};
    put(g, 0, BASE + TABLE, 16, VRING_DESC_INDIRECT, 0);
    g->vq.indirect = false;
    refused(g, "a bad indirect table");
}

/* Each descriptor of the ring stands for the ring: whoever follows that never comes to an end. */
static void refuses_the_ring_as_an_indirect_table(void **state)
{
    struct guest *g = *state;

    for (unsigned i = 0; i < SIZE; i++)
        put(g, i, BASE + DESC, SIZE * 16, VRING_DESC_INDIRECT, 0);
    refused(g, "a bad indirect table");
}

/* A table of the greatest length whose buffers each lie in two regions: twice as many buffers. */
static void refuses_an_overlong_chain(void **state)
{
    struct guest *g = *state;
    struct vring_desc *t = (struct vring_desc *)(g->ram + TABLE);

    assert_int_equal(vq_mem_add(&g->mem, HIGH + BYTES, 0x1000, 0, g->ram), 0);
    for (unsigned i = 0; i < VQ_CHAIN_MAX; i++)
        t[i] = (struct vring_desc){HIGH + BYTES - 1, 2, i + 1 < VQ_CHAIN_MAX ? VRING_DESC_NEXT : 0,
                                   (uint16_t)(i + 1)};
    put(g, 0, BASE + TABLE, VQ_CHAIN_MAX * 16, VRING_DESC_INDIRECT, 0);
    refused(g, "a chain of too many buffers");
}

static void refuses_more_than_4_gib(void **state)
{
    struct guest *g = *state;
    struct vq_mem big = {0};
    struct vring_desc *t = (struct vring_desc *)(g->ram + TABLE);

    /* addresses only: nothing is read through them */
    assert_int_equal(vq_mem_add(&big, BASE, BYTES, 0, g->ram), 0);
    assert_int_equal(vq_mem_add(&big, HIGH, 0x200000000u, 0, g->high), 0);
    assert_int_equal(
        virtq_start(&g->vq, &big, SIZE, g->ram + DESC, g->ram + AVAIL, g->ram + USED, 0), 0);
    t[0] = (struct vring_desc){HIGH, 0xFFFFFFFF, VRING_DESC_NEXT, 1};
    t[1] = (struct vring_desc){HIGH, 1, 0, 0};
    put(g, 0, BASE + TABLE, 32, VRING_DESC_INDIRECT, 0);
    offer(g, 0);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), -EPROTO);
    assert_string_equal(g->vq.fault, "a chain of more than 4 GiB");
}

static void a_queue_goes_round(void **state)
{
    struct guest *g = *state;

    put(g, 2, BASE + 0x2000, 16, 0, 0);
    for (unsigned i = 0; i < 70000; i++) {
        offer(g, 2);
        assert_int_equal(virtq_pop(&g->vq, &g->chain), 1);
        virtq_push(&g->vq, g->chain.head, 0);
    }
    assert_int_equal(used(g)->idx, (uint16_t)70000);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 0);
}

static void an_unpopped_chain_comes_again(void **state)
{
    struct guest *g = *state;

    put(g, 2, BASE + 0x2000, 16, 0, 0);
    offer(g, 2);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 1);
    virtq_unpop(&g->vq);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 1);
    assert_int_equal(g->chain.head, 2);
}

static void suppresses_notifications(void **state)
{
    struct guest *g = *state;
    uint16_t *used_event = &avail(g)->ring[SIZE];
    const uint16_t *avail_event = (const uint16_t *)&used(g)->ring[SIZE];

    put(g, 2, BASE + 0x2000, 16, 0, 0);
    assert_false(virtq_should_notify(&g->vq)); /* nothing to tell */
    virtq_push(&g->vq, 2, 0);
    assert_true(virtq_should_notify(&g->vq));
    assert_false(virtq_should_notify(&g->vq));
    avail(g)->flags = 1; /* NO_INTERRUPT */
    virtq_push(&g->vq, 2, 0);
    assert_false(virtq_should_notify(&g->vq));
    g->vq.event_idx = true;
    *used_event = 3; /* wants to hear of the fourth */
    virtq_push(&g->vq, 2, 0);
    assert_false(virtq_should_notify(&g->vq));
    virtq_push(&g->vq, 2, 0);
    assert_true(virtq_should_notify(&g->vq));
    assert_false(virtq_should_notify(&g->vq));
    offer(g, 2);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 1);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 0);
    assert_int_equal(*avail_event, 1);
}

static void asks_for_no_notification_while_it_is_polled(void **state)
{
    struct guest *g = *state;
    const uint16_t *avail_event = (uint16_t *)&used(g)->ring[SIZE];

    put(g, 2, BASE + 0x2000, 16, VRING_DESC_WRITE, 0);
    virtq_poll(&g->vq);
    assert_false(g->vq.polled); /* a driver without EVENT_IDX cannot be asked so */
    g->vq.event_idx = true;
    offer(g, 2);
    assert_true(virtq_offered(&g->vq));
    virtq_poll(&g->vq);
    assert_int_equal(*avail_event, 0xFFFF); /* behind the driver's index: it does not notify */
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 1);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 0);
    assert_false(virtq_offered(&g->vq));
    assert_int_equal(*avail_event, 0xFFFF);
    assert_false(virtq_unpoll(&g->vq));
    assert_int_equal(*avail_event, 1); /* at the next one it does */

    virtq_poll(&g->vq);
    offer(g, 2);
    assert_true(virtq_unpoll(&g->vq)); /* of this one no notification tells */
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 1);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 0);
    assert_int_equal(*avail_event, 2);

    offer(g, 2); /* what has no room now is nothing new */
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 1);
    virtq_unpop(&g->vq);
    assert_false(virtq_offered(&g->vq));
}

static void refuses_bad_rings(void **state)
{
    struct guest *g = *state;
    struct virtq vq = {0};

    assert_int_equal(virtq_start(&vq, &g->mem, 0, g->ram, g->ram, g->ram, 0), -EINVAL);
    assert_int_equal(virtq_start(&vq, &g->mem, 3, g->ram, g->ram, g->ram, 0), -EINVAL);
    assert_int_equal(virtq_start(&vq, &g->mem, 2048, g->ram, g->ram, g->ram, 0), -EINVAL);
    assert_int_equal(virtq_start(&vq, &g->mem, 8, g->ram + 8, g->ram, g->ram, 0), -EINVAL);
    assert_int_equal(virtq_start(&vq, &g->mem, 8, g->ram, g->ram + 1, g->ram, 0), -EINVAL);
    assert_int_equal(virtq_start(&vq, &g->mem, 8, g->ram, g->ram, g->ram + 2, 0), -EINVAL);
    assert_int_equal(virtq_start(&vq, &g->mem, 8, NULL, g->ram, g->ram, 0), -EINVAL);
    assert_int_equal(virtq_pop(&vq, &g->chain), 0); /* not started: nothing there */
}

static void memory_maps_are_checked(void **state)
{
    struct guest *g = *state;
    struct vq_mem mem = {0};

    assert_int_equal(vq_mem_add(&mem, 0x1000, 0, 0, g->ram), -EINVAL);
    assert_int_equal(vq_mem_add(&mem, UINT64_MAX - 4, 16, 0, g->ram), -EINVAL);
    assert_int_equal(vq_mem_add(&mem, 0x1000, 0x1000, 0, g->ram), 0);
    assert_int_equal(vq_mem_add(&mem, 0x1FFF, 0x1000, 0, g->ram), -EINVAL);
    assert_int_equal(vq_mem_add(&mem, 0, 0x1001, 0, g->ram), -EINVAL);
    for (unsigned i = 1; i < VQ_MEM_MAX; i++)
        assert_int_equal(vq_mem_add(&mem, 0x10000 * i, 0x1000, 0, g->ram), 0);
    assert_int_equal(vq_mem_add(&mem, 0xF000000, 0x1000, 0, g->ram), -ENOSPC);
    assert_null(vq_mem_at(&mem, 0x1FFF, 2));
    assert_ptr_equal(vq_mem_at(&mem, 0x1FFF, 1), g->ram + 0xFFF);
    assert_null(vq_mem_at_uva(&g->mem, 0x7000 + BYTES, 1));
    assert_ptr_equal(vq_mem_at_uva(&g->mem, 0x7000 + 5, BYTES - 5), g->ram + 5);
    assert_null(vq_mem_at_uva(&g->mem, 0x7000 + 5, BYTES - 4));
}

static void looks_up_again(void **state)
{
    struct guest *g = *state;

    put(g, 2, BASE + 0x2000, 16, VRING_DESC_NEXT, 4);
    put(g, 4, BASE + 0x3000, 64, VRING_DESC_WRITE, 0);
    offer(g, 2);
    assert_int_equal(virtq_pop(&g->vq, &g->chain), 1);
    memset(&g->chain, 0, sizeof(g->chain));
    assert_int_equal(virtq_again(&g->vq, 2, &g->chain), 0);
    assert_int_equal(g->chain.writable_bytes, 64);
    assert_int_equal(chain_write(&g->chain, 0, "new", 3), 3);
    assert_memory_equal(g->ram + 0x3000, "new", 3);
    desc(g, 4)->addr = BASE + BYTES; /* the guest, or its memory map, has changed meanwhile */
    assert_int_equal(virtq_again(&g->vq, 2, &g->chain), -EPROTO);
    assert_int_equal(virtq_again(&g->vq, SIZE, &g->chain), -EPROTO);
    assert_false(g->vq.broken);
    virtq_push(&g->vq, 2, 3);
    assert_int_equal(used(g)->ring[0].id, 2);
    virtq_stop(&g->vq);
    assert_int_equal(virtq_again(&g->vq, 2, &g->chain), -EPROTO);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(pops_one_chain),
        T(follows_an_indirect_table),
        T(a_buffer_may_cross_adjacent_regions),
        T(refuses_a_loop),
        T(refuses_a_loop_to_itself_without_bytes),
        T(refuses_a_next_outside),
        T(refuses_addresses_outside),
        T(refuses_readable_after_writable),
        T(refuses_bad_heads_and_indices),
        T(refuses_bad_indirect_tables),
        T(refuses_the_ring_as_an_indirect_table),
        T(refuses_an_overlong_chain),
        T(refuses_more_than_4_gib),
        T(a_queue_goes_round),
        T(an_unpopped_chain_comes_again),
        T(looks_up_again),
        T(suppresses_notifications),
        T(asks_for_no_notification_while_it_is_polled),
        T(refuses_bad_rings),
        T(memory_maps_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
