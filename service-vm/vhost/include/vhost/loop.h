/* SPDX-License-Identifier: BSD-3-Clause */
/* A small epoll loop: a source is a descriptor with a callback; sources may be added and removed
 * from inside callbacks. */
#ifndef VHOST_LOOP_H
#define VHOST_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

struct vu_source {
    int fd;
    void (*ready)(struct vu_source *source, uint32_t events); /* events: EPOLL* */
    void *priv;
};

#define VU_LOOKS 16 /* from one look at the descriptors to the next */

/*
 * What no descriptor tells of while the loop looks for it, before it sleeps: to be woken costs both
 * sides more than a short wait. The loop looks when that is what it waits for, and the last wait
 * for it was no longer than it would look.
 */
struct vu_poll {
    uint64_t most_ns;                   /* so long at most; 0: not at all */
    bool (*expected)(const void *data); /* nothing else has to happen first */
    void (*begin)(void *data);          /* from now on it is looked at */
    bool (*look)(void *data);           /* does what there is to do; true: there was something */
    void (*end)(void *data); /* from now on a descriptor tells, and of what has come by now */
    void *data;
    bool soon; /* the last wait was short */
    bool on;   /* between begin and end */
    bool due;  /* the descriptors are looked at before the next look */
};

#define VU_LOOP_BATCH 16

struct vu_loop {
    int epoll;
    bool stop;
    int pending;
    struct epoll_event event[VU_LOOP_BATCH];
    struct vu_poll poll;
};

int vu_loop_init(struct vu_loop *loop) __attribute__((warn_unused_result)); /* 0 or -errno */
void vu_loop_finish(struct vu_loop *loop);

/* The source must stay where it is until removed. events: EPOLLIN and so on. */
int vu_loop_add(struct vu_loop *loop, struct vu_source *source, uint32_t events)
    __attribute__((warn_unused_result));
int vu_loop_modify(struct vu_loop *loop, struct vu_source *source, uint32_t events)
    __attribute__((warn_unused_result));
/* Removes it (its fd stays open); no callback of it comes afterwards. A source that was never added
 * is no error. */
void vu_loop_remove(struct vu_loop *loop, struct vu_source *source);

/* Waits at most timeout_ms (-1: for ever) and calls what is ready; number of callbacks or -errno.
 */
int vu_loop_once(struct vu_loop *loop, int timeout_ms) __attribute__((warn_unused_result));
/* Until vu_loop_stop(); 0 or -errno. */
int vu_loop_run(struct vu_loop *loop) __attribute__((warn_unused_result));
void vu_loop_stop(struct vu_loop *loop);

#endif
