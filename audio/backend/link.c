/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what the device wants of its streams, and who works their rings: the sound service, or while
 * it is away a clock. */
#include "backend/link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "backend/link_internal.h"

#define RETRY_NS   200000000u
#define PATIENCE   UINT64_C(2000000000) /* ns: a service that does not answer is none */
#define AWAY_NS    5000000u             /* tick of the clock */
#define RUNNING_NS 20000000u            /* an xrun of the service's is noticed then */
#define IDLE_NS    200000000u

void link_arm(struct link *l)
{
    uint64_t ns = l->peer.fd < 0 || !l->greeted ? IDLE_NS : 0;
    struct itimerspec t = {0};

    for (unsigned i = 0; i < LINK_STREAMS; i++) {
        const struct link_stream *s = &l->stream[i];
        const uint64_t want = s->ticks ? AWAY_NS : s->running ? RUNNING_NS : s->asked ? IDLE_NS : 0;

        if (want && (!ns || want < ns))
            ns = want;
    }
    t.it_value.tv_nsec = t.it_interval.tv_nsec = (long)ns;
    (void)timerfd_settime(l->timer.fd, 0, &t, NULL);
}

void link_clocks(struct link *l, uint64_t now)
{
    for (unsigned i = 0; i < LINK_STREAMS; i++) {
        struct link_stream *s = &l->stream[i];
        const bool ticks = s->wanted && s->running && s->ready && (!l->greeted || s->refused);

        if (ticks && !s->ticks)
            clock_start(&s->clock, &s->format, i < l->playback, now);
        s->ticks = ticks;
    }
    link_arm(l);
}

void link_settle(struct link *l, unsigned stream)
{
    struct link_stream *s = &l->stream[stream];

    if (!s->wanted || s->ready)
        return;
    ring_clear(s->ring);
    s->ready = true;
    s->again = false;
    /* before the device's news are handed on it may have closed the stream again */
    l->events->progress(l->data);
}

void link_lost(struct link *l, const char *why)
{
    if (l->peer.fd < 0)
        return;
    if (l->greeted || strcmp(why, "it is gone"))
        fprintf(stderr, "audio: sound service lost: %s\n", why);
    vu_loop_remove(l->loop, &l->peer);
    close(l->peer.fd);
    l->peer.fd = -1;
    l->greeted = false;
    l->hello = 0;
    l->retry = clock_now() + RETRY_NS;
    for (unsigned i = 0; i < LINK_STREAMS; i++) {
        struct link_stream *s = &l->stream[i];

        s->opened = s->started = s->again = s->refused = false;
        s->asked = 0;
    }
    for (unsigned i = 0; i < LINK_STREAMS; i++)
        link_settle(l, i);
    link_clocks(l, clock_now());
}

static void on_peer(struct vu_source *source, uint32_t events)
{
    struct link *l = source->priv;

    (void)events;
    link_receive(l);
    link_clocks(l, clock_now());
}

void link_attach(struct link *l, int fd)
{
    l->peer = (struct vu_source){.fd = fd, .ready = on_peer, .priv = l};
    if (vu_loop_add(l->loop, &l->peer, EPOLLIN) < 0) {
        close(fd);
        l->peer.fd = -1;
        return;
    }
    l->connections++;
    link_greet(l);
    link_arm(l);
}

static void try_to_connect(struct link *l)
{
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    l->retry = clock_now() + RETRY_NS;
    if (fd < 0)
        return;
    if (connect(fd, (const struct sockaddr *)&l->path, sizeof(l->path)) < 0)
        close(fd);
    else
        link_attach(l, fd);
}

static bool overdue(const struct link *l, uint64_t now)
{
    if (l->hello && now > l->since + PATIENCE)
        return true;
    for (unsigned i = 0; i < LINK_STREAMS; i++)
        if (l->stream[i].asked && now > l->stream[i].since + PATIENCE)
            return true;
    return false;
}

void link_tick(struct link *l, uint64_t now)
{
    if (l->peer.fd >= 0 && overdue(l, now))
        link_lost(l, "it does not answer");
    if (l->peer.fd < 0 && l->path.sun_path[0] && now >= l->retry)
        try_to_connect(l);
    for (unsigned i = 0; i < LINK_STREAMS; i++) {
        struct link_stream *s = &l->stream[i];
        struct clock_step step;

        if (!s->ticks)
            continue;
        step = clock_due(&s->clock, s->ring, now);
        if (i >= l->playback)
            clock_silence_step(s->ring, &step, s->format.format);
        clock_commit(s->ring, &step);
    }
    l->events->progress(l->data);
    link_arm(l);
}

static void on_timer(struct vu_source *source, uint32_t events)
{
    uint64_t expired;

    (void)events;
    if (read(source->fd, &expired, sizeof(expired)) == sizeof(expired))
        link_tick(source->priv, clock_now());
}

static void on_wake(struct vu_source *source, uint32_t events)
{
    struct link *l = source->priv;
    uint64_t n;

    (void)events;
    if (read(source->fd, &n, sizeof(n)) == sizeof(n))
        l->events->progress(l->data);
}

static int open_stream(void *b, unsigned stream, const struct link_format *format,
                       struct ring *ring, bool resume)
{
    struct link *l = b;
    struct link_stream *s = &l->stream[stream];

    s->wanted = true;
    s->running = s->refused = false;
    s->format = *format;
    s->ring = ring;
    s->ready = resume;
    /* the service may still be at work on the ring as it was before */
    s->again = s->opened || s->asked;
    if (!s->again && !resume) {
        ring_clear(ring);
        s->ready = true;
    }
    link_sync(l, stream);
    link_clocks(l, clock_now());
    return 0;
}

static bool is_ready(void *b, unsigned stream)
{
    const struct link *l = b;

    return l->stream[stream].wanted && l->stream[stream].ready;
}

static int start_stream(void *b, unsigned stream)
{
    struct link *l = b;

    if (l->stream[stream].refused)
        return -EIO;
    l->stream[stream].running = true;
    link_sync(l, stream);
    link_clocks(l, clock_now());
    return 0;
}

static void stop_stream(void *b, unsigned stream)
{
    struct link *l = b;

    l->stream[stream].running = false;
    link_sync(l, stream);
    link_clocks(l, clock_now());
}

static void close_stream(void *b, unsigned stream)
{
    struct link *l = b;
    struct link_stream *s = &l->stream[stream];

    s->wanted = s->running = s->ready = false;
    link_sync(l, stream);
    link_clocks(l, clock_now());
}

static void set_volume(void *b, unsigned stream, const struct link_volume *volume)
{
    struct link *l = b;

    l->stream[stream].volume = *volume;
    l->stream[stream].volume_told = false;
    link_sync(l, stream);
}

static void set_source(void *b, unsigned stream, unsigned source)
{
    struct link *l = b;

    l->stream[stream].source = source;
    l->stream[stream].source_told = false;
    link_sync(l, stream);
}

static void waiting(void *b, unsigned stream)
{
    (void)b, (void)stream; /* the service reads it in the ring, the clock ticks anyway */
}

const struct backend_ops link_backend = {
    .name = "link",
    .open = open_stream,
    .ready = is_ready,
    .start = start_stream,
    .stop = stop_stream,
    .close = close_stream,
    .volume = set_volume,
    .source = set_source,
    .waiting = waiting,
};

int link_init(struct link *l, struct vu_loop *loop, const struct backend_events *events, void *data,
              unsigned playback, const char *path)
{
    int rc;

    memset(l, 0, sizeof(*l));
    l->loop = loop;
    l->events = events;
    l->data = data;
    l->playback = playback;
    l->peer.fd = -1;
    l->path.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof(l->path.sun_path))
        return -ENAMETOOLONG;
    memcpy(l->path.sun_path, path, strlen(path));
    l->timer = (struct vu_source){.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                                  .ready = on_timer,
                                  .priv = l};
    l->wake = (struct vu_source){
        .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), .ready = on_wake, .priv = l};
    if (l->timer.fd < 0 || l->wake.fd < 0)
        return -errno;
    rc = vu_loop_add(loop, &l->timer, EPOLLIN);
    if (rc == 0)
        rc = vu_loop_add(loop, &l->wake, EPOLLIN);
    if (rc == 0)
        link_tick(l, clock_now());
    return rc;
}

void link_finish(struct link *l)
{
    vu_loop_remove(l->loop, &l->peer);
    vu_loop_remove(l->loop, &l->timer);
    vu_loop_remove(l->loop, &l->wake);
    if (l->peer.fd >= 0)
        close(l->peer.fd);
    close(l->timer.fd);
    close(l->wake.fd);
}
