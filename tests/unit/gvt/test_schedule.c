/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The order of guests on the physical GPU, against a model of them: a GPU that works in the order
 * in which it gets work, guests that behave in one of a few ways, and a sequence of events that a
 * generator with a fixed seed chooses. What is promised is counted by the model, from the batches
 * that it completes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "core/schedule.h"

#define OWN_LIMIT 8u /* batches of one guest in flight, which its mediator keeps by itself */
#define QUEUE     256u

struct guest {        /* a mediator and its guest, as the model sees them */
    unsigned backlog; /* batches that the guest has posted */
    bool saturates;   /* it posts another one for each that is done */
    bool alone, asked, calling;
    unsigned in_flight, ended; /* ended: of these, not seen by its mediator yet */
    unsigned held;             /* granted while it had all in flight that it may have */
    /* what is counted */
    unsigned long done;
    unsigned between[SCHEDULE_GUESTS]; /* batches of others done since it began to wait */
    unsigned worst;
};

static struct schedule s;
static struct guest guest[SCHEDULE_GUESTS];
static unsigned queue[QUEUE], first, count; /* the GPU's: whose batch */
static unsigned messages, offered;
static uint32_t seed;

static unsigned roll(unsigned sides)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % sides;
}

static int start(void **state)
{
    (void)state;
    memset(&s, 0, sizeof(s));
    memset(guest, 0, sizeof(guest));
    first = count = messages = 0;
    seed = 1;
    return 0;
}

static unsigned join(uint32_t weight, uint32_t priority, bool saturates)
{
    const int i = schedule_join(&s, weight, priority, 0);

    assert_true(i >= 0);
    guest[i] = (struct guest){.saturates = saturates, .backlog = saturates ? 64 : 0};
    return (unsigned)i;
}

static bool wants(const struct guest *g)
{
    return g->backlog && g->in_flight < OWN_LIMIT;
}

static void put(unsigned i)
{
    assert_true(count < QUEUE);
    queue[(first + count++) % QUEUE] = i;
    guest[i].in_flight++;
    guest[i].backlog--;
}

static void answer(unsigned i, uint32_t pieces)
{
    struct guest *g = &guest[i];
    unsigned started = 0;

    for (; started < pieces && wants(g); started++)
        put(i);
    g->held = !started && g->in_flight >= OWN_LIMIT ? pieces : 0;
    if (g->held)
        return;
    g->asked = started && wants(g);
    messages += 2;
    schedule_answer(&s, i, started, g->asked, g->in_flight);
}

/* The mediator looks at what has happened to it, at some time after it has. */
static void look(unsigned i)
{
    struct guest *g = &guest[i];

    for (; g->ended; g->ended--) {
        g->in_flight--;
        if (g->held)
            answer(i, g->held);
        else if (!g->alone)
            schedule_done(&s, i, g->in_flight);
    }
    while (g->alone && wants(g))
        put(i);
    if (!g->alone && !g->asked && wants(g)) {
        g->asked = true;
        messages++;
        schedule_ask(&s, i, g->in_flight);
    }
}

/* Carries out what the policy decides; a guest in `silent` (a bit each) does not answer. */
static void decide(unsigned silent)
{
    struct schedule_decision d;

    while ((d = schedule_next(&s)).verdict != SCHEDULE_NOTHING) {
        struct guest *g = &guest[d.guest];

        if (d.verdict == SCHEDULE_ALONE) {
            g->alone = true;
            g->asked = false;
            look(d.guest);
            continue;
        }
        g->alone = false;
        offered = d.pieces;
        if (silent & 1u << d.guest)
            continue;
        if (d.verdict == SCHEDULE_CALL) {
            g->asked = g->in_flight >= OWN_LIMIT;
            schedule_answer(&s, d.guest, 0, g->asked, g->in_flight);
        } else {
            answer(d.guest, d.pieces);
        }
    }
}

/* Its next batch is done; whoever waits for the GPU has seen it pass. */
static void complete(void)
{
    const unsigned i = queue[first];
    struct guest *g = &guest[i];

    first = (first + 1) % QUEUE;
    count--;
    g->ended++;
    g->done++;
    g->backlog += g->saturates;
    memset(g->between, 0, sizeof(g->between));
    for (unsigned w = 0; w < SCHEDULE_GUESTS; w++) {
        struct guest *other = &guest[w];

        if (w == i || !(other->asked || other->in_flight)) {
            other->between[i] = 0;
            continue;
        }
        other->between[i]++;
        if (other->between[i] > other->worst)
            other->worst = other->between[i];
    }
}

/* Steps until the GPU has done that many batches: things happen in an order that is drawn. */
static void run(unsigned batches, unsigned guests)
{
    while (batches) {
        const unsigned what = roll(guests + 1);

        if (what < guests) {
            look(what);
        } else if (count) {
            complete();
            batches--;
        }
        decide(0);
    }
}

static void assert_share(const unsigned *weight, unsigned guests, unsigned batches)
{
    unsigned long all = 0, weights = 0;

    for (unsigned i = 0; i < guests; i++)
        weights += weight[i];
    run(batches, guests);
    for (unsigned i = 0; i < guests; i++)
        all += guest[i].done;
    for (unsigned i = 0; i < guests; i++) {
        const long due = (long)(all * weight[i] / weights);
        const long off = labs((long)guest[i].done - due);

        if (off * 100 > due * 5)
            fail_msg("guest %u of weight %u: %lu of %lu batches", i, weight[i], guest[i].done, all);
        assert_true(guest[i].worst <= SCHEDULE_BURST);
    }
}

static void test_shares_are_the_weights(void **state)
{
    static const unsigned weights[][4] = {{300, 100}, {100, 100},           {500, 300, 200},
                                          {100, 90},  {700, 100, 100, 100}, {1000, 999}};

    for (unsigned n = 0; n < sizeof(weights) / sizeof(weights[0]); n++) {
        unsigned guests = 0;

        (void)start(state);
        for (; guests < 4 && weights[n][guests]; guests++)
            (void)join(weights[n][guests], 0, true);
        assert_share(weights[n], guests, 6000);
    }
}

static void test_a_flood_lets_others_through(void **state)
{
    (void)state;
    (void)join(1000, 0, true);
    (void)join(1, 0, true);
    (void)join(1, 0, true);
    run(9000, 3);
    for (unsigned i = 0; i < 3; i++)
        assert_true(guest[i].worst <= SCHEDULE_BURST);
    assert_in_range(guest[1].done, 9000 / 10 - 20, 9000 / 10 + 20);
    assert_in_range(guest[2].done, 9000 / 10 - 20, 9000 / 10 + 20);
}

static void test_priority_goes_first(void **state)
{
    (void)state;
    (void)join(1, 1, true);
    (void)join(1000, 0, true);
    run(9000, 2);
    /* All but what the other one is guaranteed. */
    assert_in_range(guest[1].done, 9000 / 9 - 10, 9000 / 9 + 10);
    assert_true(guest[1].worst <= SCHEDULE_BURST);
}

/* One batch now and then, while another floods: it is next behind what is in flight. */
static void test_who_comes_with_priority_is_next(void **state)
{
    (void)state;
    const unsigned flood = join(100, 0, true), quick = join(100, 5, false);

    for (unsigned i = 0; i < 500; i++) {
        const unsigned long before = guest[flood].done;

        run(roll(20), 1);
        guest[quick].backlog = 1;
        look(quick);
        decide(0);
        const unsigned long seen = guest[flood].done;

        while (guest[quick].done == i) {
            complete();
            look(flood);
            look(quick);
            decide(0);
        }
        assert_true(guest[flood].done - seen <= SCHEDULE_BURST);
        assert_true(guest[flood].done >= before);
    }
    assert_true(guest[quick].worst <= SCHEDULE_BURST);
}

/* It has all in flight that it may have when another one comes, and does not get the CPU for long:
 * that one has its eight, and no more. */
static void test_a_mediator_that_waits_for_the_cpu(void **state)
{
    (void)state;
    const unsigned slow = join(100, 0, true), quick = join(100, 1, true);

    run(20, 1);
    assert_int_equal(guest[slow].in_flight, OWN_LIMIT);
    look(quick);
    decide(0);
    for (unsigned i = 0; count && i < 100; i++) {
        complete();
        look(quick);
        decide(0);
    }
    assert_int_equal(guest[quick].done, SCHEDULE_BURST);
    assert_int_equal(schedule_owing(&s), slow);
    run(500, 2);
    assert_true(guest[slow].worst <= SCHEDULE_BURST);
}

static void test_who_is_alone_says_nothing(void **state)
{
    (void)state;
    (void)join(100, 0, true);
    (void)join(100, 0, false);
    run(10, 2);
    messages = 0;
    run(1000, 2);
    assert_int_equal(messages, 0);
    assert_int_equal(s.guest[0].state, SCHEDULE_FREE);
}

/* The share of one who has nothing to do goes to the others, and comes back whole, not more. */
static void test_nothing_is_kept_idle_and_nothing_saved_up(void **state)
{
    static const unsigned weights[] = {300, 100};

    (void)state;
    (void)join(300, 0, false);
    (void)join(100, 0, true);
    run(1000, 2);
    assert_int_equal(guest[1].done, 1000);
    guest[0].saturates = true;
    guest[0].backlog = 64;
    guest[1].done = 0;
    assert_share(weights, 2, 2000);
}

static void test_the_gpu_never_waits_for_a_guest(void **state)
{
    (void)state;
    (void)join(300, 0, true);
    (void)join(100, 0, true);
    run(100, 2);
    for (unsigned i = 0; i < 1000; i++) {
        complete();
        assert_true(count > 0);
        look(0);
        look(1);
        decide(0);
    }
}

static void test_the_dead_lose_their_turn(void **state)
{
    (void)state;
    const unsigned dies = join(300, 0, true), lives = join(100, 0, true);

    run(100, 2);
    while (s.guest[dies].state != SCHEDULE_TURN) {
        complete();
        look(lives);
        look(dies);
        decide(1u << dies);
    }
    assert_int_equal(schedule_owing(&s), dies);
    assert_int_equal(schedule_next(&s).verdict, SCHEDULE_NOTHING); /* it is waited for */
    schedule_leave(&s, dies);
    guest[dies] = (struct guest){0};
    while (count) { /* what it had in flight is done all the same */
        const unsigned i = queue[first];

        if (i == lives)
            complete();
        else
            first = (first + 1) % QUEUE, count--;
        look(lives);
        decide(0);
        if (guest[lives].done > 200)
            break;
    }
    guest[lives].done = 0;
    run(100, 2);
    assert_int_equal(guest[lives].done, 100);
    assert_int_equal(s.guest[lives].state, SCHEDULE_FREE);
}

static void test_who_does_not_answer_is_left_behind(void **state)
{
    (void)state;
    const unsigned hangs = join(300, 0, true), lives = join(100, 0, true);

    run(100, 2);
    while (s.guest[hangs].state != SCHEDULE_TURN) {
        complete();
        look(lives);
        look(hangs);
        decide(1u << hangs);
    }
    schedule_late(&s, hangs);
    schedule_late(&s, lives); /* owes nothing: not heard */
    assert_int_equal(s.guest[hangs].state, SCHEDULE_LATE);
    const unsigned long before = guest[lives].done;

    for (unsigned i = 0; i < 100; i++) {
        decide(0);
        complete();
        look(lives);
    }
    assert_true(guest[lives].done >= before + 90);
    assert_int_not_equal(s.guest[lives].state, SCHEDULE_FREE); /* that one may start work yet */
    /* When it answers after all it is one of them again. */
    guest[hangs].done = guest[lives].done = guest[hangs].worst = 0;
    memset(guest[hangs].between, 0, sizeof(guest[hangs].between));
    answer(hangs, offered);
    static const unsigned weights[] = {300, 100};
    assert_share(weights, 2, 2000);
}

static void test_who_lies_gains_nothing(void **state)
{
    (void)state;
    const unsigned liar = join(100, 0, true), other = join(100, 0, true);

    run(100, 2);
    /* Answers without a turn, of more than was granted, and counts beyond reason. */
    for (unsigned i = 0; i < 1000; i++) {
        schedule_answer(&s, liar, UINT32_MAX, true, UINT32_MAX);
        schedule_done(&s, liar, UINT32_MAX);
        schedule_ask(&s, liar, 0);
        complete();
        look(other);
        decide(0);
    }
    assert_true(guest[other].done >= 500);
    assert_true(guest[other].worst <= SCHEDULE_BURST);
}

static void test_there_is_room_for_eight(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SCHEDULE_GUESTS; i++)
        assert_int_equal(join(100, 0, true), i);
    assert_true(schedule_join(&s, 100, 0, 0) < 0);
    schedule_leave(&s, 3);
    assert_int_equal(schedule_join(&s, 0, 0, 0), 3);
    assert_int_equal(s.guest[3].weight, 1); /* a weight of 0 would never get a turn */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_shares_are_the_weights, start),
        cmocka_unit_test_setup(test_a_flood_lets_others_through, start),
        cmocka_unit_test_setup(test_priority_goes_first, start),
        cmocka_unit_test_setup(test_who_comes_with_priority_is_next, start),
        cmocka_unit_test_setup(test_a_mediator_that_waits_for_the_cpu, start),
        cmocka_unit_test_setup(test_who_is_alone_says_nothing, start),
        cmocka_unit_test_setup(test_nothing_is_kept_idle_and_nothing_saved_up, start),
        cmocka_unit_test_setup(test_the_gpu_never_waits_for_a_guest, start),
        cmocka_unit_test_setup(test_the_dead_lose_their_turn, start),
        cmocka_unit_test_setup(test_who_does_not_answer_is_left_behind, start),
        cmocka_unit_test_setup(test_who_lies_gains_nothing, start),
        cmocka_unit_test_setup(test_there_is_room_for_eight, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
