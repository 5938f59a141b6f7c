/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the order in which a vGPU comes up. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "core/health.h"
#include "display/include/display.h"
#include "server.h"

static void handle_signal(struct vu_source *source, uint32_t events)
{
    struct server *s = source->priv;

    (void)events;
    vu_loop_stop(&s->loop);
}

static void handle_statistics(struct vu_source *source, uint32_t events)
{
    struct server *s = source->priv;
    const struct vgpu_statistics *n = &s->device.gpu.statistics;
    uint64_t expired;

    (void)events;
    if (read(source->fd, &expired, sizeof(expired)) != sizeof(expired))
        return;
    printf("gvt: commands %llu errors %llu scanouts %llu flushes %llu pictures %llu copies %llu "
           "bytes %llu resources %u batches %llu dwords %llu refused %llu postponed %llu "
           "contexts %u sent %llu\n",
           (unsigned long long)n->commands, (unsigned long long)n->errors,
           (unsigned long long)n->scanouts, (unsigned long long)n->flushes,
           (unsigned long long)s->screens->pictures(s), (unsigned long long)n->copies,
           (unsigned long long)n->copied_bytes, s->device.gpu.resources.count,
           (unsigned long long)n->batches, (unsigned long long)n->dwords,
           (unsigned long long)n->refused, (unsigned long long)n->postponed,
           s->device.gpu.contexts.count, (unsigned long long)s->remote.sent_bytes);
    fflush(stdout);
}

/* A second from now, and on until there is nothing to look after; 0: not at all. */
static void set_watch(struct server *s, bool on)
{
    const struct itimerspec t = {{on, 0}, {on, 0}};

    if (s->watching != on)
        (void)timerfd_settime(s->watch.fd, 0, &t, NULL);
    s->watching = on;
}

static void handle_watch(struct vu_source *source, uint32_t events)
{
    struct server *s = source->priv;
    struct vgpu *g = &s->device.gpu;
    uint64_t expired;

    (void)events;
    if (read(source->fd, &expired, sizeof(expired)) != sizeof(expired))
        return;
    switch (health_look(g)) {
    case HEALTH_IDLE:
        set_watch(s, false);
        break;
    case HEALTH_WORKS:
        break;
    case HEALTH_STANDS:
        fprintf(stderr, "gvt: the physical GPU has ended nothing for %u s, %u batches wait\n",
                HEALTH_PATIENCE, g->batches);
        s->failure = -EIO;
        vu_loop_stop(&s->loop);
    }
    if (g->statistics.lost > s->lost) {
        printf("gvt: the physical GPU has ended %u contexts\n", g->statistics.lost - s->lost);
        fflush(stdout);
    }
    s->lost = g->statistics.lost;
    status_update(&s->status);
}

static int add_sources(struct server *s, const struct arguments *a)
{
    const struct itimerspec period = {{a->statistics, 0}, {a->statistics, 0}};
    sigset_t set;
    int rc;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    s->signals = (struct vu_source){signalfd(-1, &set, SFD_CLOEXEC), handle_signal, s};
    s->timer = (struct vu_source){timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                                  handle_statistics, s};
    s->watch = (struct vu_source){timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                                  handle_watch, s};
    rc = vu_loop_add(&s->loop, &s->signals, EPOLLIN);
    if (rc == 0)
        rc = vu_loop_add(&s->loop, &s->timer, EPOLLIN);
    if (rc == 0)
        rc = vu_loop_add(&s->loop, &s->watch, EPOLLIN);
    if (rc == 0 && a->statistics > 0)
        (void)timerfd_settime(s->timer.fd, 0, &period, NULL);
    return rc;
}

static void processed(void *data)
{
    struct server *s = data;

    s->screens->watch.processed(s->screens_data);
    status_update(&s->status);
    if (s->device.gpu.health.work)
        set_watch(s, true);
}

static int start(struct server *s, const struct arguments *a)
{
    struct vgpu *gpu = &s->device.gpu;
    struct vgpu_limits limits;
    int rc;

    if ((rc = choice_init(s, a, &limits)))
        return rc;
    screens_choose(s, a);
    s->processing.processed = processed;
    vgpu_init(gpu, s->backend, s->render, s->screens->sink, s->screens_data, a->mode, a->scanouts,
              &limits);
    gpu->gate = &turns_gate;
    gpu->gate_data = &s->turns;
    s->device.watch = &s->processing;
    s->device.watch_data = s;
    if ((rc = add_sources(s, a)) || (rc = device_init(&s->device, &s->loop)))
        return rc;
    vu_device_poll(&s->device.vhost, a->type.poll_us);
    rc = screens_init(s, a);
    if (rc == 0)
        rc = turns_init(&s->turns, &s->loop, gpu, s->backend->render ? a->arbiter : NULL, a->vm);
    if (rc == 0)
        rc = status_init(&s->status, a->status, a->vm, &a->type, gpu, &s->turns);
    if (rc)
        return rc;
    status_update(&s->status);
    rc = a->socket ? vu_device_listen(&s->device.vhost, a->socket)
                   : vu_device_attach(&s->device.vhost, a->fd);
    if (rc == 0 && !a->no_sandbox)
        rc = choice_confine(s);
    return rc;
}

static int start_arbiter(struct server *s, const struct arguments *a)
{
    int rc = add_sources(s, a);

    if (rc == 0)
        rc = arbiter_init(&s->arbiter, &s->loop, a->plan, a->arbitrate);
    if (rc == 0 && !a->no_sandbox)
        rc = bn_backend_sandbox(NULL, 0);
    return rc;
}

static void finish(struct server *s, const struct arguments *a)
{
    if (a->arbitrate) {
        arbiter_finish(&s->arbiter);
    } else {
        device_finish(&s->device);
        turns_finish(&s->turns);
        choice_finish(s);
        screens_finish(s, a);
    }
    vu_loop_finish(&s->loop);
}

int main(int argc, char **argv)
{
    static struct server s;
    static struct arguments a;
    int rc;

    if (arguments_parse(&a, argc, argv) < 0)
        return 2;
    rc = vu_loop_init(&s.loop);
    if (rc == 0)
        rc = a.arbitrate ? start_arbiter(&s, &a) : start(&s, &a);
    if (rc == 0) {
        if (a.arbitrate)
            printf("gvt: arbiter ready\n");
        else
            printf("gvt: ready, %s, %u scanouts\n", s.backend->name, a.scanouts);
        fflush(stdout);
        rc = vu_loop_run(&s.loop);
        rc = rc ? rc : s.failure;
    }
    if (rc) {
        fprintf(stderr, "gvt: %s\n", strerror(-rc));
        return 1;
    }
    finish(&s, &a);
    return 0;
}
