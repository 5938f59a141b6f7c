/* SPDX-License-Identifier: BSD-3-Clause */
/* OS-Applications: who may use what, which memory is whose, and the end of all that one owns. */
#include "still_port.h"

#include "application_os.h"
#include "invariants.h"
#include "kernel/services.h"

#define NUMBER(name, ...) NUMBER_##name,
enum { OS_SERVICES(NUMBER) OS_VOID_SERVICES(NUMBER) NUMBERS };

static int errors, faults;
static StatusType last_error, last_fault;
static OSServiceIdType last_service;
static ProtectionReturnType answer;
static bool answer_fits; /* what shuts down is replaced by the end of the task */

TASK(Control)
{
    still_never_called();
}

TASK(Keeper)
{
    still_never_called();
}

TASK(Worker)
{
    still_never_called();
}

TASK(Waiter)
{
    still_never_called();
}

TASK(Starter)
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
    if (answer_fits && fault == E_OS_PROTECTION_ARRIVAL)
        return PRO_IGNORE;
    if (answer_fits && os_config.task[os.running].access.owner != Guest)
        return PRO_TERMINATETASKISR;
    return answer;
}

static int begin(void **state)
{
    (void)state;
    errors = faults = 0;
    answer = PRO_TERMINATETASKISR;
    answer_fits = false;
    still_start(OSDEFAULTAPPMODE);
    return 0;
}

static void activate(TaskType task)
{
    still.now++; /* Worker's time frame */
    assert_int_equal(ActivateTask(task), E_OK);
    assert_int_equal(os.running, task);
}

static TaskStateType state_of(TaskType task)
{
    return os_config.task_state[task].state;
}

static ApplicationStateType state_of_guest(void)
{
    return os_config.application_state[Guest];
}

static uint8_t *stack_of(TaskType task)
{
    return os_config.task[task].stack + OS_PAGE_BYTES;
}

/* Every service that names an object, called by one who may not use it; nothing is changed. */
static void test_foreign_objects(void **state)
{
    TickType *ticks = (TickType *)stack_of(Worker);

    (void)state;
    activate(Worker);
    assert_int_equal(ActivateTask(Control), E_OS_ACCESS);
    assert_int_equal(last_service, OSServiceId_ActivateTask);
    assert_int_equal(ChainTask(Control), E_OS_ACCESS);
    assert_int_equal(GetTaskState(Control, NULL), E_OS_ACCESS);
    assert_int_equal(SetEvent(Control, Go), E_OS_ACCESS);
    assert_int_equal(GetEvent(Control, NULL), E_OS_ACCESS);
    assert_int_equal(GetStackUsage(Control, NULL), E_OS_ACCESS);
    assert_int_equal(GetResource(Private), E_OS_ACCESS);
    assert_int_equal(GetAlarmBase(FreeAlarm, NULL), E_OS_ACCESS);
    assert_int_equal(GetAlarm(KeeperAlarm, NULL), E_OS_ACCESS);
    assert_int_equal(SetRelAlarm(KeeperAlarm, 1, 0), E_OS_ACCESS);
    assert_int_equal(SetAbsAlarm(FreeAlarm, 1, 0), E_OS_ACCESS);
    assert_int_equal(CancelAlarm(FreeAlarm), E_OS_ACCESS);
    assert_int_equal(IncrementCounter(Soft), E_OS_ACCESS);
    assert_int_equal(GetCounterValue(Clock, ticks), E_OS_ACCESS);
    assert_int_equal(GetElapsedValue(Soft, ticks, ticks), E_OS_ACCESS);
    assert_int_equal(StartScheduleTableRel(KeeperTable, 1), E_OS_ACCESS);
    assert_int_equal(StartScheduleTableAbs(KeeperTable, 1), E_OS_ACCESS);
    assert_int_equal(StopScheduleTable(KeeperTable), E_OS_ACCESS);
    assert_int_equal(NextScheduleTable(GuestTable, KeeperTable), E_OS_ACCESS);
    assert_int_equal(NextScheduleTable(KeeperTable, GuestTable), E_OS_ACCESS);
    assert_int_equal(GetScheduleTableStatus(KeeperTable, NULL), E_OS_ACCESS);
    assert_int_equal(errors, 21);
    assert_int_equal(os.running, Worker);
    assert_int_equal(os_config.count[Soft], 0);
}

/* Its own, those it has been let in to; others' hooks and routines are bound by nothing. */
static void test_what_may_be_used(void **state)
{
    (void)state;
    activate(Worker);
    assert_int_equal(GetResource(Lock), E_OK);
    assert_int_equal(ReleaseResource(Lock), E_OK);
    assert_int_equal(SetRelAlarm(GuestAlarm, 100, 0), E_OK);
    activate(Keeper);
    assert_int_equal(ActivateTask(Worker), E_OS_ACCESS); /* one way only */
    assert_int_equal(SetRelAlarm(KeeperAlarm, 1, 0), E_OK);
    assert_int_equal(TerminateTask(), E_OK);
    os_isr_enter();
    assert_int_equal(GetApplicationID(), INVALID_OSAPPLICATION);
    assert_int_equal(SetRelAlarm(FreeAlarm, 1, 0), E_OK);
    os_isr_exit();
    assert_int_equal(GetApplicationID(), Guest);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(GetApplicationID(), INVALID_OSAPPLICATION);
    assert_int_equal(CancelAlarm(GuestAlarm), E_OK);
}

/* An untrusted caller's results go to its application's data and its own stack, and all of them. */
static void test_results_stay_in_its_memory(void **state)
{
    static TaskType elsewhere;
    static TickType ticks;
    uint8_t *data = os_config.application[Guest].data;
    uint8_t *low = stack_of(Worker), *high = low + 8192;

    (void)state;
    assert_int_equal(GetTaskID(&elsewhere), E_OK);
    activate(Worker);
    assert_int_equal(GetTaskID(&elsewhere), E_OS_ILLEGAL_ADDRESS);
    assert_int_equal(last_error, E_OS_ILLEGAL_ADDRESS);
    assert_int_equal(GetTaskID(NULL), E_OS_PARAM_POINTER);
    assert_int_equal(GetTaskID((TaskRefType)stack_of(Waiter)), E_OS_ILLEGAL_ADDRESS);
    assert_int_equal(GetTaskID((TaskRefType)UINTPTR_MAX), E_OS_ILLEGAL_ADDRESS);
    assert_int_equal(GetTaskID((TaskRefType)(low - 1)), E_OS_ILLEGAL_ADDRESS);
    assert_int_equal(GetTaskID((TaskRefType)high), E_OS_ILLEGAL_ADDRESS);
    assert_int_equal(GetTaskID((TaskRefType)(high - 1)), E_OK);
    assert_int_equal(high[-1], Worker);
    assert_int_equal(GetTaskID((TaskRefType)data), E_OK);
    assert_int_equal(*data, Worker);
    assert_int_equal(GetTaskState(Worker, (TaskStateRefType)(high - 2)), E_OS_ILLEGAL_ADDRESS);
    assert_int_equal(GetStackUsage(INVALID_TASK, (StackUsageRefType)(high - 8)), E_OK);
    assert_true(os_may_write(low + 16, 8192 - 16));
    assert_false(os_may_write(low + 16, 8192 - 15));
    assert_false(os_may_write(low + 16, SIZE_MAX));
    activate(Keeper);
    assert_int_equal(GetElapsedValue(Soft, &ticks, &ticks), E_OK); /* it is trusted */
    assert_int_equal(GetElapsedValue(Soft, NULL, &ticks), E_OS_PARAM_POINTER);
    assert_int_equal(GetElapsedValue(Soft, &ticks, NULL), E_OS_PARAM_POINTER);
}

static void test_interrupts_stay_on(void **state)
{
    static void (*const services[])(void) = {
        DisableAllInterrupts, SuspendAllInterrupts, SuspendOSInterrupts,
        EnableAllInterrupts,  ResumeAllInterrupts,  ResumeOSInterrupts,
    };

    (void)state;
    activate(Worker);
    for (int i = 0; i < 6; i++) {
        services[i]();
        assert_int_equal(errors, i + 1);
        assert_int_equal(last_error, i < 3 ? E_OS_ACCESS : E_OS_NOFUNC);
        assert_false(os_interrupts_suspended());
    }
    assert_int_equal(Schedule(), E_OK);
}

static void test_check_access(void **state)
{
    (void)state;
    assert_int_equal(CheckObjectAccess(Guest, OBJECT_TASK, Worker), ACCESS);
    assert_int_equal(CheckObjectAccess(Guest, OBJECT_TASK, Keeper), ACCESS);
    assert_int_equal(CheckObjectAccess(Trusty, OBJECT_TASK, Worker), NO_ACCESS);
    assert_int_equal(CheckObjectAccess(Trusty, OBJECT_COUNTER, Soft), ACCESS);
    assert_int_equal(CheckObjectAccess(Trusty, OBJECT_RESOURCE, Private), ACCESS);
    assert_int_equal(CheckObjectAccess(Guest, OBJECT_RESOURCE, Private), NO_ACCESS);
    assert_int_equal(CheckObjectAccess(2, OBJECT_TASK, Worker), NO_ACCESS);
    assert_int_equal(CheckObjectAccess(INVALID_OSAPPLICATION, OBJECT_TASK, Worker), NO_ACCESS);
    assert_int_equal(CheckObjectAccess(Guest, OBJECT_TASK, 5), NO_ACCESS);
    assert_int_equal(CheckObjectOwnership(OBJECT_TASK, Keeper), Trusty);
    assert_int_equal(CheckObjectOwnership(OBJECT_TASK, Control), INVALID_OSAPPLICATION);
    assert_int_equal(CheckObjectOwnership(OBJECT_ALARM, GuestAlarm), Guest);
    assert_int_equal(CheckObjectOwnership(OBJECT_SCHEDULETABLE, KeeperTable), Trusty);
    for (int type = OBJECT_TASK; type <= OBJECT_SCHEDULETABLE + 1; type++)
        assert_int_equal(CheckObjectOwnership((ObjectTypeType)type, 200), INVALID_OSAPPLICATION);
    assert_int_equal(CheckObjectOwnership(OBJECT_RESOURCE, RES_SCHEDULER), INVALID_OSAPPLICATION);
}

/* Worker runs, pre-empted by Waiter, which holds Lock; more of it is to come. */
static void be_busy(void)
{
    activate(Worker);
    assert_int_equal(SetRelAlarm(GuestAlarm, 100, 0), E_OK);
    assert_int_equal(StartScheduleTableRel(GuestTable, 100), E_OK);
    still.now++;
    assert_int_equal(ActivateTask(Worker), E_OK);
    activate(Waiter);
    assert_int_equal(GetResource(Lock), E_OK);
    assert_int_equal(ActivateTask(Starter), E_OK);
}

/* All that is its own is gone, whoever ended it, and nothing can wake it. */
static void expect_ended(void)
{
    ApplicationStateType state;

    assert_int_equal(GetApplicationState(Guest, &state), E_OK);
    assert_int_equal(state, APPLICATION_TERMINATED);
    assert_int_equal(state_of(Worker), SUSPENDED);
    assert_int_equal(state_of(Waiter), SUSPENDED);
    assert_int_equal(os_config.task_state[Worker].activations, 0);
    assert_int_equal(os.ready, 0);
    assert_false(os_config.alarm_state[GuestAlarm].armed);
    assert_int_equal(os_config.table_state[GuestTable].status, SCHEDULETABLE_STOPPED);
    assert_false(os_config.resource_state[Lock].taken);
    errors = 0;
    assert_int_equal(ActivateTask(Worker), E_OS_ACCESS);
    assert_int_equal(SetRelAlarm(GuestAlarm, 1, 0), E_OS_ACCESS);
    assert_int_equal(SetRelAlarm(FreeAlarm, 10, 0), E_OK);
    still.now += 10;
    os_isr_enter();
    os_timer();
    os_isr_exit();
    assert_int_equal(errors, 3);
    assert_int_equal(last_error, E_OS_ACCESS);
    assert_int_equal(last_service, OSServiceId_ActivateTask);
}

static void test_ends_itself(void **state)
{
    (void)state;
    be_busy();
    assert_int_equal(TerminateApplication(Guest, NO_RESTART), E_OK);
    assert_int_equal(os.running, Control);
    expect_ended();
    assert_int_equal(TerminateApplication(Guest, NO_RESTART), E_OS_STATE);
}

/* From outside: by a task between its own, and from the top. */
static void test_is_ended(void **state)
{
    (void)state;
    be_busy();
    assert_int_equal(ReleaseResource(Lock), E_OK);
    activate(Keeper);
    assert_int_equal(TerminateApplication(Guest, NO_RESTART), E_OK);
    assert_int_equal(os.running, Keeper);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, Control);
    expect_ended();
    assert_int_equal(GetApplicationID(), INVALID_OSAPPLICATION);
}

/* Until AllowAccess the others keep out. */
static void test_restarts(void **state)
{
    (void)state;
    be_busy();
    still.now += 500; /* Starter has come already */
    assert_int_equal(TerminateApplication(Guest, RESTART), E_OK);
    assert_int_equal(errors, 0);
    assert_int_equal(os.running, Starter);
    assert_int_equal(state_of_guest(), APPLICATION_RESTARTING);
    assert_int_equal(ActivateTask(Worker), E_OK);
    activate(Keeper);
    assert_int_equal(AllowAccess(), E_OS_STATE);
    assert_int_equal(TerminateTask(), E_OK);
    still.now += 500;
    assert_int_equal(TerminateApplication(Guest, RESTART), E_OK); /* by the restart task itself */
    assert_int_equal(os.running, Starter);
    assert_int_equal(os_config.task_state[Starter].activations, 1);
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, Control);
    assert_int_equal(ActivateTask(Worker), E_OS_ACCESS);
    assert_int_equal(AllowAccess(), E_OS_STATE);
    still.now += 500;
    assert_int_equal(TerminateApplication(Guest, RESTART), E_OK);
    assert_int_equal(os.running, Starter);
    assert_int_equal(AllowAccess(), E_OK);
    assert_int_equal(AllowAccess(), E_OS_STATE);
    assert_int_equal(TerminateTask(), E_OK);
    activate(Worker);
}

/* A restart within the restart task's time frame is told, and is none. */
static void test_restarts_too_often(void **state)
{
    (void)state;
    answer = PRO_IGNORE;
    activate(Starter);
    still.now += 499;
    assert_int_equal(TerminateApplication(Guest, RESTART), E_OK);
    assert_int_equal(faults, 1);
    assert_int_equal(last_fault, E_OS_PROTECTION_ARRIVAL);
    assert_int_equal(os.running, Control);
    expect_ended();
}

static void test_end_is_refused(void **state)
{
    ApplicationStateType application_state;
    uint16_t outer;

    (void)state;
    assert_int_equal(TerminateApplication(2, NO_RESTART), E_OS_ID);
    assert_int_equal(OSError_TerminateApplication_Application(), 2);
    assert_int_equal(TerminateApplication(Trusty, RESTART), E_OS_VALUE);
    assert_int_equal(TerminateApplication(Guest, (RestartType)2), E_OS_VALUE);
    assert_int_equal(GetApplicationState(2, &application_state), E_OS_ID);
    assert_int_equal(GetApplicationState(Guest, NULL), E_OS_PARAM_POINTER);
    activate(Worker);
    assert_int_equal(TerminateApplication(Trusty, NO_RESTART), E_OS_ACCESS);
    os_isr_enter();
    assert_int_equal(TerminateApplication(Guest, NO_RESTART), E_OS_CALLEVEL);
    assert_int_equal(AllowAccess(), E_OS_CALLEVEL);
    assert_int_equal(GetApplicationState(Guest, &application_state), E_OK);
    os_isr_exit();
    assert_int_equal(GetApplicationState(Guest, &application_state), E_OS_ILLEGAL_ADDRESS);
    outer = os_isr1_enter();
    assert_int_equal(GetApplicationState(Guest, &application_state), E_OS_CALLEVEL);
    os_isr1_exit(outer);
}

static void use_up(void)
{
    still.now += 1000;
    os_isr_enter();
    os_timer();
    os_isr_exit();
}

static void test_hook_ends_the_application(void **state)
{
    (void)state;
    be_busy();
    answer = PRO_TERMINATEAPPL;
    use_up();
    assert_int_equal(last_fault, E_OS_PROTECTION_TIME);
    assert_int_equal(os.running, Keeper); /* the table's point came before the end of the budget */
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, Control);
    expect_ended();
    still_start(OSDEFAULTAPPMODE);
    be_busy();
    answer = PRO_TERMINATEAPPL_RESTART;
    use_up();
    assert_int_equal(TerminateTask(), E_OK);
    assert_int_equal(os.running, Starter);
    assert_int_equal(state_of_guest(), APPLICATION_RESTARTING);
}

static void violate(void)
{
    os_protect(E_OS_PROTECTION_MEMORY);
}

/* Where the faulty task has no application, or that no restart task. */
static void test_hook_asks_too_much(void **state)
{
    (void)state;
    answer = PRO_TERMINATEAPPL;
    assert_false(still_survives(violate));
    still_start(OSDEFAULTAPPMODE);
    activate(Keeper);
    answer = PRO_TERMINATEAPPL_RESTART;
    assert_false(still_survives(violate));
    assert_int_equal(still.shut_down_with, E_OS_PROTECTION_MEMORY);
}

/* Each number is a service; what is none is a fault. */
static void test_gate(void **state)
{
    static const uintptr_t worker[OS_SERVICE_ARGUMENTS] = {Worker};
    uintptr_t nothing[OS_SERVICE_ARGUMENTS] = {200, 200, 200};

    (void)state;
    for (uint32_t n = 0; n < NUMBERS; n++) {
        still_start(OSDEFAULTAPPMODE);
        activate(Worker);
        (void)os_gate(n, nothing);
    }
    assert_int_equal(faults, 0);
    assert_int_equal(os.running, Control); /* the last one is the end of a body */
    activate(Worker);
    assert_int_equal(os_gate(NUMBER_ActivateTask, nothing), E_OS_ID);
    still.now++;
    assert_int_equal(os_gate(NUMBER_ActivateTask, worker), E_OK);
    assert_int_equal(os_gate(NUMBER_GetApplicationID, nothing), Guest);
    nothing[1] = (uintptr_t)nothing;
    assert_int_equal(os_gate(NUMBER_GetEvent, nothing), E_OS_ID);
    nothing[0] = (uintptr_t)nothing;
    assert_int_equal(os_gate(NUMBER_GetTaskID, nothing), E_OS_ILLEGAL_ADDRESS);
    assert_int_equal(os_gate(NUMBER_TerminateTask, nothing), E_OK);
    assert_int_equal(os.running, Worker); /* its second activation */
    (void)os_gate(NUMBERS, nothing);
    assert_int_equal(faults, 1);
    assert_int_equal(last_fault, E_OS_PROTECTION_EXCEPTION);
    assert_int_equal(os.running, Control);
}

static void random_interrupt(uint32_t r)
{
    still.now += r % 300;
    os_isr_enter();
    if (still.now >= still.timer_at)
        os_timer();
    (void)ActivateTask((TaskType)(r >> 10) % os_config.tasks);
    os_isr_exit();
}

/* A fault, an end from inside or outside, or what brings an application back. */
static void random_end(uint32_t r)
{
    static const ProtectionReturnType answers[] = {PRO_TERMINATETASKISR, PRO_TERMINATEAPPL,
                                                   PRO_TERMINATEAPPL_RESTART};

    answer = answers[(r >> 4) % 3];
    if (r % 8 == 0)
        (void)TerminateApplication((ApplicationType)(r >> 8) % 2,
                                   r >> 9 & 1 ? RESTART : NO_RESTART);
    else if (r % 8 < 3 && os.running != INVALID_TASK)
        os_protect(E_OS_PROTECTION_MEMORY);
    else if (r % 8 == 3 && os.running != INVALID_TASK)
        os_task_returned();
    else
        (void)AllowAccess();
}

static void random_call(uint32_t r)
{
    TaskType task = (TaskType)((r >> 8) % os_config.tasks);

    switch (r % 12) {
    case 0:
    case 1:
    case 2:
        (void)ActivateTask(task);
        break;
    case 3:
        (void)TerminateTask();
        break;
    case 4:
        (void)ChainTask(task);
        break;
    case 5:
        (void)GetResource((ResourceType)(1 + (r >> 8) % 2));
        break;
    case 6:
        (void)ReleaseResource((ResourceType)(1 + (r >> 8) % 2));
        break;
    case 7:
        (void)SetEvent(task, Go);
        break;
    case 8:
        (void)WaitEvent(Go);
        (void)ClearEvent(Go);
        break;
    case 9:
        (void)SetRelAlarm((AlarmType)((r >> 8) % os_config.alarms), 1 + r % 90, 0);
        (void)StartScheduleTableRel(GuestTable, 50);
        break;
    case 10:
        random_end(r >> 8);
        break;
    default:
        random_interrupt(r >> 8);
        break;
    }
}

/* Of an application that has ended nothing is left. */
static void check_ends(void)
{
    for (TaskType t = 0; t < os_config.tasks; t++)
        if (os_has_ended(os_config.task[t].access))
            assert_int_equal(state_of(t), SUSPENDED);
    for (AlarmType a = 0; a < os_config.alarms; a++)
        if (os_has_ended(os_config.alarm[a].access))
            assert_false(os_config.alarm_state[a].armed);
}

static void test_random_calls_keep_the_invariants(void **state)
{
    uint32_t seed = 4711, seen = 0, ended = 0;

    (void)state;
    answer_fits = true;
    for (int i = 0; i < 100000; i++) {
        if (i % 100 == 0)
            still_start(OSDEFAULTAPPMODE);
        seed = seed * 1664525u + 1013904223u;
        random_call(seed >> 4);
        check_invariants();
        check_ends();
        if (os.running != INVALID_TASK)
            seen |= 1u << os.running;
        ended += state_of_guest() == APPLICATION_TERMINATED;
    }
    assert_int_equal(seen, (1u << os_config.tasks) - 1); /* every task has run */
    assert_true(faults > 1000 && ended > 1000 && ended < 90000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_foreign_objects, begin),
        cmocka_unit_test_setup(test_what_may_be_used, begin),
        cmocka_unit_test_setup(test_results_stay_in_its_memory, begin),
        cmocka_unit_test_setup(test_interrupts_stay_on, begin),
        cmocka_unit_test_setup(test_check_access, begin),
        cmocka_unit_test_setup(test_ends_itself, begin),
        cmocka_unit_test_setup(test_is_ended, begin),
        cmocka_unit_test_setup(test_restarts, begin),
        cmocka_unit_test_setup(test_restarts_too_often, begin),
        cmocka_unit_test_setup(test_end_is_refused, begin),
        cmocka_unit_test_setup(test_hook_ends_the_application, begin),
        cmocka_unit_test_setup(test_hook_asks_too_much, begin),
        cmocka_unit_test_setup(test_gate, begin),
        cmocka_unit_test_setup(test_random_calls_keep_the_invariants, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
