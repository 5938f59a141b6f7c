/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whose turn it is on the physical GPU, which works in the order in which it is given work: the
 * policy alone, without time and without processes. A guest is what one mediator serves; a piece is
 * a batch or a transfer.
 *
 * A guest that is alone goes on without asking. Of several that wait, those of the highest priority
 * take turns, each of as many pieces as its weight is of the lowest one's (deficit round robin);
 * and whoever waits gets a piece before any other has had more than SCHEDULE_BURST since its last.
 */
#ifndef GVT_CORE_SCHEDULE_H
#define GVT_CORE_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#define SCHEDULE_GUESTS 8u
#define SCHEDULE_BURST  8u /* pieces */
/* In flight while several want the GPU. Fewer than a guest may have by itself: it goes on waiting
 * then, instead of looking as if it had enough. */
#define SCHEDULE_WINDOW 6u

enum schedule_state {
    SCHEDULE_ABSENT,
    SCHEDULE_IDLE,
    SCHEDULE_WAITING,
    SCHEDULE_TURN,   /* was granted pieces and has not answered yet: nobody else gets any */
    SCHEDULE_FREE,   /* needs not ask */
    SCHEDULE_CALLED, /* was free, and has not answered yet that it asks from now on */
    SCHEDULE_LATE,   /* has not answered in time, and is waited for no longer */
};

struct schedule_guest {
    enum schedule_state state;
    uint32_t weight, priority; /* weight 1..1000 */
    uint32_t in_flight;        /* pieces given to the physical GPU and not done yet; its own word */
    uint32_t granted;
    uint64_t deficit;                 /* pieces, 48.16 */
    uint64_t since;                   /* which of those that wait came first */
    uint32_t passed[SCHEDULE_GUESTS]; /* pieces of each other one since its own last */
};

struct schedule {
    struct schedule_guest guest[SCHEDULE_GUESTS];
    unsigned turn; /* whose round it is */
    uint64_t clock;
};

enum schedule_verdict {
    SCHEDULE_NOTHING,
    SCHEDULE_GRANT, /* the guest may start `pieces`; it answers */
    SCHEDULE_ALONE, /* the guest needs not ask until it is called */
    SCHEDULE_CALL,  /* the guest must ask from now on; it answers */
};

struct schedule_decision {
    enum schedule_verdict verdict;
    unsigned guest;
    uint32_t pieces;
};

/* Its number, -ENOSPC. */
int schedule_join(struct schedule *s, uint32_t weight, uint32_t priority, uint32_t in_flight)
    __attribute__((warn_unused_result));
void schedule_leave(struct schedule *s, unsigned guest); /* whatever it held is free */

/* What a guest says. in_flight: of its pieces, now. */
void schedule_ask(struct schedule *s, unsigned guest, uint32_t in_flight); /* it has a piece */
/* The answer to a grant or a call: how many it has started, whether it has another one. */
void schedule_answer(struct schedule *s, unsigned guest, uint32_t started, bool more,
                     uint32_t in_flight);
void schedule_done(struct schedule *s, unsigned guest, uint32_t in_flight); /* a piece has ended */

/* Whose answer is waited for, -1: nobody's. */
int schedule_owing(const struct schedule *s);
/* That one has not answered in time: the others go on without it. */
void schedule_late(struct schedule *s, unsigned guest);

/* What is to be done now; to be called after each of the above until it says SCHEDULE_NOTHING. */
struct schedule_decision schedule_next(struct schedule *s);

#endif
