/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a stream: every command in every state, every parameter that is offered or not, and
 * what repeats leave behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "device/pcm.h"
#include "stage.h"

static struct stage stage;

static int up(void **state)
{
    (void)state;
    stage_init(&stage, 8, 8, false);
    stage_driver(&stage, VSND_F_CTLS);
    return 0;
}
static int down(void **state)
{
    (void)state;
    stage_finish(&stage);
    return 0;
}

static uint32_t command(enum pcm_command c)
{
    static const uint32_t codes[PCM_COMMANDS] = {VSND_R_PCM_SET_PARAMS, VSND_R_PCM_PREPARE,
                                                 VSND_R_PCM_START, VSND_R_PCM_STOP,
                                                 VSND_R_PCM_RELEASE};

    if (c == PCM_SET_PARAMS)
        return stage_set(&stage, 0, VSND_FMT_S16, 2, VSND_RATE_48000, 4096, 4, 0);
    return stage_pcm(&stage, codes[c], 0);
}

static void go_to(enum pcm_state s)
{
    static const struct {
        unsigned n;
        enum pcm_command c[4];
    } ways[PCM_STATES] = {
        [PCM_SET] = {1, {PCM_SET_PARAMS}},
        [PCM_PREPARED] = {2, {PCM_SET_PARAMS, PCM_PREPARE}},
        [PCM_RUNNING] = {3, {PCM_SET_PARAMS, PCM_PREPARE, PCM_START}},
        [PCM_STOPPED] = {4, {PCM_SET_PARAMS, PCM_PREPARE, PCM_START, PCM_STOP}},
        [PCM_RELEASED] = {3, {PCM_SET_PARAMS, PCM_PREPARE, PCM_RELEASE}},
    };

    stage.audio.vhost.ops->reset(&stage.audio.vhost);
    stage.audio.live = true;
    for (unsigned i = 0; i < ways[s].n; i++)
        assert_int_equal(command(ways[s].c[i]), VSND_S_OK);
    assert_int_equal(state_pcm(&stage.audio.state->stream[0]), s);
}

/* As §5.14.6.6.1 lists "possible valid transitions", written down once more. */
static void test_every_command_in_every_state(void **state)
{
    static const int allowed[PCM_STATES][PCM_COMMANDS] = {
        /* SET_PARAMS, PREPARE, START, STOP, RELEASE */
        [PCM_IDLE] = {PCM_SET, -1, -1, -1, -1},
        [PCM_SET] = {PCM_SET, PCM_PREPARED, -1, -1, -1},
        [PCM_PREPARED] = {PCM_SET, PCM_PREPARED, PCM_RUNNING, -1, PCM_RELEASED},
        [PCM_RUNNING] = {-1, -1, -1, PCM_STOPPED, -1},
        [PCM_STOPPED] = {-1, -1, PCM_RUNNING, -1, PCM_RELEASED},
        [PCM_RELEASED] = {PCM_SET, PCM_PREPARED, -1, -1, -1},
    };

    (void)state;
    for (unsigned s = 0; s < PCM_STATES; s++) {
        for (unsigned c = 0; c < PCM_COMMANDS; c++) {
            const int to = allowed[s][c];
            const struct manual_stream *m = &stage.manual.stream[0];

            go_to(s);
            assert_int_equal(command(c), to < 0 ? VSND_S_BAD_MSG : VSND_S_OK);
            assert_int_equal(state_pcm(&stage.audio.state->stream[0]), to < 0 ? (int)s : to);
            assert_int_equal(pcm_next(s, c), to < 0 ? -EINVAL : to);
            assert_int_equal(m->running, (to < 0 ? (int)s : to) == PCM_RUNNING);
        }
    }
}

static void test_what_is_offered_is_taken_and_nothing_else(void **state)
{
    (void)state;
    for (unsigned format = 0; format < 256; format++) {
        for (unsigned rate = 0; rate < 256; rate += rate < 20 ? 1 : 59) {
            const bool offered = format < 64 && rate < 64 && (pcm_formats() >> format & 1) &&
                                 (pcm_rates() >> rate & 1);

            assert_int_equal(stage_set(&stage, 1, format, 1, rate, 4800, 4, 0),
                             offered ? VSND_S_OK : VSND_S_NOT_SUPP);
        }
    }
    for (unsigned channels = 0; channels < 256; channels++)
        assert_int_equal(stage_set(&stage, 1, VSND_FMT_S16, channels, VSND_RATE_48000, 3360, 4, 0),
                         channels == 0   ? VSND_S_BAD_MSG
                         : channels <= 8 ? VSND_S_OK
                                         : VSND_S_NOT_SUPP);
    for (unsigned bit = 0; bit < 32; bit++)
        assert_int_equal(stage_set(&stage, 1, VSND_FMT_S16, 1, VSND_RATE_8000, 4096, 4, 1u << bit),
                         PCM_FEATURES >> bit & 1 ? VSND_S_OK : VSND_S_NOT_SUPP);
    assert_int_equal(stage_set(&stage, 1, VSND_FMT_S16, 1, VSND_RATE_8000, 4096, 4, 3),
                     VSND_S_BAD_MSG); /* host's and guest's memory at once */
    assert_int_equal(pcm_formats() & ((1u << VSND_FMT_U8) | (1u << VSND_FMT_S16) |
                                      (1u << VSND_FMT_S32) | (1u << VSND_FMT_FLOAT)),
                     (1u << VSND_FMT_U8) | (1u << VSND_FMT_S16) | (1u << VSND_FMT_S32) |
                         (1u << VSND_FMT_FLOAT));
}

static void test_sizes(void **state)
{
    static const struct {
        uint32_t period, buffer, status;
    } cases[] = {
        {4096, 16384, VSND_S_OK},         {4096, 4096, VSND_S_OK},
        {0, 4096, VSND_S_BAD_MSG},        {4096, 0, VSND_S_BAD_MSG},
        {4096, 6144, VSND_S_BAD_MSG},     {8192, 4096, VSND_S_BAD_MSG},
        {4098, 8196, VSND_S_BAD_MSG},     {4, 4, VSND_S_OK},
        {64, 64 * 65535, VSND_S_OK},      {64, 64 * 65536, VSND_S_NOT_SUPP},
        {4, 0xFFFFFFFC, VSND_S_NOT_SUPP}, {0xFFFFFFFC, 0xFFFFFFFC, VSND_S_NOT_SUPP},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct vsnd_pcm_set_params r = {
            VSND_R_PCM_SET_PARAMS, 2, cases[i].buffer, cases[i].period, 0, 2, VSND_FMT_S16,
            VSND_RATE_48000,       0};

        assert_int_equal(stage_ask(&stage, &r, sizeof(r), NULL, 0, NULL), cases[i].status);
    }
}

/* The ring is no less than the buffer (§5.14.6.6.3.1), and whole frames. */
static void test_the_ring_holds_the_buffer(void **state)
{
    (void)state;
    for (unsigned channels = 1; channels <= 8; channels++) {
        for (unsigned format = 0; format < VSND_FORMATS; format++) {
            const unsigned frame = channels * pcm_sample_bytes(format);
            const struct manual_stream *m = &stage.manual.stream[3];

            if (!frame)
                continue;
            for (uint32_t frames = 1; frames * 4 * frame <= PCM_BUFFER_MAX;
                 frames = frames * 3 + 1) {
                assert_int_equal(
                    stage_set(&stage, 3, format, channels, VSND_RATE_44100, frames * frame, 4, 0),
                    VSND_S_OK);
                assert_int_equal(stage_pcm(&stage, VSND_R_PCM_PREPARE, 3), VSND_S_OK);
                assert_true(m->format.ring_bytes >= frames * frame * 4);
                assert_true(m->format.ring_bytes >= LINK_RING_MIN);
                assert_true(m->format.ring_bytes <= LINK_RING_MAX);
                assert_int_equal(m->format.ring_bytes % frame, 0);
                assert_int_equal(m->format.rate, 44100);
                assert_int_equal(m->format.channels, channels);
                assert_int_equal(stage_pcm(&stage, VSND_R_PCM_RELEASE, 3), VSND_S_OK);
            }
        }
    }
}

/* Repeats take nothing more each time: what is opened is closed. */
static void test_repeats_leave_nothing_behind(void **state)
{
    const struct manual_stream *m = &stage.manual.stream[0];
    const unsigned before = m->opens - m->closes;

    (void)state;
    go_to(PCM_SET);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(command(PCM_PREPARE), VSND_S_OK);
    assert_int_equal(m->opens - m->closes, 1);
    for (unsigned i = 0; i < 1000; i++)
        assert_int_equal(command(PCM_SET_PARAMS), VSND_S_OK);
    assert_int_equal(m->opens - m->closes, 0);
    assert_int_equal(before, 0);
}

static void test_a_back_end_that_cannot(void **state)
{
    (void)state;
    go_to(PCM_SET);
    stage.manual.open_rc = -ENOMEM;
    assert_int_equal(command(PCM_PREPARE), VSND_S_IO_ERR);
    assert_int_equal(state_pcm(&stage.audio.state->stream[0]), PCM_SET);
    stage.manual.open_rc = 0;
    assert_int_equal(command(PCM_PREPARE), VSND_S_OK);
    stage.manual.start_rc = -EIO;
    assert_int_equal(command(PCM_START), VSND_S_IO_ERR);
    assert_int_equal(state_pcm(&stage.audio.state->stream[0]), PCM_PREPARED);
    stage.manual.start_rc = 0;
    assert_int_equal(command(PCM_START), VSND_S_OK);
}

static void test_streams_that_are_not_there_and_requests_that_are_short(void **state)
{
    static const uint32_t ids[] = {16, 17, 255, 256, 0x7FFFFFFF, 0xFFFFFFFF};

    (void)state;
    for (uint32_t code = VSND_R_PCM_SET_PARAMS; code <= VSND_R_PCM_STOP; code++) {
        for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
            const struct vsnd_pcm_set_params r = {code,         ids[i],          4096, 1024, 0, 1,
                                                  VSND_FMT_S16, VSND_RATE_48000, 0};

            assert_int_equal(stage_ask(&stage, &r, sizeof(r), NULL, 0, NULL), VSND_S_BAD_MSG);
        }
        for (size_t bytes = 1; bytes < sizeof(struct vsnd_pcm_set_params); bytes++) {
            const struct vsnd_pcm_set_params r = {
                code, 5, 4096, 1024, 0, 1, VSND_FMT_S16, VSND_RATE_48000, 0};

            if (code != VSND_R_PCM_SET_PARAMS && bytes >= sizeof(struct vsnd_item))
                break;
            assert_int_equal(stage_ask(&stage, &r, bytes, NULL, 0, NULL), VSND_S_BAD_MSG);
        }
    }
    assert_int_equal(state_pcm(&stage.audio.state->stream[5]), PCM_IDLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_command_in_every_state),
        cmocka_unit_test(test_what_is_offered_is_taken_and_nothing_else),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_the_ring_holds_the_buffer),
        cmocka_unit_test(test_repeats_leave_nothing_behind),
        cmocka_unit_test(test_a_back_end_that_cannot),
        cmocka_unit_test(test_streams_that_are_not_there_and_requests_that_are_short),
    };

    return cmocka_run_group_tests(tests, up, down);
}
