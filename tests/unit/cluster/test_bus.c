/* SPDX-License-Identifier: BSD-3-Clause */
/* SLCAN lines, end-to-end protection, DBC packing, and how long the cluster believes a signal. */
#include "bus.h"
#include "cockpit_dbc.h"
#include "stats.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bus bus;
static uint8_t alive;

static int begin(void **state)
{
    (void)state;
    memset(&bus, 0, sizeof(bus));
    alive = 0;
    return 0;
}

static bool feed_line(struct slcan_parser *p, const char *line, struct can_frame *frame)
{
    bool got = false;

    for (; *line; line++)
        got |= slcan_feed(p, (uint8_t)*line, frame);
    return got;
}

static void test_slcan_good_lines(void **state)
{
    struct slcan_parser p = {0};
    struct can_frame f;

    (void)state;
    assert_true(feed_line(&p, "t7FF2aBcD\r", &f));
    assert_int_equal(f.id, 0x7FF);
    assert_int_equal(f.length, 2);
    assert_int_equal(f.data[0], 0xAB);
    assert_int_equal(f.data[1], 0xCD);
    assert_true(feed_line(&p, "t0000\r", &f));
    assert_int_equal(f.length, 0);
    assert_true(feed_line(&p, "\r\rt00181122334455667788\r", &f));
    assert_int_equal(f.data[7], 0x88);
    assert_int_equal(p.errors, 0);
}

static void test_slcan_bad_lines(void **state)
{
    static const char *const bad[] = {
        "t",
        "t1",
        "t100",
        "t1009",
        "t8000",
        "tFFF0",
        "t1001",
        "t10011",
        "t1001111",
        "t1002GG11",
        "T000001000",
        "r1000",
        "x",
        "t100112\n",
        " t10010A",
        "t1008112233",
        "t10081122334455667788AA99",
        "tt1000",
        "t10G0",
        "t100111223344556677889900112233445566778899",
    };
    struct can_frame f;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct slcan_parser p = {0};

        assert_false(feed_line(&p, bad[i], &f));
        assert_false(slcan_feed(&p, '\r', &f));
        assert_int_equal(p.errors, 1);
        /* The next line is read as if nothing had been. */
        assert_true(feed_line(&p, "t10010A\r", &f));
        assert_int_equal(f.data[0], 0x0A);
    }
}

static void test_slcan_round_trip(void **state)
{
    uint32_t seed = 7;

    (void)state;
    for (int i = 0; i < 2000; i++) {
        struct can_frame in = {0}, out = {0};
        struct slcan_parser p = {0};
        uint8_t line[SLCAN_MAX_BYTES];
        size_t n;
        bool got = false;

        seed = seed * 1664525u + 1013904223u;
        in.id = (uint16_t)(seed >> 8 & 0x7FF);
        in.length = (uint8_t)((seed >> 20) % 9);
        for (int b = 0; b < in.length; b++)
            in.data[b] = (uint8_t)(seed >> b);
        n = slcan_format(&in, line);
        assert_int_equal(n, 6 + 2 * in.length);
        for (size_t b = 0; b < n; b++)
            got = slcan_feed(&p, line[b], &out);
        assert_true(got);
        assert_memory_equal(&in, &out, sizeof(in));
    }
}

static void test_crc_is_sae_j1850(void **state)
{
    /* The catalogued check value of CRC-8/SAE-J1850 is 4Bh over "123456789": identifier first, then
     * bytes 1 on. */
    static const uint8_t data[] = {0, '3', '4', '5', '6', '7', '8', '9'};

    (void)state;
    assert_int_equal(e2e_crc8('1' | '2' << 8, data, sizeof(data)), 0x4B);
}

static void test_e2e(void **state)
{
    struct e2e_receiver r = {0};
    struct can_frame f = {.id = 0x123, .length = 8, .data = {0, 0, 9, 9, 9, 9, 9, 9}};

    (void)state;
    e2e_protect(&f, 14);
    assert_int_equal(e2e_check(&r, &f), E2E_OK);
    assert_int_equal(e2e_check(&r, &f), E2E_REPEATED);
    e2e_protect(&f, 15);
    assert_int_equal(e2e_check(&r, &f), E2E_OK);
    e2e_protect(&f, 0); /* wraps */
    assert_int_equal(e2e_check(&r, &f), E2E_OK);
    e2e_protect(&f, 3); /* two were lost: still good */
    assert_int_equal(e2e_check(&r, &f), E2E_OK);
    e2e_protect(&f, 8); /* four were lost: not used, but the next is */
    assert_int_equal(e2e_check(&r, &f), E2E_LOST);
    e2e_protect(&f, 9);
    assert_int_equal(e2e_check(&r, &f), E2E_OK);
    for (int bit = 0; bit < 64; bit++) {
        e2e_protect(&f, 10);
        f.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(e2e_check(&r, &f), E2E_WRONG_CRC);
        f.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    f.id ^= 1; /* one message never passes for another */
    assert_int_equal(e2e_check(&r, &f), E2E_WRONG_CRC);
    f = (struct can_frame){.id = 0x123, .length = 1};
    assert_int_equal(e2e_check(&r, &f), E2E_WRONG_CRC);
}

static void test_dbc_bits(void **state)
{
    struct dbc_motion m = {.crc = 1,
                           .alive = 0xA,
                           .time_ms = 0x1234,
                           .speed = 13130,
                           .engine_rpm = 0xBEE},
                      back;
    struct dbc_body b = {.gear = -1, .turn_right = 1, .engine_mil = 1}, body_back;
    struct dbc_stats_frames s = {.display_state = 3, .drawn = 0xDEADBEEF, .overruns = 7};
    uint8_t d[8];
    static const uint8_t motion[8] = {0x01, 0x0A, 0x34, 0x12, 0x4A, 0x33, 0xEE, 0x0B};

    (void)state;
    dbc_motion_pack(&m, d);
    assert_memory_equal(d, motion, 8);
    dbc_motion_unpack(&back, d);
    assert_memory_equal(&m, &back, sizeof(m));
    dbc_body_pack(&b, d);
    assert_int_equal(d[4], 0xFF);
    assert_int_equal(d[5], 0x28);
    dbc_body_unpack(&body_back, d);
    assert_memory_equal(&b, &body_back, sizeof(b));
    dbc_stats_frames_pack(&s, d);
    assert_int_equal(d[1], 0x30); /* the nibble beside Alive */
    assert_int_equal(d[5], 0xDE);
    assert_int_equal(d[6], 7);
}

static void send(const struct can_frame *frame, uint32_t now_ms)
{
    uint8_t line[SLCAN_MAX_BYTES];

    bus_feed(&bus, line, slcan_format(frame, line), now_ms);
}

static void send_motion(uint16_t speed, uint16_t rpm, uint32_t for_ms, uint32_t now_ms)
{
    struct can_frame f = {.id = DBC_MOTION_ID, .length = 8};
    struct dbc_motion m = {.time_ms = (uint16_t)for_ms, .speed = speed, .engine_rpm = rpm};

    dbc_motion_pack(&m, f.data);
    e2e_protect(&f, alive++);
    send(&f, now_ms);
}

static void test_signals_grow_stale(void **state)
{
    (void)state;
    assert_false(bus_fresh(&bus, BUS_MOTION, 0));
    send_motion(5000, 1800, 1000, 1010);
    assert_int_equal(bus.speed_centikmh, 5000);
    assert_true(bus_fresh(&bus, BUS_MOTION, 1010));
    assert_true(bus_fresh(&bus, BUS_MOTION, 1100));
    assert_false(bus_fresh(&bus, BUS_MOTION, 1101)); /* counted from the time it is for */
    assert_false(bus_fresh(&bus, BUS_BODY, 1010));
    send_motion(6000, 1800, 66000, 66000); /* the 16-bit time has wrapped */
    assert_true(bus_fresh(&bus, BUS_MOTION, 66090));
    assert_false(bus_fresh(&bus, BUS_MOTION, 66101));
}

static void test_unbelievable_values_change_nothing(void **state)
{
    (void)state;
    send_motion(5000, 1800, 1000, 1000);
    send_motion(40001, 1800, 1016, 1016);
    send_motion(5001, 12001, 1033, 1033);
    send_motion(5002, 1800, 900, 1050);  /* lay in a queue too long */
    send_motion(5003, 1800, 1090, 1060); /* from the future */
    assert_int_equal(bus.rejected, 4);
    assert_int_equal(bus.speed_centikmh, 5000);
    assert_int_equal(bus.time_ms[BUS_MOTION], 1000);
}

/* A frame of one of the slow messages with these bytes of its own. */
static bool take_slow(uint16_t id, enum bus_message m, const uint8_t own[4], uint32_t for_ms)
{
    struct can_frame f = {.id = id, .length = 8};
    uint32_t rejected = bus.rejected;

    f.data[2] = (uint8_t)for_ms;
    f.data[3] = (uint8_t)(for_ms >> 8);
    memcpy(f.data + 4, own, 4);
    e2e_protect(&f, alive++);
    send(&f, for_ms);
    return bus.rejected == rejected && bus_fresh(&bus, m, for_ms);
}

static void test_slow_messages(void **state)
{
    (void)state;
    assert_true(take_slow(DBC_ENGINE_ID, BUS_ENGINE, (uint8_t[]){125, 130, 0xE8, 0x01}, 1000));
    assert_int_equal(bus.fuel_halves, 125);
    assert_int_equal(bus.coolant_c, 90);
    assert_int_equal(bus.range_km, 488);
    assert_true(take_slow(DBC_EXTERIOR_ID, BUS_EXTERIOR, (uint8_t[]){0xFB, 80, 0, 0}, 1000));
    assert_int_equal(bus.outside_halves, -5);
    assert_int_equal(bus.light_halves, 80);
    assert_true(take_slow(DBC_CABIN_ID, BUS_CABIN, (uint8_t[]){23, 59, 43 << 1 | 1, 42}, 1000));
    assert_int_equal(bus.hour * 100 + bus.minute, 2359);
    assert_true(bus.miles);
    assert_int_equal(bus.driver_halves, 43);
    assert_int_equal(bus.passenger_halves, 42);
    for (int m = BUS_ENGINE; m < BUS_MESSAGES; m++) {
        assert_true(bus_fresh(&bus, (enum bus_message)m, 1000 + BUS_SLOW_TIMEOUT_MS));
        assert_false(bus_fresh(&bus, (enum bus_message)m, 1001 + BUS_SLOW_TIMEOUT_MS));
    }
}

static void test_unbelievable_slow_values(void **state)
{
    static const struct {
        uint16_t id;
        enum bus_message message;
        uint8_t good[4], bad[4];
    } cases[] = {
        {DBC_ENGINE_ID, BUS_ENGINE, {200, 0, 0, 0}, {201, 0, 0, 0}},
        {DBC_ENGINE_ID, BUS_ENGINE, {0, 190, 0, 0}, {0, 191, 0, 0}},
        {DBC_ENGINE_ID, BUS_ENGINE, {0, 0, 0xD0, 7}, {0, 0, 0xD1, 7}},
        {DBC_EXTERIOR_ID, BUS_EXTERIOR, {0x9C, 0, 0, 0}, {0x9B, 0, 0, 0}},
        {DBC_EXTERIOR_ID, BUS_EXTERIOR, {120, 0, 0, 0}, {121, 0, 0, 0}},
        {DBC_EXTERIOR_ID, BUS_EXTERIOR, {0, 200, 0, 0}, {0, 201, 0, 0}},
        {DBC_CABIN_ID, BUS_CABIN, {23, 0, 0, 0}, {24, 0, 0, 0}},
        {DBC_CABIN_ID, BUS_CABIN, {0, 59, 0, 0}, {0, 60, 0, 0}},
        {DBC_CABIN_ID, BUS_CABIN, {0, 0, 56 << 1, 0}, {0, 0, 57 << 1, 0}},
        {DBC_CABIN_ID, BUS_CABIN, {0, 0, 32 << 1, 0}, {0, 0, 31 << 1, 0}},
        {DBC_CABIN_ID, BUS_CABIN, {0, 0, 0, 56}, {0, 0, 0, 57}},
        {DBC_CABIN_ID, BUS_CABIN, {0, 0, 0, 32}, {0, 0, 0, 1}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin(NULL);
        assert_true(take_slow(cases[i].id, cases[i].message, cases[i].good, 1000));
        assert_false(take_slow(cases[i].id, cases[i].message, cases[i].bad, 1100));
        assert_int_equal(bus.last_rejected, cases[i].id);
        assert_int_equal(bus.time_ms[cases[i].message], 1000);
    }
}

static void test_frozen_sender_is_no_sender(void **state)
{
    (void)state;
    send_motion(5000, 1800, 1000, 1000);
    alive--;
    send_motion(5000, 1800, 1050, 1050);
    assert_int_equal(bus.rejected, 1);
    assert_false(bus_fresh(&bus, BUS_MOTION, 1101));
}

static void test_wrong_length_and_unknown_messages(void **state)
{
    struct can_frame f = {.id = DBC_MOTION_ID, .length = 7};

    (void)state;
    e2e_protect(&f, 0);
    send(&f, 1000);
    assert_int_equal(bus.rejected, 1);
    f = (struct can_frame){.id = 0x555, .length = 8};
    send(&f, 1000);
    assert_int_equal(bus.rejected, 1); /* none of ours: ignored */
}

static void test_body_and_publish(void **state)
{
    struct can_frame f = {.id = DBC_BODY_ID, .length = 8};
    struct dbc_body b = {.time_ms = 2000, .gear = 4, .high_beam = 1, .brake_warning = 1};
    struct dbc_odometer o = {
        .time_ms = 2000, .distance = 123456, .trip_b_reset = 1, .ignition_off = 1};
    struct bn_vehicle v;

    (void)state;
    dbc_body_pack(&b, f.data);
    e2e_protect(&f, 3);
    send(&f, 2010);
    send_motion(1234, 900, 2000, 2010);
    bus_publish(&bus, 2010, &v);
    assert_int_equal(v.flags, 0); /* no odometer yet: nothing is valid */
    assert_int_equal(v.speed_centikmh, 0);
    f = (struct can_frame){.id = DBC_ODOMETER_ID, .length = 8};
    dbc_odometer_pack(&o, f.data);
    e2e_protect(&f, 9);
    send(&f, 2010);
    bus_publish(&bus, 2010, &v);
    assert_int_equal(v.flags, 0); /* nor lamps */
    f = (struct can_frame){.id = DBC_LAMPS_ID, .length = 8};
    dbc_lamps_pack(&(struct dbc_lamps){.time_ms = 2000, .abs_fault = 1}, f.data);
    e2e_protect(&f, 1);
    send(&f, 2010);
    bus_publish(&bus, 2010, &v);
    assert_int_equal(v.flags, BN_VEHICLE_VALID);
    assert_int_equal(v.speed_centikmh, 1234);
    assert_int_equal(v.gear, 4);
    assert_int_equal(v.odometer_m, 123456);
    assert_int_equal(bus.trip_buttons, 1u << TRIP_B);
    assert_true(bus.ignition_off);
    assert_int_equal(v.telltales,
                     1u << BN_TELLTALE_BRAKE | 1u << BN_TELLTALE_HIGH_BEAM | 1u << BN_TELLTALE_ABS);
    bus_publish(&bus, 2101, &v);
    assert_int_equal(v.flags | v.speed_centikmh | v.telltales, 0);
    assert_int_equal(v.bus_time_ms, 2101);
}

/* Slow messages go on by themselves, each for its own time. */
static void test_publish_slow(void **state)
{
    struct can_frame f = {.id = DBC_EXTERIOR_ID, .length = DBC_EXTERIOR_BYTES};
    struct bn_vehicle v;

    (void)state;
    dbc_exterior_pack(&(struct dbc_exterior){.time_ms = 2000, .air_temperature = -15}, f.data);
    e2e_protect(&f, 1);
    send(&f, 2010);
    f = (struct can_frame){.id = DBC_CABIN_ID, .length = DBC_CABIN_BYTES};
    dbc_cabin_pack(&(struct dbc_cabin){.time_ms = 2200,
                                       .hour = 23,
                                       .minute = 59,
                                       .miles = 1,
                                       .driver_temperature = 43,
                                       .passenger_temperature = 36},
                   f.data);
    e2e_protect(&f, 1);
    send(&f, 2210);
    bus_publish(&bus, 2500, &v);
    assert_int_equal(v.flags, BN_VEHICLE_AIR | BN_VEHICLE_CABIN | BN_VEHICLE_MILES);
    assert_int_equal(v.outside_halves, -15);
    assert_int_equal(v.hour, 23);
    assert_int_equal(v.minute, 59);
    assert_int_equal(v.driver_halves, 43);
    assert_int_equal(v.passenger_halves, 36);
    bus_publish(&bus, 2501, &v);
    assert_int_equal(v.flags, BN_VEHICLE_CABIN | BN_VEHICLE_MILES);
    assert_int_equal(v.outside_halves, 0);
    bus_publish(&bus, 2701, &v);
    assert_int_equal(v.flags | v.hour | v.minute | v.driver_halves | v.passenger_halves, 0);
}

/* Whatever an untrusted reader says: a message that is believed has values that it can have. */
static void test_take(void **state)
{
    union {
        struct bus bus;
        uint8_t byte[sizeof(struct bus)];
    } heard;
    uint32_t believed = 0;

    (void)state;
    for (uint32_t i = 0; i < 200000; i++) {
        bus.alive = 11;
        for (size_t k = 0; k < sizeof(heard); k++)
            heard.byte[k] = (uint8_t)(rand() >> 4);
        for (int m = 0; m < BUS_MESSAGES; m++)
            heard.byte[offsetof(struct bus, seen) + (size_t)m] &= 3;
        if (i % 2) /* nearly right */
            heard.bus.odometer_m %= 1100000000, heard.bus.trip_buttons &= 7, heard.bus.hour &= 31,
                heard.bus.minute &= 63, heard.bus.gear %= 16;
        bus_take(&bus, &heard.bus);
        assert_int_equal(bus.alive, 11);
        assert_int_equal(bus.telltales >> BN_TELLTALE_COUNT, 0);
        for (int m = 0; m < BUS_MESSAGES; m++)
            believed |= (uint32_t)bus.seen[m] << m;
        assert_true(!bus.seen[BUS_MOTION] ||
                    (bus.speed_centikmh <= 40000 && bus.engine_rpm <= 12000));
        assert_true(!bus.seen[BUS_BODY] || (bus.gear >= -1 && bus.gear <= 9));
        assert_true(!bus.seen[BUS_ODOMETER] ||
                    (bus.odometer_m <= 999999999 && bus.trip_buttons <= 3));
        assert_true(!bus.seen[BUS_ENGINE] || (bus.fuel_halves <= 200 && bus.range_km <= 2000 &&
                                              bus.coolant_c >= -40 && bus.coolant_c <= 150));
        assert_true(
            !bus.seen[BUS_EXTERIOR] ||
            (bus.outside_halves >= -100 && bus.outside_halves <= 120 && bus.light_halves <= 200));
        assert_true(!bus.seen[BUS_CABIN] ||
                    (bus.hour <= 23 && bus.minute <= 59 && bus.driver_halves <= 56 &&
                     bus.passenger_halves <= 56));
    }
    assert_int_equal(believed, (1u << BUS_MESSAGES) - 1);
}

/* What was heard honestly comes over whole. */
static void test_take_honest(void **state)
{
    struct bus taken = {.alive = 5};
    struct bn_vehicle a, b;

    test_body_and_publish(state);
    test_publish_slow(state);
    bus_take(&taken, &bus);
    bus_publish(&bus, 2205, &a);
    bus_publish(&taken, 2205, &b);
    assert_memory_equal(&a, &b, sizeof(a));
    assert_int_equal(taken.alive, 5);
    assert_int_equal(taken.rejected, bus.rejected);
}

/* The lamps that a message lights with this one bit set. */
static uint32_t lamps_of_bit(uint16_t id, int bit)
{
    struct can_frame f = {.id = id, .length = 8};

    begin(NULL);
    f.data[bit / 8] = (uint8_t)(1u << bit % 8);
    e2e_protect(&f, 1);
    send(&f, 0); /* for time 0 */
    assert_true(bus_fresh(&bus, id == DBC_BODY_ID ? BUS_BODY : BUS_LAMPS, 0));
    return bus.telltales;
}

/* Every lamp signal of the DBC lights one telltale, another each, and together they are all. */
static void test_every_signal_has_its_lamp(void **state)
{
    static const struct {
        uint16_t id;
        int bit, bits;
    } signals[] = {
#define SIGNAL(name, first, size) {ID, first, size},
#define ID                        DBC_BODY_ID
        DBC_BODY_SIGNALS(SIGNAL)
#undef ID
#define ID DBC_LAMPS_ID
            DBC_LAMPS_SIGNALS(SIGNAL)};
    uint32_t seen = 0;
    int lamps = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        uint32_t lit;

        if (signals[i].bits != 1)
            continue;
        lit = lamps_of_bit(signals[i].id, signals[i].bit);
        assert_true(lit && !(lit & (lit - 1)) && !(lit & seen));
        assert_true(!(lit & BUS_BODY_LAMPS) == (signals[i].id != DBC_BODY_ID));
        seen |= lit;
        lamps++;
    }
    assert_int_equal(lamps, BN_TELLTALE_COUNT);
    assert_int_equal(seen, (1u << BN_TELLTALE_COUNT) - 1);
}

static void test_sync_and_request(void **state)
{
    struct can_frame f = {.id = DBC_STATS_REQUEST_ID, .length = DBC_STATS_REQUEST_BYTES};
    struct slcan_parser p = {0};
    struct dbc_sync sync;
    uint8_t line[SLCAN_MAX_BYTES];
    size_t n = bus_sync(&bus, 0x12345678, line);

    (void)state;
    for (size_t i = 0; i + 1 < n; i++)
        assert_false(slcan_feed(&p, line[i], &f));
    assert_true(slcan_feed(&p, line[n - 1], &f));
    assert_int_equal(f.id, DBC_SYNC_ID);
    dbc_sync_unpack(&sync, f.data);
    assert_int_equal(sync.time_ms, 0x12345678);
    f = (struct can_frame){.id = DBC_STATS_REQUEST_ID, .length = DBC_STATS_REQUEST_BYTES};
    send(&f, 1); /* no CRC */
    assert_false(bus.stats_wanted);
    e2e_protect(&f, 1);
    send(&f, 1);
    assert_true(bus.stats_wanted);
}

/* A malformed stream is told: how many lines were no frames, how many frames were not believed, and
 * which. What comes after it is believed again. */
static void test_bad_stream_is_told(void **state)
{
    static const char stream[] = "t10\rnoise\rt1009\rt110811223344556677\r\xff\x00\r";
    struct slcan_parser p = {0};
    struct stats stats = {0};
    struct chimes chimes = {.asked = 70000, .spoken = 3, .silent = true};
    const struct stats_sources from = {.bus = &bus, .chimes = &chimes};
    struct dbc_stats_chimes heard;
    struct can_frame f = {.id = DBC_BODY_ID, .length = 8}, told;
    struct dbc_stats_bus m;
    uint8_t line[SLCAN_MAX_BYTES];
    size_t n;
    bool got = false;

    (void)state;
    bus_feed(&bus, (const uint8_t *)stream, sizeof(stream) - 1, 1000);
    e2e_protect(&f, 0);
    f.data[0] ^= 1;
    send(&f, 1000);
    send_motion(5000, 1800, 1000, 1000);
    assert_int_equal(bus.speed_centikmh, 5000);
    n = stats_message(&stats, 2, 1, &from, 1000, line);
    for (size_t i = 0; i < n; i++)
        got = slcan_feed(&p, line[i], &told);
    assert_true(got);
    assert_int_equal(told.id, DBC_STATS_BUS_ID);
    dbc_stats_bus_unpack(&m, told.data);
    assert_int_equal(m.bad_lines, 5);
    assert_int_equal(m.rejected, 1);
    assert_int_equal(m.last_rejected, DBC_BODY_ID);
    n = stats_message(&stats, 3, 1, &from, 1000, line);
    for (size_t i = 0; i < n; i++)
        got = slcan_feed(&p, line[i], &told);
    assert_true(got);
    assert_int_equal(told.id, DBC_STATS_CHIMES_ID);
    dbc_stats_chimes_unpack(&heard, told.data);
    assert_int_equal(heard.asked, 65535); /* all that fits */
    assert_int_equal(heard.spoken, 3);
    assert_int_equal(heard.silent, 1);
}

static void test_store_is_told(void **state)
{
    const struct store store = {.state = STORE_FAILED, .empty = true, .writes = 65537};
    const struct odometer odometer = {.shown = true, .shown_m = 12345600, .looked_ms = 1000};
    const struct stats_sources from = {.store = &store, .odometer = &odometer};
    struct slcan_parser p = {0};
    struct stats stats = {0};
    struct can_frame told;
    struct dbc_stats_store m;
    uint8_t line[SLCAN_MAX_BYTES];
    bool got = false;
    size_t n = stats_message(&stats, 5, 1, &from, 1050, line);

    (void)state;
    for (size_t i = 0; i < n; i++)
        got = slcan_feed(&p, line[i], &told);
    assert_true(got);
    assert_int_equal(told.id, DBC_STATS_STORE_ID);
    dbc_stats_store_unpack(&m, told.data);
    assert_int_equal(m.store, STORE_FAILED);
    assert_int_equal(m.empty, 1);
    assert_int_equal(m.writes, 1);
    assert_int_equal(m.shown, 12345600);
}

static void test_repairs_are_told(void **state)
{
    static const struct glass glass = {.looked = 0xFEDCBA98, .repaired = 70000};
    const struct stats_sources from = {.glass = &glass};
    struct slcan_parser p = {0};
    struct stats stats = {0};
    struct can_frame told;
    struct dbc_stats_glass m;
    uint8_t line[SLCAN_MAX_BYTES];
    bool got = false;
    size_t n = stats_message(&stats, 6, 1, &from, 1000, line);

    (void)state;
    for (size_t i = 0; i < n; i++)
        got = slcan_feed(&p, line[i], &told);
    assert_true(got);
    assert_int_equal(told.id, DBC_STATS_GLASS_ID);
    dbc_stats_glass_unpack(&m, told.data);
    assert_int_equal(m.repaired, 65535); /* all that fits */
    assert_int_equal(m.looked, 0xFEDCBA98);
}

static void test_losses_are_told_once_each(void **state)
{
    struct slcan_parser p = {0};
    struct stats stats = {0};
    struct can_frame told;
    struct dbc_stats_lost m;
    uint8_t line[SLCAN_MAX_BYTES];
    static const struct {
        bool lost;
        uint32_t ms;
    } frames[] = {{false, 10}, {true, 27}, {true, 43}, {false, 60}, {true, 77}, {true, 93}};
    bool got = false;
    size_t n;

    (void)state;
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
        stats_bus_lost(&stats, frames[i].lost, frames[i].ms);
    n = stats_message(&stats, 4, 1, NULL, 1000, line);
    for (size_t i = 0; i < n; i++)
        got = slcan_feed(&p, line[i], &told);
    assert_true(got);
    assert_int_equal(told.id, DBC_STATS_LOST_ID);
    dbc_stats_lost_unpack(&m, told.data);
    assert_int_equal(m.at, 77);
    assert_int_equal(m.times, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_slcan_good_lines),
        cmocka_unit_test(test_slcan_bad_lines),
        cmocka_unit_test(test_slcan_round_trip),
        cmocka_unit_test(test_crc_is_sae_j1850),
        cmocka_unit_test(test_e2e),
        cmocka_unit_test(test_dbc_bits),
        cmocka_unit_test_setup(test_signals_grow_stale, begin),
        cmocka_unit_test_setup(test_unbelievable_values_change_nothing, begin),
        cmocka_unit_test_setup(test_slow_messages, begin),
        cmocka_unit_test_setup(test_unbelievable_slow_values, begin),
        cmocka_unit_test_setup(test_frozen_sender_is_no_sender, begin),
        cmocka_unit_test_setup(test_wrong_length_and_unknown_messages, begin),
        cmocka_unit_test_setup(test_body_and_publish, begin),
        cmocka_unit_test_setup(test_take, begin),
        cmocka_unit_test_setup(test_take_honest, begin),
        cmocka_unit_test_setup(test_publish_slow, begin),
        cmocka_unit_test(test_every_signal_has_its_lamp),
        cmocka_unit_test_setup(test_sync_and_request, begin),
        cmocka_unit_test_setup(test_bad_stream_is_told, begin),
        cmocka_unit_test_setup(test_losses_are_told_once_each, begin),
        cmocka_unit_test(test_store_is_told),
        cmocka_unit_test(test_repairs_are_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
