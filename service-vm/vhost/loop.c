/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the epoll loop of the back-end processes. */
#include "vhost/loop.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

int vu_loop_init(struct vu_loop *loop)
{
    *loop = (struct vu_loop){.epoll = epoll_create1(EPOLL_CLOEXEC)};
    return loop->epoll < 0 ? -errno : 0;
}

void vu_loop_finish(struct vu_loop *loop)
{
    if (loop->epoll >= 0)
        close(loop->epoll);
    loop->epoll = -1;
}

static int control(struct vu_loop *loop, int op, struct vu_source *source, uint32_t events)
{
    struct epoll_event e = {.events = events, .data.ptr = source};

    return epoll_ctl(loop->epoll, op, source->fd, &e) < 0 ? -errno : 0;
}

int vu_loop_add(struct vu_loop *loop, struct vu_source *source, uint32_t events)
{
    return control(loop, EPOLL_CTL_ADD, source, events);
}

int vu_loop_modify(struct vu_loop *loop, struct vu_source *source, uint32_t events)
{
    return control(loop, EPOLL_CTL_MOD, source, events);
}

void vu_loop_remove(struct vu_loop *loop, struct vu_source *source)
{
    if (source->fd >= 0)
        (void)control(loop, EPOLL_CTL_DEL, source, 0);
    /* an event of this round that has not been handed out yet must not reach a source that is gone
     */
    for (int i = 0; i < loop->pending; i++) {
        if (loop->event[i].data.ptr == source)
            loop->event[i].data.ptr = NULL;
    }
}

/* Waits until descriptors are ready: how many, or -errno. */
static int wait_for(struct vu_loop *loop, int timeout_ms)
{
    int n = epoll_wait(loop->epoll, loop->event, VU_LOOP_BATCH, timeout_ms);

    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    loop->pending = n;
    return n;
}

/* Calls what wait_for() has found; number of callbacks. */
static int hand_out(struct vu_loop *loop)
{
    int called = 0;

    for (int i = 0; i < loop->pending; i++) {
        struct vu_source *source = loop->event[i].data.ptr;

        if (!source)
            continue;
        source->ready(source, loop->event[i].events);
        called++;
    }
    loop->pending = 0;
    return called;
}

int vu_loop_once(struct vu_loop *loop, int timeout_ms)
{
    int rc = wait_for(loop, timeout_ms);

    return rc < 0 ? rc : hand_out(loop);
}

static uint64_t now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Looks until there was something to do, 1, or until that has taken too long, 0; -errno.
 * Descriptors come first after each find: whoever fills what is looked at cannot keep them waiting.
 */
static int look(struct vu_loop *loop)
{
    struct vu_poll *p = &loop->poll;
    const uint64_t start = now_ns();

    do {
        int rc = p->due ? vu_loop_once(loop, 0) : 0;

        p->due = true;
        if (rc != 0)
            return rc < 0 ? rc : 1;
        for (unsigned i = 0; i < VU_LOOKS; i++) {
            if (p->look(p->data))
                return 1;
            __builtin_ia32_pause();
        }
    } while (now_ns() - start < p->most_ns);
    return 0;
}

static int look_or_wait(struct vu_loop *loop)
{
    struct vu_poll *p = &loop->poll;
    uint64_t start;
    bool expected;
    int rc;

    if (p->on) {
        if (p->expected(p->data)) {
            rc = look(loop);
            if (rc != 0)
                return rc;
            p->soon = false;
        }
        p->on = false;
        p->end(p->data); /* which may do anything, stop the loop too */
        return 0;
    }
    start = now_ns();
    expected = p->expected(p->data);
    rc = wait_for(loop, -1);
    if (rc < 0)
        return rc;
    if (expected)
        p->soon = now_ns() - start <= p->most_ns;
    p->on = p->soon;
    p->due = false;
    if (p->on)
        p->begin(p->data);
    return hand_out(loop);
}

int vu_loop_run(struct vu_loop *loop)
{
    while (!loop->stop) {
        int rc = loop->poll.most_ns ? look_or_wait(loop) : vu_loop_once(loop, -1);

        if (rc < 0)
            return rc;
    }
    loop->stop = false;
    return 0;
}

void vu_loop_stop(struct vu_loop *loop)
{
    loop->stop = true;
}
