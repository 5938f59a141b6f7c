/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The conformance test: a table of service x status x test, run by an application of the OS itself,
 * on the machine (guests/rtos/conformance) and on the host (tests/unit/rtos/test_conformance.c).
 */
#ifndef RTOS_CONFORMANCE_H
#define RTOS_CONFORMANCE_H

#include "os.h"

struct conf_row {
    const char *service, *status; /* status "-": the service returns none */
    int (*test)(void);            /* in task Main; 0: passed, else the line that was not so */
};

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            return __LINE__;                                                                       \
    } while (0)

/* Each ends with a row whose service is NULL. conf_last_rows are run in ShutdownHook. */
extern const struct conf_row conf_task_rows[], conf_resource_rows[], conf_event_rows[],
    conf_alarm_rows[], conf_counter_rows[], conf_interrupt_rows[], conf_hook_rows[],
    conf_disabled_rows[], conf_table_rows[], conf_stack_rows[], conf_application_rows[],
    conf_protection_rows[], conf_last_rows[];

/* What a task, a routine or a callback does when it runs next; a test sets it, and after the test
 * it is nothing again. Tasks are by their id. */
#define CONF_TASKS 14
extern void (*conf_body[CONF_TASKS])(void);
extern void (*conf_routine)(void), (*conf_plain)(void), (*conf_wheel)(void), (*conf_clock)(void);

/* A trail of what happened: one letter each; conf_trail_is compares and empties it. */
void conf_note(char c);
bool conf_trail_is(const char *expected);

/* ErrorHook was called once since the last call of this, with that status for that service. */
bool conf_told(StatusType status, OSServiceIdType service);
/* ErrorHook was not called. */
bool conf_silent(void);

/* ProtectionHook was called once since the last call of this, with that fault, while `task` ran. It
 * ignores arrivals and ends tasks. */
bool conf_faulted(StatusType fault, TaskType task);
/* The task that a body of a test sets this in returns instead of ending. */
extern bool conf_return;

/* Lets all other tasks run until they end or wait. In task Main alone. */
void conf_rest(void);

/* Where the matrix of places has its column run. */
enum conf_place {
    CONF_ISR1,
    CONF_ISR2,
    CONF_ERROR,
    CONF_PRE,
    CONF_POST,
    CONF_PROTECTION,
    CONF_STARTUP,
    CONF_SHUTDOWN,
    CONF_CALLBACK,
    CONF_PLACES
};
void conf_probe(enum conf_place place);
/* The next call of the hook probes: set by a test. */
extern bool conf_probe_error, conf_probe_pre, conf_probe_post, conf_probe_protection;

/* What Pre- and PostTaskHook saw: 'a' + task at Pre, 'A' + task at Post; kept when wanted. */
extern bool conf_watch_tasks;
/* Calls of StartupHook, and whether a task had run before it. */
extern unsigned conf_startups;
extern bool conf_task_before_startup;

/* From whoever runs this: text; an interrupt now (category by the OIL file); time passes, in us. */
void conf_say(const char *text);
void conf_raise_routine(void);
void conf_raise_plain(void);
void conf_pass_us(uint32_t us);

#endif
