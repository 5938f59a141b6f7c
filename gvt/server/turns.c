/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the mediator's side of the arbiter's protocol. */
#include "turns.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#define RETRY_NS 500000000L

static void disconnect(struct turns *t)
{
    const struct itimerspec again = {.it_value.tv_nsec = RETRY_NS};

    if (t->socket.fd >= 0) {
        vu_loop_remove(t->loop, &t->socket);
        close(t->socket.fd);
        t->socket.fd = -1;
        printf("gvt: the arbiter has gone\n");
        fflush(stdout);
    }
    t->alone = true;
    t->wants = false;
    t->credit = t->held = 0;
    (void)timerfd_settime(t->timer.fd, 0, &again, NULL);
}

/* False: the connection is gone. A packet that has no room means that the arbiter does not read. */
static bool say(struct turns *t, enum turns_kind kind, uint32_t pieces, uint32_t more)
{
    struct turns_message m = {kind, pieces, more, t->in_flight, {0}};

    if (t->socket.fd < 0)
        return false;
    snprintf(m.vm, sizeof(m.vm), "%s", t->vm);
    if (send(t->socket.fd, &m, sizeof(m), MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(m))
        return true;
    disconnect(t);
    return false;
}

static void go_on(struct turns *t)
{
    if (t->gpu->progress)
        t->gpu->progress(t->gpu->progress_data);
}

static void answer(struct turns *t, uint32_t started, bool more)
{
    t->held = 0;
    t->wants = more;
    (void)say(t, TURNS_ANSWER, started, more);
}

static bool is_full(const struct turns *t)
{
    return t->in_flight >= SCHEDULE_BURST;
}

/*
 * Uses what was granted and tells how much that was. A guest that has as many in flight as it may
 * keeps its turn until one of them has ended, which is soon: the others' pieces come behind them.
 */
static void use(struct turns *t, uint32_t pieces)
{
    t->held = 0;
    t->using = true;
    t->wants = false;
    t->credit = pieces;
    t->started = 0;
    go_on(t);
    t->using = false;
    t->credit = 0;
    if (!t->started && is_full(t))
        t->held = pieces;
    else /* who has started nothing has nothing, or waits for something else and asks later */
        answer(t, t->started, t->wants && t->started);
}

static void handle(struct turns *t, const struct turns_message *m)
{
    switch (m->kind) {
    case TURNS_GRANT:
        use(t, m->pieces);
        break;
    case TURNS_ALONE:
        t->alone = true;
        t->wants = false;
        go_on(t);
        break;
    case TURNS_CALL:
        t->alone = false;
        answer(t, 0, is_full(t)); /* if it wants no more it will not use its turn */
        break;
    default:
        break;
    }
}

static void handle_socket(struct vu_source *source, uint32_t events)
{
    struct turns *t = source->priv;
    struct turns_message m;
    const ssize_t n = recv(source->fd, &m, sizeof(m), MSG_DONTWAIT);

    (void)events;
    if (n == sizeof(m)) {
        handle(t, &m);
    } else if (n >= 0 || (errno != EAGAIN && errno != EINTR)) {
        disconnect(t);
        go_on(t);
    }
}

static int connect_to(struct turns *t)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int rc = 0;

    if (fd < 0)
        return -errno;
    snprintf(a.sun_path, sizeof(a.sun_path), "%s", t->path);
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0)
        rc = -errno;
    t->socket.fd = fd;
    if (rc == 0)
        rc = vu_loop_add(t->loop, &t->socket, EPOLLIN);
    if (rc) {
        close(fd);
        t->socket.fd = -1;
        return rc;
    }
    t->alone = false;
    if (say(t, TURNS_HELLO, 0, 0))
        printf("gvt: has an arbiter\n");
    fflush(stdout);
    return 0;
}

static void handle_timer(struct vu_source *source, uint32_t events)
{
    struct turns *t = source->priv;
    uint64_t expired;

    (void)events;
    if (read(source->fd, &expired, sizeof(expired)) == sizeof(expired) && t->socket.fd < 0 &&
        connect_to(t) < 0)
        disconnect(t);
}

static bool gate_open(void *gate)
{
    struct turns *t = gate;

    if (t->alone || t->credit)
        return true;
    if (!t->wants) {
        t->waits++;
        t->wants = true;
        if (!t->using && !say(t, TURNS_ASK, 0, 1))
            return true;
    }
    return false;
}

static void gate_started(void *gate)
{
    struct turns *t = gate;

    t->in_flight++;
    t->started++;
    t->credit -= t->credit > 0;
}

static void gate_ended(void *gate)
{
    struct turns *t = gate;

    t->in_flight -= t->in_flight > 0;
    if (t->alone)
        return;
    if (t->held)
        use(t, t->held);
    else
        (void)say(t, TURNS_DONE, 0, 0);
}

static void gate_reset(void *gate)
{
    struct turns *t = gate;

    t->in_flight = 0;
    if (t->alone)
        return;
    if (t->held)
        answer(t, 0, false);
    else
        (void)say(t, TURNS_DONE, 0, 0);
}

const struct vgpu_gate turns_gate = {gate_open, gate_started, gate_ended, gate_reset};

int turns_init(struct turns *t, struct vu_loop *loop, struct vgpu *gpu, const char *path,
               const char *vm)
{
    int rc;

    *t = (struct turns){.loop = loop, .gpu = gpu, .path = path, .vm = vm, .alone = true};
    t->socket = (struct vu_source){-1, handle_socket, t};
    t->timer = (struct vu_source){-1, handle_timer, t};
    if (!path)
        return 0;
    if (strlen(path) >= sizeof(((struct sockaddr_un *)0)->sun_path))
        return -ENAMETOOLONG;
    t->timer.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (t->timer.fd < 0)
        return -errno;
    rc = vu_loop_add(loop, &t->timer, EPOLLIN);
    if (rc == 0 && connect_to(t) < 0)
        disconnect(t);
    return rc;
}

void turns_finish(struct turns *t)
{
    if (t->socket.fd >= 0)
        close(t->socket.fd);
    if (t->timer.fd >= 0)
        close(t->timer.fd);
    t->socket.fd = t->timer.fd = -1;
}
