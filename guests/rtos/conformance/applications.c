/* SPDX-License-Identifier: BSD-3-Clause */
/* Conformance: OS-Applications, AUTOSAR OS 4 §7.6, §8.4: whose objects are whose, and their end.
 * Task Member is the one of application Part; all else belongs to none. */
#include "conformance.h"
#include "conformance_os.h"

#define NO_APPLICATION 200

static StatusType (*foreign)(void);
static StatusType got;
static TickType ticks;
static ApplicationType seen;
static ApplicationStateType state;

static void use_foreign(void)
{
    got = foreign();
}

/* The call on an object that its caller's application may not use. */
static int refused(StatusType (*call)(void), OSServiceIdType service)
{
    foreign = call;
    conf_body[Member] = use_foreign;
    CHECK(ActivateTask(Member) == E_OK);
    CHECK(got == E_OS_ACCESS && conf_told(E_OS_ACCESS, service));
    return 0;
}

#define EACH_FOREIGN(X)                                                                            \
    X(ActivateTask, High)                                                                          \
    X(ChainTask, High)                                                                             \
    X(GetTaskState, High, NULL)                                                                    \
    X(SetEvent, Ext, ExtEvent)                                                                     \
    X(GetEvent, Main, NULL)                                                                        \
    X(GetResource, Shared)                                                                         \
    X(ReleaseResource, Shared)                                                                     \
    X(GetAlarmBase, WheelCall, NULL)                                                               \
    X(GetAlarm, WheelCall, NULL)                                                                   \
    X(SetRelAlarm, WheelCall, 1, 0)                                                                \
    X(SetAbsAlarm, WheelCall, 1, 0)                                                                \
    X(CancelAlarm, WheelCall)                                                                      \
    X(IncrementCounter, Wheel)                                                                     \
    X(GetCounterValue, Wheel, &ticks)                                                              \
    X(GetElapsedValue, Wheel, &ticks, &ticks)                                                      \
    X(StartScheduleTableRel, Once, 1)                                                              \
    X(StartScheduleTableAbs, Once, 1)                                                              \
    X(StopScheduleTable, Once)                                                                     \
    X(NextScheduleTable, Once, Round)                                                              \
    X(GetScheduleTableStatus, Once, NULL)                                                          \
    X(GetStackUsage, Main, NULL)

#define FOREIGN(service, ...)                                                                      \
    static StatusType foreign_##service(void)                                                      \
    {                                                                                              \
        return service(__VA_ARGS__);                                                               \
    }                                                                                              \
    static int refused_##service(void)                                                             \
    {                                                                                              \
        return refused(foreign_##service, OSServiceId_##service);                                  \
    }
EACH_FOREIGN(FOREIGN)

static void see(void)
{
    seen = GetApplicationID();
}

static int application_id(void)
{
    CHECK(GetApplicationID() == INVALID_OSAPPLICATION);
    conf_body[Member] = see;
    CHECK(ActivateTask(Member) == E_OK && seen == Part);
    conf_body[Member] = conf_raise_routine;
    conf_routine = see;
    CHECK(ActivateTask(Member) == E_OK && seen == INVALID_OSAPPLICATION);
    return conf_silent() ? 0 : __LINE__;
}

static int check_access(void)
{
    CHECK(CheckObjectAccess(Part, OBJECT_TASK, Member) == ACCESS);
    CHECK(CheckObjectAccess(Part, OBJECT_TASK, Guarded) == ACCESS); /* it lets Part in */
    CHECK(CheckObjectAccess(Part, OBJECT_TASK, Main) == NO_ACCESS);
    CHECK(CheckObjectAccess(Part, OBJECT_RESOURCE, Shared) == NO_ACCESS);
    CHECK(CheckObjectAccess(Part, OBJECT_RESOURCE, RES_SCHEDULER) == ACCESS); /* it is trusted */
    CHECK(CheckObjectAccess(NO_APPLICATION, OBJECT_TASK, Member) == NO_ACCESS);
    CHECK(CheckObjectAccess(Part, OBJECT_TASK, INVALID_TASK) == NO_ACCESS);
    return 0;
}

static int check_ownership(void)
{
    CHECK(CheckObjectOwnership(OBJECT_TASK, Member) == Part);
    CHECK(CheckObjectOwnership(OBJECT_TASK, Main) == INVALID_OSAPPLICATION);
    CHECK(CheckObjectOwnership(OBJECT_COUNTER, Wheel) == INVALID_OSAPPLICATION);
    CHECK(CheckObjectOwnership(OBJECT_TASK, INVALID_TASK) == INVALID_OSAPPLICATION);
    return 0;
}

static int get_state(void)
{
    CHECK(GetApplicationState(Part, &state) == E_OK && state == APPLICATION_ACCESSIBLE);
    return 0;
}

static int get_state_id(void)
{
    CHECK(GetApplicationState(NO_APPLICATION, &state) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_GetApplicationState));
    CHECK(OSError_GetApplicationState_Application() == NO_APPLICATION);
    CHECK(OSError_GetApplicationState_Value() == &state);
    return 0;
}

static int get_state_pointer(void)
{
    CHECK(GetApplicationState(Part, NULL) == E_OS_PARAM_POINTER);
    CHECK(conf_told(E_OS_PARAM_POINTER, OSServiceId_GetApplicationState));
    return 0;
}

static void look_and_allow(void)
{
    conf_note('r');
    if (GetApplicationState(Part, &state) != E_OK || state != APPLICATION_RESTARTING)
        conf_note('!');
    got = AllowAccess();
}

static void restart_itself(void)
{
    conf_note('e');
    conf_body[Member] = look_and_allow;
    (void)TerminateApplication(Part, RESTART);
    conf_note('!');
}

/* From outside and by itself; Part's one task is its restart task. */
static int terminate(void)
{
    conf_body[Member] = look_and_allow;
    CHECK(TerminateApplication(Part, RESTART) == E_OK);
    CHECK(conf_trail_is("r") && got == E_OK);
    conf_body[Member] = restart_itself;
    CHECK(ActivateTask(Member) == E_OK);
    CHECK(conf_trail_is("er") && got == E_OK);
    CHECK(GetApplicationState(Part, &state) == E_OK && state == APPLICATION_ACCESSIBLE);
    return conf_silent() ? 0 : __LINE__;
}

static int terminate_id(void)
{
    CHECK(TerminateApplication(NO_APPLICATION, NO_RESTART) == E_OS_ID);
    CHECK(conf_told(E_OS_ID, OSServiceId_TerminateApplication));
    CHECK(OSError_TerminateApplication_Application() == NO_APPLICATION);
    CHECK(OSError_TerminateApplication_RestartOption() == NO_RESTART);
    return 0;
}

/* Gone has no restart task. */
static int terminate_value(void)
{
    CHECK(TerminateApplication(Gone, RESTART) == E_OS_VALUE);
    CHECK(conf_told(E_OS_VALUE, OSServiceId_TerminateApplication));
    return 0;
}

static int terminate_state(void)
{
    CHECK(TerminateApplication(Gone, NO_RESTART) == E_OK);
    CHECK(GetApplicationState(Gone, &state) == E_OK && state == APPLICATION_TERMINATED);
    CHECK(TerminateApplication(Gone, NO_RESTART) == E_OS_STATE);
    CHECK(conf_told(E_OS_STATE, OSServiceId_TerminateApplication));
    return 0;
}

static int allow_state(void)
{
    CHECK(AllowAccess() == E_OS_STATE); /* Main has no application */
    CHECK(conf_told(E_OS_STATE, OSServiceId_AllowAccess));
    foreign = AllowAccess;
    conf_body[Member] = use_foreign;
    CHECK(ActivateTask(Member) == E_OK);
    CHECK(got == E_OS_STATE && conf_told(E_OS_STATE, OSServiceId_AllowAccess));
    return 0;
}

#define FOREIGN_ROW(service, ...) {#service, "E_OS_ACCESS", refused_##service},
const struct conf_row conf_application_rows[] = {
    EACH_FOREIGN(FOREIGN_ROW){"GetApplicationID", "-", application_id},
    {"CheckObjectAccess", "-", check_access},
    {"CheckObjectOwnership", "-", check_ownership},
    {"GetApplicationState", "E_OK", get_state},
    {"GetApplicationState", "E_OS_ID", get_state_id},
    {"GetApplicationState", "E_OS_PARAM_POINTER", get_state_pointer},
    {"TerminateApplication", "E_OK", terminate},
    {"TerminateApplication", "E_OS_ID", terminate_id},
    {"TerminateApplication", "E_OS_VALUE", terminate_value},
    {"TerminateApplication", "E_OS_STATE", terminate_state},
    {"AllowAccess", "E_OK", terminate},
    {"AllowAccess", "E_OS_STATE", allow_state},
    {NULL, NULL, NULL},
};
