/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the epoll loop of the back-end processes. */
#include "vhost/loop.h"

#include <errno.h>
#include <stddef.h>
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

int vu_loop_once(struct vu_loop *loop, int timeout_ms)
{
    int called = 0;
    int n = epoll_wait(loop->epoll, loop->event, VU_LOOP_BATCH, timeout_ms);

    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    loop->pending = n;
    for (int i = 0; i < n; i++) {
        struct vu_source *source = loop->event[i].data.ptr;

        if (!source)
            continue;
        source->ready(source, loop->event[i].events);
        called++;
    }
    loop->pending = 0;
    return called;
}

int vu_loop_run(struct vu_loop *loop)
{
    while (!loop->stop) {
        int rc = vu_loop_once(loop, -1);

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
