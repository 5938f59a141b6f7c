/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the kernel's services, its switches and the way from an interrupt to a task cost, in ticks
 * of the TSC: instructions, in an emulator that counts them. Prints "timing NAME MEDIAN LEAST
 * GREATEST", and then the mean, least and greatest of interrupts, again and again.
 */
#include "board.h"
#include "fixed.h"
#include "say.h"
#include "x86/x86.h"

#include "timing_os.h"

#define SAMPLES     33u   /* of a service */
#define INTERRUPTS  4000u /* of each kind, of a round */
#define ALARM_US    200u
#define WAKE_US     1000u
#define RAISED      80u /* RaisedRoutine's vector */
#define X2APIC_SELF 0x83Fu
#define XAPIC_ICR   0xFEE00300u
#define ICR_SELF    0x40000u

static volatile uint64_t stamp[2]; /* in the task that was switched to: first and last thing */
static bool chains;                /* HighTask ends by ChainTask */
static uint32_t sample[SAMPLES];

static void say(const char *name, uint64_t median, uint64_t low, uint64_t high)
{
    board_say("timing ");
    board_say(name);
    board_say(" ");
    say_number((uint32_t)median);
    board_say(" ");
    say_number((uint32_t)low);
    board_say(" ");
    say_number((uint32_t)high);
    board_say("\r\n");
}

TASK(LowTask)
{
    (void)TerminateTask();
}

TASK(HighTask)
{
    stamp[0] = board_tsc();
    if (chains)
        (void)ChainTask(ChainedTask);
    stamp[1] = board_tsc();
    (void)TerminateTask();
}

TASK(ChainedTask)
{
    stamp[1] = board_tsc();
    (void)TerminateTask();
}

TASK(EventTask)
{
    for (;;) {
        (void)ClearEvent(WakeEvent);
        stamp[1] = board_tsc();
        (void)WaitEvent(WakeEvent);
        stamp[0] = board_tsc();
    }
}

ISR(RaisedRoutine)
{
    (void)ActivateTask(HighTask);
}

/* LowTask runs, to its end, while MainTask waits. */
static void let_low_run(void)
{
    (void)SetRelAlarm(WakeAlarm, WAKE_US, 0);
    (void)WaitEvent(WakeEvent);
    (void)ClearEvent(WakeEvent);
}

static TaskType task;
static TaskStateType state;
static EventMaskType mask;
static AlarmBaseType base;
static TickType ticks, elapsed;
static ScheduleTableStatusType status;
static StackUsageType usage;
static volatile AppModeType mode;
static volatile ApplicationType application;
static ApplicationStateType application_state;
static volatile ObjectAccessType access;

/* Each service where it has its work to do and nobody is switched to; `before` and `after` make it
 * so again. */
#define CALL(name, call)                                                                           \
    static void name(void)                                                                         \
    {                                                                                              \
        (void)(call);                                                                              \
    }
static void nothing(void)
{
}
CALL(activate_low, ActivateTask(LowTask))
CALL(schedule, Schedule())
CALL(get_task_id, GetTaskID(&task))
CALL(get_task_state, GetTaskState(LowTask, &state))
CALL(get_resource, GetResource(SharedResource))
CALL(release_resource, ReleaseResource(SharedResource))
CALL(set_own_event, SetEvent(MainTask, WakeEvent))
CALL(clear_event, ClearEvent(WakeEvent))
CALL(get_event, GetEvent(MainTask, &mask))
CALL(wait_event, WaitEvent(WakeEvent))
CALL(get_alarm_base, GetAlarmBase(FarAlarm, &base))
CALL(get_alarm, GetAlarm(FarAlarm, &ticks))
CALL(set_rel_alarm, SetRelAlarm(FarAlarm, 1000000000, 0))
CALL(set_abs_alarm, SetAbsAlarm(FarAlarm, 4000000000, 0))
CALL(cancel_alarm, CancelAlarm(FarAlarm))
CALL(increment_counter, IncrementCounter(StepCounter))
CALL(get_counter_value, GetCounterValue(SystemCounter, &ticks))
CALL(get_elapsed_value, GetElapsedValue(SystemCounter, &ticks, &elapsed))
CALL(start_table_rel, StartScheduleTableRel(FarTable, 100))
CALL(start_table_abs, StartScheduleTableAbs(FarTable, 9000))
CALL(stop_table, StopScheduleTable(FarTable))
CALL(next_table, NextScheduleTable(FarTable, NextTable))
CALL(get_table_status, GetScheduleTableStatus(FarTable, &status))
CALL(get_stack_usage, GetStackUsage(LowTask, &usage))
CALL(get_application, (application = GetApplicationID()))
CALL(get_application_state, GetApplicationState(Measured, &application_state))
CALL(check_access, (access = CheckObjectAccess(Measured, OBJECT_TASK, LowTask)))
CALL(check_owner, (application = CheckObjectOwnership(OBJECT_TASK, LowTask)))
CALL(get_mode, (mode = GetActiveApplicationMode()))

static const struct service {
    const char *name;
    void (*before)(void), (*call)(void), (*after)(void);
} services[] = {
    {"nothing", nothing, nothing, nothing}, /* first: what measuring costs */
    {"ActivateTask", nothing, activate_low, let_low_run},
    {"Schedule", nothing, schedule, nothing},
    {"GetTaskID", nothing, get_task_id, nothing},
    {"GetTaskState", nothing, get_task_state, nothing},
    {"DisableAllInterrupts", nothing, DisableAllInterrupts, EnableAllInterrupts},
    {"EnableAllInterrupts", DisableAllInterrupts, EnableAllInterrupts, nothing},
    {"SuspendAllInterrupts", nothing, SuspendAllInterrupts, ResumeAllInterrupts},
    {"ResumeAllInterrupts", SuspendAllInterrupts, ResumeAllInterrupts, nothing},
    {"SuspendOSInterrupts", nothing, SuspendOSInterrupts, ResumeOSInterrupts},
    {"ResumeOSInterrupts", SuspendOSInterrupts, ResumeOSInterrupts, nothing},
    {"GetResource", nothing, get_resource, release_resource},
    {"ReleaseResource", get_resource, release_resource, nothing},
    {"SetEvent", nothing, set_own_event, clear_event},
    {"ClearEvent", set_own_event, clear_event, nothing},
    {"GetEvent", nothing, get_event, nothing},
    {"WaitEvent", set_own_event, wait_event, clear_event},
    {"GetAlarmBase", nothing, get_alarm_base, nothing},
    {"GetAlarm", set_rel_alarm, get_alarm, cancel_alarm},
    {"SetRelAlarm", nothing, set_rel_alarm, cancel_alarm},
    {"SetAbsAlarm", nothing, set_abs_alarm, cancel_alarm},
    {"CancelAlarm", set_rel_alarm, cancel_alarm, nothing},
    {"IncrementCounter", nothing, increment_counter, nothing},
    {"GetCounterValue", nothing, get_counter_value, nothing},
    {"GetElapsedValue", get_counter_value, get_elapsed_value, nothing},
    {"StartScheduleTableRel", nothing, start_table_rel, stop_table},
    {"StartScheduleTableAbs", nothing, start_table_abs, stop_table},
    {"StopScheduleTable", start_table_rel, stop_table, nothing},
    {"NextScheduleTable", start_table_rel, next_table, stop_table},
    {"GetScheduleTableStatus", nothing, get_table_status, nothing},
    {"GetStackUsage", nothing, get_stack_usage, nothing},
    {"GetApplicationID", nothing, get_application, nothing},
    {"GetApplicationState", nothing, get_application_state, nothing},
    {"CheckObjectAccess", nothing, check_access, nothing},
    {"CheckObjectOwnership", nothing, check_owner, nothing},
    {"GetActiveApplicationMode", nothing, get_mode, nothing},
};

static uint32_t overhead; /* of a measurement */

/* Keeps one of SAMPLES, in order of size. */
static void keep(uint32_t n, uint64_t from, uint64_t to)
{
    uint32_t value = (uint32_t)(to - from) - overhead;

    for (; n && sample[n - 1] > value; n--)
        sample[n] = sample[n - 1];
    sample[n] = value;
}

static void say_samples(const char *name)
{
    say(name, sample[SAMPLES / 2], sample[0], sample[SAMPLES - 1]);
}

static void measure_services(void)
{
    for (uint32_t s = 0; s < sizeof(services) / sizeof(services[0]); s++) {
        for (uint32_t i = 0; i < SAMPLES; i++) {
            uint64_t start;

            services[s].before();
            start = board_tsc();
            services[s].call();
            keep(i, start, board_tsc());
            services[s].after();
        }
        if (s == 0)
            overhead = sample[SAMPLES / 2];
        else
            say_samples(services[s].name);
    }
}

/* From one task's call to the other's next instruction. */
static void measure_switches(void)
{
    uint64_t start;

    for (uint32_t i = 0; i < SAMPLES; i++) {
        start = board_tsc();
        (void)ActivateTask(HighTask);
        keep(i, start, stamp[0]);
    }
    say_samples("switch-ActivateTask");
    for (uint32_t i = 0; i < SAMPLES; i++) {
        (void)ActivateTask(HighTask);
        keep(i, stamp[1], board_tsc());
    }
    say_samples("switch-TerminateTask");
    chains = true;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        (void)ActivateTask(HighTask);
        keep(i, stamp[0], stamp[1]);
    }
    say_samples("switch-ChainTask");
    chains = false;
    for (uint32_t i = 0; i < SAMPLES; i++) {
        start = board_tsc();
        (void)SetEvent(EventTask, WakeEvent);
        keep(i, start, stamp[0]);
    }
    say_samples("switch-SetEvent");
    for (uint32_t i = 0; i < SAMPLES; i++) {
        (void)SetEvent(EventTask, WakeEvent);
        keep(i, stamp[1], board_tsc());
    }
    say_samples("switch-WaitEvent");
}

/* This CPU's own local APIC sends it an interrupt, in no time. */
static void raise(void)
{
    if (board.x2apic)
        wrmsr(X2APIC_SELF, RAISED);
    else
        *(volatile uint32_t *)XAPIC_ICR = ICR_SELF | RAISED;
}

static uint64_t raised(void)
{
    uint64_t start = board_tsc();

    stamp[0] = 0;
    raise();
    while (!stamp[0])
        ;
    return stamp[0] - start - overhead;
}

/* Behind the time for which the alarm was set, that of setting it included. */
static uint64_t late_alarm(void)
{
    uint64_t wanted = udiv64((uint64_t)ALARM_US * (uint32_t)board.tsc_hz, 1000000), start, took;

    stamp[0] = 0;
    start = board_tsc();
    (void)SetRelAlarm(HighAlarm, ALARM_US, 0);
    while (!stamp[0])
        ;
    took = stamp[0] - start - overhead;
    return took < wanted ? 0 : took - wanted;
}

static void measure_interrupts(const char *name, uint64_t (*take)(void))
{
    uint64_t sum = 0, least = UINT64_MAX, most = 0;

    for (uint32_t i = 0; i < INTERRUPTS; i++) {
        uint64_t took = take();

        sum += took;
        least = took < least ? took : least;
        most = took > most ? took : most;
    }
    say(name, udiv64(sum, INTERRUPTS), least, most);
}

TASK(MainTask)
{
    measure_services();
    measure_switches();
    for (;;) {
        measure_interrupts("interrupt", raised);
        measure_interrupts("alarm", late_alarm);
        board_say("timing end\r\n");
    }
}

void app_early(void)
{
}

void app_main(void)
{
    StartOS(OSDEFAULTAPPMODE);
}

void app_panic(const char *why)
{
    (void)why;
}
