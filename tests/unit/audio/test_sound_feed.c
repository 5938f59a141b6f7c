/* SPDX-License-Identifier: BSD-3-Clause */
/* The service's end of a ring: what it takes and gives, and what it makes of a device that lies. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sound/feed.h"

#define RING 4096u

static const uint8_t none[8], offset[8] = {0x80};
static struct link_ring *ring;
static uint8_t *pcm, buffer[RING * 2];
static struct feed f;

static int set_up(void **state)
{
    (void)state;
    ring = aligned_alloc(64, LINK_RING_DATA + RING);
    if (!ring)
        return -1;
    memset((void *)ring, 0, LINK_RING_DATA + RING);
    pcm = (uint8_t *)ring + LINK_RING_DATA;
    for (unsigned i = 0; i < RING; i++)
        pcm[i] = (uint8_t)(i * 7 + 1);
    return feed_init(&f, ring, RING, 4, 2, none);
}

static int tear_down(void **state)
{
    (void)state;
    free(ring);
    return 0;
}

static void test_takes_in_order(void **state)
{
    uint64_t at = 0;

    (void)state;
    for (unsigned n = 0; n < 50; n++) {
        atomic_store(&ring->device, at + RING); /* always full, always the same pattern */
        assert_false(feed_take(&f, buffer, 1000, true, 77));
        for (unsigned i = 0; i < 1000; i++)
            assert_int_equal(buffer[i], (uint8_t)((at + i) % RING * 7 + 1));
        at += 1000;
        assert_int_equal(atomic_load(&ring->service), at);
        assert_int_equal(atomic_load(&ring->latency), 77);
    }
    assert_int_equal(atomic_load(&ring->xruns), 0);
}

static void test_too_little_is_counted(void **state)
{
    (void)state;
    atomic_store(&ring->device, 103); /* 25 frames and a piece */
    feed_take(&f, buffer, 400, true, 0);
    assert_int_equal(atomic_load(&ring->service), 100);
    assert_int_equal(atomic_load(&ring->missing), 300);
    assert_int_equal(atomic_load(&ring->xruns), 1);
    for (unsigned i = 100; i < 400; i++)
        assert_int_equal(buffer[i], 0);
    /* not started: nothing is taken, nothing is missing */
    atomic_store(&ring->device, 1000);
    feed_take(&f, buffer, 400, false, 0);
    assert_int_equal(atomic_load(&ring->service), 100);
    assert_int_equal(atomic_load(&ring->missing), 300);
}

static void test_silence_has_an_offset(void **state)
{
    (void)state;
    assert_int_equal(feed_init(&f, ring, RING, 2, 1, offset), 0);
    feed_take(&f, buffer, 64, true, 0);
    for (unsigned i = 0; i < 64; i++)
        assert_int_equal(buffer[i], 0x80);
}

static void test_wakes_once(void **state)
{
    (void)state;
    atomic_store(&ring->device, 4000);
    atomic_store(&ring->wake_at, 1500);
    assert_false(feed_take(&f, buffer, 1000, true, 0));
    assert_true(feed_take(&f, buffer, 1000, true, 0));
    assert_false(feed_take(&f, buffer, 1000, true, 0));
    atomic_store(&ring->wake_at, 2000); /* too late, and yet */
    assert_true(feed_take(&f, buffer, 400, true, 0));
    assert_false(feed_take(&f, buffer, 400, true, 0));
}

static void test_a_device_that_lies(void **state)
{
    const uint64_t lies[] = {RING + 1, UINT64_MAX, UINT64_C(1) << 63};

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(feed_init(&f, ring, RING, 4, 2, none), 0);
        atomic_store(&ring->device, lies[i]);
        atomic_store(&ring->service, 12345); /* ours is not in the ring */
        memset(buffer, 1, sizeof(buffer));
        feed_take(&f, buffer, 1024, true, 0);
        assert_true(f.lied && f.count == 0);
        assert_int_equal(atomic_load(&ring->service), 0);
        for (unsigned k = 0; k < 1024; k++)
            assert_int_equal(buffer[k], 0);
        atomic_store(&ring->device, 100); /* and stays one */
        feed_take(&f, buffer, 1024, true, 0);
        assert_int_equal(f.count, 0);
    }
}

static void test_gives(void **state)
{
    (void)state;
    for (unsigned i = 0; i < sizeof(buffer); i++)
        buffer[i] = (uint8_t)(i * 3);
    feed_give(&f, buffer, 3000, true, 5);
    assert_int_equal(atomic_load(&ring->service), 3000);
    assert_memory_equal(pcm, buffer, 3000);
    atomic_store(&ring->device, 2000);
    feed_give(&f, buffer + 3000, 3000, true, 5); /* wraps */
    assert_int_equal(atomic_load(&ring->service), 6000);
    assert_memory_equal(pcm, buffer + RING, 6000 - RING);
    feed_give(&f, buffer, 400, true, 5); /* room for 96 */
    assert_int_equal(atomic_load(&ring->service), 6096);
    assert_int_equal(atomic_load(&ring->missing), 304);
    assert_int_equal(atomic_load(&ring->xruns), 1);
    atomic_store(&ring->device, 6100); /* taken what was not there */
    feed_give(&f, buffer, 400, true, 5);
    assert_true(f.lied);
}

static void test_goes_on_where_it_was(void **state)
{
    (void)state;
    atomic_store(&ring->service, 400);
    atomic_store(&ring->device, 800);
    atomic_store(&ring->xruns, 3);
    assert_int_equal(feed_init(&f, ring, RING, 4, 2, none), 0);
    feed_take(&f, buffer, 400, true, 0);
    assert_memory_equal(buffer, pcm + 400, 400);
    assert_int_equal(atomic_load(&ring->xruns), 3);
    atomic_store(&ring->service, 401);
    assert_int_equal(feed_init(&f, ring, RING, 4, 2, none), -EINVAL);
}

/* A device that has gone: what is left is read, and nothing is written any more. */
static void test_detached(void **state)
{
    (void)state;
    atomic_store(&ring->device, 2000);
    atomic_store(&ring->wake_at, 400);
    f.detached = true;
    assert_false(feed_take(&f, buffer, 400, true, 9));
    assert_false(feed_take(&f, buffer + 400, 400, true, 9));
    assert_memory_equal(buffer, pcm, 800);
    assert_int_equal(atomic_load(&ring->service), 0);
    assert_int_equal(atomic_load(&ring->latency), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_takes_in_order),        TEST(test_too_little_is_counted),
        TEST(test_silence_has_an_offset), TEST(test_wakes_once),
        TEST(test_a_device_that_lies),    TEST(test_gives),
        TEST(test_goes_on_where_it_was),  TEST(test_detached),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
