/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Watchdog supervision after AUTOSAR's Watchdog Manager (SWS Watchdog Manager 4.3.1): tasks say
 * which checkpoint they have reached; how often they come (alive), how long they take (deadline)
 * and in which order (logical) is judged at the end of each of their reference cycles.
 *
 * Everything is static: the application brings constant tables and the memory for what changes.
 */
#ifndef RTOS_WDGM_H
#define RTOS_WDGM_H

#include <stdbool.h>
#include <stdint.h>

typedef uint8_t WdgM_SupervisedEntityIdType;
typedef uint8_t WdgM_CheckpointIdType; /* of its entity: 0..31 */

#define WDGM_NO_CHECKPOINT 0xFFu
#define WDGM_ALWAYS                                                                                \
    0xFFFFu /* as a tolerance: failed cycles are told, never add up, never expire                  \
             */
#define WDGM_AFTER(c) (1u << (c))

typedef enum { /* SWS WdgM §7.1.3, with the numbers of §8.2 */
               WDGM_LOCAL_STATUS_OK = 0,
               WDGM_LOCAL_STATUS_FAILED = 1,  /* within its tolerance */
               WDGM_LOCAL_STATUS_EXPIRED = 2, /* for good */
} WdgM_LocalStatusType;

typedef enum { /* SWS WdgM §7.1.4: the worst of all entities' */
               WDGM_GLOBAL_STATUS_OK = 0,
               WDGM_GLOBAL_STATUS_FAILED = 1,
               WDGM_GLOBAL_STATUS_EXPIRED = 2,
} WdgM_GlobalStatusType;

typedef enum {
    WDGM_FAULT_NONE,
    WDGM_FAULT_ALIVE,
    WDGM_FAULT_DEADLINE,
    WDGM_FAULT_LOGICAL
} WdgM_FaultType;

struct wdgm_entity {
    const char *name;
    uint16_t cycles;    /* calls of the main function that are one reference cycle, 1 or more */
    uint16_t tolerance; /* failed reference cycles that are borne; a wrong order never is */
    /* Alive: `alive` is reached so often in a reference cycle, both included. */
    WdgM_CheckpointIdType alive;
    uint16_t least, most;
    /* Deadline: from `start` to `stop`; 0: none. */
    WdgM_CheckpointIdType start, stop;
    uint32_t max_us;
    /* Logical: after checkpoint c only those of follows[c] may come (WDGM_AFTER); the first one may
     * be any, for supervision may begin in the middle of a turn. */
    uint8_t checkpoints;
    const uint32_t *follows;
};

struct wdgm_entity_state {
    WdgM_LocalStatusType status;
    WdgM_FaultType fault;     /* the last one */
    WdgM_CheckpointIdType at; /* the last one reached */
    uint64_t at_us;           /* when */
    uint64_t start_us;
    bool timing;            /* between start and stop */
    bool late, wrong;       /* in this reference cycle; at any time */
    uint16_t alive, cycles; /* so far in this reference cycle */
    uint16_t failed;        /* reference cycles, less those that were good again */
};

typedef struct {
    const struct wdgm_entity *entity;
    struct wdgm_entity_state *state; /* one each */
    uint8_t entities;
} WdgM_ConfigType;

/* Supervision begins: every reference cycle now. */
void WdgM_Init(const WdgM_ConfigType *config);

/* SWS WdgM §8.3: the caller, a task of any priority, is at checkpoint c of entity e. One that the
 * tables do not have is a wrong order of e; of an entity that there is not, of entity 0. Before
 * WdgM_Init: nothing. */
void WdgM_CheckpointReached(WdgM_SupervisedEntityIdType e, WdgM_CheckpointIdType c);

/* SWS WdgM §8.4: judges, at the rate that `cycles` counts in. The caller pre-empts whom it judges.
 */
void WdgM_MainFunction(void);

WdgM_GlobalStatusType WdgM_GetGlobalStatus(void);

/* The first entity that has expired, or `entities` for none. */
WdgM_SupervisedEntityIdType WdgM_GetFirstExpiredSEID(void);

/* This implementation's: bit e: entity e is not OK. */
uint32_t WdgM_Failing(void);

#endif
