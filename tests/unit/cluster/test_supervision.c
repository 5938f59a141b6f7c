/* SPDX-License-Identifier: BSD-3-Clause */
/* The supervised tasks as they come by their alarms: good while each does what it owes, whatever
 * the phase; who is needed by the driver and stops ends all, and in time; who is not is told. */
#include "supervision.h"

#include "board.h"
#include "os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define STOP_MS 300 /* at the latest after its last checkpoint */

struct task {
    uint32_t period_us, phase_us;
    uint8_t checkpoints;
    int8_t stops_at; /* a checkpoint that is never reached; -1: none */
    bool stopped;
    uint32_t takes_us;
};

static uint64_t now;
static struct task task[SUPERVISED];

uint64_t board_now_us(void)
{
    return now;
}

void SuspendAllInterrupts(void)
{
}

void ResumeAllInterrupts(void)
{
}

static int begin(void **unused)
{
    const struct task all[SUPERVISED] = {
        [SUPERVISED_DRAW] = {16667, 0, DRAW_CHECKPOINTS, -1, false, 2000},
        [SUPERVISED_BUS] = {16666, 100, BUS_CHECKPOINTS, -1, false, 100},
        [SUPERVISED_CHIME] = {10000, 200, CHIME_CHECKPOINTS, -1, false, 100},
        [SUPERVISED_PUBLISH] = {50000, 300, PUBLISH_CHECKPOINTS, -1, false, 100},
        [SUPERVISED_STORE] = {10000, 400, STORE_CHECKPOINTS, -1, false, 100},
    };

    (void)unused;
    memcpy(task, all, sizeof(task));
    now = 0;
    WdgM_Init(&supervision);
    return 0;
}

static void turn(int e)
{
    struct task *t = &task[e];
    uint64_t begun = now;

    for (int c = 0; c < t->checkpoints && !t->stopped; c++) {
        t->stopped = c == t->stops_at;
        if (!t->stopped)
            WdgM_CheckpointReached((WdgM_SupervisedEntityIdType)e, (WdgM_CheckpointIdType)c);
        now = begun + t->takes_us * (uint32_t)(c + 1) / t->checkpoints;
    }
    now = begun;
}

/* Until that time, in steps of 100 us, the supervisor last of all. */
static void run(uint64_t end)
{
    for (; now < end; now += 100) {
        for (int e = 0; e < SUPERVISED; e++)
            if ((now + task[e].phase_us) / task[e].period_us !=
                (now + task[e].phase_us + 100) / task[e].period_us)
                turn(e);
        if ((now + 100) % SUPERVISION_US == 0)
            WdgM_MainFunction();
    }
}

static void test_good(void **unused)
{
    (void)unused;
    for (uint32_t phase = 0; phase < 50000; phase += 1700) {
        begin(NULL);
        for (int e = 0; e < SUPERVISED; e++)
            task[e].phase_us = phase * (uint32_t)(e + 1);
        run(1500000);
        assert_int_equal(WdgM_GetGlobalStatus(), WDGM_GLOBAL_STATUS_OK);
    }
}

/* Four of five slots missed: late pictures, but pictures. */
static void test_slow(void **unused)
{
    (void)unused;
    task[SUPERVISED_DRAW].period_us = 83333;
    task[SUPERVISED_DRAW].takes_us = 80000;
    task[SUPERVISED_STORE].period_us = 100000;
    run(5000000);
    assert_int_equal(WdgM_GetGlobalStatus(), WDGM_GLOBAL_STATUS_OK);
}

/* The machine stands still for a while: everybody is late together, and nobody is blamed. */
static void test_stand_still(void **unused)
{
    (void)unused;
    for (uint32_t still = 10000; still < 1000000; still += 37000) {
        begin(NULL);
        run(500000);
        WdgM_CheckpointReached(SUPERVISED_DRAW, DRAW_SLOT);
        now += still;
        WdgM_MainFunction(); /* comes once, as its alarm does */
        WdgM_CheckpointReached(SUPERVISED_DRAW, DRAW_SCENE);
        WdgM_CheckpointReached(SUPERVISED_DRAW, DRAW_PAINTED);
        WdgM_CheckpointReached(SUPERVISED_DRAW, DRAW_TOLD);
        run(now + 1000000);
        assert_int_equal(WdgM_GetGlobalStatus(), WDGM_GLOBAL_STATUS_OK);
    }
}

/* Each task stops before each of its checkpoints. */
static void test_stops(void **unused)
{
    (void)unused;
    for (int e = 0; e < SUPERVISED; e++)
        for (int8_t c = 0; c < task[e].checkpoints; c++) {
            bool needed = e <= SUPERVISED_CHIME;

            begin(NULL);
            run(500000);
            task[e].stops_at = c;
            run(500000 + STOP_MS * 1000 + task[e].period_us);
            if (needed) {
                assert_int_equal(WdgM_GetFirstExpiredSEID(), e);
                continue;
            }
            run(1500000);
            assert_int_equal(WdgM_Failing(), 1u << e);
            assert_int_equal(WdgM_GetGlobalStatus(), WDGM_GLOBAL_STATUS_FAILED);
            task[e].stops_at = -1; /* its budget has ended it, and it begins anew */
            task[e].stopped = false;
            run(2500000);
            assert_int_equal(WdgM_GetGlobalStatus(), WDGM_GLOBAL_STATUS_OK);
        }
}

/* Each task leaves each of its checkpoints out, and goes on: of those that the driver needs none
 * may, but for the bus, which is woken by either of its events. */
static void test_left_out(void **unused)
{
    (void)unused;
    for (int e = 0; e <= SUPERVISED_CHIME; e++)
        for (int out = 0; out < task[e].checkpoints; out++) {
            begin(NULL);
            for (int round = 0; round < 2; round++)
                for (int c = 0; c < task[e].checkpoints; c++)
                    if (c != out)
                        WdgM_CheckpointReached((WdgM_SupervisedEntityIdType)e,
                                               (WdgM_CheckpointIdType)c);
            WdgM_MainFunction();
            assert_int_equal(
                WdgM_GetFirstExpiredSEID(),
                e == SUPERVISED_BUS && (out == BUS_RECEIVED || out == BUS_ASKED) ? SUPERVISED : e);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_good, begin),        cmocka_unit_test_setup(test_slow, begin),
        cmocka_unit_test_setup(test_stand_still, begin), cmocka_unit_test_setup(test_stops, begin),
        cmocka_unit_test_setup(test_left_out, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
