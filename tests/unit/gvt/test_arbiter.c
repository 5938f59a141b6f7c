/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The arbiter and its mediators, with their real sockets in one loop. The guest behind a mediator
 * is a number of batches, the GPU behind all of them a row of names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/arbiter.h"

#define MEDIATORS 3u
#define OWN_LIMIT 8u

struct mediator {
    struct turns turns;
    struct vgpu gpu; /* for its progress() alone */
    unsigned backlog, in_flight, done;
};

static struct vu_loop loop;
static struct arbiter arbiter;
static struct bn_scenario scenario;
static struct mediator mediator[MEDIATORS];
static char row[100000]; /* what the GPU was given: '0' + mediator */
static unsigned given, finished;
static char path[64];

static void progress(void *data)
{
    struct mediator *m = data;

    while (m->backlog && m->in_flight < OWN_LIMIT && turns_gate.open(&m->turns)) {
        turns_gate.started(&m->turns);
        row[given++] = (char)('0' + (m - mediator));
        m->backlog--;
        m->in_flight++;
    }
}

static void finish_one(void)
{
    struct mediator *m = &mediator[row[finished++] - '0'];

    m->in_flight--;
    m->done++;
    turns_gate.ended(&m->turns);
    progress(m);
}

/* Until nobody has anything to say. */
static void settle(void)
{
    while (vu_loop_once(&loop, 0) > 0)
        ;
}

static void add(unsigned i, const char *vm)
{
    struct mediator *m = &mediator[i];

    memset(m, 0, sizeof(*m));
    m->gpu.progress = progress;
    m->gpu.progress_data = m;
    assert_int_equal(turns_init(&m->turns, &loop, &m->gpu, path, vm), 0);
    settle();
}

static int start(void **state)
{
    static const char *const names[] = {"heavy", "light", "cluster"};

    (void)state;
    memset(&scenario, 0, sizeof(scenario));
    scenario.vm_count = 3;
    for (unsigned i = 0; i < 3; i++)
        strcpy(scenario.vm[i].name, names[i]);
    scenario.vm[0].gpu.weight = 300;
    scenario.vm[1].gpu.weight = 100;
    snprintf(path, sizeof(path), "/tmp/arbiter-%d", getpid());
    assert_int_equal(vu_loop_init(&loop), 0);
    assert_int_equal(arbiter_init(&arbiter, &loop, &scenario, path), 0);
    for (unsigned i = 0; i < MEDIATORS; i++)
        mediator[i].turns.socket.fd = mediator[i].turns.timer.fd = -1;
    given = finished = 0;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    for (unsigned i = 0; i < MEDIATORS; i++)
        turns_finish(&mediator[i].turns);
    arbiter_finish(&arbiter);
    vu_loop_finish(&loop);
    unlink(path);
    return 0;
}

static void flood(unsigned i)
{
    mediator[i].backlog = 1000000;
    progress(&mediator[i]);
    settle();
}

static void run(unsigned batches)
{
    while (batches--) {
        assert_true(finished < given);
        finish_one();
        settle();
    }
}

static void test_shares_through_the_sockets(void **state)
{
    (void)state;
    add(0, "heavy");
    add(1, "light");
    flood(1);
    run(50);
    assert_true(mediator[1].turns.alone);
    flood(0);
    run(50);
    mediator[0].done = mediator[1].done = 0;
    run(4000);
    assert_in_range(mediator[0].done, 2950, 3050);
    assert_in_range(mediator[1].done, 950, 1050);
    /* One has had enough: the other one is alone again, and says nothing. */
    mediator[0].backlog = 0;
    run(20);
    assert_true(mediator[1].turns.alone);
}

static void test_the_dead_hold_nothing(void **state)
{
    (void)state;
    add(0, "heavy");
    add(1, "light");
    flood(0);
    flood(1);
    run(100);
    /* It dies between its grant and its answer. */
    vu_loop_remove(&loop, &mediator[0].turns.socket);
    while (schedule_owing(&arbiter.schedule) < 0)
        run(1);
    assert_int_equal(arbiter.schedule.guest[schedule_owing(&arbiter.schedule)].weight, 300);
    turns_finish(&mediator[0].turns);
    mediator[0].backlog = 0;
    settle();
    mediator[1].done = 0;
    while (mediator[1].done < 100)
        run(1);
    assert_true(mediator[1].turns.alone);
}

static void test_the_silent_are_not_waited_for(void **state)
{
    (void)state;
    add(0, "heavy");
    add(1, "light");
    flood(0);
    flood(1);
    run(100);
    vu_loop_remove(&loop, &mediator[0].turns.socket);
    while (schedule_owing(&arbiter.schedule) < 0)
        run(1);
    mediator[1].done = 0;
    while (schedule_owing(&arbiter.schedule) == 0) /* the arbiter's clock runs */
        assert_true(vu_loop_once(&loop, 10000) > 0);
    while (mediator[1].done < 100)
        run(1);
    /* It looks again, and has its share. */
    assert_int_equal(vu_loop_add(&loop, &mediator[0].turns.socket, EPOLLIN), 0);
    settle();
    run(100);
    mediator[0].done = mediator[1].done = 0;
    run(400);
    assert_in_range(mediator[0].done, 280, 320);
}

static void test_a_mediator_without_an_arbiter_goes_on(void **state)
{
    (void)state;
    add(0, "heavy");
    add(1, "light");
    flood(0);
    flood(1);
    run(10);
    arbiter_finish(&arbiter);
    settle();
    assert_true(mediator[0].turns.alone && mediator[1].turns.alone);
    run(100);
    assert_int_equal(mediator[0].in_flight, OWN_LIMIT);
    /* It comes back, and they find it. */
    assert_int_equal(arbiter_init(&arbiter, &loop, &scenario, path), 0);
    while (mediator[0].turns.socket.fd < 0 || mediator[1].turns.socket.fd < 0)
        assert_true(vu_loop_once(&loop, 10000) > 0);
    settle();
    run(100);
    mediator[0].done = 0;
    run(400);
    assert_in_range(mediator[0].done, 280, 320);
}

static void test_who_is_not_of_the_scenario_is_turned_away(void **state)
{
    (void)state;
    add(0, "heavy");
    add(1, "heavy");   /* has its mediator */
    add(2, "cluster"); /* has no vGPU */
    assert_true(mediator[0].turns.socket.fd >= 0);
    assert_int_equal(mediator[1].turns.socket.fd, -1);
    assert_int_equal(mediator[2].turns.socket.fd, -1);
    assert_true(mediator[1].turns.alone);
}

static int raw(const void *packet, size_t bytes)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    strcpy(at.sun_path, path);
    assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(send(fd, packet, bytes, MSG_NOSIGNAL), bytes);
    settle();
    return fd;
}

static void test_what_is_no_message_ends_the_connection(void **state)
{
    const struct turns_message ask = {.kind = TURNS_ASK, .in_flight = 1};
    struct turns_message hello = {.kind = TURNS_HELLO};
    char byte;
    int fd;

    (void)state;
    add(1, "light");
    fd = raw("x", 1);
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
    close(fd);
    fd = raw(&ask, sizeof(ask)); /* has not said who it is */
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
    close(fd);
    memset(hello.vm, 'h', sizeof(hello.vm)); /* a name without an end */
    fd = raw(&hello, sizeof(hello));
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
    close(fd);
    strcpy(hello.vm, "heavy");
    fd = raw(&hello, sizeof(hello));
    hello.kind = 77;
    assert_int_equal(send(fd, &hello, sizeof(hello), MSG_NOSIGNAL), sizeof(hello));
    settle();
    assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 0);
    close(fd);
    flood(1);
    run(100);
    assert_true(mediator[1].turns.alone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_shares_through_the_sockets, start, stop),
        cmocka_unit_test_setup_teardown(test_the_dead_hold_nothing, start, stop),
        cmocka_unit_test_setup_teardown(test_the_silent_are_not_waited_for, start, stop),
        cmocka_unit_test_setup_teardown(test_a_mediator_without_an_arbiter_goes_on, start, stop),
        cmocka_unit_test_setup_teardown(test_who_is_not_of_the_scenario_is_turned_away, start,
                                        stop),
        cmocka_unit_test_setup_teardown(test_what_is_no_message_ends_the_connection, start, stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
