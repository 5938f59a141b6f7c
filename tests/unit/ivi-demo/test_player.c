/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The player on a sound card that is a file: ALSA's "file" plug-in over "null", which takes
 * whatever comes at once. Every start of playing makes a file of its own. And the WAV reader, which
 * believes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "player.h"
#include "wav.h"

#define TITLES 3
#define FRAMES 6000u /* of a title: an eighth of a second */

static char folder[64];
static struct player player;

static const char *path_of(const char *name)
{
    static char path[4][128];
    static unsigned n;
    char *p = path[n++ % 4];

    snprintf(p, sizeof(path[0]), "%s/%s", folder, name);
    return p;
}

static void write_file(const char *path, const void *data, size_t bytes)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, bytes, f), bytes);
    assert_int_equal(fclose(f), 0);
}

static size_t read_file(const char *path, void *data, size_t bytes)
{
    FILE *f = fopen(path, "rb");
    size_t n = f ? fread(data, 1, bytes, f) : 0;

    if (f)
        fclose(f);
    return n;
}

/* Frame `i` of title `t`: no two are the same. */
static uint32_t frame_of(unsigned t, uint32_t i)
{
    return (i + 1) | (t + 1) << 16;
}

static void put(uint8_t *to, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        to[i] = (uint8_t)(value >> 8 * i);
}

/* A file as binnacle-compose makes it. Returns its bytes. */
static size_t make_wav(uint8_t *to, unsigned t, uint32_t rate)
{
    static const uint8_t head[] = "RIFF....WAVEfmt \x10\0\0\0\1\0\2\0....    \4\0\x10\0"
                                  "LIST\x1c\0\0\0INFOINAM\5\0\0\0Song\0\0IART\1\0\0\0\0\0data....";
    const size_t bytes = sizeof(head) - 1;

    memcpy(to, head, bytes);
    put(to + 4, (uint32_t)(bytes - 8 + FRAMES * 4), 4);
    put(to + 24, rate, 4);
    put(to + 28, rate * 4, 4);
    put(to + bytes - 4, FRAMES * 4, 4);
    for (uint32_t i = 0; i < FRAMES; i++)
        put(to + bytes + i * 4, frame_of(t, i), 4);
    return bytes + FRAMES * 4;
}

static int begin(void **state)
{
    static uint8_t wav[FRAMES * 4 + 256];
    char text[1024];

    (void)state;
    strcpy(folder, "/tmp/player-XXXXXX");
    assert_non_null(mkdtemp(folder));
    for (unsigned t = 0; t < TITLES; t++) {
        char name[16];

        snprintf(name, sizeof(name), "%u.wav", t + 1);
        write_file(path_of(name), wav, make_wav(wav, t, MEDIA_RATE));
    }
    write_file(path_of("9.wav"), "RIFF", 4); /* is left out */
    snprintf(text, sizeof(text),
             "pcm.nothing { type null }\n"
             "pcm.card { type file slave.pcm nothing file \"%s\" infile \"%s\" format raw "
             "truncate false }\n"
             "pcm.broken { type nosuchthing }\n",
             path_of("out"), path_of("in"));
    write_file(path_of("asound.conf"), text, strlen(text));
    write_file(path_of("in"), "", 0);
    setenv("ALSA_CONFIG_PATH", path_of("asound.conf"), 1);
    return 0;
}

static int end(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

static void start(const char *pcm, bool autoplay)
{
    const struct player_setup setup = {folder, pcm, autoplay};

    assert_int_equal(player_start(&player, &setup), 0);
}

static void order(enum media_order_kind kind, int value)
{
    player_order(&player, (struct media_order){kind, value});
}

/* Until the player says so. */
#define WAIT(condition)                                                                            \
    for (struct media_state s; player_read(&player, &s), !(condition); usleep(2000))

static size_t bytes_of(const char *path)
{
    struct stat s;

    return stat(path, &s) == 0 ? (size_t)s.st_size : 0;
}

/* Every frame of the file follows the one before, through the titles and around; returns how many,
 * and where the next would be from. */
static uint32_t follow(const char *name, unsigned *title, uint32_t *frame)
{
    static uint32_t heard[20000000];
    const uint32_t n =
        (uint32_t)(read_file(path_of(name), heard, sizeof(heard)) / sizeof(heard[0]));

    for (uint32_t i = 0; i < n; i++) {
        if (heard[i] != frame_of(*title, *frame))
            fail_msg("%s: frame %u is %08x, not %08x", name, i, heard[i], frame_of(*title, *frame));
        if (++*frame == FRAMES) {
            *frame = 0;
            *title = (*title + 1) % TITLES;
        }
    }
    return n;
}

static void test_titles_follow_without_a_gap(void **state)
{
    unsigned title = 0;
    uint32_t frame = 0;

    (void)state;
    start("card", true);
    while (bytes_of(path_of("out")) < 8u * FRAMES * 4) /* round and round */
        usleep(1000);
    order(MEDIA_TOGGLE, 0);
    WAIT(!s.playing);
    assert_true(follow("out", &title, &frame) >= 8 * FRAMES);
    /* It goes on where it was. */
    order(MEDIA_TOGGLE, 0);
    while (bytes_of(path_of("out.0001")) < FRAMES * 4)
        usleep(1000);
    order(MEDIA_TOGGLE, 0);
    WAIT(!s.playing);
    assert_true(follow("out.0001", &title, &frame) >= FRAMES);
    player_stop(&player);
}

static void test_no_autoplay_and_choice(void **state)
{
    struct media_state now;
    unsigned title = 2;
    uint32_t frame = 0;

    (void)state;
    start("card", false);
    WAIT(s.card == MEDIA_CARD);
    usleep(100000);
    player_read(&player, &now);
    assert_false(now.playing);
    assert_int_equal(bytes_of(path_of("out")), 0);
    assert_int_equal(now.titles, TITLES);
    assert_string_equal(now.title[0].title, "Song");
    assert_int_equal((int)(now.title[0].seconds * MEDIA_RATE + 0.5), FRAMES);
    assert_false(now.has_volume);
    order(MEDIA_SKIP, -1); /* before the first is the last */
    WAIT(s.track == 2);
    order(MEDIA_SKIP, 1);
    WAIT(s.track == 0);
    order(MEDIA_CHOOSE, 17); /* there is none */
    order(MEDIA_CHOOSE, 2);
    WAIT(s.playing);
    order(MEDIA_TOGGLE, 0);
    WAIT(!s.playing);
    assert_true(follow("out", &title, &frame) > 0);
    order(MEDIA_SEEK, 500);
    WAIT(!s.playing && (int)(s.at * MEDIA_RATE + 0.5) == FRAMES / 2);
    player_stop(&player);
}

static void test_recording_is_played(void **state)
{
    static uint32_t spoken[30 * MEDIA_RATE], heard[30 * MEDIA_RATE];
    size_t bytes;

    (void)state;
    for (uint32_t i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++)
        spoken[i] = i * 2654435761u;
    write_file(path_of("in"), spoken, sizeof(spoken));
    start("card", false);
    WAIT(s.card == MEDIA_CARD);
    order(MEDIA_RECORD, 0); /* not from a title */
    order(MEDIA_CHOOSE, TITLES);
    WAIT(s.source == MEDIA_MICROPHONE && s.microphone && !s.playing && !s.recording);
    order(MEDIA_RECORD,
          0); /* this card gives all that fits at once: then it is played to its end */
    WAIT(bytes_of(path_of("out.0001")) >= PLAYER_RECORD_S * MEDIA_RATE * 4);
    WAIT(!s.recording && !s.playing && s.at == 0);
    bytes = read_file(path_of("out.0001"), heard, sizeof(heard));
    assert_int_equal(bytes, PLAYER_RECORD_S * MEDIA_RATE * 4);
    assert_memory_equal(heard, spoken, bytes);
    player_stop(&player);
}

static void test_no_card_is_said_and_nothing_waits(void **state)
{
    (void)state;
    start("nosuchcard", true);
    WAIT(s.card == MEDIA_NO_CARD && s.playing && strcmp(s.problem, "No sound device") == 0);
    for (int i = 0; i < 100; i++) /* more than can wait */
        order(MEDIA_SKIP, 1);
    order(MEDIA_RECORD, 0);
    order(MEDIA_VOLUME, 200);
    order(MEDIA_MUTE, 0);
    player_stop(&player);
    start("broken", true);
    WAIT(s.card == MEDIA_CARD_FAILED && strncmp(s.problem, "Sound device fails: ", 20) == 0);
    player_stop(&player);
}

/* ---- files */

static int open_bytes(const uint8_t *data, size_t bytes, struct wav *w)
{
    write_file(path_of("x.wav"), data, bytes);
    return wav_open(w, path_of("x.wav"));
}

static void test_files(void **state)
{
    static uint8_t good[FRAMES * 4 + 256], bad[sizeof(good)];
    const size_t bytes = make_wav(good, 0, MEDIA_RATE), head = bytes - FRAMES * 4;
    struct wav w;

    (void)state;
    assert_int_equal(open_bytes(good, bytes, &w), 0);
    assert_int_equal(w.frames, FRAMES);
    assert_string_equal(w.about.title, "Song");
    assert_string_equal(w.about.artist, "");
    assert_int_equal((uint16_t)w.sample[2 * (FRAMES - 1)], FRAMES);
    wav_close(&w);
    assert_int_equal(wav_open(&w, path_of("none.wav")), -ENOENT);
    assert_int_equal(open_bytes(good, 0, &w), -EINVAL);
    for (size_t cut = 1; cut < head + 4; cut++)
        assert_int_equal(open_bytes(good, cut, &w), -EINVAL);
    assert_int_equal(open_bytes(good, head + 4 * 100 + 3, &w), 0); /* what is there is played */
    assert_int_equal(w.frames, 100);
    wav_close(&w);
    memcpy(bad, good, bytes);
    make_wav(bad, 0, 44100);
    assert_int_equal(open_bytes(bad, bytes, &w), -EINVAL);
    for (size_t at = 0; at < head; at++) /* any byte may be anything: no access beyond the file */
        for (int k = 0; k < 3; k++) {
            memcpy(bad, good, bytes);
            bad[at] = (uint8_t)(k == 0 ? 0xFF : k == 1 ? 0 : bad[at] ^ 1);
            if (open_bytes(bad, bytes, &w) == 0) {
                uint32_t sum = 0;

                for (uint32_t i = 0; i < 2 * w.frames; i++)
                    sum += (uint16_t)w.sample[i];
                assert_true(sum > 0 && strlen(w.about.title) < MEDIA_TEXT);
                wav_close(&w);
            }
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_titles_follow_without_a_gap, begin, end),
        cmocka_unit_test_setup_teardown(test_no_autoplay_and_choice, begin, end),
        cmocka_unit_test_setup_teardown(test_recording_is_played, begin, end),
        cmocka_unit_test_setup_teardown(test_no_card_is_said_and_nothing_waits, begin, end),
        cmocka_unit_test_setup_teardown(test_files, begin, end),
    };

    alarm(120); /* what is waited for and never comes */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
