/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the thread that wakes a device. */
#include "bell.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define INTERRUPT SIGUSR1

static void *toll(void *data)
{
    struct bell *b = data;
    const uint64_t one = 1;
    eventfd_t n;

    while (!atomic_load(&b->stop)) {
        uint32_t pending;

        (void)eventfd_read(b->own, &n);
        pending = atomic_exchange(&b->pending, 0);
        for (unsigned i = 0; i < LINK_STREAMS; i++) {
            const int fd = atomic_load(&b->fd[i]);

            /* whether it worked is the device's concern */
            if ((pending & 1u << i) && fd >= 0 && write(fd, &one, sizeof(one)) < 0)
                continue;
        }
        atomic_fetch_add(&b->turns, 1);
    }
    return NULL;
}

static void handle_interrupt(int number)
{
    (void)number; /* what it is for has been done: write() has returned */
}

int bell_init(struct bell *b, int priority)
{
    const struct sigaction interrupt = {.sa_handler = handle_interrupt}; /* without SA_RESTART */
    const struct sched_param p = {.sched_priority = priority};
    pthread_attr_t attributes;
    int rc;

    *b = (struct bell){.own = eventfd(0, EFD_CLOEXEC)};
    if (b->own < 0 || sigaction(INTERRUPT, &interrupt, NULL) < 0)
        return -errno;
    for (unsigned i = 0; i < LINK_STREAMS; i++)
        atomic_store(&b->fd[i], -1);
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, 64 * 1024);
    rc = pthread_create(&b->thread, &attributes, toll, b);
    (void)pthread_attr_destroy(&attributes);
    if (rc == 0 && priority)
        rc = pthread_setschedparam(b->thread, SCHED_FIFO, &p);
    return -rc;
}

/* Until the thread has gone through its list once from the start, whatever holds it up. */
static void pass_once(struct bell *b)
{
    const struct timespec moment = {.tv_nsec = 200000};
    const uint32_t from = atomic_load(&b->turns);

    while (atomic_load(&b->turns) - from < 2) {
        (void)eventfd_write(b->own, 1);
        (void)pthread_kill(b->thread, INTERRUPT);
        (void)nanosleep(&moment, NULL);
    }
}

void bell_finish(struct bell *b)
{
    if (b->own < 0)
        return;
    for (unsigned i = 0; i < LINK_STREAMS; i++)
        atomic_store(&b->fd[i], -1);
    pass_once(b);
    atomic_store(&b->stop, true);
    (void)eventfd_write(b->own, 1);
    (void)pthread_join(b->thread, NULL);
    (void)close(b->own);
    b->own = -1;
}

void bell_set(struct bell *b, unsigned stream, int fd)
{
    atomic_store(&b->fd[stream], fd);
}

void bell_forget(struct bell *b, unsigned stream)
{
    if (atomic_exchange(&b->fd[stream], -1) >= 0)
        pass_once(b);
}

void bell_ring(struct bell *b, unsigned stream)
{
    atomic_fetch_or(&b->pending, 1u << stream);
    (void)eventfd_write(b->own, 1);
}
