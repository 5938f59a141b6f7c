/* SPDX-License-Identifier: BSD-3-Clause */
/* The application that runs the conformance table: its tasks and hooks do what a test asks, task
 * Main goes through the rows and says each one's result. */
#include "conformance.h"
#include "conformance_os.h"

#define TRAIL 64

void (*conf_body[CONF_TASKS])(void);
void (*conf_routine)(void), (*conf_plain)(void), (*conf_wheel)(void), (*conf_clock)(void);
bool conf_probe_error, conf_probe_pre, conf_probe_post, conf_probe_protection, conf_watch_tasks;
bool conf_return;
bool conf_task_before_startup;
unsigned conf_startups;

static char trail[TRAIL];
static unsigned trail_used, errors, error_depth, faults, rows, failed;
static StatusType last_error, last_fault;
static TaskType faulty;
static OSServiceIdType last_service;
static bool task_ran;

void conf_note(char c)
{
    if (trail_used < TRAIL)
        trail[trail_used++] = c;
}

bool conf_trail_is(const char *expected)
{
    unsigned n = 0;
    bool same = true;

    for (; expected[n]; n++)
        same = same && n < trail_used && trail[n] == expected[n];
    same = same && n == trail_used;
    trail_used = 0;
    return same;
}

bool conf_told(StatusType status, OSServiceIdType service)
{
    bool told = errors == 1 && last_error == status && last_service == service;

    errors = 0;
    return told;
}

bool conf_faulted(StatusType fault, TaskType task)
{
    bool faulted = faults == 1 && last_fault == fault && faulty == task;

    faults = 0;
    return faulted;
}

bool conf_silent(void)
{
    bool silent = errors == 0;

    errors = 0;
    return silent;
}

void conf_rest(void)
{
    (void)ActivateTask(Rest);
    (void)WaitEvent(RestEvent);
    (void)ClearEvent(RestEvent);
}

static void run_body(TaskType task)
{
    task_ran = true;
    if (conf_body[task])
        conf_body[task]();
    if (!conf_return)
        (void)TerminateTask();
    conf_return = false;
}

TASK(Low)
{
    run_body(Low);
}

TASK(Peer)
{
    run_body(Peer);
}

TASK(Peer2)
{
    run_body(Peer2);
}

TASK(GroupA)
{
    run_body(GroupA);
}

TASK(Non)
{
    run_body(Non);
}

TASK(Ext)
{
    run_body(Ext);
}

TASK(GroupB)
{
    run_body(GroupB);
}

TASK(High)
{
    run_body(High);
}

TASK(Top)
{
    run_body(Top);
}

TASK(Member)
{
    run_body(Member);
}

TASK(Guarded)
{
    run_body(Guarded);
}

TASK(Rest)
{
    (void)SetEvent(Main, RestEvent);
    (void)TerminateTask();
}

ISR(Routine)
{
    if (conf_routine)
        conf_routine();
}

ISR(Plain)
{
    if (conf_plain)
        conf_plain();
}

ALARMCALLBACK(wheel)
{
    if (conf_wheel)
        conf_wheel();
}

ALARMCALLBACK(clock)
{
    if (conf_clock)
        conf_clock();
}

/* Fails itself once, which must not lead to another call. */
void ErrorHook(StatusType error)
{
    TaskStateType state;

    errors++;
    last_error = error;
    last_service = OSErrorGetServiceId();
    if (++error_depth > 1) {
        conf_note('!');
    } else if (conf_probe_error) {
        conf_probe_error = false;
        conf_probe(CONF_ERROR);
    } else {
        (void)GetTaskState(INVALID_TASK, &state);
    }
    error_depth--;
}

ProtectionReturnType ProtectionHook(StatusType fault)
{
    faults++;
    last_fault = fault;
    (void)GetTaskID(&faulty);
    if (conf_probe_protection) {
        conf_probe_protection = false;
        conf_probe(CONF_PROTECTION);
    }
    return fault == E_OS_PROTECTION_ARRIVAL ? PRO_IGNORE : PRO_TERMINATETASKISR;
}

static void watch(char base)
{
    TaskType task = INVALID_TASK;
    TaskStateType state = SUSPENDED;

    if (!conf_watch_tasks)
        return;
    if (GetTaskID(&task) != E_OK || GetTaskState(task, &state) != E_OK || state != RUNNING)
        conf_note('?');
    conf_note((char)(base + task));
}

void PreTaskHook(void)
{
    watch('a');
    if (conf_probe_pre) {
        conf_probe_pre = false;
        conf_probe(CONF_PRE);
    }
}

void PostTaskHook(void)
{
    watch('A');
    if (conf_probe_post) {
        conf_probe_post = false;
        conf_probe(CONF_POST);
    }
}

void StartupHook(void)
{
    conf_startups++;
    conf_task_before_startup = task_ran;
    conf_probe(CONF_STARTUP);
    errors = 0; /* what the probe was refused */
}

static void say_number(unsigned value)
{
    char digits[11], *d = digits + 10;

    *d = 0;
    do
        *--d = (char)('0' + value % 10);
    while (value /= 10);
    conf_say(d);
}

static void say_result(const struct conf_row *row, int line)
{
    rows++;
    conf_say("conformance: ");
    conf_say(row->service);
    conf_say(" ");
    conf_say(row->status);
    if (line) {
        failed++;
        conf_say(" WRONG at line ");
        say_number((unsigned)line);
        conf_say("\r\n");
    } else {
        conf_say(" ok\r\n");
    }
}

/* A test leaves the system as it found it, or the next one's result would mean nothing. */
static int leftovers(void)
{
    TickType left;
    TaskStateType state;
    ScheduleTableStatusType status;

    for (TaskType t = 0; t < CONF_TASKS; t++)
        CHECK(t == Main || (GetTaskState(t, &state) == E_OK && state == SUSPENDED));
    for (AlarmType a = 0; a <= ClockEvent; a++)
        CHECK(GetAlarm(a, &left) == E_OS_NOFUNC);
    for (ScheduleTableType t = 0; t <= OnClock; t++)
        CHECK(GetScheduleTableStatus(t, &status) == E_OK && status == SCHEDULETABLE_STOPPED);
    CHECK(GetResource(Shared) == E_OK && ReleaseResource(Shared) == E_OK);
    CHECK(GetResource(Wire) == E_OK && ReleaseResource(Wire) == E_OK);
    return 0;
}

static void run_rows(const struct conf_row *row)
{
    for (; row->service; row++) {
        int line;

        trail_used = 0;
        errors = faults = 0;
        line = row->test();
        conf_rest();
        if (!line)
            line = leftovers();
        for (TaskType t = 0; t < CONF_TASKS; t++)
            conf_body[t] = NULL;
        conf_routine = conf_plain = conf_wheel = conf_clock = NULL;
        say_result(row, line);
    }
}

TASK(Main)
{
    task_ran = true;
    run_rows(conf_hook_rows); /* the first: what has happened at the start is still there to see */
    run_rows(conf_task_rows);
    run_rows(conf_resource_rows);
    run_rows(conf_event_rows);
    run_rows(conf_alarm_rows);
    run_rows(conf_counter_rows);
    run_rows(conf_table_rows);
    run_rows(conf_stack_rows);
    run_rows(conf_application_rows);
    run_rows(conf_protection_rows);
    run_rows(conf_interrupt_rows);
    run_rows(conf_disabled_rows);
    ShutdownOS(E_OK);
}

/* Application mode OtherMode: neither Main nor the other mode's alarms have started. */
TASK(Other)
{
    TaskStateType state = RUNNING;
    ScheduleTableStatusType on_clock = SCHEDULETABLE_STOPPED, starting = SCHEDULETABLE_NEXT;
    TickType left;
    bool good = GetActiveApplicationMode() == OtherMode && conf_startups == 1 &&
                GetTaskState(Main, &state) == E_OK && state == SUSPENDED &&
                GetAlarm(WheelCall, &left) == E_OS_NOFUNC && GetAlarm(ClockEvent, &left) == E_OK &&
                left > 0 && left <= 1000 && GetScheduleTableStatus(OnClock, &on_clock) == E_OK &&
                on_clock == SCHEDULETABLE_RUNNING &&
                GetScheduleTableStatus(Starting, &starting) == E_OK &&
                starting == SCHEDULETABLE_STOPPED;

    conf_say(good ? "conformance: other mode ok\r\n" : "conformance: other mode WRONG\r\n");
    ShutdownOS(E_OK);
}

void ShutdownHook(StatusType error)
{
    if (error == E_OK && GetActiveApplicationMode() == OSDEFAULTAPPMODE) {
        conf_probe(CONF_SHUTDOWN);
        for (const struct conf_row *row = conf_last_rows; row->service; row++)
            say_result(row, row->test());
    }
    conf_say("conformance: shut down with ");
    say_number(error);
    conf_say(", ");
    say_number(rows);
    conf_say(" rows, ");
    say_number(failed);
    conf_say(" wrong\r\n");
}
