/* SPDX-License-Identifier: BSD-3-Clause */
/* Conformance: every service from every place that OSEK OS 2.2.3 §12.2.2 and AUTOSAR OS 4 name, and
 * with interrupts suspended. */
#include "conformance.h"
#include "conformance_os.h"

/* The calls have arguments that are refused later, so that an allowed one changes nothing. */
static StatusType activate_task(void)
{
    return ActivateTask(INVALID_TASK);
}

static StatusType chain_task(void)
{
    return ChainTask(INVALID_TASK);
}

static StatusType get_task_id(void)
{
    return GetTaskID(NULL);
}

static StatusType get_task_state(void)
{
    return GetTaskState(INVALID_TASK, NULL);
}

static StatusType get_resource(void)
{
    return GetResource(255);
}

static StatusType release_resource(void)
{
    return ReleaseResource(255);
}

static StatusType set_event(void)
{
    return SetEvent(INVALID_TASK, 1);
}

static StatusType clear_event(void)
{
    return ClearEvent(0);
}

static StatusType get_event(void)
{
    return GetEvent(INVALID_TASK, NULL);
}

static StatusType wait_event(void)
{
    return WaitEvent(0);
}

static StatusType get_alarm_base(void)
{
    return GetAlarmBase(255, NULL);
}

static StatusType get_alarm(void)
{
    return GetAlarm(255, NULL);
}

static StatusType set_rel_alarm(void)
{
    return SetRelAlarm(255, 1, 0);
}

static StatusType set_abs_alarm(void)
{
    return SetAbsAlarm(255, 1, 0);
}

static StatusType cancel_alarm(void)
{
    return CancelAlarm(255);
}

static StatusType increment_counter(void)
{
    return IncrementCounter(255);
}

static StatusType get_counter_value(void)
{
    return GetCounterValue(255, NULL);
}

static StatusType get_elapsed_value(void)
{
    return GetElapsedValue(255, NULL, NULL);
}

static StatusType start_table_rel(void)
{
    return StartScheduleTableRel(255, 1);
}

static StatusType start_table_abs(void)
{
    return StartScheduleTableAbs(255, 1);
}

static StatusType stop_table(void)
{
    return StopScheduleTable(255);
}

static StatusType next_table(void)
{
    return NextScheduleTable(255, 255);
}

static StatusType get_table_status(void)
{
    return GetScheduleTableStatus(255, NULL);
}

static StatusType get_stack_usage(void)
{
    return GetStackUsage(254, NULL);
}

static StatusType get_application_state(void)
{
    return GetApplicationState(255, NULL);
}

static StatusType terminate_application(void)
{
    return TerminateApplication(255, NO_RESTART);
}

#define IN(place) (1u << (place))
#define NOWHERE   0u
#define ROUTINE   IN(CONF_ISR2)
#define LOOKING                                                                                    \
    (IN(CONF_ISR2) | IN(CONF_ERROR) | IN(CONF_PRE) | IN(CONF_POST) | IN(CONF_PROTECTION))

/* From the specifications' tables, not from the kernel's: where besides a task. */
static const struct {
    StatusType (*call)(void);
    unsigned allowed;
} services[] = {
    {activate_task, ROUTINE},
    {TerminateTask, NOWHERE},
    {chain_task, NOWHERE},
    {Schedule, NOWHERE},
    {get_task_id, LOOKING},
    {get_task_state, LOOKING},
    {get_resource, ROUTINE},
    {release_resource, ROUTINE},
    {set_event, ROUTINE},
    {clear_event, NOWHERE},
    {get_event, LOOKING},
    {wait_event, NOWHERE},
    {get_alarm_base, LOOKING},
    {get_alarm, LOOKING},
    {set_rel_alarm, ROUTINE},
    {set_abs_alarm, ROUTINE},
    {cancel_alarm, ROUTINE},
    {increment_counter, ROUTINE},
    {get_counter_value, ROUTINE},
    {get_elapsed_value, ROUTINE},
    /* AUTOSAR's table */
    {start_table_rel, ROUTINE},
    {start_table_abs, ROUTINE},
    {stop_table, ROUTINE},
    {next_table, ROUTINE},
    {get_table_status, ROUTINE},
    {get_stack_usage, ROUTINE},
    {get_application_state, LOOKING},
    {terminate_application, NOWHERE},
    {AllowAccess, NOWHERE},
};
#define SERVICES (sizeof(services) / sizeof(services[0]))

static StatusType found[CONF_PLACES][SERVICES];
static unsigned probed; /* a bit for each place */

void conf_probe(enum conf_place place)
{
    for (size_t s = 0; s < SERVICES; s++)
        found[place][s] = services[s].call();
    probed |= IN(place);
}

static void probe_isr1(void)
{
    conf_probe(CONF_ISR1);
}

static void probe_isr2(void)
{
    conf_probe(CONF_ISR2);
}

static void probe_callback(void)
{
    conf_probe(CONF_CALLBACK);
}

/* All places but the hooks of start and end, which come by themselves. */
static int go_everywhere(void)
{
    conf_plain = probe_isr1;
    conf_raise_plain();
    conf_routine = probe_isr2;
    conf_raise_routine();
    conf_wheel = probe_callback;
    CHECK(SetRelAlarm(WheelCall, 1, 0) == E_OK);
    CHECK(IncrementCounter(Wheel) == E_OK);
    conf_probe_pre = conf_probe_post = true;
    CHECK(ActivateTask(High) == E_OK);
    conf_probe_error = true;
    CHECK(ActivateTask(INVALID_TASK) == E_OS_ID);
    conf_probe_protection = true;
    conf_pass_us(5000);
    CHECK(ActivateTask(Guarded) == E_OK && ActivateTask(Guarded) == E_OS_PROTECTION_ARRIVAL);
    CHECK(!conf_probe_pre && !conf_probe_post && !conf_probe_error && !conf_probe_protection);
    (void)conf_silent();
    return 0;
}

/* One service's line of the matrix; after go_everywhere, in ShutdownHook. */
static int line_of(StatusType (*call)(void))
{
    CHECK(probed == (1u << CONF_PLACES) - 1);
    for (size_t s = 0; s < SERVICES; s++)
        for (int place = 0; services[s].call == call && place < CONF_PLACES; place++)
            CHECK((found[place][s] == E_OS_CALLEVEL) == !(services[s].allowed & IN(place)));
    return 0;
}

static void suspend_each(int kind)
{
    if (kind == 0)
        DisableAllInterrupts();
    else if (kind == 1)
        SuspendAllInterrupts();
    else
        SuspendOSInterrupts();
}

static void resume_each(int kind)
{
    if (kind == 0)
        EnableAllInterrupts();
    else if (kind == 1)
        ResumeAllInterrupts();
    else
        ResumeOSInterrupts();
}

static int disabled(StatusType (*call)(void))
{
    for (int kind = 0; kind < 3; kind++) {
        StatusType status;

        suspend_each(kind);
        status = call();
        resume_each(kind);
        CHECK(status == E_OS_DISABLEDINT);
        CHECK(ActivateTask(INVALID_TASK) == E_OS_ID); /* and now it is not */
    }
    (void)conf_silent();
    return 0;
}

#define EACH_SERVICE(X)                                                                            \
    X(activate_task, "ActivateTask")                                                               \
    X(TerminateTask, "TerminateTask")                                                              \
    X(chain_task, "ChainTask")                                                                     \
    X(Schedule, "Schedule")                                                                        \
    X(get_task_id, "GetTaskID")                                                                    \
    X(get_task_state, "GetTaskState")                                                              \
    X(get_resource, "GetResource")                                                                 \
    X(release_resource, "ReleaseResource")                                                         \
    X(set_event, "SetEvent")                                                                       \
    X(clear_event, "ClearEvent")                                                                   \
    X(get_event, "GetEvent")                                                                       \
    X(wait_event, "WaitEvent")                                                                     \
    X(get_alarm_base, "GetAlarmBase")                                                              \
    X(get_alarm, "GetAlarm")                                                                       \
    X(set_rel_alarm, "SetRelAlarm")                                                                \
    X(set_abs_alarm, "SetAbsAlarm")                                                                \
    X(cancel_alarm, "CancelAlarm")                                                                 \
    X(increment_counter, "IncrementCounter")                                                       \
    X(get_counter_value, "GetCounterValue")                                                        \
    X(get_elapsed_value, "GetElapsedValue")                                                        \
    X(start_table_rel, "StartScheduleTableRel")                                                    \
    X(start_table_abs, "StartScheduleTableAbs")                                                    \
    X(stop_table, "StopScheduleTable")                                                             \
    X(next_table, "NextScheduleTable")                                                             \
    X(get_table_status, "GetScheduleTableStatus")                                                  \
    X(get_stack_usage, "GetStackUsage")                                                            \
    X(get_application_state, "GetApplicationState")                                                \
    X(terminate_application, "TerminateApplication")                                               \
    X(AllowAccess, "AllowAccess")

#define TESTS(call, name)                                                                          \
    static int call##_line(void)                                                                   \
    {                                                                                              \
        return line_of(call);                                                                      \
    }                                                                                              \
    static int call##_disabled(void)                                                               \
    {                                                                                              \
        return disabled(call);                                                                     \
    }
EACH_SERVICE(TESTS)

#define DISABLED_ROW(call, name) {name, "E_OS_DISABLEDINT", call##_disabled},
const struct conf_row conf_disabled_rows[] = {
    EACH_SERVICE(DISABLED_ROW){"ISR", "-(places)", go_everywhere},
    {NULL, NULL, NULL},
};

/* It is ShutdownHook that runs this. */
static int shutdown_os(void)
{
    CHECK(probed & IN(CONF_SHUTDOWN));
    return 0;
}

#define PLACE_ROW(call, name) {name, "E_OS_CALLEVEL", call##_line},
const struct conf_row conf_last_rows[] = {
    EACH_SERVICE(PLACE_ROW){"ShutdownOS", "-", shutdown_os},
    {"ShutdownHook", "-", shutdown_os},
    {NULL, NULL, NULL},
};
