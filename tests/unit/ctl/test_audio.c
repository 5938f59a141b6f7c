/* SPDX-License-Identifier: BSD-3-Clause */
/* What binnaclectl makes of the sound service's file, and of what is typed. */
#include "audio.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/test-audio-XXXXXX";

static void put(const void *data, size_t bytes)
{
    const int fd = open(path, O_WRONLY | O_TRUNC);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, data, bytes), (ssize_t)bytes);
    close(fd);
}

static void test_the_file_is_checked(void **state)
{
    static struct bn_sound_status s, got;

    (void)state;
    assert_int_equal(audio_look("/nowhere/at/all", &got), -ENOENT);
    s = (struct bn_sound_status){
        .magic = BN_SOUND_STATUS_MAGIC, .version = BN_SOUND_STATUS_VERSION, .vms = 2};
    memset(s.card, 'x', sizeof(s.card));
    memset(s.vm[1].name, 'y', sizeof(s.vm[1].name));
    put(&s, sizeof(s));
    assert_int_equal(audio_look(path, &got), 0);
    assert_int_equal(strlen(got.card), sizeof(got.card) - 1);
    assert_int_equal(strlen(got.vm[1].name), sizeof(got.vm[1].name) - 1);
    put(&s, sizeof(s) - 1);
    assert_int_equal(audio_look(path, &got), -EPROTO);
    s.streams = BN_SOUND_STREAMS + 1;
    put(&s, sizeof(s));
    assert_int_equal(audio_look(path, &got), -EPROTO);
    s.streams = 0;
    s.version++;
    put(&s, sizeof(s));
    assert_int_equal(audio_look(path, &got), -EPROTO);
}

static void test_levels(void **state)
{
    int cb = 1;

    (void)state;
    assert_true(audio_parse_level("-6", &cb));
    assert_int_equal(cb, -60);
    assert_true(audio_parse_level("-12.3", &cb));
    assert_int_equal(cb, -123);
    assert_true(audio_parse_level("0", &cb));
    assert_int_equal(cb, 0);
    assert_false(audio_parse_level("", &cb));
    assert_false(audio_parse_level("loud", &cb));
    assert_false(audio_parse_level("-6dB", &cb));
    assert_false(audio_parse_level("nan", &cb));
    assert_false(audio_parse_level("-1e9", &cb));
}

static void test_what_is_typed(void **state)
{
    const struct audio_paths nowhere = {"/nowhere/status", "/nowhere/control"};
    char *wrong[][3] = {{"gain", "ivi", "loud"},
                        {"mute", "ivi", "perhaps"},
                        {"duck", "ivi", "-6"},
                        {"raise", "ivi", "-6"},
                        {"gain", "a-name-that-is-too-long", "-6"}};
    char *right[][3] = {{"gain", "ivi", "-6"}, {"mute", "ivi", "off"}, {"duck", "media", "-20"}};

    (void)state;
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(audio_run(&nowhere, 3, wrong[i]), 2);
    assert_int_equal(audio_run(&nowhere, 1, wrong[0]), 2);
    for (unsigned i = 0; i < 3; i++) /* understood, but nobody is there */
        assert_int_equal(audio_run(&nowhere, 3, right[i]), 1);
    assert_int_equal(audio_run(&nowhere, 0, NULL), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_file_is_checked),
        cmocka_unit_test(test_levels),
        cmocka_unit_test(test_what_is_typed),
    };
    const int fd = mkstemp(path);
    int rc;

    if (fd < 0)
        return 1;
    close(fd);
    rc = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return rc;
}
