/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the arbiter's connections. */
#include "arbiter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#define LATE_NS 500000000L /* a mediator answers at once, or stands in the kernel's driver */

static void pass_on(struct arbiter *a);

static const char *name(const struct arbiter_client *c)
{
    return c->guest < 0 ? "?" : c->arbiter->scenario->vm[c->vm].name;
}

static void drop(struct arbiter_client *c)
{
    vu_loop_remove(c->arbiter->loop, &c->source);
    close(c->source.fd);
    c->source.fd = -1;
    if (c->guest >= 0) {
        schedule_leave(&c->arbiter->schedule, (unsigned)c->guest);
        printf("gvt: arbiter: %s has gone\n", name(c));
        fflush(stdout);
    }
    c->guest = -1;
}

static struct arbiter_client *client_of(struct arbiter *a, unsigned guest)
{
    for (unsigned i = 0; i < SCHEDULE_GUESTS; i++)
        if (a->client[i].source.fd >= 0 && a->client[i].guest == (int)guest)
            return &a->client[i];
    return NULL;
}

/* -EPERM: no such VM, it has no vGPU, or has a mediator already. */
static int welcome(struct arbiter_client *c, const struct turns_message *m)
{
    struct arbiter *a = c->arbiter;

    for (unsigned i = 0; i < a->scenario->vm_count; i++) {
        const struct bn_scenario_vm *vm = &a->scenario->vm[i];

        if (strncmp(vm->name, m->vm, TURNS_NAME_BYTES) || !vm->gpu.weight)
            continue;
        for (unsigned j = 0; j < SCHEDULE_GUESTS; j++)
            if (a->client[j].source.fd >= 0 && a->client[j].guest >= 0 && a->client[j].vm == i)
                return -EPERM;
        c->vm = i;
        c->guest = schedule_join(&a->schedule, vm->gpu.weight, vm->gpu.priority, m->in_flight);
        if (c->guest >= 0)
            printf("gvt: arbiter: %s, weight %u, priority %u\n", vm->name, vm->gpu.weight,
                   vm->gpu.priority);
        fflush(stdout);
        return c->guest < 0 ? c->guest : 0;
    }
    return -EPERM;
}

static int hear(struct arbiter_client *c, const struct turns_message *m)
{
    struct schedule *s = &c->arbiter->schedule;
    const unsigned guest = (unsigned)c->guest;

    if (c->guest < 0)
        return m->kind == TURNS_HELLO ? welcome(c, m) : -EPROTO;
    switch (m->kind) {
    case TURNS_ASK:
        schedule_ask(s, guest, m->in_flight);
        return 0;
    case TURNS_ANSWER:
        schedule_answer(s, guest, m->pieces, m->more != 0, m->in_flight);
        return 0;
    case TURNS_DONE:
        schedule_done(s, guest, m->in_flight);
        return 0;
    default:
        return -EPROTO;
    }
}

static void handle_client(struct vu_source *source, uint32_t events)
{
    struct arbiter_client *c = source->priv;
    struct arbiter *a = c->arbiter;
    struct turns_message m;
    const ssize_t n = recv(source->fd, &m, sizeof(m), MSG_DONTWAIT);

    (void)events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n != sizeof(m) || hear(c, &m) < 0)
        drop(c);
    pass_on(a);
}

static bool tell(struct arbiter_client *c, enum turns_kind kind, uint32_t pieces)
{
    const struct turns_message m = {.kind = kind, .pieces = pieces};

    return send(c->source.fd, &m, sizeof(m), MSG_NOSIGNAL | MSG_DONTWAIT) == sizeof(m);
}

/* The clock runs while an answer is owed. It is left alone as long as it is right, and judges only
 * what was owed all the time that it ran. */
static void set_timer(struct arbiter *a, bool anew)
{
    const bool wanted = schedule_owing(&a->schedule) >= 0;
    const struct itimerspec t = {.it_value.tv_nsec = wanted ? LATE_NS : 0};

    if (wanted != a->timing || (wanted && anew))
        (void)timerfd_settime(a->timer.fd, 0, &t, NULL);
    a->timing = wanted;
}

static void pass_on(struct arbiter *a)
{
    static const enum turns_kind kinds[] = {[SCHEDULE_GRANT] = TURNS_GRANT,
                                            [SCHEDULE_ALONE] = TURNS_ALONE,
                                            [SCHEDULE_CALL] = TURNS_CALL};
    struct schedule_decision d;
    bool told = false;

    while ((d = schedule_next(&a->schedule)).verdict != SCHEDULE_NOTHING) {
        struct arbiter_client *c = client_of(a, d.guest);

        told = true;
        if (c && !tell(c, kinds[d.verdict], d.pieces))
            drop(c);
    }
    set_timer(a, told);
}

static void handle_timer(struct vu_source *source, uint32_t events)
{
    struct arbiter *a = source->priv;
    const int guest = schedule_owing(&a->schedule);
    uint64_t expired;

    (void)events;
    if (read(source->fd, &expired, sizeof(expired)) != sizeof(expired))
        return;
    a->timing = false;
    if (guest >= 0) {
        printf("gvt: arbiter: %s does not answer, the others go on\n",
               name(client_of(a, (unsigned)guest)));
        fflush(stdout);
        schedule_late(&a->schedule, (unsigned)guest);
    }
    pass_on(a);
}

static void handle_listener(struct vu_source *source, uint32_t events)
{
    struct arbiter *a = source->priv;
    const int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)events;
    for (unsigned i = 0; fd >= 0 && i < SCHEDULE_GUESTS; i++) {
        struct arbiter_client *c = &a->client[i];

        if (c->source.fd >= 0)
            continue;
        *c = (struct arbiter_client){{fd, handle_client, c}, a, -1, 0};
        if (vu_loop_add(a->loop, &c->source, EPOLLIN) == 0)
            return;
        c->source.fd = -1;
        break;
    }
    if (fd >= 0)
        close(fd);
}

static int listen_on(const char *path)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct stat st;
    int fd, rc = 0;

    if (strlen(path) >= sizeof(at.sun_path))
        return -ENAMETOOLONG;
    strcpy(at.sun_path, path);
    if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        (void)unlink(path);
    fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || chmod(path, 0600) < 0 ||
        listen(fd, SCHEDULE_GUESTS) < 0)
        rc = -errno;
    if (rc)
        close(fd);
    return rc ? rc : fd;
}

int arbiter_init(struct arbiter *a, struct vu_loop *loop, const struct bn_scenario *scenario,
                 const char *path)
{
    int rc;

    *a = (struct arbiter){.loop = loop, .scenario = scenario};
    for (unsigned i = 0; i < SCHEDULE_GUESTS; i++)
        a->client[i] = (struct arbiter_client){.source.fd = -1, .guest = -1};
    a->timer = (struct vu_source){timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                                  handle_timer, a};
    a->listener = (struct vu_source){listen_on(path), handle_listener, a};
    if (a->timer.fd < 0 || a->listener.fd < 0)
        return a->listener.fd < 0 ? a->listener.fd : -ENFILE;
    rc = vu_loop_add(loop, &a->timer, EPOLLIN);
    return rc ? rc : vu_loop_add(loop, &a->listener, EPOLLIN);
}

void arbiter_finish(struct arbiter *a)
{
    for (unsigned i = 0; i < SCHEDULE_GUESTS; i++)
        if (a->client[i].source.fd >= 0)
            drop(&a->client[i]);
    if (a->listener.fd >= 0)
        close(a->listener.fd);
    if (a->timer.fd >= 0)
        close(a->timer.fd);
}
