/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of binnacle-audio, and what it takes from a scenario. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "binnacle/scenario.h"
#include "device/arguments.h"

static struct arguments a;
static char scenario[64];

static int parse(const char *line)
{
    static char copy[512];
    char *argv[32] = {"binnacle-audio"};
    int argc = 1;

    (void)snprintf(copy, sizeof(copy), "%s", line);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    return arguments_parse(&a, argc, argv);
}

static void write_scenario(unsigned playback, unsigned capture)
{
    struct bn_scenario s = {.magic = BN_SCENARIO_MAGIC,
                            .version = BN_SCENARIO_VERSION,
                            .bytes = sizeof(s),
                            .vm_count = 2};
    FILE *f;

    strcpy(s.vm[0].name, "service");
    strcpy(s.vm[1].name, "ivi");
    s.vm[1].sound.playback = (uint8_t)playback;
    s.vm[1].sound.capture = (uint8_t)capture;
    s.crc = bn_crc32(0, (uint8_t *)&s + offsetof(struct bn_scenario, crc) + sizeof(s.crc),
                     sizeof(s) - offsetof(struct bn_scenario, crc) - sizeof(s.crc));
    f = fopen(scenario, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(&s, sizeof(s), 1, f), 1);
    assert_int_equal(fclose(f), 0);
}

static int with_scenario(const char *vm)
{
    char line[256];

    (void)snprintf(line, sizeof(line), "--socket-path /s --scenario %s --vm %s", scenario, vm);
    return parse(line);
}

static void test_a_scenario_says_which_streams(void **state)
{
    (void)state;
    write_scenario(4, 1);
    assert_int_equal(with_scenario("ivi"), 0);
    assert_int_equal(a.playback, 4);
    assert_int_equal(a.capture, 1);
    assert_string_equal(a.link, "/run/sound/link/ivi.link");
    assert_int_equal(with_scenario("service"), -EINVAL); /* has no sound */
    assert_true(with_scenario("rear") < 0);
    write_scenario(9, 1);
    assert_int_equal(with_scenario("ivi"), -EINVAL);
    write_scenario(255, 255);
    assert_int_equal(with_scenario("ivi"), -EINVAL);
    assert_int_equal(unlink(scenario), 0);
    assert_int_equal(with_scenario("ivi"), -ENOENT);
}

static void test_command_lines(void **state)
{
    static const char *const good[] = {
        "--socket-path /s --playback 8 --capture 8 --backend null --loopback --state /d",
        "--fd 3 --capture 1 --link /l",
        "--socket-path /s --playback 2 --vm ivi",
        "--socket-path /s --playback 2 --vm ivi --backend link --no-controls --no-sandbox "
        "--statistics 1",
        "--help",
    };
    static const char *const bad[] = {
        "",
        "--socket-path /s",                              /* no streams */
        "--socket-path /s --playback 0 --backend null",  /* none */
        "--socket-path /s --playback 9 --backend null",  /* too many */
        "--socket-path /s --playback -1 --backend null", /* no number */
        "--socket-path /s --playback 1x --backend null",
        "--playback 1 --backend null",                         /* no socket */
        "--socket-path /s --fd 3 --playback 1 --backend null", /* two */
        "--socket-path /s --playback 1",                       /* which service? */
        "--socket-path /s --playback 1 --backend none",
        "--socket-path /s --playback 1 --backend null --link /l", /* nobody to link to */
        "--socket-path /s --playback 1 --link /l --loopback",     /* the service's affair */
        "--socket-path /s --scenario /x --backend null",          /* whose? */
        "--socket-path /s --scenario /x --vm ivi --playback 1",   /* twice said */
        "--socket-path /s --playback 1 --backend null left",
        "--socket-path /s --playback 1 --backend null --volume 3",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(parse(good[i]), 0);
    assert_true(a.help);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(parse(bad[i]), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_scenario_says_which_streams),
        cmocka_unit_test(test_command_lines),
    };

    strcpy(scenario, "/tmp/audio-scenario-XXXXXX");
    close(mkstemp(scenario));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
