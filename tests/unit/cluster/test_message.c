/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages in order of severity: who is on the glass, for how long, who comes next, what is heard.
 */
#include "message.h"

#include "binnacle/vehicle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BIT(name) message_bit(MESSAGE_##name)
#define FRAME_MS  17u

static struct messages messages;
static uint32_t now;
static uint32_t rung[MESSAGE_COUNT]; /* chimes, by the message that was shown with them */

static int begin(void **state)
{
    (void)state;
    memset(&messages, 0, sizeof(messages));
    memset(rung, 0, sizeof(rung));
    now = 0xFFFFF000u; /* the clock wraps on the way */
    return 0;
}

static enum message look(uint32_t holding)
{
    enum bn_chime chime;
    enum message m = messages_update(&messages, holding, now, &chime);

    assert_true(m == MESSAGE_NONE || holding & message_bit(m));
    assert_true(!chime || chime == message_table[m].chime);
    rung[m] += chime != 0;
    now += FRAME_MS;
    return m;
}

/* How long it stays; *next is what follows. */
static uint32_t stays(uint32_t holding, enum message *next)
{
    enum message m = look(holding);
    uint32_t start = now - FRAME_MS;

    for (int i = 0; i < 5000; i++) {
        *next = look(holding);
        if (*next != m)
            return now - FRAME_MS - start;
    }
    *next = m;
    return UINT32_MAX;
}

static void test_table(void **state)
{
    uint32_t lamps = 0;

    (void)state;
    assert_string_equal(message_table[MESSAGE_NONE].text, "");
    for (int i = 1; i < MESSAGE_COUNT; i++) {
        const struct message_entry *e = &message_table[i];

        assert_in_range(strlen(e->text), 5, 26);
        assert_in_range(e->show_ms, 2000, 10000);
        assert_true(i == 1 || e->severity >= message_table[i - 1].severity);
        assert_int_equal(lamps & e->telltales, 0); /* a lamp has one message at most */
        assert_true(!e->telltales || !e->chime);   /* its lamp rings */
        for (int j = 0; j < i; j++)
            assert_string_not_equal(e->text, message_table[j].text);
        lamps |= e->telltales;
    }
}

static void test_lamps(void **state)
{
    (void)state;
    assert_int_equal(messages_of_lamps(0, true), 0);
    assert_int_equal(messages_of_lamps(1u << BN_TELLTALE_BRAKE | 1u << BN_TELLTALE_FUEL, false),
                     BIT(BRAKE) | BIT(FUEL));
    assert_int_equal(messages_of_lamps(1u << BN_TELLTALE_PARK_BRAKE, false), 0);
    assert_int_equal(messages_of_lamps(1u << BN_TELLTALE_PARK_BRAKE, true), BIT(PARK_BRAKE));
    assert_int_equal(messages_of_lamps(1u << BN_TELLTALE_HIGH_BEAM, true), 0);
}

static void test_the_most_severe_waits_for_nobody(void **state)
{
    (void)state;
    assert_int_equal(look(0), MESSAGE_NONE);
    assert_int_equal(look(BIT(FUEL)), MESSAGE_FUEL);
    assert_int_equal(look(BIT(FUEL) | BIT(DOOR)), MESSAGE_DOOR);
    assert_int_equal(look(BIT(FUEL) | BIT(DOOR) | BIT(BRAKE)), MESSAGE_BRAKE);
    assert_int_equal(look(BIT(FUEL) | BIT(DOOR) | BIT(BRAKE)), MESSAGE_BRAKE);
    assert_int_equal(look(BIT(FUEL) | BIT(DOOR)), MESSAGE_DOOR); /* it ends with its condition */
    assert_int_equal(look(0), MESSAGE_NONE);
}

static void test_the_others_have_their_turn(void **state)
{
    const uint32_t holding = BIT(BRAKE) | BIT(DOOR) | BIT(WASHER);
    enum message next;

    (void)state;
    for (int round = 0; round < 3; round++) {
        assert_in_range(stays(holding, &next), message_table[MESSAGE_BRAKE].show_ms - FRAME_MS,
                        message_table[MESSAGE_BRAKE].show_ms + FRAME_MS);
        assert_int_equal(next, MESSAGE_DOOR);
        stays(holding, &next);
        assert_int_equal(next, round == 0 ? MESSAGE_WASHER : MESSAGE_BRAKE);
        if (round == 0)
            stays(holding, &next); /* once is enough for it */
        assert_int_equal(next, MESSAGE_BRAKE);
    }
}

static void test_alone_it_stays_or_is_said_once(void **state)
{
    enum message next;

    (void)state;
    assert_int_equal(stays(BIT(BRAKE), &next), UINT32_MAX);
    assert_in_range(stays(BIT(ICE), &next), message_table[MESSAGE_ICE].show_ms - FRAME_MS,
                    message_table[MESSAGE_ICE].show_ms + FRAME_MS);
    assert_int_equal(next, MESSAGE_NONE);
    assert_int_equal(stays(BIT(ICE), &next), UINT32_MAX);
    assert_int_equal(look(BIT(ICE)), MESSAGE_NONE);
    assert_int_equal(rung[MESSAGE_ICE], 1);
    look(0);
    assert_int_equal(look(BIT(ICE)), MESSAGE_ICE); /* news again */
    assert_int_equal(rung[MESSAGE_ICE], 2);
}

static void test_who_was_interrupted_comes_again_without_a_chime(void **state)
{
    enum message next;

    (void)state;
    look(BIT(ICE));
    assert_int_equal(look(BIT(ICE) | BIT(OIL)), MESSAGE_OIL);
    stays(BIT(ICE) | BIT(OIL), &next);
    assert_int_equal(next, MESSAGE_ICE);
    assert_int_equal(rung[MESSAGE_ICE], 1);
    assert_int_equal(rung[MESSAGE_OIL], 0); /* its lamp rings */
}

/* Any conditions at any time: what is shown holds, and nobody that holds again and again waits for
 * longer than all others take. */
static void test_nobody_is_forgotten(void **state)
{
    uint32_t waiting[MESSAGE_COUNT] = {0}, holding = 0;

    (void)state;
    srand(7);
    for (int i = 0; i < 400000; i++) {
        enum message m;

        if (rand() % 4000 == 0)
            holding = ((uint32_t)rand() << 1 & ((1u << MESSAGE_COUNT) - 1)) & (uint32_t)rand();
        m = look(holding);
        assert_true(m || !(holding & ~messages.done));
        for (int k = 1; k < MESSAGE_COUNT; k++) {
            bool waits = holding & ~messages.done & message_bit((enum message)k) && (int)m != k;

            waiting[k] = waits ? waiting[k] + FRAME_MS : 0;
            assert_in_range(waiting[k], 0, MESSAGE_COUNT * 8000 * 2);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_lamps),
        cmocka_unit_test_setup(test_the_most_severe_waits_for_nobody, begin),
        cmocka_unit_test_setup(test_the_others_have_their_turn, begin),
        cmocka_unit_test_setup(test_alone_it_stays_or_is_said_once, begin),
        cmocka_unit_test_setup(test_who_was_interrupted_comes_again_without_a_chime, begin),
        cmocka_unit_test_setup(test_nobody_is_forgotten, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
