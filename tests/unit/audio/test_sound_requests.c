/* SPDX-License-Identifier: BSD-3-Clause */
/* The cluster's requests in shared memory, and the answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sound/requests.h"

#define KHZ 1000000u /* a tick is a nanosecond */
#define MS  1000000u

static _Alignas(64) uint8_t region[REQUESTS_BYTES], answer[STATUS_BYTES];
static struct bn_chime_requests *const asked = (void *)(region + sizeof(struct bn_shm_header));
static struct bn_shm_header *const head = (void *)region;
static struct requests r;
static uint32_t started[64];
static unsigned count;

static bool start(void *data, uint32_t chime)
{
    (void)data;
    if (!chime || chime >= BN_CHIME_END)
        return false;
    started[count++ % 64] = chime;
    return true;
}

static void publish(void)
{
    head->magic = BN_SHM_MAGIC;
    head->version = BN_SHM_VERSION;
    head->data_id = BN_SHM_CHIME;
    head->payload_bytes = sizeof(*asked);
    head->counter++;
    head->crc = bn_shm_crc(head, asked);
    head->sequence += 2;
}

static void ask(uint32_t chime, uint64_t tsc)
{
    const uint32_t n = asked->latest + 1;

    asked->request[n % BN_CHIME_REQUESTS] = (struct bn_chime_request){n, chime, tsc};
    asked->latest = n;
    publish();
}

static int set_up(void **state)
{
    (void)state;
    memset(region, 0, sizeof(region));
    memset(answer, 0, sizeof(answer));
    count = 0;
    requests_init(&r, region, answer, KHZ);
    return 0;
}

static struct bn_chime_status read_answer(void)
{
    struct bn_shm_header h;
    struct bn_chime_status s;

    memcpy(&h, answer, sizeof(h));
    memcpy(&s, answer + sizeof(h), sizeof(s));
    assert_int_equal(h.magic, BN_SHM_MAGIC);
    assert_int_equal(h.sequence % 2, 0);
    assert_int_equal(h.crc, bn_shm_crc(&h, &s));
    return s;
}

static void test_each_once(void **state)
{
    (void)state;
    requests_poll(&r, 10 * MS, start, NULL); /* nobody there yet */
    ask(BN_CHIME_BELT, 10 * MS);
    ask(BN_CHIME_TICK, 11 * MS);
    requests_poll(&r, 14 * MS, start, NULL);
    requests_poll(&r, 15 * MS, start, NULL);
    assert_int_equal(count, 2);
    assert_int_equal(started[0], BN_CHIME_BELT);
    assert_int_equal(started[1], BN_CHIME_TICK);
    requests_answer(&r, 512, 5, true);
    assert_int_equal(read_answer().acknowledged, 2);
    assert_int_equal(read_answer().played, 512);
    assert_int_equal(read_answer().worst_us, 4000);
    ask(77, 20 * MS);
    requests_poll(&r, 20 * MS, start, NULL);
    requests_answer(&r, 512, 6, true);
    assert_int_equal(read_answer().acknowledged, 3);
    assert_int_equal(read_answer().refused, 1);
}

static void test_what_is_torn_or_wrong(void **state)
{
    (void)state;
    ask(BN_CHIME_WARNING, 1);
    head->sequence++; /* half written */
    requests_poll(&r, 2, start, NULL);
    assert_int_equal(count, 0);
    head->sequence++;
    head->crc ^= 1;
    requests_poll(&r, 3, start, NULL);
    assert_int_equal(count, 0);
    head->data_id = BN_SHM_VEHICLE; /* another region's, right in itself */
    head->crc = bn_shm_crc(head, asked);
    head->sequence += 2;
    requests_poll(&r, 4, start, NULL);
    assert_int_equal(count, 0);
    assert_int_equal(r.torn, 3);
    publish();
    requests_poll(&r, 5, start, NULL);
    assert_int_equal(count, 1);
}

/* More than there is room for: the latest are played. A number that is not where it should be is
 * passed over. */
static void test_overrun(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 20; i++)
        ask(1 + i % 5, 1);
    asked->request[15 % BN_CHIME_REQUESTS].number = 7;
    publish();
    requests_poll(&r, 2, start, NULL);
    assert_int_equal(count, BN_CHIME_REQUESTS - 1);
    requests_answer(&r, 0, 0, true);
    assert_int_equal(read_answer().acknowledged, 20);
}

static void test_what_is_too_old(void **state)
{
    (void)state;
    ask(BN_CHIME_WARNING, 100 * MS);
    ask(BN_CHIME_BELT, 150 * MS);
    requests_poll(&r, (101 + BN_CHIME_PATIENCE_MS) * MS, start, NULL);
    assert_int_equal(count, 1);
    assert_int_equal(started[0], BN_CHIME_BELT);
}

static void test_nobody_hears(void **state)
{
    (void)state;
    ask(BN_CHIME_WARNING, 1);
    requests_poll(&r, 2, start, NULL);
    requests_answer(&r, 100, 1, false);
    assert_int_equal(read_answer().acknowledged, 0);
    assert_int_equal(read_answer().played, 0);
}

static void test_restarts(void **state)
{
    struct bn_shm_header before, after;

    (void)state;
    ask(BN_CHIME_WARNING, 1);
    ask(BN_CHIME_BELT, 1);
    requests_poll(&r, 2, start, NULL);
    requests_answer(&r, 100, 1, true);
    memcpy(&before, answer, sizeof(before));
    /* ours: what was played is not played again, and what was asked since is */
    ask(BN_CHIME_INFO, 3);
    requests_init(&r, region, answer, KHZ);
    requests_poll(&r, 4, start, NULL);
    assert_int_equal(count, 3);
    assert_int_equal(started[2], BN_CHIME_INFO);
    requests_answer(&r, 0, 2, true);
    memcpy(&after, answer, sizeof(after));
    assert_true(after.sequence > before.sequence && after.counter > before.counter);
    assert_int_equal(read_answer().acknowledged, 3);
    /* the cluster's: it counts from 1 again */
    memset(region, 0, sizeof(region));
    ask(BN_CHIME_TOCK, 5);
    requests_poll(&r, 6, start, NULL);
    assert_int_equal(count, 4);
    requests_answer(&r, 0, 3, true);
    assert_int_equal(read_answer().acknowledged, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_each_once),       TEST(test_what_is_torn_or_wrong), TEST(test_overrun),
        TEST(test_what_is_too_old), TEST(test_nobody_hears),          TEST(test_restarts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
