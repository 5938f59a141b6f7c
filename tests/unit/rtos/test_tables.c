/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Schedule tables: every expiry at its tick and in its order, against a model that goes tick by
 * tick. In the default mode all tasks are active already, so that each action is told as an error.
 */
#include "still_port.h"

#include "tables_os.h"

#include <string.h>

#define MOST_LOGGED 256
#define STOPPED     SCHEDULETABLE_STOPPED
#define RUNS        SCHEDULETABLE_RUNNING
#define TABLES      8

static char logged[MOST_LOGGED]; /* '0' + task activated, 'a' + bit of the event set */
static unsigned logged_n;

TASK(T0)
{
    still_never_called();
}

TASK(T1)
{
    still_never_called();
}

TASK(T2)
{
    still_never_called();
}

TASK(Ext)
{
    still_never_called();
}

void ErrorHook(StatusType error)
{
    char c = '?';

    if (OSErrorGetServiceId() == OSServiceId_ActivateTask && error == E_OS_LIMIT)
        c = (char)('0' + OSError_ActivateTask_TaskID());
    else if (OSErrorGetServiceId() == OSServiceId_SetEvent && error == E_OS_STATE &&
             OSError_SetEvent_TaskID() == Ext)
        c = OSError_SetEvent_Mask() == Ev ? 'a' : 'b';
    else
        return; /* a service of the test itself */
    assert_true(logged_n < MOST_LOGGED - 1);
    logged[logged_n++] = c;
    logged[logged_n] = 0;
}

static void expect_log(const char *text)
{
    assert_string_equal(logged, text);
    logged_n = 0;
    logged[0] = 0;
}

static int begin_in(AppModeType mode)
{
    logged_n = 0;
    logged[0] = 0;
    still_start(mode);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    return begin_in(OSDEFAULTAPPMODE);
}

static void turn(unsigned ticks)
{
    while (ticks--)
        assert_int_equal(IncrementCounter(Soft), E_OK);
}

static void turn_to(TickType value)
{
    TickType now;

    do {
        turn(1);
        assert_int_equal(GetCounterValue(Soft, &now), E_OK);
    } while (now != value);
}

static ScheduleTableStatusType status_of(ScheduleTableType table)
{
    ScheduleTableStatusType status;

    assert_int_equal(GetScheduleTableStatus(table, &status), E_OK);
    return status;
}

static void clock_at(uint64_t at)
{
    still.now = at;
    os_isr_enter();
    os_timer();
    os_isr_exit();
}

/* What does one tick; `expected` has a group for each, between blanks. */
static void expect_ticks(const char *expected)
{
    char group[16];

    for (const char *at = expected; *at;) {
        size_t n = strcspn(at, " ");

        memcpy(group, at, n);
        group[n] = 0;
        turn(1);
        expect_log(strcmp(group, "-") ? group : "");
        at += n + (at[n] == ' ');
    }
}

static void test_once(void **state)
{
    (void)state;
    turn(7);
    assert_int_equal(StartScheduleTableRel(Once, 3), E_OK);
    assert_int_equal(status_of(Once), RUNS);
    expect_ticks("- - - - 1 - - 2a -"); /* at 3 + 2 and 3 + 5, over the counter's overrun */
    assert_int_equal(status_of(Once), RUNS);
    expect_ticks("-");
    assert_int_equal(status_of(Once), STOPPED); /* at 3 + 7 */
    expect_ticks("- - - - - - - - - - - - - -");
    assert_int_equal(StartScheduleTableRel(Once, 1), E_OK);
    expect_ticks("- - 1 - - 2a");
}

/* Its last point is its end: another may begin at the same tick. */
static void test_no_final_delay(void **state)
{
    (void)state;
    assert_int_equal(StartScheduleTableRel(Edge, 1), E_OK);
    expect_ticks("- - - - 0");
    assert_int_equal(status_of(Edge), STOPPED);
    assert_int_equal(StartScheduleTableRel(Edge, 1), E_OK);
    assert_int_equal(NextScheduleTable(Edge, Round), E_OK);
    expect_ticks("- - - - 01 - - 21ba");
}

/* Exactly, over thirty turns of the counter. */
static void test_repeating(void **state)
{
    (void)state;
    turn(4);
    assert_int_equal(StartScheduleTableAbs(Round, 9), E_OK);
    expect_ticks("- - - -");
    for (int i = 0; i < 50; i++)
        expect_ticks("1 - - 21ba - -");
    assert_int_equal(StopScheduleTable(Round), E_OK);
    expect_ticks("- - - - - - -");
}

/* Its points' distances are within the counter's turn, it is not. */
static void test_longer_than_the_counter(void **state)
{
    (void)state;
    assert_int_equal(StartScheduleTableAbs(Long, 0), E_OK);
    turn(9);
    for (int i = 0; i < 8; i++) {
        expect_ticks("- - - - 1 - - - - - - - - 2 - - - - - - - - 1 - -");
        assert_int_equal(status_of(Long), RUNS);
    }
}

/* OSEK's rule for alarms: a value that is reached already is the one after the next overrun. */
static void test_absolute_start(void **state)
{
    (void)state;
    turn_to(4);
    assert_int_equal(StartScheduleTableAbs(Edge, 4), E_OK);
    turn(13);
    expect_log("");
    expect_ticks("0");
    assert_int_equal(StartScheduleTableAbs(Edge, 9), E_OK);
    turn(4);
    expect_log("");
    expect_ticks("0");
}

static void test_values(void **state)
{
    (void)state;
    assert_int_equal(StartScheduleTableRel(Once, 0), E_OS_VALUE);
    assert_int_equal(StartScheduleTableRel(Once, 8), E_OS_VALUE); /* with its 2 above 9 */
    assert_int_equal(StartScheduleTableRel(Once, 7), E_OK);
    assert_int_equal(StartScheduleTableRel(Round, 10), E_OS_VALUE);
    assert_int_equal(StartScheduleTableRel(Round, 9), E_OK);
    assert_int_equal(StartScheduleTableAbs(Edge, 10), E_OS_VALUE);
    assert_int_equal(StartScheduleTableAbs(Edge, 9), E_OK);
    assert_int_equal(StartScheduleTableAbs(Edge, 9), E_OS_STATE);
    assert_int_equal(StartScheduleTableRel(Once, 1), E_OS_STATE);
    assert_int_equal(StartScheduleTableRel(Turn, 1), E_OS_ID);
    assert_int_equal(StartScheduleTableRel(TABLES, 1), E_OS_ID);
    assert_int_equal(StartScheduleTableAbs(TABLES, 1), E_OS_ID);
    assert_int_equal(NextScheduleTable(Once, Turn), E_OS_ID);
    assert_int_equal(NextScheduleTable(Once, ClockOnce), E_OS_ID);
    assert_int_equal(NextScheduleTable(Once, Once), E_OS_STATE);
}

/* The next begins where the round ends, at the same tick; the first runs no more. */
static void test_hand_over(void **state)
{
    (void)state;
    assert_int_equal(StartScheduleTableRel(Round, 1), E_OK);
    expect_ticks("1 -");
    assert_int_equal(NextScheduleTable(Round, Once), E_OK);
    assert_int_equal(status_of(Once), SCHEDULETABLE_NEXT);
    assert_int_equal(StartScheduleTableRel(Once, 1), E_OS_STATE);
    assert_int_equal(NextScheduleTable(Once, Edge), E_OS_NOFUNC);
    expect_ticks("- 21ba - -");
    assert_int_equal(status_of(Round), RUNS);
    expect_ticks("-");
    assert_int_equal(status_of(Round), STOPPED);
    assert_int_equal(status_of(Once), RUNS);
    assert_int_equal(NextScheduleTable(Once, Round), E_OK);
    expect_ticks("- 1 - - 2a - 1 - - 21ba");
    assert_int_equal(status_of(Once), STOPPED);
    assert_int_equal(status_of(Round), RUNS);
}

static void test_next_is_replaced_and_stopped(void **state)
{
    (void)state;
    assert_int_equal(StartScheduleTableRel(Round, 1), E_OK);
    assert_int_equal(NextScheduleTable(Round, Once), E_OK);
    assert_int_equal(NextScheduleTable(Round, Edge), E_OK);
    assert_int_equal(status_of(Once), STOPPED);
    assert_int_equal(status_of(Edge), SCHEDULETABLE_NEXT);
    /* Stopped, it follows nobody. */
    assert_int_equal(StopScheduleTable(Edge), E_OK);
    expect_ticks("1 - - 21ba - - 1 - - 21ba");
    assert_int_equal(status_of(Round), RUNS);
    /* With the first stops what was to follow. */
    assert_int_equal(StartScheduleTableRel(Long, 1), E_OK);
    assert_int_equal(NextScheduleTable(Long, Once), E_OK);
    assert_int_equal(NextScheduleTable(Round, Edge), E_OK);
    assert_int_equal(StopScheduleTable(Round), E_OK);
    assert_int_equal(status_of(Edge), STOPPED);
    assert_int_equal(status_of(Once), SCHEDULETABLE_NEXT); /* Long's */
    assert_int_equal(StopScheduleTable(Round), E_OS_NOFUNC);
    turn(40);
    expect_log("12112a"); /* Long's three points, then Once, which does not repeat */
}

/* Two on one counter: at the same tick the first of the file is first. */
static void test_two_on_one_counter(void **state)
{
    (void)state;
    assert_int_equal(StartScheduleTableRel(Long, 1), E_OK);
    assert_int_equal(StartScheduleTableRel(Round, 2), E_OK);
    expect_ticks("- 1 - - 21ba1 - - 1 - - 21ba - - 12 - - 21ba - - 1 - - 21ba1");
    assert_int_equal(StopScheduleTable(Long), E_OK);
    expect_ticks("- - 1 - - 21ba");
}

/* Each round begins at the same value of the counter. */
static void test_implicit_synchronization(void **state)
{
    TickType value;

    (void)state;
    assert_int_equal(StartScheduleTableAbs(Turn, 7), E_OK);
    assert_int_equal(status_of(Turn), SCHEDULETABLE_RUNNING_AND_SYNCHRONOUS);
    turn(7);
    for (int i = 0; i < 5; i++)
        expect_ticks("- - 2 - - - - 1 - -");
    assert_int_equal(NextScheduleTable(Turn, TurnOnce), E_OK);
    expect_ticks("- - 2 - - - - 1 - - - 0 -");
    assert_int_equal(status_of(TurnOnce), SCHEDULETABLE_RUNNING_AND_SYNCHRONOUS);
    expect_ticks("- - - - - - -");
    assert_int_equal(status_of(TurnOnce), STOPPED);
    assert_int_equal(GetCounterValue(Soft, &value), E_OK);
    assert_int_equal(value, 7);
}

static void test_autostart(void **state)
{
    (void)state;
    begin_in(AutoMode);
    assert_int_equal(status_of(Turn), SCHEDULETABLE_RUNNING_AND_SYNCHRONOUS);
    assert_int_equal(status_of(ClockRound), RUNS);
    assert_int_equal(status_of(Round), STOPPED);
    expect_ticks("- - - - - - 2 - - - - 1");
    assert_int_equal(still.timer_at, 50);
    clock_at(50);
    expect_log("0");
    assert_int_equal(still.timer_at, 80);
    begin_in(OSDEFAULTAPPMODE);
    assert_int_equal(status_of(ClockRound), STOPPED);
    assert_true(still.timer_at == OS_NEVER);
}

/* The timer waits for the first of alarms and tables; where ticks come late, points come in the
 * order of time whichever table they are of. */
static void test_clock(void **state)
{
    (void)state;
    still.now = (7ull << 32) - 20;
    assert_int_equal(StartScheduleTableAbs(ClockRound, 0), E_OK);
    assert_true(still.timer_at == 7ull << 32);
    assert_int_equal(SetRelAlarm(ClockAlarm, 5, 0), E_OK);
    assert_true(still.timer_at == (7ull << 32) - 15);
    assert_int_equal(CancelAlarm(ClockAlarm), E_OK);
    assert_int_equal(StartScheduleTableRel(ClockOnce, 15), E_OK);
    assert_true(still.timer_at == 7ull << 32);
    clock_at(7ull << 32);
    expect_log("0");
    assert_true(still.timer_at == (7ull << 32) + 5);
    clock_at((7ull << 32) + 101);
    expect_log("a1b20"); /* 5, 30, 30, 40, 100: of two tables */
    assert_int_equal(status_of(ClockOnce), STOPPED);
    assert_true(still.timer_at == (7ull << 32) + 130);
    clock_at((7ull << 32) + 129);
    expect_log("");
    clock_at((7ull << 32) + 130);
    expect_log("1");
}

/* What began is finished, whole rounds are left out, the last one is taken up. */
static void test_late_by_many_rounds(void **state)
{
    (void)state;
    assert_int_equal(StartScheduleTableRel(ClockRound, 1), E_OK);
    clock_at(1);
    clock_at(31);
    expect_log("01");
    clock_at(100000035); /* 34 ticks into a round */
    expect_log("201");
    assert_int_equal(still.timer_at, 100000041);
    clock_at(100000041);
    expect_log("2");
    clock_at(100000200); /* the last tick of the next round: nothing is left out */
    expect_log("012");
    clock_at(100000401); /* two rounds' ends later to the tick */
    expect_log("0");
    clock_at(100000540);
    expect_log("1201");
}

/* A late tick does not move the one that follows: it begins where the first one's round ended. */
static void test_late_hand_over(void **state)
{
    (void)state;
    assert_int_equal(StartScheduleTableRel(ClockOnce, 5), E_OK);
    assert_int_equal(NextScheduleTable(ClockOnce, ClockRound), E_OK);
    clock_at(77); /* 5 + 45 is its end */
    expect_log("ab0");
    assert_int_equal(still.timer_at, 80);
    assert_int_equal(NextScheduleTable(ClockRound, ClockOnce), E_OK);
    clock_at(165); /* ended at 150, not at 250 */
    expect_log("12a");
    assert_int_equal(status_of(ClockRound), STOPPED);
    assert_int_equal(still.timer_at, 185);
}

/* In a mode in which all is well: activations first, whatever the file's order, and no error. */
static void test_actions(void **state)
{
    EventMaskType events;

    (void)state;
    begin_in(QuietMode);
    assert_int_equal(StartScheduleTableRel(Round, 3), E_OK);
    assert_int_equal(ActivateTask(Ext), E_OK);
    assert_int_equal(WaitEvent(Ev), E_OK);
    assert_int_equal(os.running, T0);
    turn(3);
    assert_int_equal(os.running, T1);
    assert_int_equal(TerminateTask(), E_OK);
    turn(3);
    assert_int_equal(os.running, Ext);
    assert_int_equal(GetEvent(Ext, &events), E_OK);
    assert_int_equal(events, Ev | Ev2);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, T2);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, T1);
    expect_log("");
    /* Activated first: an extended task would be there for the event of the same point. */
    for (ScheduleTableType t = 0; t < os_config.tables; t++)
        for (uint16_t p = 0; p < os_config.table[t].points; p++) {
            const struct os_expiry_point *point = &os_config.table[t].point[p];

            for (uint16_t i = 1; i < point->actions; i++)
                assert_true(!point->action[i - 1].event || point->action[i].event);
        }
}

/* The model: tables of the software counter, by hand. */
static const struct {
    int duration, points, offset[3];
    const char *does[3];
    bool repeating, implicit;
} plan[] = {
    [Once] = {7, 2, {2, 5}, {"1", "2a"}, false, false},
    [Round] = {6, 2, {0, 3}, {"1", "21ba"}, true, false},
    [Long] = {25, 3, {4, 13, 22}, {"1", "2", "1"}, true, false},
    [Edge] = {4, 1, {4}, {"0"}, false, false},
    [Turn] = {10, 2, {3, 8}, {"2", "1"}, true, true},
    [TurnOnce] = {10, 1, {2}, {"0"}, false, true},
};
#define PLANNED 6

static struct {
    int tick, begin[PLANNED], done[PLANNED], next[PLANNED];
    ScheduleTableStatusType status[PLANNED];
    char log[MOST_LOGGED];
} model;

static void model_begin(int t, int at)
{
    model.status[t] = plan[t].implicit ? SCHEDULETABLE_RUNNING_AND_SYNCHRONOUS : RUNS;
    model.begin[t] = at;
    model.done[t] = 0;
    model.next[t] = -1;
}

/* One thing that table t does at this tick; false: nothing is left. */
static bool model_step(int t)
{
    int at = model.tick - model.begin[t], done = model.done[t], next = model.next[t];

    if (model.status[t] < RUNS)
        return false;
    if (done < plan[t].points) {
        if (at != plan[t].offset[done])
            return false;
        strcat(model.log, plan[t].does[done]);
        model.done[t]++;
        return true;
    }
    if (at != plan[t].duration)
        return false;
    model.status[t] = STOPPED;
    if (next >= 0)
        model_begin(next, model.tick);
    else if (plan[t].repeating)
        model_begin(t, model.tick);
    model.next[t] = -1;
    return true;
}

static void model_tick(void)
{
    model.tick++;
    for (int t = 0; t < PLANNED;)
        t = model_step(t) ? 0 : t + 1;
}

static StatusType model_start(int t, int at, bool valid)
{
    if (!valid)
        return E_OS_VALUE;
    if (model.status[t] != STOPPED)
        return E_OS_STATE;
    model_begin(t, at);
    return E_OK;
}

static void model_unfollow(int t)
{
    if (model.next[t] >= 0)
        model.status[model.next[t]] = STOPPED;
    model.next[t] = -1;
}

static StatusType model_stop(int t)
{
    if (model.status[t] == STOPPED)
        return E_OS_NOFUNC;
    for (int from = 0; from < PLANNED; from++)
        if (model.next[from] == t)
            model.next[from] = -1;
    model_unfollow(t);
    model.status[t] = STOPPED;
    return E_OK;
}

static StatusType model_follow(int t, int next)
{
    if (plan[t].implicit != plan[next].implicit)
        return E_OS_ID;
    if (model.status[t] < RUNS)
        return E_OS_NOFUNC;
    if (model.status[next] != STOPPED)
        return E_OS_STATE;
    model_unfollow(t);
    model.next[t] = next;
    model.status[next] = SCHEDULETABLE_NEXT;
    return E_OK;
}

static void random_call(uint32_t r)
{
    int t = (int)(r >> 4) % PLANNED, other = (int)(r >> 9) % PLANNED, value = (int)(r >> 14) % 12;
    int ahead = (value - model.tick % 10 + 9) % 10 + 1;

    switch (r % 16) {
    case 0:
        assert_int_equal(StartScheduleTableRel((ScheduleTableType)t, (TickType)value),
                         plan[t].implicit ? E_OS_ID
                                          : model_start(t, model.tick + value,
                                                        value && value + plan[t].offset[0] <= 9));
        break;
    case 1:
        assert_int_equal(StartScheduleTableAbs((ScheduleTableType)t, (TickType)value),
                         model_start(t, model.tick + ahead, value <= 9));
        break;
    case 2:
        assert_int_equal(StopScheduleTable((ScheduleTableType)t), model_stop(t));
        break;
    case 3:
    case 4:
        assert_int_equal(NextScheduleTable((ScheduleTableType)t, (ScheduleTableType)other),
                         model_follow(t, other));
        break;
    default:
        model_tick();
        turn(1);
        break;
    }
}

static void test_random_calls_agree_with_the_model(void **state)
{
    uint32_t seed = 4711;
    unsigned long expiries = 0, followed = 0;

    (void)state;
    memset(&model, 0, sizeof(model));
    memset(model.next, -1, sizeof(model.next));
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1664525u + 1013904223u;
        model.log[0] = 0;
        random_call(seed >> 8);
        expiries += strlen(model.log);
        expect_log(model.log);
        for (ScheduleTableType t = 0; t < PLANNED; t++) {
            assert_int_equal(status_of(t), model.status[t]);
            followed += model.status[t] == SCHEDULETABLE_NEXT;
            if (model.status[t] >= RUNS)
                assert_true(os_config.table_state[t].at > os_config.count[Soft] &&
                            os_config.table_state[t].begin <= os_config.table_state[t].at);
        }
    }
    assert_true(expiries > 20000 && followed > 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_once, begin),
        cmocka_unit_test_setup(test_no_final_delay, begin),
        cmocka_unit_test_setup(test_repeating, begin),
        cmocka_unit_test_setup(test_longer_than_the_counter, begin),
        cmocka_unit_test_setup(test_absolute_start, begin),
        cmocka_unit_test_setup(test_values, begin),
        cmocka_unit_test_setup(test_hand_over, begin),
        cmocka_unit_test_setup(test_next_is_replaced_and_stopped, begin),
        cmocka_unit_test_setup(test_two_on_one_counter, begin),
        cmocka_unit_test_setup(test_implicit_synchronization, begin),
        cmocka_unit_test_setup(test_autostart, begin),
        cmocka_unit_test_setup(test_clock, begin),
        cmocka_unit_test_setup(test_late_by_many_rounds, begin),
        cmocka_unit_test_setup(test_late_hand_over, begin),
        cmocka_unit_test_setup(test_actions, begin),
        cmocka_unit_test_setup(test_random_calls_agree_with_the_model, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
