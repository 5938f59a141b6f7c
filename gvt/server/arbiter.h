/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The arbiter: one process for all mediators of a physical GPU. It decides whose turn it is
 * (core/schedule.h), with weights and priorities of its own copy of the scenario; a mediator says
 * which VM it serves and nothing else that counts. One that dies loses its turn with its
 * connection.
 */
#ifndef GVT_SERVER_ARBITER_H
#define GVT_SERVER_ARBITER_H

#include "binnacle/scenario.h"
#include "core/schedule.h"
#include "turns.h"

struct arbiter_client {
    struct vu_source source; /* fd -1: free */
    struct arbiter *arbiter;
    int guest; /* of the schedule, -1: has not said who it is */
    unsigned vm;
};

struct arbiter {
    struct vu_loop *loop;
    const struct bn_scenario *scenario;
    struct schedule schedule;
    struct vu_source listener, timer; /* the timer: until an answer is late */
    struct arbiter_client client[SCHEDULE_GUESTS];
    bool timing;
};

/* Listens on `path`, in whose place nothing may be but a socket. 0 or -errno. */
int arbiter_init(struct arbiter *a, struct vu_loop *loop, const struct bn_scenario *scenario,
                 const char *path) __attribute__((warn_unused_result));
void arbiter_finish(struct arbiter *a);

#endif
