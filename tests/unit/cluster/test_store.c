/* SPDX-License-Identifier: BSD-3-Clause */
/* The store and the odometer over a card that may do anything: what the driver has seen is never
 * taken back, whenever power goes, and what is shown is known. */
#include "odometer.h"
#include "sd_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SETTLED_MS 9000u /* four tries of a card that never ends its power-up */
#define START_M    1234567u

static struct store s;
static struct odometer o;
static struct bus bus;
static uint32_t now, last_m; /* shown */

/* A new life: power comes, nothing is known. */
static void live(void)
{
    sd_power_on();
    now = last_m = 0;
    memset(&bus, 0, sizeof(bus));
    memset(&o, 0, sizeof(o));
    store_init(&s, &sd_registers, now);
}

static int begin(void **state)
{
    (void)state;
    sd_begin();
    live();
    return 0;
}

static void step(void)
{
    store_step(&s, o.known ? &o.now : NULL, bus.ignition_off, now);
    odometer_update(&o, &bus, &s, now);
}

/* The vehicle says so for that long, or until power goes. */
static void stay(uint32_t vehicle_m, uint32_t ms)
{
    for (uint32_t end = now + ms; now < end && !sd.dead; now += STORE_PERIOD_MS) {
        bus.odometer_m = vehicle_m;
        bus.seen[BUS_ODOMETER] = true;
        bus.time_ms[BUS_ODOMETER] = now;
        step();
        assert_true(o.shown_m >= last_m); /* never lower */
        last_m = o.shown_m;
    }
}

/* So far in steps of a metre, 40 m/s. */
static void drive(uint32_t from_m, uint32_t to_m)
{
    for (uint32_t m = from_m; m < to_m && !sd.dead; m++)
        stay(m, 20 + m % 2 * 10);
}

static uint32_t shown(void)
{
    return odometer_shown_m(&o, now);
}

static void test_no_controller(void **state)
{
    (void)state;
    store_init(&s, NULL, 0);
    stay(START_M, 300);
    assert_int_equal(s.state, STORE_ABSENT);
    assert_int_equal(shown(), START_M);
    drive(START_M, START_M + 251);
    assert_int_equal(shown(), START_M + 250);
    assert_int_equal(odometer_trip_m(&o, TRIP_A, now), 250);
    assert_int_equal(sd.commands, 0);
}

static void test_no_card(void **state)
{
    (void)state;
    sd.fault = SD_EMPTY;
    stay(START_M, 300);
    assert_int_equal(s.state, STORE_ABSENT);
    assert_int_equal(shown(), START_M);
}

static void test_empty_card(void **state)
{
    (void)state;
    step();
    assert_int_equal(shown(), ODOMETER_NONE); /* not yet known */
    stay(START_M, 1000);
    assert_int_equal(s.state, STORE_KEEPING);
    assert_true(s.empty);
    assert_int_equal(shown(), START_M);
    assert_int_equal(s.writes, 1);
    stay(START_M, 5000);
    assert_int_equal(s.writes, 1); /* nothing new, nothing written */
    assert_int_equal(odometer_trip_m(&o, TRIP_A, now), 0);
    assert_int_equal(odometer_trip_m(&o, TRIP_B, now), 0);
}

/* Written each hundred metres, at the figure's change, by turns. */
static void test_written_by_figures(void **state)
{
    uint8_t before[SLOTS][SLOT_BYTES];

    (void)state;
    stay(1000, 1000);
    drive(1000, 1100);
    assert_int_equal(sd.writes, 1);
    memcpy(before, sd.media, sizeof(before));
    stay(1100, 100);
    assert_int_equal(sd.writes, 2);
    assert_memory_equal(before[0], sd.media[0], SLOT_BYTES);
    assert_memory_not_equal(before[1], sd.media[1], SLOT_BYTES);
    assert_int_equal(shown(), 1100);
    drive(1100, 3000);
    assert_int_equal(sd.writes, 20);
    assert_int_equal(shown() / STORE_FIGURE_M, 29);
}

static void test_next_life(void **state)
{
    (void)state;
    stay(START_M, 1000);
    drive(START_M, START_M + 1000);
    live();
    step();
    assert_int_equal(shown(), ODOMETER_NONE);
    stay(START_M + 1010, 1000); /* the vehicle has gone on counting */
    assert_false(s.empty);
    assert_int_equal(o.now.odometer_m, START_M + 1010);
    live();
    stay(START_M, 1000); /* it has lost its count: what is kept goes on */
    assert_true(shown() >= START_M + 900);
    drive(START_M, START_M + 500);
    assert_true(o.now.odometer_m >= START_M + 1399 && o.now.odometer_m <= START_M + 1510);
    live();
    stay(9000000, 1000); /* driven without us */
    assert_int_equal(o.now.odometer_m, 9000000);
    assert_int_equal(shown(), 9000000);
}

/* A controller that says 0, or anything, for a moment: nothing was driven. */
static void test_leaps(void **state)
{
    (void)state;
    stay(START_M, 1000);
    stay(0, 100);
    stay(START_M, 1000);
    assert_int_equal(o.now.odometer_m, START_M);
    stay(900000000, 100);
    stay(START_M, 1000);
    assert_int_equal(o.now.odometer_m, START_M);
    for (uint32_t i = 0; i < 100; i++) {
        stay(i % 2 ? 7 : START_M + 1000000, STORE_PERIOD_MS);
        assert_int_equal(o.now.odometer_m, START_M);
    }
    stay(0, 1000); /* for good: it has lost its count */
    drive(0, 101);
    assert_int_equal(o.now.odometer_m, START_M + 100);
    stay(START_M + 50, 1000); /* and found it, but we have gone on */
    assert_int_equal(o.now.odometer_m, START_M + 100);
    stay(START_M + 5000, 1000);
    assert_int_equal(o.now.odometer_m, START_M + 5000);
    live();
    stay(0, 100); /* while it starts */
    stay(START_M + 5100, 300);
    assert_int_equal(o.now.odometer_m, START_M + 5100);
}

/* The vehicle drives on while its bus is silent. */
static void test_bus_lost_while_driving(void **state)
{
    (void)state;
    stay(START_M, 1000);
    now += 60000;
    assert_int_equal(shown(), ODOMETER_NONE);
    stay(START_M + 2000, STORE_PERIOD_MS);
    assert_int_equal(o.now.odometer_m, START_M + 2000);
}

/* A vehicle that loses its count while we look. */
static void test_vehicle_falls_back(void **state)
{
    (void)state;
    stay(START_M, 1000);
    drive(START_M, START_M + 301);
    stay(50, 200);
    assert_int_equal(o.now.odometer_m, START_M + 300);
    drive(50, 81);
    assert_int_equal(o.now.odometer_m, START_M + 330);
    stay(SLOT_METRES, 300);
    assert_int_equal(o.now.odometer_m, SLOT_METRES);
    assert_int_equal(shown(), SLOT_METRES);
    stay(100, 300);
    drive(100, 120);
    assert_int_equal(o.now.odometer_m, SLOT_METRES); /* it stands there */
}

static void test_trips(void **state)
{
    (void)state;
    stay(1000, 1000);
    drive(1000, 1251);
    assert_int_equal(odometer_trip_m(&o, TRIP_A, now), 250);
    bus.trip_buttons = 1u << TRIP_A;
    drive(1250, 1291); /* held: once */
    assert_int_equal(odometer_trip_m(&o, TRIP_A, now), 40);
    assert_int_equal(odometer_trip_m(&o, TRIP_B, now), 290);
    bus.trip_buttons = 0;
    drive(1290, 1321);
    live();
    stay(1330, 1000);
    assert_int_equal(odometer_trip_m(&o, TRIP_A, now), 80);
    assert_int_equal(odometer_trip_m(&o, TRIP_B, now), 330);
    bus.trip_buttons = 1u << TRIP_B;
    stay(1330, 20);
    bus.trip_buttons = 0;
    stay(1330, 50);
    live(); /* a reset is kept at once */
    stay(1335, 1000);
    assert_int_equal(odometer_trip_m(&o, TRIP_B, now), 5);
}

static void test_ignition_off(void **state)
{
    uint32_t writes;

    (void)state;
    for (uint32_t m = 5000; m < 5090; m += 30) { /* no figure changes at these */
        stay(m, 1000);
        writes = sd.writes;
        drive(m, m + 6);
        bus.ignition_off = true;
        stay(m + 5, 500);
        assert_int_equal(s.kept.odometer_m, m + 5);
        assert_int_equal(sd.writes, writes + 1);
        drive(m + 5, m + 8); /* pushed */
        stay(m + 7, 500);
        assert_int_equal(sd.writes, writes + 1);
        bus.ignition_off = false;
    }
    stay(5090, 1000);
    sd.fault = SD_CRC; /* the write fails: it is made again */
    sd.from = sd.commands + 1;
    sd.lasts = 1;
    bus.ignition_off = true;
    stay(5090, 1000);
    assert_int_equal(s.kept.odometer_m, 5090);
    assert_int_equal(s.state, STORE_KEEPING);
}

/* Bus lost, or nobody looks: not shown. */
static void test_never_stale(void **state)
{
    (void)state;
    stay(START_M, 1000);
    assert_int_equal(odometer_shown_m(&o, now + BUS_TIMEOUT_MS - STORE_PERIOD_MS), START_M);
    assert_int_equal(odometer_shown_m(&o, now + BUS_TIMEOUT_MS), ODOMETER_NONE);
    assert_int_equal(odometer_trip_m(&o, TRIP_A, now + BUS_TIMEOUT_MS), ODOMETER_NONE);
}

/* Power goes in each write, after each number of bytes, and whatever the card makes of the rest:
 * what was shown is shown again, by a vehicle that has lost its count. */
static void test_power_cut_at_every_byte_of_every_write(void **state)
{
    (void)state;
    for (uint8_t torn = TORN_OLD; torn <= TORN_UNREADABLE; torn++)
        for (uint32_t at = 1; at <= 4; at++)
            for (uint32_t bytes = 0; bytes <= SLOT_BYTES; bytes++) {
                uint32_t seen, first = sd.writes;

                sd_begin();
                live();
                stay(START_M, 500);
                first = sd.writes;
                sd.cut_at = first + at;
                sd.cut_bytes = bytes;
                sd.torn = torn;
                for (uint32_t m = START_M + 100; !sd.dead; m += 100)
                    stay(m, 300);
                seen = o.shown_m;
                assert_true(seen >= START_M);
                live();
                stay(START_M, 6000);
                assert_int_equal(s.state, STORE_KEEPING);
                assert_false(s.empty);
                assert_true(shown() >= seen && shown() <= seen + 100);
                for (uint32_t m = START_M; m <= START_M + 110; m += 2) /* and it goes on */
                    stay(m, 20);
                assert_true(s.kept.odometer_m / 100 > seen / 100);
            }
}

static jmp_buf budget;
static uint32_t accesses, ends_at; /* of registers; the one before which the step is ended */

static void access(void)
{
    if (++accesses == ends_at)
        longjmp(budget, 1);
}

static uint32_t read_within_budget(uint32_t offset)
{
    access();
    return sd_registers.read(offset);
}

static void write_within_budget(uint32_t offset, uint32_t value)
{
    access();
    sd_registers.write(offset, value);
}

/* A life whose task is ended once, at that access to the card's controller: an error as any other,
 * and what was shown is not taken back. */
static void live_ended_at(uint32_t at)
{
    static const struct sdhc_registers within_budget = {read_within_budget, write_within_budget};
    static uint32_t steps;

    sd_begin();
    live();
    accesses = steps = 0;
    ends_at = at;
    if (setjmp(budget))
        store_abort(&s, now);
    else
        store_init(&s, &within_budget, now);
    while (steps++ < 200)
        stay(START_M + (steps > 100 ? 100 : 0), STORE_PERIOD_MS);
    assert_int_equal(s.state, STORE_KEEPING);
    assert_int_equal(s.kept.odometer_m, START_M + 100);
    assert_int_equal(shown(), START_M + 100);
}

static void test_ended_anywhere(void **state)
{
    (void)state;
    for (uint32_t at = 1; at == 1 || accesses >= at - 1; at++)
        live_ended_at(at);
    assert_true(accesses > 500);
}

/* Ended each time: given up, and the vehicle's own count is shown. */
static void test_ended_each_time(void **state)
{
    (void)state;
    stay(START_M, 1000);
    for (uint32_t i = 0; i < STORE_TRIES; i++) {
        assert_true(s.state == STORE_KEEPING || s.state == STORE_READING);
        store_abort(&s, now);
    }
    assert_int_equal(s.state, STORE_FAILED);
    store_abort(&s, now);
    assert_int_equal(s.state, STORE_FAILED);
    stay(START_M + 1000, 300);
    assert_int_equal(shown(), START_M + 1000);
}

/* Power goes in the first write of a card. */
static void test_power_cut_in_the_first_write(void **state)
{
    (void)state;
    sd.cut_at = 1;
    sd.cut_bytes = 100;
    stay(START_M, 1000);
    assert_true(sd.dead);
    assert_false(o.shown);
    live();
    stay(START_M, 1000);
    assert_true(s.empty);
    assert_int_equal(shown(), START_M);
}

/* Counters turn over. */
static void test_counter_wraps(void **state)
{
    (void)state;
    stay(START_M, 1000);
    for (uint32_t i = 0; i < SLOTS; i++) {
        const struct record r = {START_M + i * 100, {START_M, START_M}};

        slot_pack(sd.media[i], i, s.card.identity, UINT32_MAX - 1 + i, &r);
    }
    live();
    stay(START_M + 200, 1000);
    assert_int_equal(s.counter, 0);
    stay(START_M + 300, 1000);
    assert_int_equal(s.counter, 1);
    live();
    stay(START_M, 1000);
    assert_int_equal(shown(), START_M + 300);
}

/* Both slots damaged, in each byte: said, and the vehicle's value. */
static void test_both_damaged(void **state)
{
    (void)state;
    stay(START_M, 1000);
    stay(START_M + 100, 1000);
    for (uint32_t i = 0; i < SLOT_BYTES; i++) {
        sd.media[0][i] ^= 0x40;
        sd.media[1][SLOT_BYTES - 1 - i] ^= 0x01;
        live();
        stay(777, 1000);
        assert_true(s.empty);
        assert_int_equal(s.state, STORE_KEEPING);
        assert_int_equal(shown(), 777);
        stay(900, 1000);
    }
}

static void test_another_card(void **state)
{
    (void)state;
    stay(START_M, 1000);
    sd.serial++; /* the same blocks on another card */
    live();
    stay(500, 1000);
    assert_true(s.empty);
    assert_int_equal(shown(), 500);
}

/* Each fault at each command, once, a few times, for good: within bounds the odometer is shown, it
 * is never lower, and where the fault passes the store keeps again. */
static void test_faults(void **state)
{
    static const uint32_t lasts[] = {1, 2, UINT32_MAX};

    (void)state;
    for (int fault = SD_SILENT; fault < SD_FAULTS; fault++)
        for (uint32_t from = 1; from <= 30; from++)
            for (uint32_t i = 0; i < 3; i++) {
                uint32_t seen = 0;

                sd_begin();
                sd.fault = (enum sd_fault)fault;
                sd.from = from;
                sd.lasts = lasts[i];
                live();
                stay(START_M, SETTLED_MS);
                assert_true(store_settled(&s));
                for (uint32_t m = START_M; m < START_M + 1000; m += 50) {
                    stay(m, 500);
                    assert_true(o.shown_m >= seen);
                    seen = o.shown_m;
                }
                stay(START_M + 1000, SETTLED_MS);
                assert_int_equal(shown() / STORE_FIGURE_M, (START_M + 1000) / STORE_FIGURE_M);
                /* (Lines that are not free let no command pass, so that fault passes never.) */
                assert_true(lasts[i] > 2 || fault == SD_INHIBITED || s.state == STORE_KEEPING);
                assert_true(s.state == STORE_KEEPING || s.state == STORE_FAILED);
            }
}

/* A card that no longer writes and says nothing of it is found out by reading back. */
static void test_worn_out(void **state)
{
    (void)state;
    stay(START_M, 1000);
    sd.fault = SD_LIES;
    sd.from = 0;
    stay(START_M + 100, 3000);
    assert_int_equal(s.state, STORE_FAILED);
    assert_int_equal(shown(), START_M + 100); /* the vehicle's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_no_controller, begin),
        cmocka_unit_test_setup(test_no_card, begin),
        cmocka_unit_test_setup(test_empty_card, begin),
        cmocka_unit_test_setup(test_written_by_figures, begin),
        cmocka_unit_test_setup(test_next_life, begin),
        cmocka_unit_test_setup(test_vehicle_falls_back, begin),
        cmocka_unit_test_setup(test_leaps, begin),
        cmocka_unit_test_setup(test_bus_lost_while_driving, begin),
        cmocka_unit_test_setup(test_trips, begin),
        cmocka_unit_test_setup(test_ignition_off, begin),
        cmocka_unit_test_setup(test_never_stale, begin),
        cmocka_unit_test_setup(test_power_cut_at_every_byte_of_every_write, begin),
        cmocka_unit_test_setup(test_ended_anywhere, begin),
        cmocka_unit_test_setup(test_ended_each_time, begin),
        cmocka_unit_test_setup(test_power_cut_in_the_first_write, begin),
        cmocka_unit_test_setup(test_counter_wraps, begin),
        cmocka_unit_test_setup(test_both_damaged, begin),
        cmocka_unit_test_setup(test_another_card, begin),
        cmocka_unit_test_setup(test_faults, begin),
        cmocka_unit_test_setup(test_worn_out, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
