/* SPDX-License-Identifier: BSD-3-Clause */
/* Timing protection, and what becomes of a task that violates its protection. */
#include "still_port.h"

#include "protect_os.h"

static int errors, faults;
static StatusType last_error, last_fault;
static OSServiceIdType last_service;
static ProtectionReturnType answer;
static TaskType faulty;
static StatusType hook_may_look, hook_may_act;

TASK(Control)
{
    still_never_called();
}

TASK(Budgeted)
{
    still_never_called();
}

TASK(Framed)
{
    still_never_called();
}

TASK(Waiter)
{
    still_never_called();
}

TASK(Urgent)
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

ProtectionReturnType ProtectionHook(StatusType fault)
{
    faults++;
    last_fault = fault;
    hook_may_look = GetTaskID(&faulty);
    hook_may_act = Schedule();
    errors = 0; /* what Schedule was refused */
    return answer;
}

static int begin(void **state)
{
    (void)state;
    errors = faults = 0;
    answer = PRO_TERMINATETASKISR;
    still_start(OSDEFAULTAPPMODE);
    return 0;
}

static TaskStateType state_of(TaskType task)
{
    return os_config.task_state[task].state;
}

/* The task that runs does so for `us`, then the timer's interrupt comes if it is due. */
static void run_for(uint64_t us)
{
    still.now += us;
    if (still.now < still.timer_at)
        return;
    os_isr_enter();
    os_timer();
    os_isr_exit();
}

static void activate(TaskType task)
{
    assert_int_equal(ActivateTask(task), E_OK);
    assert_int_equal(os.running, task);
}

static void expect_fault(StatusType fault, TaskType task)
{
    assert_int_equal(faults, 1);
    assert_int_equal(last_fault, fault);
    assert_int_equal(faulty, task);
    assert_int_equal(hook_may_look, E_OK);
    assert_int_equal(hook_may_act, E_OS_CALLEVEL);
    faults = 0;
}

/* At the tick at which it is used up, not before, and the others go on. */
static void test_budget_ends_its_task(void **state)
{
    (void)state;
    assert_true(still.timer_at == OS_NEVER);
    activate(Budgeted);
    assert_int_equal(still.timer_at, 1000);
    run_for(999);
    assert_int_equal(faults, 0);
    run_for(1);
    expect_fault(E_OS_PROTECTION_TIME, Budgeted);
    assert_int_equal(state_of(Budgeted), SUSPENDED);
    assert_int_equal(os.running, Control);
    activate(Budgeted); /* with a budget of its own */
    run_for(999);
    assert_int_equal(TerminateTask(), E_OK);
    run_for(10000);
    assert_int_equal(faults, 0);
    assert_int_equal(os.running, Control);
}

/* The time of who pre-empts it and of interrupt routines is not its own. */
static void test_budget_is_its_own_time(void **state)
{
    (void)state;
    activate(Budgeted);
    run_for(600);
    activate(Urgent);
    run_for(5000);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(still.timer_at, 5600 + 400);
    os_isr_enter();
    still.now += 3000;
    os_timer();
    assert_true(still.timer_at == OS_NEVER); /* the routine has no budget */
    os_isr_exit();
    assert_int_equal(still.timer_at, 5600 + 3000 + 400);
    run_for(399);
    assert_int_equal(faults, 0);
    run_for(1);
    expect_fault(E_OS_PROTECTION_TIME, Budgeted);
}

/* Found late, because its interrupts were off; a pre-emption does not forget it. */
static void test_budget_that_is_over_at_a_switch(void **state)
{
    (void)state;
    activate(Budgeted);
    still.now += 1500;
    activate(Urgent);
    assert_int_equal(faults, 0);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, Budgeted);
    assert_int_equal(still.timer_at, 1500); /* at once */
    run_for(0);
    expect_fault(E_OS_PROTECTION_TIME, Budgeted);
}

/* Each activation has a budget, and only the present one ends. */
static void test_next_activation_goes_on(void **state)
{
    (void)state;
    activate(Budgeted);
    assert_int_equal(ActivateTask(Budgeted), E_OK);
    run_for(1000);
    expect_fault(E_OS_PROTECTION_TIME, Budgeted);
    assert_int_equal(os.running, Budgeted);
    assert_int_equal(still.timer_at, 2000);
    run_for(400);
    assert_int_equal(ChainTask(Budgeted), E_OK);
    assert_int_equal(still.timer_at, 2400);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, Control);
}

/* What it holds and has switched off does not stay so. */
static void test_nothing_is_left_behind(void **state)
{
    (void)state;
    activate(Budgeted);
    assert_int_equal(GetResource(Lock), E_OK);
    assert_int_equal(GetResource(Wire), E_OK);
    assert_int_equal(ActivateTask(Framed), E_OK);
    assert_int_equal(os.running, Budgeted);
    DisableAllInterrupts();
    SuspendOSInterrupts();
    run_for(1000);
    expect_fault(E_OS_PROTECTION_TIME, Budgeted);
    assert_int_equal(os.running, Framed);
    assert_int_equal(GetResource(Lock), E_OK);
    assert_int_equal(ReleaseResource(Lock), E_OK);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(GetResource(Wire), E_OK);
    assert_int_equal(ReleaseResource(Wire), E_OK);
    assert_int_equal(errors, 0);
}

static void use_up(void)
{
    run_for(1000);
}

static void test_hook_may_shut_down(void **state)
{
    static const ProtectionReturnType answers[] = {PRO_IGNORE, PRO_SHUTDOWN};

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        still_start(OSDEFAULTAPPMODE);
        answer = answers[i]; /* to be ignored is for arrivals alone */
        activate(Budgeted);
        assert_false(still_survives(use_up));
        assert_int_equal(still.shut_down_with, E_OS_PROTECTION_TIME);
    }
}

static void test_arrival_within_the_frame_is_refused(void **state)
{
    (void)state;
    answer = PRO_IGNORE;
    activate(Framed);
    assert_int_equal(TerminateTask(), E_OK);
    run_for(499);
    assert_int_equal(ActivateTask(Framed), E_OS_PROTECTION_ARRIVAL);
    expect_fault(E_OS_PROTECTION_ARRIVAL, Control);
    assert_int_equal(errors, 1);
    assert_int_equal(last_error, E_OS_PROTECTION_ARRIVAL);
    assert_int_equal(last_service, OSServiceId_ActivateTask);
    assert_int_equal(OSError_ActivateTask_TaskID(), Framed);
    assert_int_equal(os.running, Control);
    assert_int_equal(ChainTask(Framed), E_OS_PROTECTION_ARRIVAL); /* and it has not ended */
    assert_int_equal(os.running, Control);
    run_for(1); /* what was refused has not put it off */
    activate(Framed);
    assert_int_equal(ActivateTask(Framed), E_OS_PROTECTION_ARRIVAL);
    assert_int_equal(ChainTask(Framed), E_OS_PROTECTION_ARRIVAL);
    run_for(500);
    assert_int_equal(ChainTask(Framed), E_OK);
    assert_int_equal(os.running, Framed);
    still_start(OSDEFAULTAPPMODE); /* and a start begins anew */
    activate(Framed);
}

static void test_alarm_within_the_frame(void **state)
{
    (void)state;
    answer = PRO_IGNORE;
    assert_int_equal(SetRelAlarm(FramedAlarm, 100, 300), E_OK);
    run_for(100);
    assert_int_equal(os.running, Framed);
    assert_int_equal(TerminateTask(), E_OK);
    run_for(300);
    expect_fault(E_OS_PROTECTION_ARRIVAL, Control);
    assert_int_equal(last_service, OSServiceId_ActivateTask);
    assert_int_equal(os.running, Control);
    run_for(300);
    assert_int_equal(faults, 0);
    assert_int_equal(os.running, Framed);
}

static void arrive_early(void)
{
    (void)ActivateTask(Framed);
    (void)ActivateTask(Framed);
}

static void test_arrival_may_shut_down(void **state)
{
    static const ProtectionReturnType answers[] = {PRO_TERMINATETASKISR, PRO_SHUTDOWN};

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        still_start(OSDEFAULTAPPMODE);
        answer = answers[i];
        assert_false(still_survives(arrive_early));
        assert_int_equal(still.shut_down_with, E_OS_PROTECTION_ARRIVAL);
    }
}

/* A release is an arrival; the event of a refused one stays set, and the next one releases. */
static void test_release(void **state)
{
    (void)state;
    answer = PRO_IGNORE;
    activate(Waiter);
    run_for(900);
    assert_int_equal(WaitEvent(Go), E_OK);
    assert_int_equal(os.running, Control);
    assert_int_equal(SetEvent(Waiter, Go), E_OS_PROTECTION_ARRIVAL);
    expect_fault(E_OS_PROTECTION_ARRIVAL, Control);
    assert_int_equal(state_of(Waiter), WAITING);
    assert_int_equal(os_config.task_state[Waiter].set, Go);
    run_for(1100);
    assert_int_equal(SetEvent(Waiter, Go), E_OK);
    assert_int_equal(os.running, Waiter);
    assert_int_equal(still.timer_at, 3000); /* the whole budget again */
}

/* To find the event set is an arrival too, where the time for one has come. */
static void test_event_that_is_set_already(void **state)
{
    (void)state;
    activate(Waiter);
    assert_int_equal(SetEvent(Waiter, Go), E_OK);
    run_for(400);
    assert_int_equal(WaitEvent(Go), E_OK);
    assert_int_equal(still.timer_at, 1000); /* the same budget */
    activate(Urgent);
    run_for(2000);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(WaitEvent(Go), E_OK);
    assert_int_equal(still.timer_at, 3400);
    run_for(1000);
    expect_fault(E_OS_PROTECTION_TIME, Waiter);
    assert_int_equal(state_of(Waiter), SUSPENDED);
}

static void spoil_stack(TaskType task)
{
    os_config.task[task].stack[OS_PAGE_BYTES + 5] = 0;
}

/* Wherever it is found, the task ends once, and its stack is whole for the next activation. */
static void test_stack_fault(void **state)
{
    (void)state;
    activate(Budgeted);
    assert_int_equal(ActivateTask(Budgeted), E_OK);
    spoil_stack(Budgeted);
    assert_int_equal(TerminateTask(), E_OK);
    expect_fault(E_OS_STACKFAULT, Budgeted);
    assert_int_equal(os.running, Budgeted);
    spoil_stack(Budgeted);
    assert_int_equal(ActivateTask(Urgent), E_OK);
    expect_fault(E_OS_STACKFAULT, Budgeted);
    assert_int_equal(os.running, Urgent);
    assert_int_equal(TerminateTask(), E_OK);
    activate(Waiter);
    spoil_stack(Waiter);
    assert_int_equal(WaitEvent(Go), E_OK);
    expect_fault(E_OS_STACKFAULT, Waiter);
    assert_int_equal(state_of(Waiter), SUSPENDED);
    activate(Budgeted);
    spoil_stack(Budgeted);
    os_isr_enter();
    os_isr_exit();
    expect_fault(E_OS_STACKFAULT, Budgeted);
    assert_int_equal(os.running, Control);
}

static void interrupt_idle(void)
{
    os_isr_enter();
    (void)ActivateTask(Urgent);
    os_isr_exit();
}

/* Idle is nobody who could be ended. */
static void test_stack_of_idle(void **state)
{
    (void)state;
    assert_int_equal(TerminateTask(), E_OK);
    still_stack[3] = 0;
    assert_false(still_survives(interrupt_idle));
    expect_fault(E_OS_STACKFAULT, INVALID_TASK);
    assert_int_equal(still.shut_down_with, E_OS_STACKFAULT);
}

static void test_missing_end(void **state)
{
    (void)state;
    activate(Budgeted);
    assert_int_equal(GetResource(Lock), E_OK);
    DisableAllInterrupts();
    os_task_returned();
    assert_int_equal(errors, 1);
    assert_int_equal(last_error, E_OS_MISSINGEND);
    assert_int_equal(last_service, OSServiceId_None);
    assert_int_equal(os_error.parameter[0], Budgeted);
    assert_int_equal(state_of(Budgeted), SUSPENDED);
    assert_int_equal(os.running, Control);
    activate(Framed);
    assert_int_equal(GetResource(Lock), E_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_budget_ends_its_task, begin),
        cmocka_unit_test_setup(test_budget_is_its_own_time, begin),
        cmocka_unit_test_setup(test_budget_that_is_over_at_a_switch, begin),
        cmocka_unit_test_setup(test_next_activation_goes_on, begin),
        cmocka_unit_test_setup(test_nothing_is_left_behind, begin),
        cmocka_unit_test_setup(test_hook_may_shut_down, begin),
        cmocka_unit_test_setup(test_arrival_within_the_frame_is_refused, begin),
        cmocka_unit_test_setup(test_alarm_within_the_frame, begin),
        cmocka_unit_test_setup(test_arrival_may_shut_down, begin),
        cmocka_unit_test_setup(test_release, begin),
        cmocka_unit_test_setup(test_event_that_is_set_already, begin),
        cmocka_unit_test_setup(test_stack_fault, begin),
        cmocka_unit_test_setup(test_stack_of_idle, begin),
        cmocka_unit_test_setup(test_missing_end, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
