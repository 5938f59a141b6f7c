/* SPDX-License-Identifier: BSD-3-Clause */
/* The smallest configuration: what is not there is refused, and nobody is called. */
#include "still_port.h"

#include "small_os.h"

DeclareTask(First);
DeclareTask(Second);
DeclareResource(Lock);

TASK(First)
{
    still_never_called();
}

TASK(Second)
{
    still_never_called();
}

static int begin(void **state)
{
    (void)state;
    still_start(OnlyMode);
    return 0;
}

static void test_tasks_and_lock(void **state)
{
    (void)state;
    assert_int_equal(os.running, First);
    assert_int_equal(GetResource(Lock), E_OK);
    assert_int_equal(ActivateTask(Second), E_OK);
    assert_int_equal(os.running, First);
    assert_int_equal(ReleaseResource(Lock), E_OK);
    assert_int_equal(os.running, Second);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, First);
}

static void test_what_is_not_there(void **state)
{
    TickType ticks;

    (void)state;
    assert_int_equal(GetResource(RES_SCHEDULER), E_OS_ID);
    assert_int_equal(SetRelAlarm(0, 1, 0), E_OS_ID);
    assert_int_equal(GetCounterValue(0, &ticks), E_OS_ID);
    assert_int_equal(SetEvent(First, 1), E_OS_ACCESS);
    assert_int_equal(WaitEvent(1), E_OS_ACCESS);
    assert_true(still.timer_at == OS_NEVER);
}

static void test_ends_without_hooks(void **state)
{
    (void)state;
    still_shut_down(E_OS_STATE);
    assert_true(still.shut_down);
    assert_int_equal(still.shut_down_with, E_OS_STATE);
    still_start(1); /* no such mode */
    assert_true(still.shut_down);
    assert_int_equal(still.shut_down_with, E_OS_ID);
    assert_int_equal(os.running, INVALID_TASK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_tasks_and_lock, begin),
        cmocka_unit_test_setup(test_what_is_not_there, begin),
        cmocka_unit_test_setup(test_ends_without_hooks, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
