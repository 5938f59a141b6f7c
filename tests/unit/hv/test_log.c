/* SPDX-License-Identifier: BSD-3-Clause */
/* The log's allowances: a noisy VM loses its own lines, and never those that tell what became of
 * it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hv/arch.h"
#include "hv/log.h"
#include "hv/watchdog.h"

#define MS 1000000ull

bool pcpus_ready; /* false: lines are stamped with CPU 0 */
uint64_t boot_tsc, tsc_hz;
static uint64_t now;
static char console[1 << 16];
static struct bn_scenario_vm config[2];
static struct vm vm[2];

uint64_t tsc_now(void)
{
    return now;
}

uint64_t tsc_from_ns(uint64_t ns)
{
    return ns;
}

uint64_t tsc_to_ns(uint64_t ticks)
{
    return ticks;
}

void console_line(const char *line)
{
    strncat(console, line, sizeof(console) - strlen(console) - 2);
    strcat(console, "\n");
}

void console_panic_line(const char *line)
{
    console_line(line);
}

void panic_stop_others(void)
{
}

void reset_machine(void)
{
    abort();
}

static int setup(void **state)
{
    (void)state;
    now += 60000 * MS; /* everybody has earned all that he may keep */
    console[0] = 0;
    for (unsigned i = 0; i < 2; i++) {
        vm[i].id = i;
        vm[i].config = &config[i];
        strcpy(config[i].name, i ? "quiet" : "noisy");
    }
    return 0;
}

static unsigned lines(const char *text)
{
    unsigned count = 0;

    for (const char *at = console; (at = strstr(at, text)); at++)
        count++;
    return count;
}

static int setup_at_power_on(void **state)
{
    (void)setup(state);
    now = 0;
    return 0;
}

/* The first test: a machine that has just been switched on owes its VMs as much as any other. */
static void test_all_is_there_at_once(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 64; i++)
        vm_log(&vm[0], "noise");
    assert_int_equal(lines("[noisy] noise"), 64);
}

static void test_noise_is_dropped_and_counted(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        vm_log(&vm[0], "noise");
    assert_int_equal(lines("[noisy] noise"), 64);
    vm_log(&vm[1], "word");
    assert_int_equal(lines("[quiet] word"), 1);
    now += 50 * MS;
    vm_log(&vm[0], "noise");
    assert_int_equal(lines("[noisy] noise"), 65);
    assert_int_equal(lines("[noisy] (936 lines dropped)"), 1);
}

static void test_events_are_heard_through_the_noise(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 1000; i++)
        vm_log(&vm[0], "noise");
    vm_event(&vm[0], "ended");
    assert_int_equal(lines("[noisy] ended"), 1);
    for (unsigned i = 0; i < 1000; i++) /* created and destroyed without end: limited as well */
        vm_event(&vm[0], "created");
    assert_int_equal(lines("[noisy] created"), 63);
    assert_int_equal(lines("[noisy] noise"), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_all_is_there_at_once, setup_at_power_on),
        cmocka_unit_test_setup(test_noise_is_dropped_and_counted, setup),
        cmocka_unit_test_setup(test_events_are_heard_through_the_noise, setup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
