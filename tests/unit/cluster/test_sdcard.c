/* SPDX-License-Identifier: BSD-3-Clause */
/* Every card in every controller is found, read and written; whatever goes wrong, the driver says
 * so in time and never waits in between. */
#include "sd_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STEP_MS 10u
#define BOUND_MS                                                                                   \
    2500u            /* the longest that anything may take: a card that never ends its power-up    \
                      */
#define COMMANDS 40u /* more than one life of these tests sends */

static struct sdcard c;
static uint32_t now;
static uint8_t block[SDHC_BLOCK_BYTES];

static int begin(void **state)
{
    (void)state;
    sd_begin();
    now = UINT32_MAX - 500; /* time turns over meanwhile */
    return 0;
}

static enum sdhc_status finish(void)
{
    uint32_t from = now;
    enum sdhc_status status;

    while ((status = sdcard_step(&c, now)) == SDHC_BUSY) {
        now += STEP_MS;
        assert_true(now - from <= BOUND_MS);
    }
    return status;
}

static enum sdhc_status find(void)
{
    sdcard_find(&c, &sd_registers, now);
    return finish();
}

static enum sdhc_status write_block(uint32_t slot, uint8_t seed)
{
    for (uint32_t i = 0; i < sizeof(block); i++)
        block[i] = (uint8_t)(seed + i * 7);
    sdcard_write(&c, STORE_BLOCK(slot), block, now);
    return finish();
}

static enum sdhc_status read_block(uint32_t slot)
{
    memset(block, 0, sizeof(block));
    sdcard_read(&c, STORE_BLOCK(slot), block, now);
    return finish();
}

static void test_every_card_in_every_controller(void **state)
{
    static const uint32_t mhz[] = {10, 25, 33, 48, 52, 63, 100, 200, 255};

    (void)state;
    for (uint32_t version = 0; version < 3; version++)
        for (int kind = SD_VERSION_1; kind <= SD_HIGH; kind++)
            for (size_t i = 0; i < sizeof(mhz) / sizeof(mhz[0]); i++)
                for (uint32_t delay = 0; delay < 4; delay++) {
                    if (version < 2 && mhz[i] > 63)
                        continue; /* six bits say how many */
                    sd_begin();
                    sd.version = version;
                    sd.kind = (enum sd_kind)kind;
                    sd.base_mhz = mhz[i];
                    sd.delay = delay;
                    assert_int_equal(find(), SDHC_DONE);
                    assert_int_equal(c.by_block, kind == SD_HIGH);
                    assert_int_equal(write_block(1, (uint8_t)i), SDHC_DONE);
                    assert_memory_equal(sd.media[1], block, sizeof(block));
                    assert_int_equal(read_block(1), SDHC_DONE);
                    assert_memory_equal(sd.media[1], block, sizeof(block));
                    assert_int_equal(read_block(0), SDHC_DONE);
                    assert_memory_equal(sd.media[0], block, sizeof(block));
                }
}

static void test_identity(void **state)
{
    uint32_t first;

    (void)state;
    assert_int_equal(find(), SDHC_DONE);
    first = c.identity;
    sd.serial++;
    sd_power_on();
    assert_int_equal(find(), SDHC_DONE);
    assert_int_not_equal(c.identity, first);
}

/* A slow card is waited for, one that takes for ever is not. */
static void test_power_up(void **state)
{
    (void)state;
    sd.power_up = 40;
    assert_int_equal(find(), SDHC_DONE);
    sd_power_on();
    sd.power_up = UINT32_MAX;
    assert_int_equal(find(), SDHC_FAILED);
}

static void test_faults_of_the_controller(void **state)
{
    (void)state;
    for (int fault = SD_EMPTY; fault <= SD_ZEROS; fault++) {
        sd_begin();
        sd.fault = (enum sd_fault)fault;
        assert_int_equal(find(), fault == SD_EMPTY ? SDHC_ABSENT : SDHC_FAILED);
    }
}

/* Finds, writes, reads; returns false as soon as the driver says that it has failed. */
static bool live(void)
{
    return find() == SDHC_DONE && write_block(0, 3) == SDHC_DONE && read_block(0) == SDHC_DONE;
}

/* Each fault at each command, once and for good. Either nothing came of it or it was told; and once
 * it is over the next life is a good one. */
static void test_faults_at_every_command(void **state)
{
    static const uint32_t lasts[] = {1, 3, UINT32_MAX};
    uint32_t told[SD_FAULTS] = {0};

    (void)state;
    for (int fault = SD_SILENT; fault < SD_FAULTS; fault++)
        for (uint32_t from = 1; from <= COMMANDS; from++)
            for (uint32_t i = 0; i < 3; i++) {
                sd_begin();
                sd.fault = (enum sd_fault)fault;
                sd.from = from;
                sd.lasts = lasts[i];
                sd.delay = from % 3;
                told[fault] += !live();
                sd.fault = SD_FINE;
                sd_power_on();
                assert_true(live());
            }
    for (int fault = SD_SILENT; fault < SD_FAULTS; fault++)
        if (fault != SD_LIES && fault != SD_FLIPS) /* those only the store can see */
            assert_true(told[fault] > 0);
}

/* What the card says of a block is heard, though the block comes. */
static void test_errors_of_blocks(void **state)
{
    (void)state;
    assert_int_equal(find(), SDHC_DONE);
    sd.fault = SD_R1_ERROR;
    assert_int_equal(read_block(0), SDHC_FAILED);
    sd.fault = SD_FINE;
    assert_int_equal(find(), SDHC_DONE);
    sd.fault = SD_R1_ERROR;
    assert_int_equal(write_block(0, 1), SDHC_FAILED);
}

/* The controller goes in the middle of anything. */
static void test_surprise_removal(void **state)
{
    (void)state;
    for (uint32_t steps = 0; steps < 60; steps++) {
        sd_begin();
        sd.delay = 1;
        sdcard_find(&c, &sd_registers, now);
        for (uint32_t i = 0; i < steps && sdcard_step(&c, now) == SDHC_BUSY; i++)
            now += STEP_MS;
        sd.fault = SD_ONES;
        assert_int_not_equal(write_block(0, 1), SDHC_DONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_every_card_in_every_controller, begin),
        cmocka_unit_test_setup(test_identity, begin),
        cmocka_unit_test_setup(test_power_up, begin),
        cmocka_unit_test_setup(test_faults_of_the_controller, begin),
        cmocka_unit_test_setup(test_faults_at_every_command, begin),
        cmocka_unit_test_setup(test_errors_of_blocks, begin),
        cmocka_unit_test_setup(test_surprise_removal, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
