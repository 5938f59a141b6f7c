/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests when the loop looks at what no descriptor tells of, and when it sleeps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "vhost/loop.h"

#define EVER_NS UINT64_C(3600000000000)

struct stage {
    struct vu_loop loop;
    struct vu_source timer;
    char said[4 * VU_LOOKS]; /* b: begin, l: look, e: end, t: the timer */
    bool busy;
    unsigned found; /* so many looks find something, from now on */
};

static void say(struct stage *s, char what)
{
    size_t n = strlen(s->said);

    if (n + 1 < sizeof(s->said))
        s->said[n] = what;
}

static bool expected(const void *data)
{
    return !((const struct stage *)data)->busy;
}

static void begin(void *data)
{
    say(data, 'b');
}

static bool look(void *data)
{
    struct stage *s = data;

    say(s, 'l');
    return s->found > 0 && s->found-- > 0;
}

static void end(void *data)
{
    say(data, 'e');
}

static void on_timer(struct vu_source *source, uint32_t events)
{
    struct stage *s = source->priv;
    uint64_t expired;

    assert_true(events & EPOLLIN);
    assert_int_equal(read(source->fd, &expired, sizeof(expired)), sizeof(expired));
    say(s, 't');
    vu_loop_stop(&s->loop);
}

static void start(struct stage *s, uint64_t most_ns)
{
    *s = (struct stage){.timer = {timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), on_timer, s}};
    assert_int_equal(vu_loop_init(&s->loop), 0);
    assert_int_equal(vu_loop_add(&s->loop, &s->timer, EPOLLIN), 0);
    s->loop.poll = (struct vu_poll){most_ns, expected, begin, look, end, s, false, false, false};
}

static void arm(struct stage *s)
{
    const struct itimerspec soon = {.it_value = {0, 20000000}};

    assert_int_equal(timerfd_settime(s->timer.fd, 0, &soon, NULL), 0);
}

static void finish(struct stage *s)
{
    vu_loop_finish(&s->loop);
    close(s->timer.fd);
}

static void looks_after_a_short_wait(void **state)
{
    struct stage s;

    (void)state;
    start(&s, EVER_NS);
    arm(&s);
    assert_int_equal(vu_loop_run(&s.loop), 0);
    assert_string_equal(s.said, "bt"); /* asleep at first; the wait was short */
    memset(s.said, 0, sizeof(s.said));
    s.found = 2;
    arm(&s);
    assert_int_equal(vu_loop_run(&s.loop), 0);
    assert_memory_equal(s.said, "lll", 3);
    assert_null(strchr(s.said, 'e')); /* never slept */
    finish(&s);
}

static void sleeps_when_it_has_looked_long_enough(void **state)
{
    struct stage s;

    (void)state;
    start(&s, 1);
    s.loop.poll.on = true;
    arm(&s);
    assert_int_equal(vu_loop_run(&s.loop), 0);
    assert_int_equal(strspn(s.said, "l"), VU_LOOKS);
    assert_string_equal(s.said + VU_LOOKS, "et"); /* and does not look again: the wait was long */
    assert_false(s.loop.poll.on);
    finish(&s);
}

static void does_not_look_for_what_comes_later(void **state)
{
    struct stage s;

    (void)state;
    start(&s, EVER_NS);
    s.loop.poll.on = s.loop.poll.soon = true;
    s.busy = true;
    arm(&s);
    assert_int_equal(vu_loop_run(&s.loop), 0);
    assert_string_equal(s.said, "ebt"); /* sleeps, and is ready to look when that has come */
    finish(&s);
}

static void descriptors_do_not_wait_for_it(void **state)
{
    struct stage s;

    (void)state;
    start(&s, EVER_NS);
    s.loop.poll.on = true;
    s.found = UINT32_MAX; /* whoever fills what is looked at never stops */
    arm(&s);
    assert_int_equal(vu_loop_run(&s.loop), 0);
    assert_true(s.found > 0);
    finish(&s);
}

static void without_it_the_loop_sleeps(void **state)
{
    struct stage s;

    (void)state;
    start(&s, 0);
    arm(&s);
    assert_int_equal(vu_loop_run(&s.loop), 0);
    assert_string_equal(s.said, "t");
    finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(looks_after_a_short_wait),
        cmocka_unit_test(sleeps_when_it_has_looked_long_enough),
        cmocka_unit_test(does_not_look_for_what_comes_later),
        cmocka_unit_test(descriptors_do_not_wait_for_it),
        cmocka_unit_test(without_it_the_loop_sleeps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
