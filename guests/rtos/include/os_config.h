/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The tables that guests/rtos/oil makes of an OIL file: what there is (constant) and the memory
 * that the kernel keeps for it. Only the kernel, a port and generated files include this.
 */
#ifndef RTOS_OS_CONFIG_H
#define RTOS_OS_CONFIG_H

#include "os.h"

#define OS_PAGE_BYTES   4096u
#define OS_FPU_BYTES    512u /* FXSAVE */
#define OS_LEVELS       32u  /* 0: idle; 1..31: tasks, the higher the more urgent */
#define OS_APPLICATIONS 32u  /* at most: a bit each */
#define OS_NO_RESOURCE  0xFFu
#define OS_NO_COUNTER   0xFFu
#define OS_NO_TABLE     0xFFu

/* A task's stack with its guard page, which the memory map leaves out. */
#define OS_STACK(name, pages)                                                                      \
    static uint8_t name[((pages) + 1u) * OS_PAGE_BYTES]                                            \
        __attribute__((aligned(OS_PAGE_BYTES), section(".bss.stacks")))
#define OS_KERNEL_PAGES 2u /* of an untrusted task's other stack, on which the kernel serves it */
/* The page tables of an untrusted application, as many as its port needs. */
#define OS_PAGE_TABLES(name) static uint64_t name[3][512] __attribute__((aligned(OS_PAGE_BYTES)))
/* The ends of an untrusted application's data: the linker sorts what is between them. */
#define OS_DATA_ENDS(application)                                                                  \
    static uint8_t data_##application[1]                                                           \
        __attribute__((aligned(OS_PAGE_BYTES), section(".app." #application ".begin")));           \
    static uint8_t data_end_##application[1] __attribute__((section(".app." #application ".end")))
#define OS_FPU(name) static uint8_t name[OS_FPU_BYTES] __attribute__((aligned(16)))

struct os_access {         /* who may use an object */
    ApplicationType owner; /* INVALID_OSAPPLICATION: none */
    uint32_t allowed;      /* bit a: application a; whoever belongs to none may always */
};

struct os_application_config {
    bool trusted;
    TaskType restart_task;        /* INVALID_TASK: none */
    uint8_t *data, *data_end;     /* of an untrusted one; this and the next */
    uint64_t (*page_tables)[512]; /* as many as OS_PAGE_TABLES */
};

struct os_task_config {
    const char *name;
    void (*entry)(void);
    uint8_t *stack; /* begins with its guard page */
    uint32_t stack_bytes;
    uint8_t *kernel_stack; /* as stack; of an untrusted task alone */
    uint8_t *fpu;          /* where its SSE state goes; NULL: it touches no SSE register */
    uint8_t level;         /* static priority */
    uint8_t run_level; /* while it runs: the internal resource's ceiling; the highest of all for a
                          task that is not pre-emptable (OSEK §4.6.4, §8.8) */
    uint8_t max_activations; /* 1 for extended tasks */
    bool extended;
    uint32_t autostart; /* bit m: in application mode m */
    uint32_t budget;    /* execution time in us from its activation or release on; 0: any */
    uint32_t frame;     /* us from an activation or release to the next at least; 0: any */
    struct os_access access;
};

struct os_task {
    void *context; /* the port's: saved stack pointer, NULL before the first run of an activation */
    TaskStateType state;
    uint8_t level;       /* at present */
    uint8_t activations; /* outstanding, the present one included */
    ResourceType held;   /* taken last; OS_NO_RESOURCE: none */
    EventMaskType set, waiting;
    uint64_t used;         /* us of its budget */
    uint64_t next_arrival; /* port_now() from which on it may be activated or released */
};

/* The ready queue of a level: a ring with room for every activation of its tasks, and one more
 * where a task may be pre-empted at this level that is not its own. */
struct os_queue_config {
    TaskType *slot;
    uint16_t slots;
};

struct os_queue {
    uint16_t head, count;
};

struct os_resource_config {
    uint8_t level; /* ceiling */
    bool isr;      /* an interrupt routine takes it too: its ceiling is above all tasks */
    struct os_access access;
};

struct os_resource {
    bool taken;
    uint8_t level_before;
    ResourceType below; /* what its owner took before it */
    uint32_t irq_before;
};

struct os_isr_config {
    void (*entry)(void);
    uint8_t category; /* 1 or 2 */
    uint8_t vector;   /* the port's */
};

struct os_counter_config {
    AlarmBaseType base;
    struct os_access access;
};

struct os_alarm_config { /* callback, else event != 0, else activation */
    void (*callback)(void);
    TaskType task;
    CounterType counter;
    EventMaskType event;
    uint32_t autostart; /* bit m: in application mode m */
    TickType autostart_time, autostart_cycle;
    struct os_access access;
};

struct os_alarm {
    bool armed;
    TickType cycle;
    uint64_t at; /* count of its counter */
};

struct os_expiry_action { /* event != 0: set it, else activation */
    TaskType task;
    EventMaskType event;
};

struct os_expiry_point {
    TickType offset; /* from the table's beginning */
    const struct os_expiry_action *action;
    uint16_t actions; /* activations before events */
};

struct os_table_config {
    const struct os_expiry_point *point; /* ascending in time */
    uint16_t points;
    CounterType counter;
    bool repeating;
    bool implicit;      /* its duration is the counter's, and it begins at a value of the counter */
    TickType duration;  /* from its beginning to its end, or to the next round's beginning */
    uint32_t autostart; /* bit m: in application mode m */
    bool autostart_absolute;
    TickType autostart_value;
    struct os_access access;
};

struct os_table {
    ScheduleTableStatusType status;
    ScheduleTableType after; /* while it is NEXT: whose end it begins at */
    uint16_t point;          /* that comes next; behind the last: the round's end */
    uint64_t begin, at;      /* counts of its counter: of this round, of what comes next */
};

struct os_config {
    const struct os_task_config *task;
    struct os_task *task_state;
    const struct os_queue_config *queue; /* OS_LEVELS of them */
    struct os_queue *queue_state;
    const struct os_resource_config *resource; /* [0] is RES_SCHEDULER */
    struct os_resource *resource_state;
    const struct os_isr_config *isr;
    const struct os_counter_config *counter;
    uint64_t *count; /* ticks of the software counters since StartOS; never overruns */
    const struct os_alarm_config *alarm;
    struct os_alarm *alarm_state;
    const struct os_table_config *table;
    struct os_table *table_state;
    const struct os_application_config *application;
    ApplicationStateType *application_state;
    uint8_t applications, tasks, resources, isrs, counters, alarms, tables, modes;
    uint8_t first_resource;         /* 1 where there is no RES_SCHEDULER */
    CounterType system_counter;     /* the port's clock in us; OS_NO_COUNTER: none */
    void (*error_hook)(StatusType); /* NULL: none, as the others */
    void (*pre_task_hook)(void);
    void (*post_task_hook)(void);
    void (*startup_hook)(void);
    void (*shutdown_hook)(StatusType);
    ProtectionReturnType (*protection_hook)(StatusType);
};

/* The application's; the kernel never changes it. */
extern const struct os_config os_config;

#endif
