/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The reader of OIL files (ISO 17356-6, OIL 2.5) as a library: text to objects (parse), objects to
 * a checked model of the system (model, check), model to C tables (emit).
 *
 * Nothing is allocated: everything has its place in struct oil, names point into the text. The
 * first error ends the work; it says file, line, object and what to do.
 */
#ifndef RTOS_OIL_H
#define RTOS_OIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define OIL_OBJECTS      512
#define OIL_ATTRIBUTES   8192
#define OIL_ID_MAX       254 /* of each kind: ids are a byte, 255 means none */
#define OIL_LEVELS       31  /* different priorities that the kernel has queues for */
#define OIL_MODES        32
#define OIL_APPLICATIONS 32 /* a bit each */
#define OIL_DEPTH        4  /* of braces within an object; the deepest that means anything is 3 */
#define OIL_POINTS       (OIL_ATTRIBUTES / 4) /* each has four attributes at least */
#define OIL_STEPS        (OIL_ATTRIBUTES / 2) /* two */
#define OIL_NONE         (-1)

struct oil_word { /* a piece of the text */
    const char *at;
    size_t n;
};

enum oil_token {
    OIL_END,
    OIL_NAME,
    OIL_NUMBER,
    OIL_STRING, /* without its quotes */
    OIL_MARK,   /* one character, in .mark */
};

struct oil_lex { /* one token ahead */
    const char *at, *end;
    int line; /* of the token */
    enum oil_token token;
    char mark;
    struct oil_word word;
    uint64_t number;
};

enum oil_kind {
    OIL_CPU,
    OIL_OS,
    OIL_APPMODE,
    OIL_TASK,
    OIL_COUNTER,
    OIL_ALARM,
    OIL_RESOURCE,
    OIL_EVENT,
    OIL_ISR,
    OIL_TABLE,
    OIL_APPLICATION,
    OIL_KINDS,
};

struct oil_object {
    enum oil_kind kind;
    struct oil_word name;
    int line;
    int id; /* among its kind, in the order of the file */
};

struct oil_attribute {
    int object;
    int parent; /* attribute whose braces it stands in, or OIL_NONE */
    struct oil_word name;
    enum oil_token token; /* what its value is: name, number or string */
    struct oil_word value;
    uint64_t number;
    int line;
};

/* The model: what the kernel's tables say. Levels are the kernel's, 1..31. */
struct oil_task {
    int object;
    uint32_t priority; /* as in the file */
    int level, run_level;
    bool preemptable, extended, sse, untrusted;
    uint32_t activations, stack_bytes, modes;
    uint32_t budget, frame;             /* us; 0: none */
    int internal;                       /* resource, or OIL_NONE */
    uint8_t events[OIL_ID_MAX / 8 + 1]; /* bit e % 8 of byte e / 8: has event e */
};

enum oil_property { OIL_STANDARD, OIL_LINKED, OIL_INTERNAL };

struct oil_resource {
    int object;
    enum oil_property property;
    int linked;     /* to this resource; OIL_NONE */
    int root;       /* the resource at the end of the links, itself if it is none */
    int level;      /* ceiling */
    bool isr, used; /* by an interrupt routine; by anybody */
};

struct oil_event {
    int object;
    uint32_t mask; /* 0: AUTO, not yet chosen */
    bool used;
};

struct oil_counter {
    int object;
    uint32_t max, base, mincycle;
    bool hardware;
};

enum oil_action { OIL_ACTIVATE, OIL_SETEVENT, OIL_CALLBACK };

struct oil_alarm {
    int object;
    int counter, task, event;
    enum oil_action action;
    struct oil_word callback;
    uint32_t modes, time, cycle;
};

struct oil_step {    /* what an expiry point does */
    int task, event; /* event OIL_NONE: activation */
};

struct oil_point {
    struct oil_word name;
    uint32_t offset;
    int step, steps; /* the first; how many, activations before events */
};

struct oil_table {
    int object;
    int counter, point, points;
    uint32_t duration, modes, start;
    bool repeating, implicit, absolute;
};

struct oil_isr {
    int object;
    uint32_t category, vector;
};

struct oil_application {
    int object;
    bool trusted;
    int restart_task; /* OIL_NONE */
};

struct oil_access {   /* to an object */
    int owner;        /* application, or OIL_NONE */
    uint32_t allowed; /* bit a: application a */
};

struct oil_os {
    int object;
    bool startup, shutdown, error, pre_task, post_task, protection, scheduler;
};

struct oil {
    const char *file;
    char error[512];
    struct oil_lex lex;
    struct oil_object object[OIL_OBJECTS];
    int objects, count[OIL_KINDS];
    struct oil_attribute attribute[OIL_ATTRIBUTES];
    int attributes;

    struct oil_os os;
    int mode[OIL_MODES]; /* objects; [0] is OSDEFAULTAPPMODE */
    struct oil_task task[OIL_ID_MAX];
    struct oil_resource resource[OIL_ID_MAX];
    struct oil_event event[OIL_ID_MAX];
    struct oil_counter counter[OIL_ID_MAX];
    struct oil_alarm alarm[OIL_ID_MAX];
    struct oil_isr isr[OIL_ID_MAX];
    struct oil_table table[OIL_ID_MAX];
    struct oil_application application[OIL_APPLICATIONS];
    struct oil_access access[OIL_OBJECTS];
    struct oil_point point[OIL_POINTS];
    struct oil_step step[OIL_STEPS];
    int points, steps;
    int top_level;
    int system_counter; /* OIL_NONE */
};

/* Reads the whole of `text`. False: oil->error says why, as a line without its end. */
bool oil_read(struct oil *oil, const char *file, const char *text, size_t bytes);
/* The header with the objects' names, the source with the tables. The writer's errors are the
 * stream's. */
void oil_emit_header(const struct oil *oil, FILE *to);
void oil_emit_source(const struct oil *oil, FILE *to);

/* Within the library. All that return bool are false after oil_fail. */
bool oil_fail(struct oil *oil, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool oil_fail_object(struct oil *oil, int line, int object, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
bool oil_is(struct oil_word word, const char *text);
bool oil_same(struct oil_word a, struct oil_word b);
const char *oil_kind_name(enum oil_kind kind);

bool oil_next(struct oil *oil);             /* lex.c: the next token */
bool oil_parse(struct oil *oil);            /* parse.c: objects and attributes */
bool oil_check_attributes(struct oil *oil); /* rules.c: each is one that OIL knows */
bool oil_check_names(struct oil *oil);      /* names.c: none is taken */
bool oil_model(struct oil *oil);            /* model.c: values and references */
bool oil_waits_for(const struct oil_task *task, int event);
bool oil_check_event(struct oil *oil, int line, int object, int task, int event);
bool oil_model_table(struct oil *oil, int object); /* table.c */
void oil_emit_tables(const struct oil *oil, FILE *to);
bool oil_model_application(struct oil *oil, int object); /* application.c; after the tasks */
bool oil_check_applications(struct oil *oil);            /* after oil_check_tasks */
uint32_t oil_trusted_applications(const struct oil *oil);
void oil_emit_access(const struct oil *oil, int object, FILE *to);
void oil_emit_applications(const struct oil *oil, FILE *to);
bool oil_check_tasks(struct oil *oil); /* check.c: levels, ceilings, masks */

/* rules.c: the first attribute of that name after `after` (OIL_NONE: from the start) that stands in
 * the object or in the attribute's braces; OIL_NONE: there is no more. */
int oil_find(const struct oil *oil, int object, int parent, const char *name, int after);
/* The first of them, or NULL; its number or object, where rules.c asks for it. */
const struct oil_attribute *oil_get(const struct oil *oil, int object, int parent,
                                    const char *name);
uint32_t oil_number(const struct oil *oil, int object, int parent, const char *name);
int oil_reference(const struct oil *oil, enum oil_kind kind, const struct oil_attribute *a);
bool oil_is_true(const struct oil *oil, int object, const char *name);
/* model.c: bit m for each mode m of the object's AUTOSTART. */
uint32_t oil_autostart_modes(const struct oil *oil, int object);
/* The object of that kind and name, or OIL_NONE. */
int oil_object_named(const struct oil *oil, enum oil_kind kind, struct oil_word name);

#define OIL_WORD(w) (int)((w).n < 64 ? (w).n : 64), (w).at /* for %.*s */

#endif
