/* SPDX-License-Identifier: BSD-3-Clause */
/* Conformance: interrupt services and routines, and hooks, OSEK OS 2.2.3 §13.3, §13.8. */
#include "conformance.h"
#include "conformance_os.h"

static StatusType got;

static void note_clock(void)
{
    conf_note('c');
}

/* An alarm of the clock that is due while `off` holds comes after `on`; with `times` of both. */
static int keeps_off(void (*off)(void), void (*on)(void), int times)
{
    conf_clock = note_clock;
    CHECK(SetRelAlarm(ClockCall, 100, 0) == E_OK);
    for (int i = 0; i < times; i++)
        off();
    conf_pass_us(300);
    CHECK(conf_trail_is(""));
    for (int i = 1; i < times; i++) {
        on();
        conf_pass_us(100);
        CHECK(conf_trail_is("")); /* not the last */
    }
    on();
    conf_pass_us(100);
    CHECK(conf_trail_is("c"));
    return conf_silent() ? 0 : __LINE__;
}

static int disable(void)
{
    return keeps_off(DisableAllInterrupts, EnableAllInterrupts, 1);
}

/* Does not nest: enabled is enabled. */
static int enable(void)
{
    DisableAllInterrupts();
    DisableAllInterrupts();
    EnableAllInterrupts();
    CHECK(conf_silent());
    CHECK(Schedule() == E_OK); /* or E_OS_DISABLEDINT */
    return 0;
}

static int enable_nofunc(void)
{
    EnableAllInterrupts();
    CHECK(conf_told(E_OS_NOFUNC, OSServiceId_EnableAllInterrupts));
    return 0;
}

static int suspend_all(void)
{
    return keeps_off(SuspendAllInterrupts, ResumeAllInterrupts, 1);
}

static int resume_all(void)
{
    return keeps_off(SuspendAllInterrupts, ResumeAllInterrupts, 3);
}

static int resume_all_nofunc(void)
{
    SuspendOSInterrupts();
    ResumeAllInterrupts();
    CHECK(conf_told(E_OS_NOFUNC, OSServiceId_ResumeAllInterrupts));
    ResumeOSInterrupts();
    return conf_silent() ? 0 : __LINE__;
}

static int suspend_os(void)
{
    return keeps_off(SuspendOSInterrupts, ResumeOSInterrupts, 1);
}

static int resume_os(void)
{
    return keeps_off(SuspendOSInterrupts, ResumeOSInterrupts, 3);
}

static int resume_os_nofunc(void)
{
    ResumeOSInterrupts();
    CHECK(conf_told(E_OS_NOFUNC, OSServiceId_ResumeOSInterrupts));
    return 0;
}

static void disable_and_suspend(void)
{
    DisableAllInterrupts();
    SuspendAllInterrupts();
    SuspendOSInterrupts();
}

static void undo_in_that_order(void)
{
    EnableAllInterrupts();
    ResumeAllInterrupts();
    conf_pass_us(100);
    if (!conf_trail_is(""))
        conf_note('!');
    ResumeOSInterrupts();
}

static int mixed(void)
{
    return keeps_off(disable_and_suspend, undo_in_that_order, 1);
}

static void suspend_and_resume(void)
{
    SuspendAllInterrupts();
    ResumeAllInterrupts();
    SuspendOSInterrupts();
    ResumeOSInterrupts();
    DisableAllInterrupts();
    EnableAllInterrupts();
    conf_note('s');
}

/* §12.2.2: in routines and in an alarm's callback. */
static int suspend_elsewhere(void)
{
    conf_routine = conf_plain = conf_wheel = suspend_and_resume;
    conf_raise_routine();
    conf_raise_plain();
    CHECK(SetRelAlarm(WheelCall, 1, 0) == E_OK);
    CHECK(IncrementCounter(Wheel) == E_OK);
    CHECK(conf_trail_is("sss"));
    return conf_silent() ? 0 : __LINE__;
}

static void note_high(void)
{
    conf_note('h');
}

static void activate_high(void)
{
    got = ActivateTask(High);
    conf_note('i');
}

/* A routine of category 1 is no place for services, and what was ready stays so. */
static int plain_routine(void)
{
    conf_body[High] = note_high;
    conf_plain = activate_high;
    conf_raise_plain();
    CHECK(got == E_OS_CALLEVEL && conf_trail_is("i"));
    CHECK(conf_told(E_OS_CALLEVEL, OSServiceId_ActivateTask));
    return 0;
}

static void leave_wire(void)
{
    got = GetResource(Wire);
}

static void leave_suspended(void)
{
    SuspendOSInterrupts();
}

static int routine_leaves_resource(void)
{
    conf_routine = leave_wire;
    conf_raise_routine();
    CHECK(got == E_OK && conf_told(E_OS_RESOURCE, OSServiceId_None));
    CHECK(GetResource(Wire) == E_OK && ReleaseResource(Wire) == E_OK);
    return 0;
}

static int routine_leaves_suspended(void)
{
    conf_routine = leave_suspended;
    conf_raise_routine();
    CHECK(conf_told(E_OS_DISABLEDINT, OSServiceId_None));
    CHECK(ActivateTask(High) == E_OK);
    return conf_silent() ? 0 : __LINE__;
}

const struct conf_row conf_interrupt_rows[] = {
    {"DisableAllInterrupts", "-", disable},
    {"EnableAllInterrupts", "-", enable},
    {"EnableAllInterrupts", "E_OS_NOFUNC", enable_nofunc},
    {"SuspendAllInterrupts", "-", suspend_all},
    {"ResumeAllInterrupts", "-", resume_all},
    {"ResumeAllInterrupts", "E_OS_NOFUNC", resume_all_nofunc},
    {"SuspendOSInterrupts", "-", suspend_os},
    {"ResumeOSInterrupts", "-", resume_os},
    {"ResumeOSInterrupts", "E_OS_NOFUNC", resume_os_nofunc},
    {"ResumeOSInterrupts", "-(mixed)", mixed},
    {"SuspendAllInterrupts", "-(routines)", suspend_elsewhere},
    {"ISR", "E_OS_CALLEVEL(category1)", plain_routine},
    {"ISR", "E_OS_RESOURCE", routine_leaves_resource},
    {"ISR", "E_OS_DISABLEDINT", routine_leaves_suspended},
    {NULL, NULL, NULL},
};

static int startup_hook(void)
{
    CHECK(conf_startups == 1 && !conf_task_before_startup);
    return 0;
}

/* What starts with this mode: an alarm, first after 3 ticks, then every 4; a table whose one point
 * is 5 + 2 ticks away, its end one more. */
static int start_os(void)
{
    ScheduleTableStatusType status;
    TickType left;

    CHECK(GetScheduleTableStatus(Starting, &status) == E_OK && status == SCHEDULETABLE_RUNNING);
    CHECK(GetAlarm(WheelCall, &left) == E_OK && left == 3);
    CHECK(GetAlarm(ClockEvent, &left) == E_OS_NOFUNC); /* another mode's */
    conf_wheel = note_clock;
    conf_body[High] = note_high;
    for (int i = 0; i < 11; i++)
        CHECK(IncrementCounter(Wheel) == E_OK);
    CHECK(conf_trail_is("cchc"));
    CHECK(CancelAlarm(WheelCall) == E_OK);
    return 0;
}

static int active_mode(void)
{
    CHECK(GetActiveApplicationMode() == OSDEFAULTAPPMODE);
    return 0;
}

static int task_hooks(void)
{
    char expected[] = {(char)('A' + Main), (char)('a' + High), 'h',
                       (char)('A' + High), (char)('a' + Main), 0};

    conf_body[High] = note_high;
    conf_watch_tasks = true;
    got = ActivateTask(High);
    conf_watch_tasks = false;
    CHECK(got == E_OK && conf_trail_is(expected));
    return 0;
}

/* ErrorHook calls a service that fails; that is not told again. */
static int error_hook(void)
{
    CHECK(ActivateTask(CONF_TASKS) == E_OS_ID);
    CHECK(conf_trail_is(""));
    CHECK(conf_told(E_OS_ID, OSServiceId_ActivateTask));
    return 0;
}

const struct conf_row conf_hook_rows[] = {
    {"StartOS", "-", start_os},
    {"StartupHook", "-", startup_hook},
    {"GetActiveApplicationMode", "-", active_mode},
    {"PreTaskHook", "-", task_hooks},
    {"PostTaskHook", "-", task_hooks},
    {"ErrorHook", "-", error_hook},
    {NULL, NULL, NULL},
};
