/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the kernel share, and what a port (a CPU, or a unit test) must provide. */
#ifndef RTOS_INTERNAL_H
#define RTOS_INTERNAL_H

#include "os.h"
#include "os_config.h"

/* Where a service is called from (OSEK §12.2.2), a bit each; 0: outside the OS's care. */
#define OS_IN_TASK       0x001u
#define OS_IN_ISR1       0x002u
#define OS_IN_ISR2       0x004u
#define OS_IN_ERROR      0x008u
#define OS_IN_PRE        0x010u
#define OS_IN_POST       0x020u
#define OS_IN_STARTUP    0x040u
#define OS_IN_SHUTDOWN   0x080u
#define OS_IN_CALLBACK   0x100u
#define OS_IN_PROTECTION 0x200u
#define OS_IN_CODE       (OS_IN_TASK | OS_IN_ISR2) /* most services */
#define OS_IN_LOOK                                                                                 \
    (OS_IN_CODE | OS_IN_ERROR | OS_IN_PRE | OS_IN_POST |                                           \
     OS_IN_PROTECTION) /* those that only look */

struct os_state {
    uint32_t ready;   /* bit l: queue l is not empty */
    TaskType running; /* INVALID_TASK: idle */
    AppModeType mode;
    bool in_isr;           /* a routine of category 2 runs; they do not nest */
    ResourceType isr_held; /* as os_task.held, of that routine */
    uint16_t place;        /* the hook, callback or category 1 routine that runs; 0: none */
    /* Interrupt services: counts of what is not yet undone, and the mask before the first. */
    uint16_t disabled, suspended_all, suspended_os;
    uint32_t irq_before;
    uint64_t since; /* port_now() when the running task got the CPU; where it has a budget */
};

extern struct os_state os;

/* error.c: services begin with os_check and end with os_end, interrupts being off in between. */
uint32_t os_place(void);
StatusType os_check(uint32_t places);
void os_report(StatusType status, OSServiceIdType service, uintptr_t a, uintptr_t b, uintptr_t c);
StatusType os_end(uint32_t irq, StatusType status, OSServiceIdType service, uintptr_t a,
                  uintptr_t b, uintptr_t c);
void os_call_hook(void (*hook)(void), uint16_t place); /* NULL: none */

/* ready.c: who runs next. */
void os_ready_append(TaskType task);
void os_make_ready(TaskType task);
void os_preempt(void);
void os_leave(TaskStateType state, bool ends);
void os_ready_remove(TaskType task);

/* task.c, event.c: what alarms and expiry points do too; without the switch that may follow. */
StatusType os_activate(TaskType task);
StatusType os_set_event(TaskType task, EventMaskType mask);
void os_finish(void); /* the running task's activation ends */
StatusType os_check_task(TaskType task);
StatusType os_chain(TaskType task); /* as os_activate, also for the running one, which is to end */
void os_task_cancel(TaskType task); /* what there is of it but the running activation */

/* alarm.c, table.c */
void os_alarms_autostart(void);
void os_tables_autostart(void);
void os_table_stop(ScheduleTableType table);

/* interrupt.c, resource.c */
bool os_interrupts_suspended(void);
void os_interrupts_forget(void);
ResourceType *os_held(void);
void os_resource_drop(ResourceType resource);
void os_resources_free(TaskType task);

/* stack.c: fills the tasks' stacks, none of which is in use; whether the last bytes of one are what
 * they were then (INVALID_TASK: the port's); makes them so again. */
void os_stacks_fill(void);
bool os_stack_intact(TaskType task);
void os_stack_renew(TaskType task);

/* protect.c: asks ProtectionHook; does what it answers with the running task, which comes back only
 * where a port does not switch; whether the running task may leave its stack, else it is ended. */
ProtectionReturnType os_ask(StatusType fault);
void os_protect(StatusType fault);
bool os_stack_passes(void);
void os_end_by_force(void);

/* application.c: whether the caller may use the object, may write there, may have a result put
 * there; whether the object's owner has ended. Whether an application can be ended (and restarted);
 * ends it, the running task with it. */
bool os_caller_is_trusted(void);
StatusType os_check_access(struct os_access object);
bool os_may_write(const void *at, size_t bytes);
StatusType os_check_result(const void *at, size_t bytes);
bool os_has_ended(struct os_access object);
bool os_may_end(ApplicationType application, bool restarts);
void os_application_end(ApplicationType application, bool restarts);

/* gate.c: a service's call by an untrusted task, for the port; with interrupts on. */
uint32_t os_gate(uint32_t number, const uintptr_t argument[]);

/* timing.c: the running task gets the CPU, loses it; when its budget ends; whether it has. Whether
 * `task` may be activated or released now, which is told where it may not; the running task found
 * the event set that it was to wait for. */
void os_budget_go(void);
void os_budget_stop(void);
uint64_t os_budget_end(void);
bool os_budget_over(void);
StatusType os_arrive(TaskType task);
void os_arrive_at_once(void);

/* start.c: the state before the first task. */
void os_reset(void);

/*
 * From the port. os_isr_enter and os_isr_exit: around a routine of category 2, whose end is where
 * a task that it made ready begins to run. os_isr1_enter and os_isr1_exit: category 1, which may
 * not call services; what the first returns is for the second. os_timer: the moment of
 * port_timer_set has come, between os_isr_enter and os_isr_exit. os_isr_exit, and any service, may
 * end the task that was running: then they do not return.
 */
void os_isr_enter(void);
void os_isr_exit(void);
void os_task_returned(void); /* from its body, with interrupts as they were there */
uint16_t os_isr1_enter(void);
void os_isr1_exit(uint16_t outer);
void os_timer(void);

#define OS_NEVER      UINT64_MAX
#define OS_STACK_FILL 0xA5u /* in every byte of a stack that was never used */

struct os_stack { /* grows downwards; whole words */
    const uint8_t *low;
    uint32_t bytes;
};

/*
 * The port. port_switch saves the caller under `from` (INVALID_TASK: StartOS's own context, the
 * idle loop) and continues `to` (or idle); a task whose context is NULL starts at its entry on a
 * fresh stack with interrupts on. With from_ends the caller's context is given up and the call does
 * not return. Called with interrupts off.
 */
void port_switch(TaskType from, TaskType to, bool from_ends);
uint64_t port_now(void);          /* us; never wraps, never goes back */
void port_timer_set(uint64_t at); /* one interrupt at `at`, soon if passed; OS_NEVER: none */
uint32_t port_irq_save(void);     /* interrupts off; returns what they were */
void port_irq_restore(uint32_t saved);
/* Before StartupHook: the routines of os_config.isr at their vectors, OS_STACK_FILL in what is free
 * of the port's stack. */
void port_start(void);
struct os_stack port_stack(void); /* of StartOS and the idle loop */
void port_idle(void) __attribute__((noreturn));
void port_shutdown(StatusType error) __attribute__((noreturn));

#endif
