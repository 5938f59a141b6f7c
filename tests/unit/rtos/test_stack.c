/* SPDX-License-Identifier: BSD-3-Clause */
/* Stack monitoring: what is filled, when it is looked at, and what is told of it. */
#include "still_port.h"

#include "small_os.h"

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

static uint8_t *low(TaskType task)
{
    return os_config.task[task].stack + OS_PAGE_BYTES;
}

static void activate_second(void)
{
    assert_int_equal(ActivateTask(Second), E_OK);
}

static void terminate(void)
{
    (void)TerminateTask();
}

static void interrupt(void)
{
    os_isr_enter();
    os_isr_exit();
}

static void interrupt_that_activates(void)
{
    os_isr_enter();
    (void)ActivateTask(First);
    os_isr_exit();
}

static void expect_fault(void (*call)(void), TaskType running)
{
    assert_false(still_survives(call));
    assert_true(still.shut_down);
    assert_int_equal(still.shut_down_with, E_OS_STACKFAULT);
    assert_int_equal(os.running, running); /* whose stack it is */
}

/* Each of the last 16 bytes, and none above them. */
static void test_pre_emption_finds_it(void **state)
{
    (void)state;
    low(First)[16] = 0;
    low(Second)[0] = 0; /* nobody has left it */
    assert_true(still_survives(activate_second));
    for (int i = 0; i < 16; i++) {
        still_start(OnlyMode);
        low(First)[i] ^= 1;
        expect_fault(activate_second, First);
    }
}

static void test_end_finds_it(void **state)
{
    (void)state;
    activate_second();
    low(Second)[3] = 0;
    expect_fault(terminate, Second);
}

/* A routine runs on the stack of whom it interrupts. */
static void test_end_of_a_routine_finds_it(void **state)
{
    (void)state;
    assert_true(still_survives(interrupt));
    low(First)[8] = 0;
    expect_fault(interrupt, First);
}

static void test_the_idle_stack(void **state)
{
    (void)state;
    terminate();
    assert_int_equal(os.running, INVALID_TASK);
    assert_true(still_survives(interrupt_that_activates));
    assert_int_equal(os.running, First);
    terminate();
    still_stack[15] = 0;
    expect_fault(interrupt_that_activates, INVALID_TASK);
}

/* The highest use is where the first byte is that is not the filling's; a start begins anew. */
static void test_usage(void **state)
{
    StackUsageType usage;

    (void)state;
    assert_int_equal(GetStackUsage(First, &usage), E_OK);
    assert_int_equal(usage.bytes, 4096);
    assert_int_equal(usage.used, 0);
    for (uint32_t at = 4095; at > 16; at -= 7) {
        low(First)[at] = 1;
        assert_int_equal(GetStackUsage(First, &usage), E_OK);
        assert_int_equal(usage.used, 4096 - at / 4 * 4);
    }
    low(First)[0] = 1;
    assert_int_equal(GetStackUsage(First, &usage), E_OK);
    assert_int_equal(usage.used, 4096);
    still_stack[200] = 1;
    assert_int_equal(GetStackUsage(INVALID_TASK, &usage), E_OK);
    assert_int_equal(usage.bytes, sizeof(still_stack));
    assert_int_equal(usage.used, sizeof(still_stack) - 200);
    assert_int_equal(still.masked, 0);
    assert_int_equal(GetStackUsage(2, &usage), E_OS_ID);
    assert_int_equal(GetStackUsage(First, NULL), E_OS_PARAM_POINTER);
    assert_int_equal(still.masked, 0);
    still_start(OnlyMode);
    assert_int_equal(GetStackUsage(First, &usage), E_OK);
    assert_int_equal(usage.used, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_pre_emption_finds_it, begin),
        cmocka_unit_test_setup(test_end_finds_it, begin),
        cmocka_unit_test_setup(test_end_of_a_routine_finds_it, begin),
        cmocka_unit_test_setup(test_the_idle_stack, begin),
        cmocka_unit_test_setup(test_usage, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
