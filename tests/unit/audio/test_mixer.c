/* SPDX-License-Identifier: BSD-3-Clause */
/* The mixer: bit for bit, under chimes, at full scale on every stream. Quanta of 256 samples. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sound/mixer.h"

#define Q 256u

static struct mixer m;
static struct bn_scenario scenario;
static float in[MIXER_STRIPS][2][Q], out[2][Q], monitor[2][Q];
static struct mixer_io io;

static int set_up(void **state)
{
    static const uint8_t roles[8] = {BN_SOUND_MEDIA, BN_SOUND_NAVIGATION, BN_SOUND_TELEPHONE,
                                     BN_SOUND_PARK,  BN_SOUND_MEDIA,      BN_SOUND_MEDIA,
                                     BN_SOUND_CHIME, BN_SOUND_MEDIA};

    (void)state;
    memset(&scenario, 0, sizeof(scenario));
    scenario.vm_count = 3;
    strcpy(scenario.vm[1].name, "ivi");
    scenario.vm[1].sound.playback = 8;
    memcpy(scenario.vm[1].sound.role, roles, sizeof(roles));
    strcpy(scenario.vm[2].name, "rear");
    scenario.vm[2].sound.playback = 8;
    memset(scenario.vm[2].sound.role, BN_SOUND_MEDIA, 8);
    memset(in, 0, sizeof(in));
    io = (struct mixer_io){.out = {out[0], out[1]}, .frames = Q};
    return mixer_init(&m, &scenario);
}

static int tear_down(void **state)
{
    (void)state;
    mixer_finish(&m);
    return 0;
}

static void feed(unsigned strip, float left, float right)
{
    for (unsigned i = 0; i < Q; i++) {
        in[strip][0][i] = left;
        in[strip][1][i] = right;
    }
    io.in[strip][0] = in[strip][0];
    io.in[strip][1] = in[strip][1];
}

static void test_strips(void **state)
{
    (void)state;
    assert_int_equal(m.strips, 16);
    assert_int_equal(mixer_find(&m, 1, 3), 3);
    assert_int_equal(mixer_find(&m, 2, 0), 8);
    assert_true(mixer_find(&m, 0, 0) < 0 && mixer_find(&m, 1, 8) < 0);
    assert_int_equal(m.strip[6].role, BN_SOUND_MEDIA); /* a guest has no chimes */
}

static void test_bit_for_bit(void **state)
{
    (void)state;
    mixer_open(&m, 0);
    io.monitor[1][0] = monitor[0];
    io.monitor[1][1] = monitor[1];
    for (int q = 0; q < 300; q++) {
        feed(0, 0, 0);
        for (unsigned i = 0; i < Q; i++) {
            in[0][0][i] = (float)(int16_t)((unsigned)q * Q + i) / 32768.0f;
            in[0][1][i] = (float)(int16_t)~((unsigned)q * Q + i) / 32768.0f;
        }
        mixer_run(&m, &io);
        assert_memory_equal(out, in[0], sizeof(out));
        assert_memory_equal(monitor, in[0], sizeof(out));
    }
}

static void test_closed_strips_are_not_heard(void **state)
{
    (void)state;
    feed(0, 0.5f, 0.5f);
    mixer_run(&m, &io);
    assert_true(out[0][Q - 1] == 0.0f);
}

/* The chime is what was rendered, to the bit, alone; over eight full scale streams of each guest it
 * is that plus what stays below the ceiling; nothing is above full scale at any sample. */
static void test_a_chime_over_everything(void **state)
{
    const struct chime_sound *w = &m.chimes.sound[BN_CHIME_WARNING];
    float rest = 0.0f;

    (void)state;
    for (unsigned i = 0; i < 16; i++) {
        mixer_open(&m, i);
        feed(i, i & 1 ? 1.0f : 3e30f, -1.0f);
    }
    in[3][0][7] = NAN;
    in[4][1][9] = INFINITY;
    for (int q = 0; q < 10; q++) {
        mixer_run(&m, &io);
        for (unsigned i = 0; i < Q; i++)
            assert_true(fabsf(out[0][i]) <= 1.0f && fabsf(out[1][i]) <= 1.0f);
    }
    assert_true(chimes_start(&m.chimes, BN_CHIME_WARNING));
    for (unsigned at = 0; at + Q <= w->length; at += Q) {
        mixer_run(&m, &io);
        for (unsigned i = 0; i < Q; i++) {
            assert_true(fabsf(out[0][i]) <= 1.0f && fabsf(out[1][i]) <= 1.0f);
            if (at || i >= CHIME_ATTACK)
                rest = fmaxf(rest, fabsf(out[0][i] - w->sample[at + i]));
        }
    }
    assert_true(rest <= CHIME_CEILING + 1e-6f);
}

static void test_all_chimes_fit(void **state)
{
    float sum = 0.0f;

    (void)state;
    for (uint32_t i = 1; i < BN_CHIME_END; i++) {
        const struct chime_sound *s = &m.chimes.sound[i];
        double energy = 0;

        for (uint32_t k = 0; k < s->length; k++) {
            assert_true(fabsf(s->sample[k]) <= chime_peak(i) * 1.000001f);
            energy += (double)s->sample[k] * (double)s->sample[k];
        }
        assert_true(sqrt(energy / s->length) > 0.05 * (double)chime_peak(i));
        sum += i == BN_CHIME_TOCK ? 0.0f : chime_peak(i);
    }
    assert_true(sum <= 1.0f - CHIME_CEILING + 1e-6f);
    assert_false(chimes_start(&m.chimes, 0));
    assert_false(chimes_start(&m.chimes, BN_CHIME_END));
    mixer_open(&m, 0);
    feed(0, 1.0f, -1.0f);
    srand(2);
    for (int q = 0; q < 2000; q++) { /* again and again, all over each other */
        if (q % 3 == 0)
            chimes_start(&m.chimes, (uint32_t)(rand() % BN_CHIME_END));
        mixer_run(&m, &io);
        for (unsigned i = 0; i < Q; i++)
            assert_true(fabsf(out[0][i]) <= 1.000001f && fabsf(out[1][i]) <= 1.000001f);
    }
}

/* Music is at least 12 dB down within 20 ms of a chime's first sample, and back exactly, slowly. */
static void test_ducking(void **state)
{
    const struct chime_sound *w = &m.chimes.sound[BN_CHIME_WARNING];
    unsigned at = 0, down = 0, back = 0;

    (void)state;
    mixer_open(&m, 0);
    feed(0, 0.5f, 0.5f);
    mixer_run(&m, &io);
    assert_true(out[0][Q - 1] == 0.5f);
    chimes_start(&m.chimes, BN_CHIME_WARNING);
    while (at < 2 * 48000u && !back) {
        mixer_run(&m, &io);
        for (unsigned i = 0; i < Q; i++, at++) {
            const float music = out[0][i] - (at < w->length ? w->sample[at] : 0.0f);

            if (!down && music <= 0.5f * 0.2512f)
                down = at + 1;
            if (down && at < w->length)
                assert_true(music <= 0.5f * 0.2512f);
            if (at > w->length && music == 0.5f && !back)
                back = at - w->length;
        }
    }
    assert_true(down > 0 && down <= 20 * 48);
    assert_true(back > 100 * 48 && back < 500 * 48);
}

/* A turn signal does not stop the music. */
static void test_ticks_do_not_duck(void **state)
{
    (void)state;
    mixer_open(&m, 0);
    feed(0, 0.5f, 0.5f);
    mixer_run(&m, &io);
    chimes_start(&m.chimes, BN_CHIME_TICK);
    for (unsigned at = 0; at < 2048; at += Q) {
        mixer_run(&m, &io);
        for (unsigned i = 0; i < Q; i++)
            assert_true(fabsf(out[0][i] - m.chimes.sound[BN_CHIME_TICK].sample[at + i] - 0.5f) <
                        1e-6f);
    }
}

static void test_roles(void **state)
{
    (void)state;
    mixer_open(&m, 8); /* the other guest's music */
    mixer_open(&m, 1); /* navigation */
    feed(8, 0.25f, 0.25f);
    feed(1, 0.0f, 0.0f);
    for (int q = 0; q < 50; q++)
        mixer_run(&m, &io);
    assert_true(out[0][Q - 1] == 0.25f); /* a stream that says nothing is no prompt */
    feed(1, 0.25f, 0.25f);
    for (int q = 0; q < 50; q++)
        mixer_run(&m, &io);
    assert_true(fabsf(out[0][Q - 1] - 0.25f - 0.25f * 0.1995f) < 1e-3f);
    feed(1, 0.0f, 0.0f);
    for (int q = 0; q < 50; q++)
        mixer_run(&m, &io);
    assert_true(out[0][Q - 1] < 0.1f); /* a pause in speech is part of it */
    for (int q = 0; q < 300; q++)
        mixer_run(&m, &io);
    assert_true(out[0][Q - 1] == 0.25f);
}

/* Eight streams of one guest at full scale take nothing but their own VM's room. */
static void test_one_guest_does_not_drown_the_other(void **state)
{
    (void)state;
    for (unsigned i = 8; i < 16; i++) {
        mixer_open(&m, i);
        feed(i, 1.0f, 1.0f);
    }
    mixer_open(&m, 0);
    feed(0, -1.0f, 1.0f);
    for (int q = 0; q < 10; q++)
        mixer_run(&m, &io);
    assert_true(fabsf(out[0][Q - 1]) < 1e-6f && fabsf(out[1][Q - 1] - 1.0f) < 1e-6f);
}

static void test_fade_and_volume(void **state)
{
    (void)state;
    mixer_open(&m, 0);
    feed(0, 0.5f, 0.5f);
    mixer_run(&m, &io);
    mixer_volume(&m, 0, 0.5f, 0.0f);
    for (int q = 0; q < 8; q++)
        mixer_run(&m, &io);
    assert_true(out[0][Q - 1] == 0.25f && out[1][Q - 1] == 0.0f);
    mixer_fade(&m, 0);
    assert_false(mixer_faded(&m, 0));
    mixer_run(&m, &io);
    assert_true(out[0][0] > 0.24f && out[0][Q - 1] < 0.13f);
    mixer_run(&m, &io);
    assert_true(mixer_faded(&m, 0) && out[0][Q - 1] == 0.0f);
    mixer_close(&m, 0);
    mixer_volume(&m, 0, 1.0f, 1.0f);
    mixer_open(&m, 0);
    mixer_run(&m, &io);
    assert_true(out[0][0] == 0.5f && out[1][0] == 0.5f);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_strips),
        TEST(test_bit_for_bit),
        TEST(test_closed_strips_are_not_heard),
        TEST(test_a_chime_over_everything),
        TEST(test_all_chimes_fit),
        TEST(test_ducking),
        TEST(test_ticks_do_not_duck),
        TEST(test_roles),
        TEST(test_one_guest_does_not_drown_the_other),
        TEST(test_fade_and_volume),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
