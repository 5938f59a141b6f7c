/* SPDX-License-Identifier: BSD-3-Clause */
/* The scheduler and the alarms on the host: a port that records who was switched to whom and whose
 * clock is a variable. */
#include "kernel/internal.h"

#include "board.h"
#include "fixed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LOW, MIDDLE, MIDDLE_2, HIGH, EXTENDED, TASKS };
enum { ALARM_TASK, ALARM_EVENT, ALARMS };

static void never_called(void)
{
    fail_msg("the test's port runs no task");
}

static const struct os_task_config tasks[TASKS] = {
    [LOW] = {"low", never_called, NULL, 0, 1, 2, false, true, false},
    [MIDDLE] = {"middle", never_called, NULL, 0, 2, 3, false, false, false},
    [MIDDLE_2] = {"middle 2", never_called, NULL, 0, 2, 1, false, false, false},
    [HIGH] = {"high", never_called, NULL, 0, 31, 1, false, false, false},
    [EXTENDED] = {"extended", never_called, NULL, 0, 5, 1, true, false, false},
};
static const struct os_alarm_config alarms[ALARMS] = {
    [ALARM_TASK] = {MIDDLE, 0},
    [ALARM_EVENT] = {EXTENDED, 4},
};
const struct os_config os_config = {tasks, alarms, TASKS, ALARMS};

static TickType now, timer_at;
static int switches;

void port_switch(TaskType from, TaskType to, bool from_ends)
{
    (void)from_ends;
    assert_true(from != to || from_ends);
    switches++;
}

TickType port_now(void)
{
    return now;
}

void port_timer_set(TickType at)
{
    timer_at = at;
}

uint32_t port_irq_save(void)
{
    return 0;
}

void port_irq_restore(uint32_t saved)
{
    (void)saved;
}

void panic(const char *why, const char *file, int line)
{
    print_error("%s:%d: %s\n", file, line, why);
    mock_assert(0, why, file, line);
    abort();
}

static int begin(void **state)
{
    (void)state;
    now = timer_at = 0;
    switches = 0;
    os_reset();
    os_isr_enter();
    os_isr_exit(); /* as StartOS does: the autostart task runs */
    return 0;
}

static TaskStateType state_of(TaskType task)
{
    TaskStateType state;

    assert_int_equal(GetTaskState(task, &state), E_OK);
    return state;
}

static void test_autostart_runs(void **state)
{
    (void)state;
    assert_int_equal(os.running, LOW);
    assert_int_equal(state_of(LOW), RUNNING);
    assert_int_equal(state_of(HIGH), SUSPENDED);
}

static void test_higher_preempts_lower_waits(void **state)
{
    (void)state;
    assert_int_equal(ActivateTask(HIGH), E_OK);
    assert_int_equal(os.running, HIGH);
    assert_int_equal(state_of(LOW), READY);
    assert_int_equal(ActivateTask(MIDDLE), E_OK);
    assert_int_equal(os.running, HIGH);
    assert_int_equal(state_of(MIDDLE), READY);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, MIDDLE);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, LOW);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, OS_NO_TASK);
}

static void test_one_priority_is_first_come_first_served(void **state)
{
    (void)state;
    (void)ActivateTask(HIGH);
    (void)ActivateTask(MIDDLE_2);
    (void)ActivateTask(MIDDLE);
    (void)TerminateTask();
    assert_int_equal(os.running, MIDDLE_2);
    /* Pre-empted, it stays the oldest of its priority. */
    (void)ActivateTask(HIGH);
    assert_int_equal(state_of(MIDDLE_2), READY);
    (void)TerminateTask();
    assert_int_equal(os.running, MIDDLE_2);
    (void)TerminateTask();
    assert_int_equal(os.running, MIDDLE);
}

static void test_activations_are_counted_and_limited(void **state)
{
    (void)state;
    (void)ActivateTask(HIGH);
    for (int i = 0; i < 3; i++)
        assert_int_equal(ActivateTask(MIDDLE), E_OK);
    assert_int_equal(ActivateTask(MIDDLE), E_OS_LIMIT);
    assert_int_equal(ActivateTask(HIGH), E_OS_LIMIT);
    (void)TerminateTask();
    for (int i = 0; i < 3; i++) {
        assert_int_equal(os.running, MIDDLE);
        (void)TerminateTask();
    }
    assert_int_equal(os.running, LOW);
}

static void test_chain(void **state)
{
    (void)state;
    assert_int_equal(ChainTask(TASKS), E_OS_ID);
    assert_int_equal(ChainTask(MIDDLE), E_OK);
    assert_int_equal(os.running, MIDDLE);
    assert_int_equal(state_of(LOW), SUSPENDED);
    /* To oneself, even with no activation to spare. */
    assert_int_equal(ChainTask(MIDDLE_2), E_OK);
    assert_int_equal(ChainTask(MIDDLE_2), E_OK);
    assert_int_equal(os.running, MIDDLE_2);
    assert_int_equal(os.task[MIDDLE_2].activations, 1);
}

static void test_events(void **state)
{
    EventMaskType mask;

    (void)state;
    assert_int_equal(SetEvent(EXTENDED, 1), E_OS_STATE);
    assert_int_equal(SetEvent(MIDDLE, 1), E_OS_ACCESS);
    assert_int_equal(SetEvent(TASKS, 1), E_OS_ID);
    assert_int_equal(WaitEvent(1), E_OS_ACCESS); /* low is a basic task */
    (void)ActivateTask(EXTENDED);
    assert_int_equal(os.running, EXTENDED);
    assert_int_equal(WaitEvent(6), E_OK);
    assert_int_equal(state_of(EXTENDED), WAITING);
    assert_int_equal(os.running, LOW);
    /* Another event is kept, and wakes nobody. */
    assert_int_equal(SetEvent(EXTENDED, 1), E_OK);
    assert_int_equal(os.running, LOW);
    assert_int_equal(SetEvent(EXTENDED, 4), E_OK);
    assert_int_equal(os.running, EXTENDED);
    assert_int_equal(GetEvent(EXTENDED, &mask), E_OK);
    assert_int_equal(mask, 5);
    assert_int_equal(ClearEvent(4), E_OK);
    /* An event that is set already does not wait. */
    assert_int_equal(WaitEvent(1), E_OK);
    assert_int_equal(os.running, EXTENDED);
}

static void test_interrupts_defer_the_switch(void **state)
{
    (void)state;
    os_isr_enter();
    assert_int_equal(ActivateTask(HIGH), E_OK);
    assert_int_equal(os.running, LOW);
    assert_int_equal(TerminateTask(), E_OS_CALLEVEL);
    assert_int_equal(WaitEvent(1), E_OS_CALLEVEL);
    os_isr_enter();
    os_isr_exit();
    assert_int_equal(os.running, LOW);
    os_isr_exit();
    assert_int_equal(os.running, HIGH);
    expect_assert_failure(os_isr_exit());
}

static void test_idle_runs_what_comes(void **state)
{
    (void)state;
    (void)TerminateTask();
    assert_int_equal(os.running, OS_NO_TASK);
    assert_int_equal(Schedule(), E_OS_CALLEVEL);
    os_isr_enter();
    (void)ActivateTask(LOW);
    os_isr_exit();
    assert_int_equal(os.running, LOW);
}

static void test_alarm_once_and_cyclic(void **state)
{
    TickType left;

    (void)state;
    now = 1000;
    assert_int_equal(SetRelAlarm(ALARM_TASK, 500, 0), E_OK);
    assert_int_equal(timer_at, 1500);
    assert_int_equal(SetRelAlarm(ALARM_TASK, 500, 0), E_OS_STATE);
    assert_int_equal(SetRelAlarm(ALARM_EVENT, 0, 0), E_OS_VALUE);
    assert_int_equal(SetRelAlarm(ALARM_EVENT, 1, 1ull << 32), E_OS_VALUE);
    assert_int_equal(SetRelAlarm(ALARMS, 1, 0), E_OS_ID);
    now = 1200;
    assert_int_equal(GetAlarm(ALARM_TASK, &left), E_OK);
    assert_int_equal(left, 300);
    assert_int_equal(os_run_alarms(1499), 1500);
    assert_int_equal(os.running, LOW);
    assert_true(os_run_alarms(1500) == OS_NEVER);
    assert_int_equal(os.running, MIDDLE);
    assert_int_equal(GetAlarm(ALARM_TASK, &left), E_OS_NOFUNC);
    assert_int_equal(CancelAlarm(ALARM_TASK), E_OS_NOFUNC);

    assert_int_equal(SetAbsAlarm(ALARM_TASK, 2000, 100), E_OK);
    (void)TerminateTask();
    assert_int_equal(os_run_alarms(2000), 2100);
    assert_int_equal(os.running, MIDDLE);
    assert_int_equal(CancelAlarm(ALARM_TASK), E_OK);
    assert_true(os_run_alarms(9999) == OS_NEVER);
}

/* A machine that stood still expires an alarm once, and goes on in the alarm's own rhythm. */
static void test_late_alarm_expires_once(void **state)
{
    (void)state;
    (void)ActivateTask(EXTENDED);
    (void)WaitEvent(4);
    (void)SetAbsAlarm(ALARM_EVENT, 100, 30);
    assert_int_equal(os_run_alarms(1000000100), 1000000120);
    assert_int_equal(os.running, EXTENDED);
    assert_int_equal(os.task[EXTENDED].set, 4);
    (void)SetAbsAlarm(ALARM_TASK, 5, 0); /* long past: at once */
    (void)ClearEvent(4);
    (void)TerminateTask();
    (void)os_run_alarms(1000000110);
    assert_int_equal(os.running, MIDDLE);
}

/* The kernel's invariants after each of many random calls: one runner, the highest; queues that
 * hold what is ready. */
static void check_invariants(void)
{
    int running = 0;

    for (TaskType t = 0; t < TASKS; t++) {
        if (os.task[t].state == RUNNING) {
            running++;
            assert_int_equal(os.running, t);
        }
        if (os.task[t].state == READY) {
            bool found = false;

            assert_true(os.ready & 1u << tasks[t].priority);
            for (TaskType q = os.head[tasks[t].priority]; q != OS_NO_TASK; q = os.task[q].next)
                found |= q == t;
            assert_true(found);
            if (!os.isr_depth)
                assert_true(os.running != OS_NO_TASK &&
                            tasks[t].priority <= tasks[os.running].priority);
        }
        assert_true(os.task[t].activations <= tasks[t].max_activations);
        assert_int_equal(os.task[t].activations == 0, os.task[t].state == SUSPENDED);
    }
    assert_int_equal(running, os.running != OS_NO_TASK);
}

static void test_random_calls_keep_the_invariants(void **state)
{
    uint32_t seed = 12345;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint32_t r;

        seed = seed * 1664525u + 1013904223u;
        r = seed >> 16;
        switch (r % 8) {
        case 0:
        case 1:
            (void)ActivateTask((TaskType)(r >> 4) % (TASKS + 1));
            break;
        case 2:
            (void)TerminateTask();
            break;
        case 3:
            (void)SetEvent((TaskType)(r >> 4) % (TASKS + 1), 1u << (r >> 8) % 3);
            break;
        case 4:
            (void)WaitEvent(1u << (r >> 8) % 3);
            break;
        case 5:
            (void)ChainTask((TaskType)(r >> 4) % (TASKS + 1));
            break;
        case 6:
            os_isr_enter();
            (void)ActivateTask((TaskType)(r >> 4) % TASKS);
            (void)SetEvent(EXTENDED, 7);
            os_isr_exit();
            break;
        default:
            now += r % 50;
            (void)SetRelAlarm((AlarmType)(r >> 4) % ALARMS, 1 + r % 20, r % 3 * 10);
            os_isr_enter();
            (void)os_run_alarms(now);
            os_isr_exit();
            break;
        }
        check_invariants();
    }
    assert_true(switches > 1000);
}

static void test_wide_arithmetic(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (int i = 0; i < 10000; i++) {
        uint32_t d;
        uint64_t n;

        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        n = seed ^ seed >> 29;
        d = (uint32_t)(seed >> 17) >> i % 32 | 1;
        assert_true(udiv64(n, d) == n / d);
        n >>= 24;
        assert_true(mul64_shift(n, d, 24) == (uint64_t)((unsigned __int128)n * d >> 24));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_autostart_runs, begin),
        cmocka_unit_test_setup(test_higher_preempts_lower_waits, begin),
        cmocka_unit_test_setup(test_one_priority_is_first_come_first_served, begin),
        cmocka_unit_test_setup(test_activations_are_counted_and_limited, begin),
        cmocka_unit_test_setup(test_chain, begin),
        cmocka_unit_test_setup(test_events, begin),
        cmocka_unit_test_setup(test_interrupts_defer_the_switch, begin),
        cmocka_unit_test_setup(test_idle_runs_what_comes, begin),
        cmocka_unit_test_setup(test_alarm_once_and_cyclic, begin),
        cmocka_unit_test_setup(test_late_alarm_expires_once, begin),
        cmocka_unit_test_setup(test_random_calls_keep_the_invariants, begin),
        cmocka_unit_test(test_wide_arithmetic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
