/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's service interface: OSEK/VDX OS 2.2.3 (ISO 17356-3), conformance classes BCC1 to
 * ECC2, extended status, and AUTOSAR OS 4's services for counters, schedule tables, OS-Applications
 * and protection.
 *
 * Everything is static: an OIL file says which objects there are, guests/rtos/oil makes the tables
 * and a header with the objects' names. A service that returns another status than E_OK has done
 * nothing but call ErrorHook. Each service lists its own status codes; beside them any service
 * returns E_OS_CALLEVEL where OSEK §12.2.2 does not allow the call, E_OS_DISABLEDINT while its
 * caller has interrupts suspended or disabled (OSEK §13.3 forbids the call; AUTOSAR names the
 * code), E_OS_ACCESS for an object that its caller's OS-Application may not use, E_OS_PARAM_POINTER
 * for a result pointer that is NULL, E_OS_ILLEGAL_ADDRESS for one that leads out of an untrusted
 * caller's memory. ActivateTask, ChainTask and SetEvent return E_OS_PROTECTION_ARRIVAL for a task
 * that has come within its time frame; its event is set all the same.
 */
#ifndef RTOS_OS_H
#define RTOS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t StatusType;
typedef uint8_t TaskType;
typedef TaskType *TaskRefType;
typedef uint8_t ResourceType;
typedef uint8_t AlarmType;
typedef uint8_t CounterType;
typedef uint8_t ScheduleTableType;
typedef uint8_t AppModeType;
typedef uint8_t ApplicationType;
typedef uint32_t EventMaskType;
typedef EventMaskType *EventMaskRefType;
typedef uint32_t TickType; /* of a counter, 0..MAXALLOWEDVALUE; the system counter's is 1 us */
typedef TickType *TickRefType;

typedef struct { /* OSEK §13.6.1: what a counter can do */
    TickType maxallowedvalue;
    TickType ticksperbase; /* ticks in the unit that the counter's user thinks in */
    TickType mincycle;
} AlarmBaseType;
typedef AlarmBaseType *AlarmBaseRefType;

enum { /* OSEK binding specification; from 9 on as AUTOSAR OS 4 numbers them */
       E_OK = 0,
       E_OS_ACCESS = 1,
       E_OS_CALLEVEL = 2,
       E_OS_ID = 3,
       E_OS_LIMIT = 4,
       E_OS_NOFUNC = 5,
       E_OS_RESOURCE = 6,
       E_OS_STATE = 7,
       E_OS_VALUE = 8,
       E_OS_ILLEGAL_ADDRESS = 10,
       E_OS_MISSINGEND = 11, /* to ErrorHook alone */
       E_OS_DISABLEDINT = 12,
       E_OS_STACKFAULT = 13,         /* this and the next ones: to ProtectionHook, ShutdownOS */
       E_OS_PROTECTION_MEMORY = 14,  /* an access to memory that is not the task's */
       E_OS_PROTECTION_TIME = 15,    /* an execution budget is used up */
       E_OS_PROTECTION_ARRIVAL = 16, /* within a time frame; services return it too */
       E_OS_PARAM_POINTER = 17,
       E_OS_PROTECTION_EXCEPTION = 18, /* an instruction that the task may not execute */
};

/* AUTOSAR OS 4 §8.3: what is to be done about the fault of which ProtectionHook was told. */
typedef enum {
    PRO_IGNORE, /* of E_OS_PROTECTION_ARRIVAL alone */
    PRO_TERMINATETASKISR,
    PRO_TERMINATEAPPL,
    PRO_TERMINATEAPPL_RESTART,
    PRO_SHUTDOWN,
} ProtectionReturnType;

typedef enum {
    APPLICATION_ACCESSIBLE,
    APPLICATION_RESTARTING, /* its objects are its own alone until AllowAccess */
    APPLICATION_TERMINATED,
} ApplicationStateType;
typedef ApplicationStateType *ApplicationStateRefType;

typedef enum { NO_RESTART, RESTART } RestartType;

typedef enum {
    OBJECT_TASK,
    OBJECT_RESOURCE,
    OBJECT_COUNTER,
    OBJECT_ALARM,
    OBJECT_SCHEDULETABLE
} ObjectTypeType;
typedef enum { NO_ACCESS, ACCESS } ObjectAccessType;

typedef enum { SUSPENDED, READY, RUNNING, WAITING } TaskStateType;
typedef TaskStateType *TaskStateRefType;

/* AUTOSAR OS 4 §8.3; its SCHEDULETABLE_WAITING, 2, is explicit synchronization's, which there is
 * not. */
typedef enum {
    SCHEDULETABLE_STOPPED = 0,
    SCHEDULETABLE_NEXT = 1, /* begins when another ends */
    SCHEDULETABLE_RUNNING = 3,
    SCHEDULETABLE_RUNNING_AND_SYNCHRONOUS = 4, /* one of SYNC = IMPLICIT */
} ScheduleTableStatusType;
typedef ScheduleTableStatusType *ScheduleTableStatusRefType;

typedef struct { /* this implementation's: of one stack */
    uint32_t bytes;
    uint32_t used; /* at most, since StartOS */
} StackUsageType;
typedef StackUsageType *StackUsageRefType;

#define INVALID_TASK          0xFFu
#define INVALID_OSAPPLICATION 0xFFu
#define OSDEFAULTAPPMODE      ((AppModeType)0)
#define RES_SCHEDULER         ((ResourceType)0)
#define OSTICKDURATION        1000u /* of the system counter, in ns */

/* OSEK §13.2.2, §13.4.2, §13.5.2, §13.6.2: the generated header declares every object; these fail
 * to compile where the OIL file does not have one of that name. */
#define DeclareTask(name)     _Static_assert((name) < INVALID_TASK, "task " #name)
#define DeclareResource(name) _Static_assert((name) <= 0xFFu, "resource " #name)
#define DeclareEvent(name)    _Static_assert((name) != 0, "event " #name)
#define DeclareAlarm(name)    _Static_assert((name) <= 0xFFu, "alarm " #name)

/* The bodies of what the OIL file names (OSEK §13.2, §13.3, §13.6). */
#define TASK(name)                                                                                 \
    void os_task_##name(void);                                                                     \
    void os_task_##name(void)
#define ISR(name)                                                                                  \
    void os_isr_##name(void);                                                                      \
    void os_isr_##name(void)
#define ALARMCALLBACK(name)                                                                        \
    void os_callback_##name(void);                                                                 \
    void os_callback_##name(void)

/*
 * Task management, OSEK §13.2. TerminateTask and ChainTask return only on error; a task must end
 * in one of them. One that returns instead is ended and told to ErrorHook: E_OS_MISSINGEND.
 */
StatusType ActivateTask(TaskType task); /* E_OS_ID, E_OS_LIMIT: too many activations */
StatusType TerminateTask(void);         /* E_OS_RESOURCE: one is still held */
StatusType ChainTask(TaskType task);    /* E_OS_ID, E_OS_LIMIT, E_OS_RESOURCE */
StatusType Schedule(void);              /* E_OS_RESOURCE */
StatusType GetTaskID(TaskRefType task); /* INVALID_TASK: none runs */
StatusType GetTaskState(TaskType task, TaskStateRefType state); /* E_OS_ID */

/*
 * Interrupt handling, OSEK §13.3. Suspend and resume nest, disable and enable do not. A call
 * without its counterpart does nothing but ErrorHook(E_OS_NOFUNC). OS interrupts (category 2) are
 * suspended together with those of category 1: the port has one mask.
 */
void DisableAllInterrupts(void);
void EnableAllInterrupts(void);
void SuspendAllInterrupts(void);
void ResumeAllInterrupts(void);
void SuspendOSInterrupts(void);
void ResumeOSInterrupts(void);

/*
 * Resource management by priority ceiling, OSEK §13.4. Both: E_OS_ID; E_OS_ACCESS: the caller's own
 * priority is above the ceiling. GetResource: E_OS_ACCESS too where it is held already.
 * ReleaseResource: E_OS_NOFUNC: not held by the caller, or not the one taken last.
 */
StatusType GetResource(ResourceType resource);
StatusType ReleaseResource(ResourceType resource);

/* Event control, OSEK §13.5. E_OS_ACCESS: not an extended task. */
StatusType SetEvent(TaskType task, EventMaskType mask);     /* E_OS_ID, E_OS_ACCESS, E_OS_STATE */
StatusType ClearEvent(EventMaskType mask);                  /* E_OS_ACCESS */
StatusType GetEvent(TaskType task, EventMaskRefType event); /* E_OS_ID, E_OS_ACCESS, E_OS_STATE */
StatusType WaitEvent(EventMaskType mask);                   /* E_OS_ACCESS, E_OS_RESOURCE */

/*
 * Alarms, OSEK §13.6, in ticks of the alarm's counter; cycle 0: once. A start that the counter has
 * reached already is the one after its next overrun. E_OS_STATE: is in use; E_OS_NOFUNC: is not;
 * E_OS_VALUE: increment 0, or a value that the counter does not have.
 */
StatusType GetAlarmBase(AlarmType alarm, AlarmBaseRefType info); /* E_OS_ID */
StatusType GetAlarm(AlarmType alarm, TickRefType left);          /* E_OS_ID, E_OS_NOFUNC */
StatusType SetRelAlarm(AlarmType alarm, TickType increment,
                       TickType cycle); /* E_OS_ID, E_OS_STATE, E_OS_VALUE */
StatusType SetAbsAlarm(AlarmType alarm, TickType start,
                       TickType cycle);  /* E_OS_ID, E_OS_STATE, E_OS_VALUE */
StatusType CancelAlarm(AlarmType alarm); /* E_OS_ID, E_OS_NOFUNC */

/*
 * Counters, AUTOSAR OS 4 §8.4. IncrementCounter: one tick of a software counter; E_OS_ID for the
 * system counter too. GetElapsedValue: ticks since *value, which becomes the present one;
 * E_OS_VALUE: no value of this counter.
 */
StatusType IncrementCounter(CounterType counter);                   /* E_OS_ID */
StatusType GetCounterValue(CounterType counter, TickRefType value); /* E_OS_ID */
StatusType GetElapsedValue(CounterType counter, TickRefType value,
                           TickRefType elapsed); /* E_OS_ID, E_OS_VALUE */

/*
 * Schedule tables, AUTOSAR OS 4 §7.3 and §8.4, in ticks of the table's counter. A table begins
 * `offset` ticks from now, or when its counter is next at `start` (one that is reached already: the
 * one after the next overrun), and its first expiry point comes its own offset later. At a point
 * tasks are activated first, then events are set. E_OS_ID: no such table. E_OS_VALUE: offset 0, one
 * that is with the first point's above MAXALLOWEDVALUE, a start above it. E_OS_STATE: is not
 * stopped. E_OS_NOFUNC: is stopped.
 *
 * StartScheduleTableRel: E_OS_ID too for a table that is synchronized with its counter.
 * StopScheduleTable: what was to follow the table is stopped too.
 * NextScheduleTable: `to` begins where `from`'s round ends, and what was to follow before is
 * stopped. E_OS_ID too where they differ in counter or synchronization; E_OS_NOFUNC: `from` does
 * not run; E_OS_STATE: `to` is not stopped.
 */
StatusType StartScheduleTableRel(ScheduleTableType table,
                                 TickType offset); /* E_OS_ID, E_OS_VALUE, E_OS_STATE */
StatusType StartScheduleTableAbs(ScheduleTableType table,
                                 TickType start);      /* E_OS_ID, E_OS_VALUE, E_OS_STATE */
StatusType StopScheduleTable(ScheduleTableType table); /* E_OS_ID, E_OS_NOFUNC */
StatusType NextScheduleTable(ScheduleTableType from,
                             ScheduleTableType to); /* E_OS_ID, E_OS_NOFUNC, E_OS_STATE */
StatusType GetScheduleTableStatus(ScheduleTableType table,
                                  ScheduleTableStatusRefType status); /* E_OS_ID */

/*
 * Stack monitoring, AUTOSAR OS 4 §7.5: the last bytes of a stack are looked at whenever the CPU
 * leaves it and after each interrupt routine on it; where they have changed, that is a fault of its
 * task, E_OS_STACKFAULT. GetStackUsage, this implementation's: a task's stack, with the interrupt
 * routines that ran on it; INVALID_TASK: the one of StartOS, idle and the routines that interrupt
 * it. It takes time with the bytes that are free; interrupts stay on.
 */
StatusType GetStackUsage(TaskType task, StackUsageRefType usage); /* E_OS_ID */

/*
 * OS-Applications, AUTOSAR OS 4 §7.6 and §8.4. GetApplicationID: the calling task's; hooks,
 * interrupt routines and tasks that belong to none are INVALID_OSAPPLICATION. CheckObjectAccess,
 * CheckObjectOwnership: NO_ACCESS, INVALID_OSAPPLICATION also for what there is not.
 * TerminateApplication, from a task: ends its tasks, stops its alarms and schedule tables; RESTART
 * activates its restart task. E_OS_ID, E_OS_ACCESS: not the untrusted caller's own, E_OS_VALUE: it
 * has no restart task, E_OS_STATE: has ended before. AllowAccess, by a task of an application that
 * restarts: the others may use its objects again; E_OS_STATE: it does not restart.
 */
ApplicationType GetApplicationID(void);
StatusType GetApplicationState(ApplicationType application,
                               ApplicationStateRefType state); /* E_OS_ID */
StatusType TerminateApplication(ApplicationType application, RestartType restart);
StatusType AllowAccess(void);
ObjectAccessType CheckObjectAccess(ApplicationType application, ObjectTypeType type,
                                   uint8_t object);
ApplicationType CheckObjectOwnership(ObjectTypeType type, uint8_t object);

/* Where the data of an untrusted application lie, which nobody else's untrusted code can touch. */
#define OS_DATA(application) __attribute__((section(".app." #application ".data")))

/*
 * Execution control, OSEK §13.7. StartOS: once, from the application's start, with interrupts off;
 * a mode that the OIL file does not have shuts down with E_OS_ID. ShutdownOS calls ShutdownHook
 * and stops this CPU.
 */
AppModeType GetActiveApplicationMode(void);
void StartOS(AppModeType mode) __attribute__((noreturn));
void ShutdownOS(StatusType error) __attribute__((noreturn));

/*
 * Hooks, OSEK §13.8: the application's, those that its OIL file asks for; called with interrupts
 * off. ErrorHook: a service returned `error`, or an alarm or an expiry point could not do what it
 * is for.
 */
void ErrorHook(StatusType error);
void PreTaskHook(void);  /* GetTaskID: who begins to run */
void PostTaskHook(void); /* GetTaskID: who stops running */
void StartupHook(void);
void ShutdownHook(StatusType error);
/*
 * AUTOSAR OS 4 §7.8: the running task has violated its stack (E_OS_STACKFAULT), used up its
 * execution budget (E_OS_PROTECTION_TIME) or, being untrusted, touched memory that is not its own
 * (E_OS_PROTECTION_MEMORY) or met an exception (E_OS_PROTECTION_EXCEPTION); or a task was to be
 * activated or released within its time frame (E_OS_PROTECTION_ARRIVAL), which has been refused. An
 * answer that does not fit the fault, or no hook, is PRO_SHUTDOWN.
 */
ProtectionReturnType ProtectionHook(StatusType fault);

/* Which call ErrorHook is about, OSEK §11.2; valid inside ErrorHook. */
typedef enum {
    OSServiceId_None, /* not a call: the kernel itself */
    OSServiceId_ActivateTask,
    OSServiceId_TerminateTask,
    OSServiceId_ChainTask,
    OSServiceId_Schedule,
    OSServiceId_GetTaskID,
    OSServiceId_GetTaskState,
    OSServiceId_DisableAllInterrupts,
    OSServiceId_EnableAllInterrupts,
    OSServiceId_SuspendAllInterrupts,
    OSServiceId_ResumeAllInterrupts,
    OSServiceId_SuspendOSInterrupts,
    OSServiceId_ResumeOSInterrupts,
    OSServiceId_GetResource,
    OSServiceId_ReleaseResource,
    OSServiceId_SetEvent,
    OSServiceId_ClearEvent,
    OSServiceId_GetEvent,
    OSServiceId_WaitEvent,
    OSServiceId_GetAlarmBase,
    OSServiceId_GetAlarm,
    OSServiceId_SetRelAlarm,
    OSServiceId_SetAbsAlarm,
    OSServiceId_CancelAlarm,
    OSServiceId_IncrementCounter,
    OSServiceId_GetCounterValue,
    OSServiceId_GetElapsedValue,
    OSServiceId_StartScheduleTableRel,
    OSServiceId_StartScheduleTableAbs,
    OSServiceId_StopScheduleTable,
    OSServiceId_NextScheduleTable,
    OSServiceId_GetScheduleTableStatus,
    OSServiceId_GetStackUsage,
    OSServiceId_GetApplicationState,
    OSServiceId_TerminateApplication,
    OSServiceId_AllowAccess,
} OSServiceIdType;

struct os_error { /* the call that failed: its service and its parameters in their order */
    OSServiceIdType service;
    uintptr_t parameter[3];
};
extern struct os_error os_error;

#define OSErrorGetServiceId() (os_error.service)

#define OSError_ActivateTask_TaskID()                    ((TaskType)os_error.parameter[0])
#define OSError_ChainTask_TaskID()                       ((TaskType)os_error.parameter[0])
#define OSError_GetTaskID_TaskID()                       ((TaskRefType)os_error.parameter[0])
#define OSError_GetTaskState_TaskID()                    ((TaskType)os_error.parameter[0])
#define OSError_GetTaskState_State()                     ((TaskStateRefType)os_error.parameter[1])
#define OSError_GetResource_ResID()                      ((ResourceType)os_error.parameter[0])
#define OSError_ReleaseResource_ResID()                  ((ResourceType)os_error.parameter[0])
#define OSError_SetEvent_TaskID()                        ((TaskType)os_error.parameter[0])
#define OSError_SetEvent_Mask()                          ((EventMaskType)os_error.parameter[1])
#define OSError_ClearEvent_Mask()                        ((EventMaskType)os_error.parameter[0])
#define OSError_GetEvent_TaskID()                        ((TaskType)os_error.parameter[0])
#define OSError_GetEvent_Event()                         ((EventMaskRefType)os_error.parameter[1])
#define OSError_WaitEvent_Mask()                         ((EventMaskType)os_error.parameter[0])
#define OSError_GetAlarmBase_AlarmID()                   ((AlarmType)os_error.parameter[0])
#define OSError_GetAlarmBase_Info()                      ((AlarmBaseRefType)os_error.parameter[1])
#define OSError_GetAlarm_AlarmID()                       ((AlarmType)os_error.parameter[0])
#define OSError_GetAlarm_Tick()                          ((TickRefType)os_error.parameter[1])
#define OSError_SetRelAlarm_AlarmID()                    ((AlarmType)os_error.parameter[0])
#define OSError_SetRelAlarm_increment()                  ((TickType)os_error.parameter[1])
#define OSError_SetRelAlarm_cycle()                      ((TickType)os_error.parameter[2])
#define OSError_SetAbsAlarm_AlarmID()                    ((AlarmType)os_error.parameter[0])
#define OSError_SetAbsAlarm_start()                      ((TickType)os_error.parameter[1])
#define OSError_SetAbsAlarm_cycle()                      ((TickType)os_error.parameter[2])
#define OSError_CancelAlarm_AlarmID()                    ((AlarmType)os_error.parameter[0])
#define OSError_IncrementCounter_CounterID()             ((CounterType)os_error.parameter[0])
#define OSError_GetCounterValue_CounterID()              ((CounterType)os_error.parameter[0])
#define OSError_GetCounterValue_Value()                  ((TickRefType)os_error.parameter[1])
#define OSError_GetElapsedValue_CounterID()              ((CounterType)os_error.parameter[0])
#define OSError_GetElapsedValue_Value()                  ((TickRefType)os_error.parameter[1])
#define OSError_GetElapsedValue_ElapsedValue()           ((TickRefType)os_error.parameter[2])
#define OSError_StartScheduleTableRel_ScheduleTableID()  ((ScheduleTableType)os_error.parameter[0])
#define OSError_StartScheduleTableRel_Offset()           ((TickType)os_error.parameter[1])
#define OSError_StartScheduleTableAbs_ScheduleTableID()  ((ScheduleTableType)os_error.parameter[0])
#define OSError_StartScheduleTableAbs_Start()            ((TickType)os_error.parameter[1])
#define OSError_StopScheduleTable_ScheduleTableID()      ((ScheduleTableType)os_error.parameter[0])
#define OSError_NextScheduleTable_ScheduleTableID_From() ((ScheduleTableType)os_error.parameter[0])
#define OSError_NextScheduleTable_ScheduleTableID_To()   ((ScheduleTableType)os_error.parameter[1])
#define OSError_GetScheduleTableStatus_ScheduleTableID() ((ScheduleTableType)os_error.parameter[0])
#define OSError_GetScheduleTableStatus_ScheduleStatus()                                            \
    ((ScheduleTableStatusRefType)os_error.parameter[1])
#define OSError_GetStackUsage_TaskID()               ((TaskType)os_error.parameter[0])
#define OSError_GetStackUsage_Usage()                ((StackUsageRefType)os_error.parameter[1])
#define OSError_GetApplicationState_Application()    ((ApplicationType)os_error.parameter[0])
#define OSError_GetApplicationState_Value()          ((ApplicationStateRefType)os_error.parameter[1])
#define OSError_TerminateApplication_Application()   ((ApplicationType)os_error.parameter[0])
#define OSError_TerminateApplication_RestartOption() ((RestartType)os_error.parameter[1])

#endif
