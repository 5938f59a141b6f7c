/* SPDX-License-Identifier: BSD-3-Clause */
/* The face in its themes and units: contrast, painting in pieces, the curtain, and what the scene
 * of a frame is made of. */
#include "dash.h"
#include "screen.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ALL_LAMPS ((1u << BN_TELLTALE_COUNT) - 1)

/* ---- colours */

static double luminance(uint32_t colour)
{
    double part[3];

    for (int i = 0; i < 3; i++) {
        double v = (colour >> 8 * i & 255) / 255.0;

        part[i] = v <= 0.04045 ? v / 12.92 : pow((v + 0.055) / 1.055, 2.4);
    }
    return 0.0722 * part[0] + 0.7152 * part[1] + 0.2126 * part[2];
}

static double contrast(uint32_t a, uint32_t b)
{
    double la = luminance(a), lb = luminance(b);

    return (fmax(la, lb) + 0.05) / (fmin(la, lb) + 0.05);
}

/* ISO 15008 asks for 5:1 at night and 3:1 by day; the glass takes its share by day. */
static void test_contrast(void **state)
{
    static const uint32_t signals[] = {COLOUR_SIGNAL_RED, COLOUR_SIGNAL_AMBER, COLOUR_SIGNAL_GREEN,
                                       COLOUR_SIGNAL_BLUE};

    (void)state;
    for (int theme = 0; theme < THEME_COUNT; theme++) {
        const struct palette *p = &palettes[theme];
        const uint32_t ground[] = {p->ground, p->dial_centre, p->dial_rim};

        for (int g = 0; g < 3; g++) {
            assert_true(contrast(p->text, ground[g]) >= 7);
            assert_true(contrast(p->numeral, ground[g]) >= 7);
            assert_true(contrast(p->tick, ground[g]) >= 7);
            assert_true(contrast(p->needle, ground[g]) >= 7);
            assert_true(contrast(p->label, ground[g]) >= 5);
            assert_true(contrast(p->tick_small, ground[g]) >= 3);
        }
        assert_true(contrast(p->ice, p->ground) >= 5);
        for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
            assert_true(contrast(signals[i], p->ground) >= 3);
    }
    /* No glare: at night the brightest is dimmer than by day, and so is the ground. */
    assert_true(luminance(palettes[THEME_NIGHT].text) < 0.85 * luminance(palettes[THEME_DAY].text));
    assert_true(luminance(palettes[THEME_NIGHT].dial_centre) <
                0.2 * luminance(palettes[THEME_DAY].dial_centre));
}

/* ---- painting */

static uint32_t *pixels(int count)
{
    uint32_t *px = calloc((size_t)count, sizeof(*px));

    assert_non_null(px);
    return px;
}

/* A face that comes line by line is the face that is painted at once. */
static void test_pieces_are_the_whole(void **state)
{
    static const int sizes[][2] = {{1280, 720}, {1024, 768}};

    (void)state;
    for (int k = 0; k < 2; k++) {
        int w = sizes[k][0], h = sizes[k][1];
        struct surface whole = {pixels(w * h), w, h, w}, pieces = {pixels(w * h), w, h, w};
        struct layout l;

        layout_init(&l, w, h);
        for (uint32_t face = 0; face < FACE_COUNT; face++) {
            face_paint(&l, &whole, (struct area){0, 0, w, h}, face);
            for (int y = 0, next; y < h; y = next) {
                next = y + 1 + y % 23;
                face_paint(&l, &pieces, (struct area){0, y, w, next}, face);
            }
            assert_memory_equal(whole.px, pieces.px, (size_t)(w * h) * 4);
        }
        free(whole.px);
        free(pieces.px);
    }
}

/* The curtain between two faces: above its edge the picture of the one, below that of the other. */
static void test_curtain(void **state)
{
    static struct screen s;
    struct window none = {0};
    struct scene scene = {.speed_needle = 20000, .rpm_needle = 9000, .speed = 88, .gear = 3};
    uint32_t *one = pixels(1280 * 720), *other = pixels(1280 * 720);
    struct damage changed;

    (void)state;
    screen_early(&s, NULL, 1280, 720, 1280, 0);
    screen_start(&s, &none);
    scene.face = scene.next = FACE_NIGHT;
    screen_draw(&s, 0, &scene, false, &changed);
    memcpy(one, s.buffer[0].surface.px, 1280 * 720 * 4);
    scene.face = scene.next = 0;
    screen_draw(&s, 0, &scene, false, &changed);
    memcpy(other, s.buffer[0].surface.px, 1280 * 720 * 4);
    scene.face = FACE_NIGHT;
    for (uint32_t step = 0; step <= FACE_STEPS; step++) {
        size_t edge = 1280u * (size_t)face_edge(&s.layout, step);

        scene.step = (uint8_t)step;
        screen_draw(&s, 0, &scene, false, &changed);
        assert_memory_equal(s.buffer[0].surface.px, other, edge * 4);
        assert_memory_equal(s.buffer[0].surface.px + edge, one + edge, (1280 * 720 - edge) * 4);
    }
    free(one);
    free(other);
}

/* ---- the scene of a frame */

/* One that has just been looked at. */
static const struct odometer *odometer_at(uint32_t now_ms)
{
    static struct odometer o;

    o = (struct odometer){.shown = true, .shown_m = 123456, .looked_ms = now_ms};
    o.now = (struct record){.odometer_m = 123456, .trip_from_m = {100000, 123456}};
    return &o;
}

/* So many frames for a fresh bus. */
#define FRAMES(n)                                                                                  \
    for (uint32_t frame_ = 0; frame_ < (n); frame_++) {                                            \
        refresh(&bus, 5000);                                                                       \
        dash_scene(&d, &bus, odometer_at(5000), 5000, 0, &s);                                      \
    }

static void refresh(struct bus *bus, uint32_t now_ms)
{
    for (int i = 0; i < BUS_MESSAGES; i++) {
        bus->seen[i] = true;
        bus->time_ms[i] = now_ms;
    }
}

static void test_dash(void **state)
{
    struct bus bus = {.speed_centikmh = 13149,
                      .engine_rpm = 3000,
                      .gear = 6,
                      .telltales = 1u << BN_TELLTALE_HIGH_BEAM};
    struct dash d = DASH_INIT;
    struct scene s;
    int32_t before = 0;

    (void)state;
    dash_scene(&d, &bus, odometer_at(100), 100, 0, &s);
    assert_int_equal(s.speed, SCENE_NONE);
    assert_int_equal(s.speed_needle, SCENE_NONE);
    assert_int_equal(s.gear, SCENE_GEAR_NONE);
    assert_true(s.odometer == SCENE_ODO_NONE);
    assert_int_equal(s.telltales, DASH_LAMP_CHECK);
    assert_int_equal(s.message, MESSAGE_NONE);
    dash_scene(&d, &bus, odometer_at(DASH_LAMP_CHECK_MS), DASH_LAMP_CHECK_MS, 0, &s);
    assert_int_equal(s.telltales, DASH_LOST_BODY | DASH_LOST_LAMPS);
    assert_true(d.bus_lost);
    refresh(&bus, 2000);
    for (int i = 0; i < 80; i++) {
        dash_scene(&d, &bus, odometer_at(2000), 2000, 0, &s);
        assert_true(s.speed_needle >= before && s.speed_needle - before <= 0x0480);
        before = s.speed_needle;
    }
    assert_int_equal(s.speed_needle, 13149u * DIAL_SWEEP / SPEED_MAX_CENTI + 1);
    assert_int_equal(s.speed, 132);
    assert_int_equal(s.odometer, 1234);
    assert_int_equal(s.trip_a, 234);
    assert_int_equal(s.trip_b, 0);
    assert_int_equal(s.telltales, 1u << BN_TELLTALE_HIGH_BEAM);
    bus.speed_centikmh = 40000; /* the needle stops at the end of its scale, the figures do not */
    for (int i = 0; i < 80; i++)
        dash_scene(&d, &bus, odometer_at(2000), 2000, 0, &s);
    assert_int_equal(s.speed_needle, DIAL_SWEEP);
    assert_int_equal(s.speed, 400);
    bus.telltales = ALL_LAMPS; /* each of two messages alone is lost: what the other says goes on */
    bus.time_ms[BUS_LAMPS] = 1800;
    dash_scene(&d, &bus, odometer_at(2000), 2000, 0, &s);
    assert_int_equal(s.telltales, BUS_BODY_LAMPS | DASH_LOST_LAMPS);
    assert_true(d.bus_lost);
    bus.time_ms[BUS_LAMPS] = 2000;
    bus.time_ms[BUS_BODY] = 1800;
    dash_scene(&d, &bus, odometer_at(2000), 2000, 0, &s);
    assert_int_equal(s.telltales, (ALL_LAMPS & ~BUS_BODY_LAMPS) | DASH_LOST_BODY);
    bus.time_ms[BUS_BODY] = 2000;
    dash_scene(&d, &bus, odometer_at(2000), 2000, 0, &s);
    assert_int_equal(s.telltales, ALL_LAMPS);
    assert_false(d.bus_lost);
    dash_scene(&d, &bus, odometer_at(1800), 2000, 0, &s); /* the store's task stands still */
    assert_true(s.odometer == SCENE_ODO_NONE && s.trip_a == SCENE_ODO_NONE);
    assert_int_equal(s.speed, 400);
    dash_scene(&d, &bus, odometer_at(2101), 2101, 0, &s);
    assert_int_equal(s.speed, SCENE_NONE);
    assert_int_equal(s.rpm_needle, SCENE_NONE);
}

/* Every message alone is lost: its values are dashes, those of the others stay, and it is told. */
static void test_each_message_lost_alone(void **state)
{
    struct bus bus = {.speed_centikmh = 5000, .gear = 2, .outside_halves = 40};
    struct dash d;
    struct scene s;

    (void)state;
    for (int lost = 0; lost < BUS_MESSAGES; lost++) {
        d = DASH_INIT;
        refresh(&bus, 5000);
        dash_scene(&d, &bus, odometer_at(5000), 5000, 0, &s);
        assert_int_equal(s.message, MESSAGE_NONE);
        refresh(&bus, 6000);
        bus.time_ms[lost] = 5400;
        dash_scene(&d, &bus, odometer_at(6000), 6000, 0, &s);
        assert_int_equal(s.message, MESSAGE_BUS_LOST);
        assert_int_equal(s.speed == SCENE_NONE, lost == BUS_MOTION);
        assert_int_equal(s.speed_needle == SCENE_NONE, lost == BUS_MOTION);
        assert_int_equal(s.rpm_needle == SCENE_NONE, lost == BUS_MOTION);
        assert_int_equal(s.gear == SCENE_GEAR_NONE, lost == BUS_BODY);
        assert_int_equal(s.odometer == SCENE_ODO_NONE, lost == BUS_ODOMETER);
        assert_int_equal(s.fuel_needle == SCENE_NONE, lost == BUS_ENGINE);
        assert_int_equal(s.coolant_needle == SCENE_NONE, lost == BUS_ENGINE);
        assert_int_equal(s.range == SCENE_NONE, lost == BUS_ENGINE);
        assert_int_equal(s.air == SCENE_AIR_NONE, lost == BUS_EXTERIOR);
        assert_int_equal(s.clock == SCENE_NONE, lost == BUS_CABIN);
    }
}

static void test_gauges(void **state)
{
    static const struct {
        int coolant, step;
    } temperatures[] = {
        {-40, 0}, {50, 0}, {90, GAUGE_STEPS / 2}, {130, GAUGE_STEPS}, {150, GAUGE_STEPS}};
    struct bus bus = {0};
    struct dash d = DASH_INIT;
    struct scene s;

    (void)state;
    refresh(&bus, 5000);
    for (int halves = 0; halves <= 200; halves++) {
        bus.fuel_halves = (uint8_t)halves;
        dash_scene(&d, &bus, odometer_at(5000), 5000, 0, &s);
        assert_int_equal(s.fuel_needle, halves * GAUGE_STEPS / 200);
    }
    for (size_t i = 0; i < sizeof(temperatures) / sizeof(temperatures[0]); i++) {
        bus.coolant_c = (int16_t)temperatures[i].coolant;
        dash_scene(&d, &bus, odometer_at(5000), 5000, 0, &s);
        assert_int_equal(s.coolant_needle, temperatures[i].step);
    }
}

/* UN R39: neither figures nor the needle at rest show less than the true speed, in either unit. */
static void test_never_less_than_the_true_speed(void **state)
{
    (void)state;
    for (int miles = 0; miles < 2; miles++) {
        struct bus bus = {.miles = miles};
        struct dash d = DASH_INIT;
        double unit = miles ? 1.609344 : 1, top = miles ? 160 : 240;

        for (uint32_t v = 0; v <= 24000; v += 37) {
            struct scene s;
            double true_speed = v / 100.0 / unit, needle;

            bus.speed_centikmh = (uint16_t)v;
            for (uint32_t i = 0; i <= FACE_STEPS + 80; i++) {
                refresh(&bus, 5000);
                dash_scene(&d, &bus, odometer_at(5000), 5000, 0, &s);
            }
            needle = s.speed_needle * top / DIAL_SWEEP;
            assert_true(s.speed >= true_speed && s.speed < true_speed + 1.001);
            assert_true(needle >= true_speed - 1e-9 && needle < true_speed + 0.02);
            assert_int_equal(s.miles, miles);
        }
    }
}

static void test_day_and_night(void **state)
{
    struct bus bus = {.light_halves = 200};
    struct dash d = DASH_INIT;
    struct scene s;

    (void)state;
    FRAMES(1);
    assert_int_equal(s.face, FACE_NIGHT); /* as it was, */
    assert_int_equal(s.next, 0);          /* and the day comes */
    assert_int_equal(s.step, 1);
    FRAMES(FACE_PAINT - 1);
    bus.light_halves = 0; /* no: that was a moment's light */
    FRAMES(1);
    assert_int_equal(s.next, FACE_NIGHT);
    assert_int_equal(s.step, 0);
    bus.light_halves = 200;
    FRAMES(FACE_PAINT + 1);
    bus.light_halves = 0; /* now it is too late: one change after the other */
    FRAMES(FACE_STEPS - FACE_PAINT - 1);
    assert_int_equal(s.next, 0);
    assert_int_equal(s.step, FACE_STEPS);
    FRAMES(1);
    assert_int_equal(s.face, 0);
    assert_int_equal(s.next, FACE_NIGHT);
    FRAMES(FACE_STEPS);
    assert_int_equal(s.face, FACE_NIGHT);
    assert_int_equal(s.step, 0);
    bus.light_halves = (DASH_NIGHT_BELOW + DASH_DAY_ABOVE) / 2; /* neither: it stays */
    FRAMES(3);
    assert_int_equal(s.next, FACE_NIGHT);
    bus.light_halves = DASH_DAY_ABOVE + 1;
    FRAMES(FACE_STEPS + 1);
    assert_int_equal(s.face, 0);
    bus.light_halves = (DASH_NIGHT_BELOW + DASH_DAY_ABOVE) / 2;
    FRAMES(3);
    assert_int_equal(s.next, 0);
    /* The sensor is lost: dipped beam says that it is night, and without it nothing changes. */
    bus.time_ms[BUS_EXTERIOR] = 4000;
    dash_scene(&d, &bus, odometer_at(5000), 5000, 0, &s);
    assert_int_equal(s.next, 0);
    bus.telltales = 1u << BN_TELLTALE_DIPPED_BEAM;
    dash_scene(&d, &bus, odometer_at(5000), 5000, 0, &s);
    assert_int_equal(s.next, FACE_NIGHT);
    /* The unit is a setting: it stays while its message is lost. */
    bus.miles = true;
    FRAMES(2 * FACE_STEPS + 2);
    assert_int_equal(s.face & FACE_MILES, FACE_MILES);
    bus.time_ms[BUS_CABIN] = 4000;
    dash_scene(&d, &bus, odometer_at(5000), 5000, 0, &s);
    assert_int_equal(s.next & FACE_MILES, FACE_MILES);
    assert_true(s.miles);
}

/* While the scale changes the needle is away: it would point at the wrong one. */
static void test_no_needle_on_a_changing_scale(void **state)
{
    struct bus bus = {.speed_centikmh = 8000};
    struct dash d = DASH_INIT;
    struct scene s;

    (void)state;
    FRAMES(FACE_STEPS + 40);
    assert_true(s.speed_needle > 0);
    bus.miles = true;
    FRAMES(FACE_PAINT);
    assert_true(s.speed_needle > 0 && s.speed == 80 && !s.miles);
    FRAMES(1);
    for (uint32_t step = FACE_PAINT + 1; step < FACE_STEPS; step++) {
        assert_int_equal(s.speed_needle, SCENE_NONE);
        assert_int_equal(s.speed, 50); /* 49.7 mph, and it says mph */
        assert_true(s.miles && s.rpm_needle == 0);
        FRAMES(1);
    }
    FRAMES(80);
    assert_int_equal(s.speed_needle * 160 / (int)DIAL_SWEEP, 49);
}

static void test_ice(void **state)
{
    static const struct {
        int halves;
        bool ice;
    } steps[] = {{9, false}, {7, false}, {6, true},   {7, true},   {8, true},
                 {9, false}, {8, false}, {-40, true}, {120, false}};
    struct bus bus = {0};
    struct dash d = DASH_INIT;
    struct scene s;

    (void)state;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        bus.outside_halves = (int8_t)steps[i].halves;
        FRAMES(1);
        assert_int_equal(s.ice, steps[i].ice);
        assert_int_equal(s.message == MESSAGE_ICE, steps[i].ice);
        assert_int_equal(s.air, steps[i].halves);
    }
    assert_int_equal(d.chime, BN_CHIME_INFO);
}

/* What a lamp says in words is what the vehicle says, not what is lit because nobody says it. */
static void test_messages_are_believed(void **state)
{
    struct bus bus = {.telltales = 1u << BN_TELLTALE_BRAKE | 1u << BN_TELLTALE_AIRBAG,
                      .outside_halves = 40};
    struct dash d = DASH_INIT;
    struct scene s;

    (void)state;
    FRAMES(1);
    assert_int_equal(s.message, MESSAGE_BRAKE);
    bus.time_ms[BUS_BODY] = 4000;
    dash_scene(&d, &bus, odometer_at(5000), 5000, 0, &s);
    assert_int_equal(s.message, MESSAGE_AIRBAG);
    bus.time_ms[BUS_LAMPS] = 4000;
    dash_scene(&d, &bus, odometer_at(5000), 5000, message_bit(MESSAGE_IVI_LOST), &s);
    assert_int_equal(s.message, MESSAGE_BUS_LOST);
    FRAMES(1);
    assert_int_equal(s.message, MESSAGE_BRAKE);
    bus.telltales = 0;
    refresh(&bus, 5000);
    dash_scene(&d, &bus, odometer_at(5000), 5000, message_bit(MESSAGE_IVI_LOST), &s);
    assert_int_equal(s.message, MESSAGE_IVI_LOST);
    refresh(&bus, DASH_LAMP_CHECK_MS - 1); /* not while the lamps prove themselves */
    dash_scene(&d, &bus, odometer_at(DASH_LAMP_CHECK_MS - 1), DASH_LAMP_CHECK_MS - 1,
               message_bit(MESSAGE_IVI_LOST), &s);
    assert_int_equal(s.message, MESSAGE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_contrast),
        cmocka_unit_test(test_pieces_are_the_whole),
        cmocka_unit_test(test_curtain),
        cmocka_unit_test(test_dash),
        cmocka_unit_test(test_each_message_lost_alone),
        cmocka_unit_test(test_gauges),
        cmocka_unit_test(test_never_less_than_the_true_speed),
        cmocka_unit_test(test_day_and_night),
        cmocka_unit_test(test_no_needle_on_a_changing_scale),
        cmocka_unit_test(test_ice),
        cmocka_unit_test(test_messages_are_believed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
