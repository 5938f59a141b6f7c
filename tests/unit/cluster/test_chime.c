/* SPDX-License-Identifier: BSD-3-Clause */
/* Chimes: what asks for them, who sounds them, and that the speaker always falls silent. */
#include "chime.h"
#include "dash.h"
#include "window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LAMP(name) (1u << BN_TELLTALE_##name)
#define T0         10000u /* long after the lamp check */

static struct chime_watch watch;
static struct chimes chimes;
static struct bus bus;
static uint32_t now;

static int begin(void **state)
{
    (void)state;
    memset(&watch, 0, sizeof(watch));
    memset(&bus, 0, sizeof(bus));
    chimes_init(&chimes, true);
    now = T0;
    return 0;
}

/* A fresh bus with these lamps and that speed, looked at for `ms` from now on. Which chimes it asks
 * for, one character each: W, B, I, + (tick), - (tock). */
static const char *drive(uint32_t lamps, uint16_t centikmh, uint32_t ms)
{
    static const char names[BN_CHIME_END + 1] = "?WB+-I";
    static char heard[256];
    size_t used = 0;

    bus.telltales = lamps;
    bus.speed_centikmh = centikmh;
    for (uint32_t end = now + ms; now < end; now += CHIME_PERIOD_MS) {
        enum bn_chime wanted[CHIME_AT_ONCE];
        uint32_t n;

        for (int i = 0; i < BUS_MESSAGES; i++) {
            bus.seen[i] = true;
            bus.time_ms[i] = now;
        }
        n = chime_watch(&watch, &bus, now, wanted);
        assert_true(n <= CHIME_AT_ONCE);
        for (uint32_t i = 0; i < n; i++) {
            assert_true(used + 1 < sizeof(heard));
            heard[used++] = names[wanted[i]];
        }
    }
    heard[used] = 0;
    return heard;
}

/* Nothing comes on the bus for so long. */
static const char *silence(uint32_t ms)
{
    static char heard[8];
    enum bn_chime wanted[CHIME_AT_ONCE];
    size_t used = 0;

    for (uint32_t end = now + ms; now < end; now += CHIME_PERIOD_MS) {
        uint32_t n = chime_watch(&watch, &bus, now, wanted);

        for (uint32_t i = 0; i < n; i++) {
            assert_true(used + 1 < sizeof(heard));
            heard[used++] = "?WB+-I"[wanted[i]];
        }
    }
    heard[used] = 0;
    return heard;
}

static void test_lamps_ring_once(void **state)
{
    (void)state;
    assert_string_equal(drive(0, 0, 1000), "");
    assert_string_equal(drive(LAMP(BRAKE), 0, 5000), "W");
    assert_string_equal(drive(0, 0, 3000), "");
    assert_string_equal(drive(LAMP(MIL), 0, 5000), "I");
    assert_string_equal(drive(LAMP(MIL) | LAMP(BRAKE), 5000, 1000), "W");
    assert_string_equal(drive(0, 0, 3000), "");
    assert_string_equal(drive(LAMP(MIL) | LAMP(BRAKE), 0, 1000), "W"); /* to stop is enough */
    assert_string_equal(drive(0, 0, 3000), "");
    assert_string_equal(drive(LAMP(HIGH_BEAM), 9000, 1000), "");
}

/* Red warns, amber tells, what only says that something is on is silent, and so is what the belt's
 * chime says. */
static void test_each_lamp_has_its_chime(void **state)
{
    static const char *const rings[BN_TELLTALE_COUNT] = {
        [BN_TELLTALE_BRAKE] = "W",       [BN_TELLTALE_AIRBAG] = "W",
        [BN_TELLTALE_OIL] = "W",         [BN_TELLTALE_CHARGE] = "W",
        [BN_TELLTALE_COOLANT] = "W",     [BN_TELLTALE_EPS] = "W",
        [BN_TELLTALE_MIL] = "I",         [BN_TELLTALE_ABS] = "I",
        [BN_TELLTALE_TPMS] = "I",        [BN_TELLTALE_FUEL] = "I",
        [BN_TELLTALE_LAMP_FAULT] = "I",  [BN_TELLTALE_TURN_LEFT] = "+-",
        [BN_TELLTALE_TURN_RIGHT] = "+-",
    };

    (void)state;
    for (int lamp = 0; lamp < BN_TELLTALE_COUNT; lamp++) {
        char heard[8];

        strcpy(heard, drive(1u << lamp, 0, 500));
        strcat(heard, drive(0, 0, 3000));
        assert_string_equal(heard, rings[lamp] ? rings[lamp] : "");
    }
}

/* Who drives off with a door open, or the brake set, is warned then. */
static void test_open_is_news_while_moving(void **state)
{
    static const uint32_t lamps[] = {LAMP(DOOR), LAMP(BOOT), LAMP(BONNET), LAMP(PARK_BRAKE)};

    (void)state;
    for (int i = 0; i < 4; i++) {
        assert_string_equal(drive(lamps[i], 0, 3000), "");
        assert_string_equal(drive(lamps[i], CHIME_MOVING - 1, 3000), "");
        assert_string_equal(drive(lamps[i], CHIME_MOVING, 3000), "W");
        assert_string_equal(drive(lamps[i], 0, 500), ""); /* stop and go */
        assert_string_equal(drive(lamps[i], CHIME_MOVING, 3000), "");
        assert_string_equal(drive(0, CHIME_MOVING, 3000), "");
        assert_string_equal(drive(lamps[i], CHIME_MOVING, 3000), "W");
        assert_string_equal(drive(0, 0, 3000), "");
    }
}

/* A loose contact is no news each time, but what was dark for long is. */
static void test_flicker_is_no_news(void **state)
{
    (void)state;
    assert_string_equal(drive(LAMP(BRAKE), 0, 500), "W");
    for (int i = 0; i < 20; i++) {
        assert_string_equal(drive(0, 0, CHIME_REST_MS - 2 * CHIME_PERIOD_MS), "");
        assert_string_equal(drive(LAMP(BRAKE), 0, 500), "");
    }
    assert_string_equal(drive(0, 0, CHIME_REST_MS + CHIME_PERIOD_MS), "");
    assert_string_equal(drive(LAMP(BRAKE), 0, 500), "W");
}

static void test_turn_signal_ticks_and_tocks(void **state)
{
    char all[64] = "";

    (void)state;
    for (int i = 0; i < 5; i++) {
        strcat(all, drive(LAMP(TURN_LEFT), 3000, 340));
        strcat(all, drive(0, 3000, 340));
    }
    assert_string_equal(all, "+-+-+-+-+-");
    assert_string_equal(drive(LAMP(TURN_LEFT) | LAMP(TURN_RIGHT), 0, 340), "+");
    assert_string_equal(drive(LAMP(TURN_RIGHT), 0, 340), ""); /* one still ticks */
    assert_string_equal(drive(0, 0, 340), "-");
}

static void test_belt_gongs_while_moving_for_a_bounded_time(void **state)
{
    (void)state;
    assert_string_equal(drive(LAMP(BELT), 0, 20000), "");
    assert_string_equal(drive(LAMP(BELT), CHIME_BELT_SPEED - 1, 5000), "");
    assert_string_equal(drive(LAMP(BELT), CHIME_BELT_SPEED, 5000), "BBB");
    assert_string_equal(drive(LAMP(BELT), 0, 5000), ""); /* at a red light */
    assert_string_equal(drive(LAMP(BELT), 5000, 600000), "BBBBBBBBBBBBB");
    assert_string_equal(drive(0, 5000, 1000), "");
    assert_string_equal(drive(LAMP(BELT), 5000, 3000), "BB");
    assert_true(CHIME_BELT_GONGS * CHIME_BELT_MS >= 30000); /* UN R16 */
}

/* The lamp check is seen, not heard; what is still lit after it was lit by the car. */
static void test_lamp_check_is_silent(void **state)
{
    (void)state;
    now = 0;
    assert_string_equal(drive(0, 0, DASH_LAMP_CHECK_MS), "");
    assert_string_equal(drive(0, 0, 3000), "");
    memset(&watch, 0, sizeof(watch));
    now = 0;
    assert_string_equal(drive(LAMP(BRAKE) | LAMP(BELT), 0, DASH_LAMP_CHECK_MS), "");
    assert_string_equal(drive(LAMP(BRAKE) | LAMP(BELT), 0, 3000), "W");
}

/* The lamps that are lit for want of data are heard as well; a bus that comes and goes nags
 * nobody. */
static void test_lost_bus_warns(void **state)
{
    (void)state;
    assert_string_equal(drive(0, 5000, 1000), "");
    assert_string_equal(silence(1000), "W");
    for (int i = 0; i < 5; i++) {
        assert_string_equal(drive(0, 5000, 200), "");
        assert_string_equal(silence(300), "");
    }
}

/* ---- the speaker's voice */

static uint32_t length_of(enum bn_chime chime, uint32_t *tones_ms)
{
    struct chime_tone t = {0};
    uint32_t ms = 0;

    *tones_ms = 0;
    chime_tone_begin(&t, chime, 77);
    while (t.chime && ms < 5000) {
        uint32_t hz = chime_tone_hz(&t, 77 + ms);

        assert_true(hz == 0 || (hz > 400 && hz < 4000)); /* what such a speaker can do */
        *tones_ms += hz != 0;
        ms++;
    }
    return ms - 1;
}

static void test_every_chime_has_a_voice_and_ends(void **state)
{
    uint32_t loud;

    (void)state;
    for (int a = BN_CHIME_WARNING; a < BN_CHIME_END; a++) {
        uint32_t ms = length_of((enum bn_chime)a, &loud);

        assert_in_range(ms, CHIME_PERIOD_MS, 1000);
        assert_in_range(loud, CHIME_PERIOD_MS, ms);
        for (int b = BN_CHIME_WARNING; b < a; b++) { /* no two are the same */
            struct chime_tone one = {0}, other = {0};
            bool same = true;

            chime_tone_begin(&one, (enum bn_chime)a, 0);
            chime_tone_begin(&other, (enum bn_chime)b, 0);
            for (uint32_t t = 0; t < 1000; t++)
                same = chime_tone_hz(&one, t) == chime_tone_hz(&other, t) && same;
            assert_false(same);
        }
    }
}

static void test_the_more_urgent_sounds(void **state)
{
    struct chime_tone t = {0};

    (void)state;
    chime_tone_begin(&t, BN_CHIME_TICK, 0);
    chime_tone_begin(&t, BN_CHIME_WARNING, 5);
    assert_int_equal(t.chime, BN_CHIME_WARNING);
    chime_tone_begin(&t, BN_CHIME_TOCK, 100);
    chime_tone_begin(&t, BN_CHIME_BELT, 110);
    assert_int_equal(t.chime, BN_CHIME_WARNING);
    assert_int_equal(t.start_ms, 5);
    chime_tone_begin(&t, BN_CHIME_TICK, 4000); /* it has ended, though nobody has looked */
    assert_int_equal(t.chime, BN_CHIME_TICK);
    assert_int_not_equal(chime_tone_hz(&t, 4000), 0);
    assert_int_equal(chime_tone_hz(&t, 9000), 0);
    assert_int_equal(chime_tone_hz(&t, 4005), 0); /* once silent, silent */
}

/* Every order of chimes at random times: one second after the last there is no tone. */
static void test_silence_comes_back(void **state)
{
    uint32_t seed = 1, at = 0xFFFFF000u; /* the time wraps meanwhile */

    (void)state;
    for (int run = 0; run < 2000; run++) {
        struct chime_tone t = {0};

        for (int i = 0; i < 8; i++) {
            seed = seed * 1664525u + 1013904223u;
            at += seed >> 24;
            chime_tone_begin(&t, (enum bn_chime)(1 + (seed >> 8) % (BN_CHIME_END - 1)), at);
            (void)chime_tone_hz(&t, at + (seed >> 16 & 31));
        }
        assert_int_equal(chime_tone_hz(&t, at + 1000), 0);
    }
}

/* ---- to an ear */

static struct bn_chime_status says;
static uint32_t says_counter;

static void service_says(uint32_t acknowledged, uint32_t at_ms)
{
    says.acknowledged = acknowledged;
    chimes_update(&chimes, &says, ++says_counter, at_ms);
}

static void test_answered_requests_leave_the_speaker_silent(void **state)
{
    (void)state;
    memset(&says, 0, sizeof(says));
    service_says(0, T0);
    for (uint32_t n = 1; n < 40; n++) {
        uint32_t at = T0 + n * 1000;

        chimes_ask(&chimes, BN_CHIME_TICK, at, 123 + n);
        assert_int_equal(chimes.requests.latest, n);
        assert_int_equal(chimes.requests.request[n % BN_CHIME_REQUESTS].number, n);
        assert_int_equal(chimes.requests.request[n % BN_CHIME_REQUESTS].chime, BN_CHIME_TICK);
        assert_int_equal(chimes.requests.request[n % BN_CHIME_REQUESTS].tsc, 123 + n);
        service_says(n - 1, at + 10);
        service_says(n, at + 30);
        service_says(n, at + 500);
    }
    assert_int_equal(chimes.asked, 39);
    assert_int_equal(chimes.spoken, 0);
    assert_false(chimes.silent);
}

static void test_unanswered_request_is_spoken_in_time(void **state)
{
    (void)state;
    chimes_ask(&chimes, BN_CHIME_WARNING, T0, 0);
    for (uint32_t t = T0; t < T0 + BN_CHIME_PATIENCE_MS; t += CHIME_PERIOD_MS) {
        chimes_update(&chimes, NULL, 0, t);
        assert_int_equal(chime_tone_hz(&chimes.tone, t), 0);
    }
    chimes_update(&chimes, NULL, 0, T0 + BN_CHIME_PATIENCE_MS);
    assert_int_not_equal(chime_tone_hz(&chimes.tone, T0 + BN_CHIME_PATIENCE_MS), 0);
    assert_true(BN_CHIME_PATIENCE_MS + CHIME_PERIOD_MS < 200);
    assert_int_equal(chimes.spoken, 1);
    /* The next does not wait for who did not answer, but asks all the same. */
    chimes_ask(&chimes, BN_CHIME_WARNING, T0 + 2000, 0);
    assert_int_equal(chimes.requests.latest, 2);
    assert_int_equal(chimes.spoken, 2);
    chimes_update(&chimes, NULL, 0, T0 + 2100);
    assert_int_equal(chimes.spoken, 2); /* and not twice */
    /* It is back. */
    chimes_ask(&chimes, BN_CHIME_INFO, T0 + 4000, 0);
    service_says(3, T0 + 4020);
    assert_int_equal(chimes.spoken, 3);
    chimes_ask(&chimes, BN_CHIME_INFO, T0 + 6000, 0);
    service_says(4, T0 + 6020);
    assert_int_equal(chimes.spoken, 3);
}

/* The service sounds nothing that is older than our patience, but acknowledges it. */
static void test_a_late_answer_is_none(void **state)
{
    (void)state;
    for (uint32_t late = 0; late < 30; late++) {
        begin(NULL);
        says_counter = 0;
        chimes_ask(&chimes, BN_CHIME_WARNING, T0, 0);
        chimes_update(&chimes, NULL, 0, T0 + BN_CHIME_PATIENCE_MS - 1);
        assert_int_equal(chimes.spoken, 0);
        service_says(1, T0 + BN_CHIME_PATIENCE_MS + late);
        assert_int_equal(chimes.spoken, 1);
        chimes_ask(&chimes, BN_CHIME_WARNING, T0 + 1000, 0);
        service_says(2, T0 + 1000 + BN_CHIME_PATIENCE_MS - 1);
        assert_false(chimes.silent);
    }
}

static void test_without_a_service_at_once(void **state)
{
    (void)state;
    chimes_init(&chimes, false);
    chimes_ask(&chimes, BN_CHIME_BELT, T0, 0);
    assert_int_not_equal(chime_tone_hz(&chimes.tone, T0), 0);
}

/* What a service VM may write that is no answer: an old word, what was never asked, numbers that go
 * back. */
static void test_lies_are_no_answers(void **state)
{
    static const uint32_t lies[] = {0, 2, 9, 0x80000000u, 0xFFFFFFFFu};

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        chimes_init(&chimes, true);
        chimes_ask(&chimes, BN_CHIME_WARNING, T0, 0);
        service_says(lies[i], T0 + 10);
        chimes_update(&chimes, NULL, 0, T0 + BN_CHIME_PATIENCE_MS);
        assert_int_equal(chimes.spoken, 1);
    }
    chimes_init(&chimes, true);
    service_says(1, T0); /* of a cluster that was here before */
    chimes_ask(&chimes, BN_CHIME_WARNING, T0, 0);
    chimes_update(&chimes, &says, says_counter, T0 + 10);
    chimes_update(&chimes, &says, says_counter, T0 + BN_CHIME_PATIENCE_MS);
    assert_int_equal(chimes.spoken, 1);
}

static void test_refused_is_spoken(void **state)
{
    (void)state;
    says.refused = 7; /* before our time */
    service_says(0, T0);
    chimes_ask(&chimes, BN_CHIME_WARNING, T0, 0);
    service_says(1, T0 + 20);
    assert_int_equal(chimes.spoken, 0);
    chimes_ask(&chimes, BN_CHIME_WARNING, T0 + 1000, 0);
    says.refused++;
    service_says(2, T0 + 1020);
    assert_int_equal(chimes.spoken, 1);
    assert_int_not_equal(chime_tone_hz(&chimes.tone, T0 + 1020), 0);
}

/* More requests than the region holds, and none is answered: each is heard. */
static void test_overtaken_requests_are_spoken(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < 3 * BN_CHIME_REQUESTS; i++)
        chimes_ask(&chimes, BN_CHIME_TICK, T0 + i, 0);
    assert_int_equal(chimes.spoken, 2 * BN_CHIME_REQUESTS);
    chimes_update(&chimes, NULL, 0, T0 + 1000);
    assert_int_equal(chimes.spoken, 3 * BN_CHIME_REQUESTS);
}

/* ---- the regions */

static void test_regions(void **state)
{
    uint8_t *region = aligned_alloc(64, 4096);
    struct bn_chime_status status = {.acknowledged = 3, .played = 99}, copy;
    struct bn_shm_header *h = (struct bn_shm_header *)(void *)region;
    struct window w = {.chime_region = region};
    struct bn_chime_requests requests = {.latest = 4}, seen;
    uint32_t counter;

    (void)state;
    assert_non_null(region);
    memset(region, 0, 4096);
    h->data_id = BN_SHM_CHIME;
    window_publish_chimes(&w, &requests, 55);
    window_publish_chimes(&(struct window){0}, &requests, 55); /* nowhere to write: nothing */
    memcpy(&seen, region + sizeof(*h), sizeof(seen));
    assert_int_equal(seen.latest, 4);
    assert_int_equal(h->sequence, 2);
    assert_int_equal(h->counter, 1);
    assert_int_equal(h->time_ns, 55);
    assert_int_equal(h->payload_bytes, sizeof(requests));
    assert_int_equal(h->crc, bn_shm_crc(h, &requests));
    /* The other way: every bit of header and payload counts. */
    memcpy(region + sizeof(*h), &status, sizeof(status));
    *h = (struct bn_shm_header){.magic = BN_SHM_MAGIC,
                                .version = BN_SHM_VERSION,
                                .data_id = BN_SHM_CHIME_STATUS,
                                .payload_bytes = sizeof(status),
                                .counter = 8};
    h->crc = bn_shm_crc(h, &status);
    assert_true(window_read_chime_status(region, &copy, &counter));
    assert_int_equal(counter, 8);
    assert_memory_equal(&copy, &status, sizeof(status));
    for (size_t bit = 0; bit < (sizeof(*h) + sizeof(status)) * 8; bit++) {
        if (bit / 8 >= offsetof(struct bn_shm_header, reserved1) && bit / 8 < sizeof(*h))
            continue;
        if (bit / 8 - offsetof(struct bn_shm_header, reserved0) < 2)
            continue;
        if (bit / 8 - offsetof(struct bn_shm_header, sequence) < 4 && bit % 32 != 0)
            continue; /* another even sequence is another update */
        region[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_false(window_read_chime_status(region, &copy, &counter));
        region[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    free(region);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_lamps_ring_once, begin),
        cmocka_unit_test_setup(test_each_lamp_has_its_chime, begin),
        cmocka_unit_test_setup(test_open_is_news_while_moving, begin),
        cmocka_unit_test_setup(test_flicker_is_no_news, begin),
        cmocka_unit_test_setup(test_turn_signal_ticks_and_tocks, begin),
        cmocka_unit_test_setup(test_belt_gongs_while_moving_for_a_bounded_time, begin),
        cmocka_unit_test_setup(test_lamp_check_is_silent, begin),
        cmocka_unit_test_setup(test_lost_bus_warns, begin),
        cmocka_unit_test(test_every_chime_has_a_voice_and_ends),
        cmocka_unit_test(test_the_more_urgent_sounds),
        cmocka_unit_test(test_silence_comes_back),
        cmocka_unit_test_setup(test_answered_requests_leave_the_speaker_silent, begin),
        cmocka_unit_test_setup(test_unanswered_request_is_spoken_in_time, begin),
        cmocka_unit_test_setup(test_a_late_answer_is_none, begin),
        cmocka_unit_test_setup(test_without_a_service_at_once, begin),
        cmocka_unit_test_setup(test_lies_are_no_answers, begin),
        cmocka_unit_test_setup(test_refused_is_spoken, begin),
        cmocka_unit_test_setup(test_overtaken_requests_are_spoken, begin),
        cmocka_unit_test(test_regions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
