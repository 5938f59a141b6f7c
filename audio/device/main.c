/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the order in which a guest's sound device comes up. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "backend/link.h"
#include "backend/null.h"
#include "device/arguments.h"
#include "device/device.h"
#include "display/include/display.h"

struct server {
    struct vu_loop loop;
    struct audio audio;
    struct null null;
    struct link link;
    struct vu_source signals, timer;
};

static void handle_signal(struct vu_source *source, uint32_t events)
{
    struct server *s = source->priv;

    (void)events;
    vu_loop_stop(&s->loop);
}

static void handle_statistics(struct vu_source *source, uint32_t events)
{
    struct server *s = source->priv;
    const struct audio_statistics *n = &s->audio.n;
    uint64_t expired;

    (void)events;
    if (read(source->fd, &expired, sizeof(expired)) != sizeof(expired))
        return;
    printf("audio: requests %llu refused %llu buffers %llu bad %llu xruns %llu restored %llu "
           "connections %u\n",
           (unsigned long long)n->requests, (unsigned long long)n->refused,
           (unsigned long long)n->buffers, (unsigned long long)n->bad_buffers,
           (unsigned long long)n->xruns, (unsigned long long)n->restored, s->link.connections);
    fflush(stdout);
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
    rc = vu_loop_add(&s->loop, &s->signals, EPOLLIN);
    if (rc == 0)
        rc = vu_loop_add(&s->loop, &s->timer, EPOLLIN);
    if (rc == 0 && a->statistics > 0)
        (void)timerfd_settime(s->timer.fd, 0, &period, NULL);
    return rc;
}

static int choose(struct server *s, const struct arguments *a)
{
    struct audio *d = &s->audio;

    if (a->null) {
        d->ops = &null_backend;
        d->backend = &s->null;
        d->jacks = (1u << d->card.jacks) - 1; /* nobody can pull them out */
        return null_init(&s->null, &s->loop, &device_events, d, a->playback, a->loopback);
    }
    d->ops = &link_backend;
    d->backend = &s->link;
    return link_init(&s->link, &s->loop, &device_events, d, a->playback, a->link);
}

static int start(struct server *s, const struct arguments *a)
{
    bool fresh = true;
    int rc;

    if ((rc = card_init(&s->audio.card, a->playback, a->capture)) || (rc = add_sources(s, a)))
        return rc;
    rc = device_open_state(&s->audio, a->state, &fresh);
    if (rc < 0) {
        fprintf(stderr, "audio: state folder %s: %s\n", a->state ? a->state : "(memory)",
                strerror(-rc));
        return rc;
    }
    if ((rc = device_init(&s->audio, &s->loop, !a->no_controls)) || (rc = choose(s, a)))
        return rc;
    rc = a->socket ? vu_device_listen(&s->audio.vhost, a->socket)
                   : vu_device_attach(&s->audio.vhost, a->fd);
    if (rc == 0 && !a->no_sandbox)
        rc = bn_backend_sandbox(NULL, 0);
    if (rc == 0)
        printf("audio: ready, %s, %u playback and %u capture streams%s\n", s->audio.ops->name,
               a->playback, a->capture, fresh ? "" : ", going on");
    fflush(stdout);
    return rc;
}

int main(int argc, char **argv)
{
    static struct server s;
    static struct arguments a;
    int rc;

    if (arguments_parse(&a, argc, argv) < 0)
        return 2;
    if (a.help)
        return 0;
    rc = vu_loop_init(&s.loop);
    if (rc == 0)
        rc = start(&s, &a);
    if (rc == 0)
        rc = vu_loop_run(&s.loop);
    if (rc) {
        fprintf(stderr, "audio: %s\n", strerror(-rc));
        return 1;
    }
    device_finish(&s.audio);
    if (a.null)
        null_finish(&s.null);
    else
        link_finish(&s.link);
    vu_loop_finish(&s.loop);
    return 0;
}
