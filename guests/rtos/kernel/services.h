/* SPDX-License-Identifier: BSD-3-Clause */
/* The services that untrusted tasks may call, by way of the port's gate. */
#ifndef RTOS_SERVICES_H
#define RTOS_SERVICES_H

#include "internal.h"

/* Each with its arguments, out of an array `a` of words. A service's number is its place here,
 * those without result behind those with one. */
#define OS_SERVICES(X)                                                                             \
    X(ActivateTask, (TaskType)a[0])                                                                \
    X(TerminateTask, )                                                                             \
    X(ChainTask, (TaskType)a[0])                                                                   \
    X(Schedule, )                                                                                  \
    X(GetTaskID, (TaskRefType)a[0])                                                                \
    X(GetTaskState, (TaskType)a[0], (TaskStateRefType)a[1])                                        \
    X(GetResource, (ResourceType)a[0])                                                             \
    X(ReleaseResource, (ResourceType)a[0])                                                         \
    X(SetEvent, (TaskType)a[0], (EventMaskType)a[1])                                               \
    X(ClearEvent, (EventMaskType)a[0])                                                             \
    X(GetEvent, (TaskType)a[0], (EventMaskRefType)a[1])                                            \
    X(WaitEvent, (EventMaskType)a[0])                                                              \
    X(GetAlarmBase, (AlarmType)a[0], (AlarmBaseRefType)a[1])                                       \
    X(GetAlarm, (AlarmType)a[0], (TickRefType)a[1])                                                \
    X(SetRelAlarm, (AlarmType)a[0], (TickType)a[1], (TickType)a[2])                                \
    X(SetAbsAlarm, (AlarmType)a[0], (TickType)a[1], (TickType)a[2])                                \
    X(CancelAlarm, (AlarmType)a[0])                                                                \
    X(IncrementCounter, (CounterType)a[0])                                                         \
    X(GetCounterValue, (CounterType)a[0], (TickRefType)a[1])                                       \
    X(GetElapsedValue, (CounterType)a[0], (TickRefType)a[1], (TickRefType)a[2])                    \
    X(StartScheduleTableRel, (ScheduleTableType)a[0], (TickType)a[1])                              \
    X(StartScheduleTableAbs, (ScheduleTableType)a[0], (TickType)a[1])                              \
    X(StopScheduleTable, (ScheduleTableType)a[0])                                                  \
    X(NextScheduleTable, (ScheduleTableType)a[0], (ScheduleTableType)a[1])                         \
    X(GetScheduleTableStatus, (ScheduleTableType)a[0], (ScheduleTableStatusRefType)a[1])           \
    X(GetStackUsage, (TaskType)a[0], (StackUsageRefType)a[1])                                      \
    X(GetApplicationID, )                                                                          \
    X(GetApplicationState, (ApplicationType)a[0], (ApplicationStateRefType)a[1])                   \
    X(TerminateApplication, (ApplicationType)a[0], (RestartType)a[1])                              \
    X(AllowAccess, )                                                                               \
    X(CheckObjectAccess, (ApplicationType)a[0], (ObjectTypeType)a[1], (uint8_t)a[2])               \
    X(CheckObjectOwnership, (ObjectTypeType)a[0], (uint8_t)a[1])                                   \
    X(GetActiveApplicationMode, )

#define OS_VOID_SERVICES(X)                                                                        \
    X(DisableAllInterrupts, )                                                                      \
    X(EnableAllInterrupts, )                                                                       \
    X(SuspendAllInterrupts, )                                                                      \
    X(ResumeAllInterrupts, )                                                                       \
    X(SuspendOSInterrupts, )                                                                       \
    X(ResumeOSInterrupts, )                                                                        \
    X(os_task_returned, )

#define OS_SERVICE_ARGUMENTS 3

#endif
