/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's service interface in the names of OSEK/VDX OS 2.2.3 (ISO 17356-3): tasks, events,
 * alarms.
 *
 * First form: everything is static (os_config), scheduling is by fixed priority and pre-emptive,
 * the one counter is time in microseconds since start. Every service returns E_OK or the status
 * that OSEK names for that error and has then done nothing.
 */
#ifndef RTOS_OS_H
#define RTOS_OS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OS_MAX_TASKS  8
#define OS_MAX_ALARMS 8
#define OS_NO_TASK    0xFFu
#define OS_PAGE_BYTES 4096u

typedef uint8_t StatusType;
typedef uint8_t TaskType;
typedef uint8_t AlarmType;
typedef uint32_t EventMaskType;
typedef uint64_t
    TickType; /* microseconds since StartOS's clock began; does not wrap in a car's life */

enum { /* OSEK 2.2.3 §13.1, standard and extended status */
       E_OK = 0,
       E_OS_ACCESS = 1,
       E_OS_CALLEVEL = 2,
       E_OS_ID = 3,
       E_OS_LIMIT = 4,
       E_OS_NOFUNC = 5,
       E_OS_RESOURCE = 6,
       E_OS_STATE = 7,
       E_OS_VALUE = 8,
};

typedef enum { SUSPENDED, READY, RUNNING, WAITING } TaskStateType;

/* One task. `stack` begins with a guard page that the memory map leaves out: usable are stack_bytes
 * - OS_PAGE_BYTES. */
struct os_task_config {
    const char *name;
    void (*entry)(void);
    uint8_t *stack;
    uint32_t stack_bytes;
    uint8_t
        priority; /* 1..31, higher runs first; tasks of one priority run in order of activation */
    uint8_t max_activations; /* 1 for extended tasks (those that wait for events), 1..255 for basic
                                ones */
    bool extended;
    bool autostart;
    bool uses_sse; /* its SSE state is kept across pre-emption; no other code may touch SSE
                      registers */
};

/* One alarm: what happens when it expires. event 0: activate the task; otherwise set the event(s).
 */
struct os_alarm_config {
    TaskType task;
    EventMaskType event;
};

struct os_config {
    const struct os_task_config *task;
    const struct os_alarm_config *alarm;
    uint8_t task_count, alarm_count;
};

/* The application's configuration; the kernel never changes it. */
extern const struct os_config os_config;

/* A task's stack with its guard page: OS_STACK(draw_stack, 4) has 16 KiB to use. */
#define OS_STACK(name, pages)                                                                      \
    static uint8_t name[((pages) + 1u) * OS_PAGE_BYTES]                                            \
        __attribute__((aligned(OS_PAGE_BYTES), section(".bss.stacks")))

/* OSEK §13.2 task management. TerminateTask and ChainTask return only on error. */
StatusType ActivateTask(TaskType task);
StatusType TerminateTask(void);
StatusType ChainTask(TaskType task);
StatusType Schedule(void);
StatusType GetTaskID(TaskType *task);
StatusType GetTaskState(TaskType task, TaskStateType *state);

/* OSEK §13.5 event control (extended tasks). */
StatusType SetEvent(TaskType task, EventMaskType mask);
StatusType ClearEvent(EventMaskType mask);
StatusType GetEvent(TaskType task, EventMaskType *mask);
StatusType WaitEvent(EventMaskType mask);

/* OSEK §13.6 alarms. cycle 0: once. SetAbsAlarm with a time that has passed expires at once. */
StatusType GetAlarm(AlarmType alarm, TickType *left);
StatusType SetRelAlarm(AlarmType alarm, TickType increment, TickType cycle);
StatusType SetAbsAlarm(AlarmType alarm, TickType start, TickType cycle);
StatusType CancelAlarm(AlarmType alarm);

/* OSEK §13.3 interrupt handling: nest freely. */
void SuspendAllInterrupts(void);
void ResumeAllInterrupts(void);

/* OSEK §13.7: StartOS never returns. ShutdownOS reports and stops this CPU. */
void StartOS(void) __attribute__((noreturn));
void ShutdownOS(StatusType error) __attribute__((noreturn));

#endif
