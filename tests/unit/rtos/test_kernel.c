/* SPDX-License-Identifier: BSD-3-Clause */
/* The scheduler and the alarms from within, with a port that switches to nobody. */
#include "still_port.h"

#include "fixed.h"
#include "invariants.h"
#include "kernel_os.h"

static int errors;
static StatusType last_error;
static OSServiceIdType last_service;

TASK(Low)
{
    still_never_called();
}

TASK(Middle)
{
    still_never_called();
}

TASK(Middle2)
{
    still_never_called();
}

TASK(High)
{
    still_never_called();
}

TASK(Extended)
{
    still_never_called();
}

TASK(GroupLow)
{
    still_never_called();
}

TASK(GroupHigh)
{
    still_never_called();
}

TASK(Alone)
{
    still_never_called();
}

ISR(Routine)
{
    still_never_called();
}

void ErrorHook(StatusType error)
{
    errors++;
    last_error = error;
    last_service = OSErrorGetServiceId();
}

static int begin(void **state)
{
    (void)state;
    errors = 0;
    still_start(OSDEFAULTAPPMODE);
    return 0;
}

static TaskStateType state_of(TaskType task)
{
    return os_config.task_state[task].state;
}

static void test_autostart_runs(void **state)
{
    (void)state;
    assert_int_equal(os.running, Low);
    assert_int_equal(state_of(Low), RUNNING);
    assert_int_equal(state_of(High), SUSPENDED);
    assert_true(still.timer_at == OS_NEVER);
    still_start(NothingMode);
    assert_int_equal(os.running, INVALID_TASK);
}

static void test_a_start_forgets_the_last(void **state)
{
    TickType value;

    (void)state;
    assert_int_equal(SetRelAlarm(TaskAlarm, 100, 0), E_OK);
    assert_int_equal(IncrementCounter(Soft), E_OK);
    assert_int_equal(ActivateTask(High), E_OK);
    assert_int_equal(GetResource(RES_SCHEDULER), E_OK);
    assert_int_equal(ActivateTask(Middle), E_OK);
    DisableAllInterrupts();
    still_start(OSDEFAULTAPPMODE);
    assert_int_equal(os.running, Low);
    assert_int_equal(state_of(High), SUSPENDED);
    assert_true(still.timer_at == OS_NEVER);
    assert_int_equal(GetResource(RES_SCHEDULER), E_OK);
    assert_int_equal(ReleaseResource(RES_SCHEDULER), E_OK);
    assert_int_equal(os.running, Low);
    assert_int_equal(CancelAlarm(TaskAlarm), E_OS_NOFUNC);
    assert_int_equal(GetCounterValue(Soft, &value), E_OK);
    assert_int_equal(value, 0);
}

static void test_higher_preempts_lower_waits(void **state)
{
    (void)state;
    assert_int_equal(ActivateTask(High), E_OK);
    assert_int_equal(os.running, High);
    assert_int_equal(state_of(Low), READY);
    assert_int_equal(ActivateTask(Middle), E_OK);
    assert_int_equal(os.running, High);
    assert_int_equal(state_of(Middle), READY);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, Middle);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, Low);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, INVALID_TASK);
}

/* OSEK §4.5: in the order of activation, every activation a place of its own. */
static void test_one_priority_is_first_come_first_served(void **state)
{
    static const TaskType order[] = {Middle, Middle, Middle2, Middle};

    (void)state;
    (void)ActivateTask(High);
    for (size_t i = 0; i < sizeof(order); i++)
        assert_int_equal(ActivateTask(order[i]), E_OK);
    assert_int_equal(ActivateTask(Middle), E_OS_LIMIT);
    (void)TerminateTask();
    for (size_t i = 0; i < sizeof(order); i++) {
        assert_int_equal(os.running, order[i]);
        /* Pre-empted, it stays the oldest of its priority. */
        (void)ActivateTask(High);
        assert_int_equal(state_of(order[i]), READY);
        (void)TerminateTask();
        assert_int_equal(os.running, order[i]);
        (void)TerminateTask();
    }
    assert_int_equal(os.running, Low);
}

static void test_chain(void **state)
{
    (void)state;
    assert_int_equal(ChainTask(Middle), E_OK);
    assert_int_equal(os.running, Middle);
    assert_int_equal(state_of(Low), SUSPENDED);
    /* To oneself, even with no activation to spare. */
    assert_int_equal(ChainTask(Middle2), E_OK);
    assert_int_equal(ChainTask(Middle2), E_OK);
    assert_int_equal(os.running, Middle2);
    assert_int_equal(os_config.task_state[Middle2].activations, 1);
    /* An extended task begins without events, however it was activated. */
    (void)ActivateTask(Extended);
    assert_int_equal(SetEvent(Extended, 1), E_OK);
    assert_int_equal(ChainTask(Extended), E_OK);
    assert_int_equal(os_config.task_state[Extended].set, 0);
    /* To one that may not be activated: then nobody ends. */
    (void)ActivateTask(High);
    (void)ActivateTask(Middle);
    (void)ActivateTask(Middle);
    (void)ActivateTask(Middle);
    assert_int_equal(ChainTask(Middle), E_OS_LIMIT);
    assert_int_equal(os.running, High);
}

static void test_events(void **state)
{
    EventMaskType mask;

    (void)state;
    (void)ActivateTask(Extended);
    assert_int_equal(os.running, Extended);
    assert_int_equal(WaitEvent(6), E_OK);
    assert_int_equal(state_of(Extended), WAITING);
    assert_int_equal(os.running, Low);
    /* Another event is kept, and wakes nobody. */
    assert_int_equal(SetEvent(Extended, 1), E_OK);
    assert_int_equal(os.running, Low);
    assert_int_equal(SetEvent(Extended, 4), E_OK);
    assert_int_equal(os.running, Extended);
    assert_int_equal(GetEvent(Extended, &mask), E_OK);
    assert_int_equal(mask, 5);
    assert_int_equal(ClearEvent(4), E_OK);
    /* An event that is set already does not wait. */
    assert_int_equal(WaitEvent(1), E_OK);
    assert_int_equal(os.running, Extended);
}

/* OSEK §8.5: at the ceiling while it is held; who was kept waiting runs at the release. */
static void test_ceiling(void **state)
{
    (void)state;
    assert_int_equal(GetResource(Res), E_OK);
    assert_int_equal(ActivateTask(Middle), E_OK);
    assert_int_equal(os.running, Low);
    assert_int_equal(ActivateTask(High), E_OK); /* above the ceiling */
    assert_int_equal(os.running, High);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, Low); /* before middle: the oldest at the ceiling */
    assert_int_equal(ReleaseResource(Res), E_OK);
    assert_int_equal(os.running, Middle);
    assert_int_equal(state_of(Low), READY);
}

/* Taken by a task, a resource of an interrupt routine keeps interrupts off. */
static void test_resource_of_a_routine(void **state)
{
    (void)state;
    assert_int_equal(GetResource(IsrRes), E_OK);
    assert_int_equal(still.masked, 1);
    assert_int_equal(ActivateTask(High), E_OK);
    assert_int_equal(os.running, Low);
    assert_int_equal(still.masked, 1);
    assert_int_equal(ReleaseResource(IsrRes), E_OK);
    assert_int_equal(still.masked, 0);
    assert_int_equal(os.running, High);
    os_isr_enter();
    assert_int_equal(GetResource(Res), E_OS_ACCESS); /* not one of its own */
    assert_int_equal(GetResource(IsrRes), E_OK);
    assert_int_equal(ReleaseResource(IsrRes), E_OK);
    os_isr_exit();
}

/* OSEK §8.8: tasks of a group do not pre-empt each other, all others pre-empt them. */
static void test_internal_resource(void **state)
{
    (void)state;
    (void)ActivateTask(GroupLow);
    assert_int_equal(os.running, GroupLow);
    (void)ActivateTask(GroupHigh);
    (void)ActivateTask(Middle); /* below the group's ceiling */
    assert_int_equal(os.running, GroupLow);
    (void)ActivateTask(Extended); /* above it */
    assert_int_equal(os.running, Extended);
    (void)TerminateTask();
    assert_int_equal(os.running, GroupLow);
    assert_int_equal(Schedule(), E_OK);
    assert_int_equal(os.running, GroupHigh);
    assert_int_equal(WaitEvent(Ev0), E_OK); /* gives it up */
    assert_int_equal(os.running, Middle);
    (void)TerminateTask();
    assert_int_equal(os.running, GroupLow);
    assert_int_equal(os_config.task_state[GroupLow].level, os_config.task[GroupLow].run_level);
    assert_int_equal(ActivateTask(GroupLow), E_OK);
    assert_int_equal(Schedule(), E_OK); /* one of its own priority is nobody to give way to */
    assert_int_equal(os.running, GroupLow);
    assert_int_equal(os_config.task_state[GroupLow].level, os_config.task[GroupLow].run_level);
}

/* OSEK §4.6.2: a task that is not pre-emptable gives way at its own points alone. */
static void test_not_preemptable(void **state)
{
    (void)state;
    (void)TerminateTask();
    os_isr_enter();
    (void)ActivateTask(Alone);
    os_isr_exit();
    assert_int_equal(os.running, Alone);
    (void)ActivateTask(High);
    os_isr_enter();
    (void)ActivateTask(Middle);
    os_isr_exit();
    assert_int_equal(os.running, Alone);
    assert_int_equal(Schedule(), E_OK);
    assert_int_equal(os.running, High);
    (void)TerminateTask();
    assert_int_equal(os.running, Middle);
    (void)TerminateTask();
    assert_int_equal(os.running, Alone);
    (void)ActivateTask(High);
    assert_int_equal(os.running, Alone);
}

static void test_interrupts_defer_the_switch(void **state)
{
    (void)state;
    os_isr_enter();
    assert_int_equal(ActivateTask(High), E_OK);
    assert_int_equal(os.running, Low);
    expect_assert_failure(os_isr_enter());
    os_isr_exit();
    assert_int_equal(os.running, High);
    expect_assert_failure(os_isr_exit());
}

/* What a routine leaves behind does not become the interrupted task's. */
static void test_routine_is_tidied_up_after(void **state)
{
    (void)state;
    os_isr_enter();
    assert_int_equal(GetResource(IsrRes), E_OK);
    SuspendAllInterrupts();
    os_isr_exit();
    assert_int_equal(errors, 2);
    assert_int_equal(last_error, E_OS_RESOURCE);
    assert_int_equal(last_service, OSServiceId_None);
    assert_int_equal(GetResource(IsrRes), E_OK);
    assert_int_equal(ReleaseResource(IsrRes), E_OK);
}

static void test_idle_runs_what_comes(void **state)
{
    TaskType task = Low;

    (void)state;
    (void)TerminateTask();
    assert_int_equal(os.running, INVALID_TASK);
    assert_int_equal(Schedule(), E_OS_CALLEVEL);
    os_isr_enter();
    assert_int_equal(GetTaskID(&task), E_OK);
    assert_int_equal(task, INVALID_TASK);
    (void)ActivateTask(Low);
    os_isr_exit();
    assert_int_equal(os.running, Low);
}

static void timer(uint64_t at)
{
    still.now = at;
    os_isr_enter();
    os_timer();
    os_isr_exit();
}

static void test_alarm_once_and_cyclic(void **state)
{
    TickType left;

    (void)state;
    still.now = 1000;
    assert_int_equal(SetRelAlarm(TaskAlarm, 500, 0), E_OK);
    assert_int_equal(still.timer_at, 1500);
    still.now = 1200;
    assert_int_equal(GetAlarm(TaskAlarm, &left), E_OK);
    assert_int_equal(left, 300);
    timer(1499);
    assert_int_equal(still.timer_at, 1500);
    assert_int_equal(os.running, Low);
    timer(1500);
    assert_true(still.timer_at == OS_NEVER);
    assert_int_equal(os.running, Middle);
    assert_int_equal(GetAlarm(TaskAlarm, &left), E_OS_NOFUNC);

    assert_int_equal(SetAbsAlarm(TaskAlarm, 2000, 100), E_OK);
    (void)TerminateTask();
    timer(2000);
    assert_int_equal(still.timer_at, 2100);
    assert_int_equal(os.running, Middle);
    assert_int_equal(CancelAlarm(TaskAlarm), E_OK);
    timer(9999);
    assert_true(still.timer_at == OS_NEVER);
    /* Due, but its interrupt has not come yet. */
    assert_int_equal(SetRelAlarm(TaskAlarm, 10, 0), E_OK);
    still.now += 20;
    assert_int_equal(GetAlarm(TaskAlarm, &left), E_OK);
    assert_int_equal(left, 0);
}

/* A machine that stood still expires an alarm once, and goes on in the alarm's own rhythm. */
static void test_late_alarm_expires_once(void **state)
{
    (void)state;
    (void)ActivateTask(Extended);
    (void)WaitEvent(4);
    (void)SetAbsAlarm(EventAlarm, 100, 30);
    timer(1000000100);
    assert_int_equal(still.timer_at, 1000000120);
    assert_int_equal(os.running, Extended);
    assert_int_equal(os_config.task_state[Extended].set, 4);
}

/* Of several alarms the timer waits for the first. */
static void test_first_of_several_alarms(void **state)
{
    (void)state;
    assert_int_equal(SetRelAlarm(TaskAlarm, 100, 0), E_OK);
    assert_int_equal(SetRelAlarm(EventAlarm, 200, 0), E_OK);
    assert_int_equal(still.timer_at, 100);
    assert_int_equal(CancelAlarm(TaskAlarm), E_OK);
    timer(100);
    assert_int_equal(still.timer_at, 200);
    assert_int_equal(os.running, Low);
}

/* OSEK §13.6.3.4: a value that the clock has reached is one turn of the counter away, however often
 * it has turned. */
static void test_absolute_time_over_the_overrun(void **state)
{
    TickType left;

    (void)state;
    still.now = (5ull << 32) + 100;
    assert_int_equal(SetAbsAlarm(TaskAlarm, 100, 0), E_OK);
    assert_true(still.timer_at == (6ull << 32) + 100);
    assert_int_equal(GetAlarm(TaskAlarm, &left), E_OK);
    assert_true(left == UINT32_MAX); /* 2^32 does not fit */
    assert_int_equal(CancelAlarm(TaskAlarm), E_OK);
    assert_int_equal(SetAbsAlarm(TaskAlarm, 99, 0), E_OK);
    assert_true(still.timer_at == (6ull << 32) + 99);
    assert_int_equal(CancelAlarm(TaskAlarm), E_OK);
    assert_int_equal(SetAbsAlarm(TaskAlarm, 101, 0), E_OK);
    assert_true(still.timer_at == (5ull << 32) + 101);
}

static void random_interrupt(uint32_t r)
{
    os_isr_enter();
    (void)ActivateTask((TaskType)((r >> 4) % os_config.tasks));
    (void)SetEvent(Extended, 7);
    (void)SetEvent(GroupHigh, Ev0);
    os_isr_exit();
}

static void random_call(uint32_t r)
{
    TaskType task = (TaskType)((r >> 4) % (os_config.tasks + 1u));

    switch (r % 12) {
    case 0:
    case 1:
        (void)ActivateTask(task);
        break;
    case 2:
        (void)TerminateTask();
        break;
    case 3:
        (void)SetEvent(task, 1u << (r >> 8) % 3);
        break;
    case 4:
        (void)WaitEvent(1u << (r >> 8) % 3);
        break;
    case 5:
        (void)ChainTask(task);
        break;
    case 6:
        random_interrupt(r);
        break;
    case 7:
        (void)GetResource((ResourceType)((r >> 4) % (os_config.resources + 1u)));
        break;
    case 8:
    case 9:
        (void)ReleaseResource((ResourceType)((r >> 4) % (os_config.resources + 1u)));
        break;
    case 10:
        (void)Schedule();
        (void)IncrementCounter(Soft);
        (void)ClearEvent(r >> 4);
        break;
    default:
        (void)SetRelAlarm((AlarmType)((r >> 4) % os_config.alarms), 1 + r % 9, r % 3 * 3);
        timer(still.now + r % 50);
        break;
    }
}

static void test_random_calls_keep_the_invariants(void **state)
{
    uint32_t seed = 12345, seen = 0;

    (void)state;
    for (int i = 0; i < 100000; i++) {
        seed = seed * 1664525u + 1013904223u;
        random_call(seed >> 8);
        check_invariants();
        if (os.running != INVALID_TASK)
            seen |= 1u << os.running;
    }
    assert_int_equal(seen, (1u << os_config.tasks) - 1); /* every task has run */
    assert_true(still.switches > 5000);
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
        cmocka_unit_test_setup(test_a_start_forgets_the_last, begin),
        cmocka_unit_test_setup(test_higher_preempts_lower_waits, begin),
        cmocka_unit_test_setup(test_one_priority_is_first_come_first_served, begin),
        cmocka_unit_test_setup(test_chain, begin),
        cmocka_unit_test_setup(test_events, begin),
        cmocka_unit_test_setup(test_ceiling, begin),
        cmocka_unit_test_setup(test_resource_of_a_routine, begin),
        cmocka_unit_test_setup(test_internal_resource, begin),
        cmocka_unit_test_setup(test_not_preemptable, begin),
        cmocka_unit_test_setup(test_interrupts_defer_the_switch, begin),
        cmocka_unit_test_setup(test_routine_is_tidied_up_after, begin),
        cmocka_unit_test_setup(test_idle_runs_what_comes, begin),
        cmocka_unit_test_setup(test_alarm_once_and_cyclic, begin),
        cmocka_unit_test_setup(test_late_alarm_expires_once, begin),
        cmocka_unit_test_setup(test_first_of_several_alarms, begin),
        cmocka_unit_test_setup(test_absolute_time_over_the_overrun, begin),
        cmocka_unit_test_setup(test_random_calls_keep_the_invariants, begin),
        cmocka_unit_test(test_wide_arithmetic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
