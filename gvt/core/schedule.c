/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the order of the guests on the physical GPU. */
#include "schedule.h"

#include <errno.h>
#include <string.h>

#define ONE        (UINT64_C(1) << 16) /* a piece */
#define MAX_PIECES 1024u               /* in flight: more than any mediator has */
#define EACH(g, s)                                                                                 \
    struct schedule_guest *g = (s)->guest;                                                         \
    g < (s)->guest + SCHEDULE_GUESTS;                                                              \
    g++
#define WAITING(g) ((g)->state == SCHEDULE_WAITING)

int schedule_join(struct schedule *s, uint32_t weight, uint32_t priority, uint32_t in_flight)
{
    for (unsigned i = 0; i < SCHEDULE_GUESTS; i++) {
        if (s->guest[i].state != SCHEDULE_ABSENT)
            continue;
        s->guest[i] = (struct schedule_guest){
            .state = SCHEDULE_IDLE, .weight = weight ? weight : 1, .priority = priority};
        schedule_done(s, i, in_flight);
        for (EACH(g, s))
            g->passed[i] = 0;
        return (int)i;
    }
    return -ENOSPC;
}

void schedule_leave(struct schedule *s, unsigned guest)
{
    s->guest[guest].state = SCHEDULE_ABSENT;
    s->guest[guest].in_flight = 0;
}

void schedule_done(struct schedule *s, unsigned guest, uint32_t in_flight)
{
    s->guest[guest].in_flight = in_flight < MAX_PIECES ? in_flight : MAX_PIECES;
}

/* What others have in flight when it begins to wait comes before its own. If it has something in
 * flight itself it has been at work all the time, and what others had since its last counts. */
static void begin_to_wait(struct schedule *s, struct schedule_guest *g)
{
    g->state = SCHEDULE_WAITING;
    g->since = ++s->clock;
    for (unsigned i = 0; !g->in_flight && i < SCHEDULE_GUESTS; i++)
        g->passed[i] = s->guest[i].in_flight;
}

void schedule_ask(struct schedule *s, unsigned guest, uint32_t in_flight)
{
    struct schedule_guest *g = &s->guest[guest];

    schedule_done(s, guest, in_flight);
    if (g->state == SCHEDULE_IDLE)
        begin_to_wait(s, g);
}

void schedule_answer(struct schedule *s, unsigned guest, uint32_t started, bool more,
                     uint32_t in_flight)
{
    struct schedule_guest *g = &s->guest[guest];
    const bool held = g->state == SCHEDULE_TURN;

    schedule_done(s, guest, in_flight);
    if (!held && g->state != SCHEDULE_CALLED && g->state != SCHEDULE_LATE)
        return;
    if (started > g->granted)
        started = g->granted;
    /* One that was free has told only now what it has in flight, which comes first. */
    for (EACH(other, s))
        other->passed[guest] += held ? started : g->in_flight;
    g->granted = 0;
    g->deficit -= started * ONE < g->deficit ? started * ONE : g->deficit;
    if (started || g->state == SCHEDULE_CALLED)
        memset(g->passed, 0, sizeof(g->passed));
    if (started && more) {
        g->state = SCHEDULE_WAITING;
        g->since = ++s->clock;
    } else if (more && !held) {
        begin_to_wait(s, g);
    } else {
        g->state = SCHEDULE_IDLE;
        g->deficit = 0; /* nothing is saved up */
    }
}

int schedule_owing(const struct schedule *s)
{
    for (unsigned i = 0; i < SCHEDULE_GUESTS; i++)
        if (s->guest[i].state == SCHEDULE_TURN || s->guest[i].state == SCHEDULE_CALLED)
            return (int)i;
    return -1;
}

void schedule_late(struct schedule *s, unsigned guest)
{
    if (schedule_owing(s) == (int)guest)
        s->guest[guest].state = SCHEDULE_LATE;
}

/* The most that one guest that waits has seen pass of this one. */
static uint32_t passed_by(const struct schedule *s, unsigned guest)
{
    uint32_t most = 0;

    for (unsigned i = 0; i < SCHEDULE_GUESTS; i++)
        if (i != guest && WAITING(&s->guest[i]) && s->guest[i].passed[guest] > most)
            most = s->guest[i].passed[guest];
    return most;
}

/* Has waited long enough: nobody else may come first. */
static bool is_due(const struct schedule *s, unsigned guest)
{
    const struct schedule_guest *g = &s->guest[guest];

    for (unsigned i = 0; WAITING(g) && i < SCHEDULE_GUESTS; i++)
        if (i != guest && g->passed[i] >= SCHEDULE_BURST)
            return true;
    return false;
}

/* Of those that are due the one of the highest priority, of these the one that came first; -1. */
static int find_due(const struct schedule *s)
{
    int found = -1;

    for (unsigned i = 0; i < SCHEDULE_GUESTS; i++) {
        const struct schedule_guest *g = &s->guest[i];
        const struct schedule_guest *best = found < 0 ? NULL : &s->guest[found];

        if (is_due(s, i) && (!best || g->priority > best->priority ||
                             (g->priority == best->priority && g->since < best->since)))
            found = (int)i;
    }
    return found;
}

/* Deficit round robin among those that wait in the highest priority; somebody waits. */
static unsigned find_round(struct schedule *s)
{
    uint32_t priority = 0, lowest = UINT32_MAX;

    for (EACH(g, s))
        if (WAITING(g) && g->priority > priority)
            priority = g->priority;
    for (EACH(g, s))
        if (WAITING(g) && g->priority == priority && g->weight < lowest)
            lowest = g->weight;
    for (unsigned step = 0;; step++) {
        const unsigned i = (s->turn + step) % SCHEDULE_GUESTS;
        struct schedule_guest *g = &s->guest[i];

        if (!WAITING(g) || g->priority != priority)
            continue;
        if (step)
            g->deficit += g->weight * ONE / lowest;
        if (g->deficit < ONE)
            continue;
        s->turn = i;
        return i;
    }
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static struct schedule_decision grant(struct schedule *s, uint32_t in_flight)
{
    const int due = find_due(s);
    const unsigned i = due >= 0 ? (unsigned)due : find_round(s);
    struct schedule_guest *g = &s->guest[i];
    uint32_t pieces = in_flight < SCHEDULE_WINDOW ? SCHEDULE_WINDOW - in_flight : 0;

    /* Whoever has nothing in flight gets its place in line now, however long that is. */
    if (!pieces && !g->in_flight)
        pieces = 1;
    if (due >= 0)
        pieces = 1; /* whatever is in flight: if its own word of that is old, it is waited for */
    else
        pieces =
            least(least(pieces, (uint32_t)(g->deficit / ONE)), SCHEDULE_BURST - passed_by(s, i));
    if (!pieces)
        return (struct schedule_decision){0};
    g->state = SCHEDULE_TURN;
    g->granted = pieces;
    return (struct schedule_decision){SCHEDULE_GRANT, i, pieces};
}

struct schedule_decision schedule_next(struct schedule *s)
{
    unsigned waiting = 0, others = 0, who = 0;
    uint32_t in_flight = 0;
    int free_one = -1;

    for (unsigned i = 0; i < SCHEDULE_GUESTS; i++) {
        const struct schedule_guest *g = &s->guest[i];

        in_flight += g->in_flight;
        if (g->state == SCHEDULE_FREE)
            free_one = (int)i;
        if (WAITING(g)) {
            waiting++;
            who = i;
        } else if (g->in_flight || g->state == SCHEDULE_LATE) {
            others++;
        }
    }
    if (!waiting || schedule_owing(s) >= 0)
        return (struct schedule_decision){0};
    if (free_one >= 0) {
        s->guest[free_one].state = SCHEDULE_CALLED;
        return (struct schedule_decision){SCHEDULE_CALL, (unsigned)free_one, 0};
    }
    if (waiting == 1 && !others) {
        s->guest[who].state = SCHEDULE_FREE;
        s->guest[who].deficit = 0;
        s->guest[who].in_flight = 0; /* it says no more of them */
        return (struct schedule_decision){SCHEDULE_ALONE, who, 0};
    }
    return grant(s, in_flight);
}
