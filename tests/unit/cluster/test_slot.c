/* SPDX-License-Identifier: BSD-3-Clause */
/* A slot is believed when all of it is as it was written, there, on this card; and never else. */
#include "slot.h"

#include "binnacle/abi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CARD 0xCAFEu

static const struct record record = {12345678, {12000000, 12345678}};
static uint8_t block[SLOT_BYTES];

static bool believed(uint32_t index, uint32_t card)
{
    struct record r;
    uint32_t counter;

    return slot_unpack(block, index, card, &counter, &r);
}

static void test_round_trip(void **state)
{
    struct record r;
    uint32_t counter;

    (void)state;
    slot_pack(block, 1, CARD, 77, &record);
    assert_true(slot_unpack(block, 1, CARD, &counter, &r));
    assert_int_equal(counter, 77);
    assert_memory_equal(&r, &record, sizeof(r));
    assert_memory_equal(block, "BNOD", 4);
}

static void test_foreign_slots(void **state)
{
    (void)state;
    slot_pack(block, 1, CARD, 77, &record);
    assert_false(believed(0, CARD)); /* a copy in the wrong place */
    assert_false(believed(1, CARD + 1));
    memset(block, 0, sizeof(block));
    assert_false(believed(0, 0)); /* a card that was never written */
    memset(block, 0xFF, sizeof(block));
    assert_false(believed(0, UINT32_MAX));
}

static void test_every_bit_counts(void **state)
{
    (void)state;
    slot_pack(block, 0, CARD, 77, &record);
    for (uint32_t i = 0; i < SLOT_BYTES; i++)
        for (int change = 1; change < 256; change++) {
            block[i] ^= (uint8_t)change;
            assert_false(believed(0, CARD));
            block[i] ^= (uint8_t)change;
        }
    assert_true(believed(0, CARD));
}

/* Any part of a new slot over an old one, or over an erased one, in either order. */
static void test_every_torn_write(void **state)
{
    static const struct record newer = {12345778, {12000000, 12345678}};
    uint8_t old[3][SLOT_BYTES], new[SLOT_BYTES];

    (void)state;
    slot_pack(old[0], 0, CARD, 77, &record);
    memset(old[1], 0xFF, SLOT_BYTES);
    memset(old[2], 0, SLOT_BYTES);
    slot_pack(new, 0, CARD, 79, &newer);
    for (uint32_t from = 0; from < 3; from++)
        for (uint32_t n = 0; n <= SLOT_BYTES; n++)
            for (int tail = 0; tail < 2; tail++) {
                memcpy(block, tail ? new : old[from], SLOT_BYTES);
                memcpy(block, tail ? old[from] : new, n);
                assert_int_equal(believed(0, CARD), !memcmp(block, new, SLOT_BYTES) ||
                                                        !memcmp(block, old[0], SLOT_BYTES));
            }
}

/* What no cluster would have written is not believed although its sum is right. */
static void forge(uint32_t at, uint32_t value)
{
    uint32_t crc;

    slot_pack(block, 0, CARD, 77, &record);
    memcpy(block + at, &value, sizeof(value));
    crc = bn_crc32(0, block, SLOT_BYTES - 4);
    memcpy(block + SLOT_BYTES - 4, &crc, sizeof(crc));
}

static void test_ranges(void **state)
{
    (void)state;
    forge(16, SLOT_METRES);
    assert_true(believed(0, CARD));
    forge(16, SLOT_METRES + 1);
    assert_false(believed(0, CARD));
    forge(20, record.odometer_m + 1); /* a trip that begins in the future */
    assert_false(believed(0, CARD));
    forge(24, record.odometer_m + 1);
    assert_false(believed(0, CARD));
    forge(4, 2); /* another version */
    assert_false(believed(0, CARD));
    forge(0, 0x444F4E41);
    assert_false(believed(0, CARD));
    forge(200, 1); /* what is reserved */
    assert_false(believed(0, CARD));
}

static void test_newer(void **state)
{
    static const uint32_t counters[] = {0, 1, 2, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF};

    (void)state;
    for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
        assert_true(slot_newer(counters[i] + 1, counters[i])); /* over the end too */
        assert_false(slot_newer(counters[i], counters[i] + 1));
        assert_false(slot_newer(counters[i], counters[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),       cmocka_unit_test(test_foreign_slots),
        cmocka_unit_test(test_every_bit_counts), cmocka_unit_test(test_every_torn_write),
        cmocka_unit_test(test_ranges),           cmocka_unit_test(test_newer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
