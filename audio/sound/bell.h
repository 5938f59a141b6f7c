/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Wakes a guest's sound device, from a thread of its own: the eventfds are the device's, which can
 * make writing to them block, and the data thread must never be. A bell that is held up holds up
 * that guest and nobody else.
 */
#ifndef SOUND_BELL_H
#define SOUND_BELL_H

#include <pthread.h>
#include <stdatomic.h>

#include "link/link.h"

struct bell {
    int own; /* eventfd, ours alone */
    pthread_t thread;
    _Atomic uint32_t pending; /* bit: stream */
    _Atomic uint32_t turns;
    atomic_bool stop;
    _Atomic int fd[LINK_STREAMS];
};

/* priority: of SCHED_FIFO, 0: as everybody. 0 or -errno. */
int bell_init(struct bell *b, int priority) __attribute__((warn_unused_result));
void bell_finish(struct bell *b);

/* From the main thread: fd stays the caller's, until bell_forget returns. */
void bell_set(struct bell *b, unsigned stream, int fd);
void bell_forget(struct bell *b, unsigned stream);
/* From the data thread. */
void bell_ring(struct bell *b, unsigned stream);

#endif
