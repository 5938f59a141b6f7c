/* SPDX-License-Identifier: BSD-3-Clause */
/* The watchdog manager: each kind of supervision with its tolerance to the cycle, what is borne and
 * what is not. */
#include "wdgm.h"

#include "board.h"
#include "os.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { TIMED, ORDERED, BORNE, ENTITIES };
enum { A, B, C, D };

static const uint32_t timed_follows[] = {WDGM_AFTER(B), WDGM_AFTER(A)};
static const uint32_t ordered_follows[] = {WDGM_AFTER(B) | WDGM_AFTER(C), WDGM_AFTER(C),
                                           WDGM_AFTER(A)};
static const struct wdgm_entity entities[ENTITIES] = {
    [TIMED] = {.name = "timed",
               .cycles = 2,
               .tolerance = 2,
               .alive = B,
               .least = 2,
               .most = 3,
               .start = A,
               .stop = B,
               .max_us = 100,
               .checkpoints = 2,
               .follows = timed_follows},
    [ORDERED] = {.name = "ordered",
                 .cycles = 1,
                 .most = UINT16_MAX,
                 .checkpoints = 3,
                 .follows = ordered_follows},
    [BORNE] = {.name = "borne",
               .cycles = 1,
               .tolerance = WDGM_ALWAYS,
               .least = 1,
               .most = 1,
               .checkpoints = 2,
               .follows = timed_follows},
};
static struct wdgm_entity_state state[ENTITIES];
static WdgM_ConfigType config = {.entity = entities, .state = state, .entities = ENTITIES};

static uint64_t now;
static int suspended;

uint64_t board_now_us(void)
{
    return now;
}

void SuspendAllInterrupts(void)
{
    suspended++;
}

void ResumeAllInterrupts(void)
{
    assert_int_equal(suspended--, 1);
}

static int begin(void **unused)
{
    (void)unused;
    now = 1000;
    WdgM_Init(&config);
    return 0;
}

static void reach(int e, int c)
{
    WdgM_CheckpointReached((WdgM_SupervisedEntityIdType)e, (WdgM_CheckpointIdType)c);
}

/* Entity TIMED goes round that often, each time in `us`. */
static void rounds(int n, uint32_t us)
{
    while (n--) {
        reach(TIMED, A);
        now += us;
        reach(TIMED, B);
    }
}

/* A reference cycle of TIMED with that many rounds; BORNE does what it owes. */
static WdgM_LocalStatusType cycle(int n, uint32_t us)
{
    for (int i = 0; i < 2; i++) {
        reach(BORNE, A);
        reach(BORNE, B);
        if (i == 0)
            rounds(n, us);
        WdgM_MainFunction();
    }
    return state[TIMED].status;
}

static void test_good(void **unused)
{
    (void)unused;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(cycle(2 + i % 2, 100), WDGM_LOCAL_STATUS_OK);
    assert_int_equal(WdgM_GetGlobalStatus(), WDGM_GLOBAL_STATUS_OK);
    assert_int_equal(WdgM_Failing(), 0);
    assert_int_equal(WdgM_GetFirstExpiredSEID(), ENTITIES);
    assert_int_equal(suspended, 0);
}

/* Two failed cycles are borne, and good ones take them back one by one; the third in a row is the
 * end, whatever comes then. */
static void bears(int n, uint32_t us, WdgM_FaultType fault)
{
    assert_int_equal(cycle(n, us), WDGM_LOCAL_STATUS_FAILED);
    assert_int_equal(state[TIMED].fault, fault);
    assert_int_equal(WdgM_GetGlobalStatus(), WDGM_GLOBAL_STATUS_FAILED);
    assert_int_equal(WdgM_Failing(), 1u << TIMED);
    assert_int_equal(cycle(2, 100), WDGM_LOCAL_STATUS_OK);
    assert_int_equal(WdgM_GetGlobalStatus(), WDGM_GLOBAL_STATUS_OK);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(cycle(n, us), WDGM_LOCAL_STATUS_FAILED);
        assert_int_equal(cycle(n, us), WDGM_LOCAL_STATUS_FAILED);
        assert_int_equal(cycle(3, 1), WDGM_LOCAL_STATUS_FAILED);
        assert_int_equal(cycle(3, 1), WDGM_LOCAL_STATUS_OK);
    }
    cycle(n, us);
    cycle(n, us);
    assert_int_equal(WdgM_GetFirstExpiredSEID(), ENTITIES);
    assert_int_equal(cycle(n, us), WDGM_LOCAL_STATUS_EXPIRED);
    assert_int_equal(WdgM_GetGlobalStatus(), WDGM_GLOBAL_STATUS_EXPIRED);
    assert_int_equal(WdgM_GetFirstExpiredSEID(), TIMED);
    for (int i = 0; i < 10; i++)
        assert_int_equal(cycle(2, 100), WDGM_LOCAL_STATUS_EXPIRED);
}

static void test_silent(void **unused)
{
    (void)unused;
    bears(0, 0, WDGM_FAULT_ALIVE);
}

static void test_too_few(void **unused)
{
    (void)unused;
    bears(1, 100, WDGM_FAULT_ALIVE);
}

static void test_too_many(void **unused)
{
    (void)unused;
    bears(4, 0, WDGM_FAULT_ALIVE);
}

static void test_late(void **unused)
{
    (void)unused;
    bears(2, 101, WDGM_FAULT_DEADLINE);
}

/* One that never comes back is late while it is away, not only when it comes. */
static void test_away(void **unused)
{
    (void)unused;
    rounds(2, 1);
    reach(TIMED, A);
    now += 100;
    assert_int_equal(cycle(0, 0), WDGM_LOCAL_STATUS_OK);
    begin(NULL);
    rounds(2, 1);
    reach(TIMED, A);
    now += 101;
    assert_int_equal(cycle(0, 0), WDGM_LOCAL_STATUS_FAILED);
    assert_int_equal(state[TIMED].fault, WDGM_FAULT_DEADLINE);
}

/* Between its turns it may rest for as long as it likes. */
static void test_rests(void **unused)
{
    (void)unused;
    for (int i = 0; i < 3; i++) {
        rounds(2, 100);
        now += 100000;
        assert_int_equal(cycle(0, 0), WDGM_LOCAL_STATUS_OK);
    }
}

/* Every walk of four checkpoints, with one there is not: legal ones stay OK, the others expire at
 * the next call, without any tolerance, and for good. */
static void test_order(void **unused)
{
    (void)unused;
    for (int walk = 0; walk < 256; walk++) {
        bool legal = true;
        int at = -1;

        begin(NULL);
        for (int step = 0; step < 4; step++) {
            int next = walk >> 2 * step & 3;

            reach(ORDERED, next);
            legal &= next != D && (at < 0 || (at == A   ? next != A
                                              : at == B ? next == C
                                                        : next == A));
            at = next;
        }
        reach(BORNE, A);
        reach(BORNE, B);
        rounds(2, 1);
        WdgM_MainFunction();
        assert_int_equal(state[ORDERED].status,
                         legal ? WDGM_LOCAL_STATUS_OK : WDGM_LOCAL_STATUS_EXPIRED);
        assert_int_equal(WdgM_GetFirstExpiredSEID(), legal ? ENTITIES : ORDERED);
        if (!legal)
            assert_int_equal(state[ORDERED].fault, WDGM_FAULT_LOGICAL);
    }
}

/* Failing for ever, and good again at once. */
static void test_borne(void **unused)
{
    (void)unused;
    for (int i = 0; i < 70000; i++) {
        rounds(2, 1);
        WdgM_MainFunction();
        assert_int_equal(state[BORNE].status, WDGM_LOCAL_STATUS_FAILED);
    }
    assert_int_equal(WdgM_Failing() & 1u << BORNE, 1u << BORNE);
    reach(BORNE, A);
    reach(BORNE, B);
    WdgM_MainFunction();
    assert_int_equal(state[BORNE].status, WDGM_LOCAL_STATUS_OK);
}

/* The first one to expire stays the first one. */
static void test_first(void **unused)
{
    (void)unused;
    reach(ORDERED, B);
    reach(ORDERED, A);
    WdgM_MainFunction();
    assert_int_equal(WdgM_GetFirstExpiredSEID(), ORDERED);
    for (int i = 0; i < 3; i++)
        cycle(0, 0);
    assert_int_equal(state[TIMED].status, WDGM_LOCAL_STATUS_EXPIRED);
    assert_int_equal(WdgM_GetFirstExpiredSEID(), ORDERED);
}

static void test_foreign(void **unused)
{
    (void)unused;
    reach(ENTITIES, A);
    WdgM_MainFunction();
    assert_int_equal(WdgM_GetFirstExpiredSEID(), TIMED);
    begin(NULL);
    reach(255, 255);
    WdgM_MainFunction();
    assert_int_equal(WdgM_GetFirstExpiredSEID(), TIMED);
}

static void test_before(void **unused)
{
    (void)unused;
    reach(TIMED, B);
    assert_int_equal(WdgM_Failing(), 0);
    assert_int_equal(WdgM_GetGlobalStatus(), WDGM_GLOBAL_STATUS_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_before), /* first: nothing has been initialised */
        cmocka_unit_test_setup(test_good, begin),
        cmocka_unit_test_setup(test_silent, begin),
        cmocka_unit_test_setup(test_too_few, begin),
        cmocka_unit_test_setup(test_too_many, begin),
        cmocka_unit_test_setup(test_late, begin),
        cmocka_unit_test_setup(test_away, begin),
        cmocka_unit_test_setup(test_rests, begin),
        cmocka_unit_test_setup(test_order, begin),
        cmocka_unit_test_setup(test_borne, begin),
        cmocka_unit_test_setup(test_first, begin),
        cmocka_unit_test_setup(test_foreign, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
