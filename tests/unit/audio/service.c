/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the sound service of the tests. */
#include "service.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "link/link.h"

#define TICK_MS 5
#define FRAME   4u
#define RATE    48000u

struct service_stream {
    struct link_ring *ring;
    uint32_t bytes;
    int ring_fd, wake_fd;
    bool started;
    uint64_t since_ms; /* work is done for all time before */
};

struct service_counts service_counts;
static struct service_stream streams[LINK_STREAMS];
static int listener, device = -1;
static unsigned playback_streams;
static atomic_bool ending;
static pthread_t thread;

static void must(bool so, const char *what)
{
    if (!so) {
        fprintf(stderr, "service: %s\n", what);
        abort();
    }
}

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void close_stream(struct service_stream *s)
{
    if (!s->ring)
        return;
    munmap(s->ring, link_ring_bytes(s->bytes));
    close(s->ring_fd);
    close(s->wake_fd);
    *s = (struct service_stream){0};
}

static void drop_device(void)
{
    for (unsigned i = 0; i < LINK_STREAMS; i++)
        close_stream(&streams[i]);
    if (device >= 0)
        close(device);
    device = -1;
}

static void open_stream(struct service_stream *s, const struct link_format *f, const int fd[2])
{
    void *at;

    must(!s->ring, "a stream is opened twice");
    must(f->rate == RATE && f->format == 5 && f->channels == 2, "another format");
    at = mmap(NULL, link_ring_bytes(f->ring_bytes), PROT_READ | PROT_WRITE, MAP_SHARED, fd[0], 0);
    must(at != MAP_FAILED, "a ring cannot be mapped");
    *s = (struct service_stream){at, f->ring_bytes, fd[0], fd[1], false, 0};
    service_counts.opens++;
}

static void handle(struct link_message *m, const int fd[2])
{
    struct service_stream *s = &streams[m->stream];

    m->status = 0;
    switch (m->kind) {
    case LINK_HELLO:
        m->card = (struct link_card){RATE, RATE * TICK_MS / 1000, 3};
        break;
    case LINK_OPEN:
        open_stream(s, &m->format, fd);
        break;
    case LINK_START:
        must(s->ring && !s->started, "a start of nothing");
        s->started = true;
        s->since_ms = now_ms();
        service_counts.starts++;
        break;
    case LINK_STOP:
        must(s->ring && s->started, "a stop of nothing");
        s->started = false;
        break;
    case LINK_CLOSE:
        must(s->ring != NULL, "nothing is closed");
        close_stream(s);
        break;
    default:
        must(m->kind == LINK_VOLUME || m->kind == LINK_SOURCE, "a message that there is not");
    }
    (void)send(device, m, sizeof(*m), MSG_NOSIGNAL);
}

static bool receive(void)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control;
    struct link_message m;
    struct iovec iov = {&m, sizeof(m)};
    struct msghdr h = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof(control.bytes)};
    int fd[2] = {-1, -1};

    if (recvmsg(device, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != sizeof(m))
        return false;
    if (CMSG_FIRSTHDR(&h))
        memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&h)), sizeof(fd));
    must((m.kind == LINK_OPEN) == (fd[1] >= 0) && m.stream < LINK_STREAMS, "an odd message");
    handle(&m, fd);
    return true;
}

static uint32_t *frame_at(const struct service_stream *s, uint64_t at)
{
    return (uint32_t *)(void *)((uint8_t *)s->ring + LINK_RING_DATA + at % s->bytes);
}

static void work(struct service_stream *s, bool playback, uint64_t now)
{
    const uint64_t frames = (now - s->since_ms) * RATE / 1000;
    const uint64_t there = atomic_load(&s->ring->device);
    uint64_t at = atomic_load(&s->ring->service);
    const uint64_t end = at + frames * FRAME;

    s->since_ms = now;
    for (; at < end && (playback ? at < there : at - there < s->bytes); at += FRAME) {
        const uint32_t value = (uint32_t)(at / FRAME + 1);

        if (playback) {
            service_counts.taken++;
            service_counts.wrong += *frame_at(s, at) != value;
        } else {
            service_counts.put++;
            *frame_at(s, at) = value;
        }
    }
    if (at < end) {
        atomic_fetch_add(&s->ring->xruns, 1);
        atomic_fetch_add(&s->ring->missing, end - at);
    }
    atomic_store(&s->ring->latency, 960);
    atomic_store(&s->ring->service, at);
    if (at >= atomic_load(&s->ring->wake_at))
        must(write(s->wake_fd, &(uint64_t){1}, 8) == 8, "a device cannot be woken");
}

static void *serve(void *arg)
{
    (void)arg;
    while (!ending) {
        struct pollfd p[2] = {{listener, POLLIN, 0}, {device, POLLIN, 0}};
        const uint64_t now = now_ms();

        (void)poll(p, device >= 0 ? 2 : 1, TICK_MS);
        if (p[0].revents) {
            drop_device(); /* of a guest there is one: who comes later is it */
            device = accept(listener, NULL, NULL);
            service_counts.connections++;
            continue;
        }
        if (device >= 0 && p[1].revents && !receive())
            drop_device();
        for (unsigned i = 0; i < LINK_STREAMS; i++)
            if (streams[i].started && now >= streams[i].since_ms + TICK_MS)
                work(&streams[i], i < playback_streams, now);
    }
    drop_device();
    close(listener);
    return NULL;
}

void service_start(const char *path, unsigned playback)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    playback_streams = playback;
    memcpy(a.sun_path, path, strlen(path));
    (void)unlink(path);
    listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    must(bind(listener, (struct sockaddr *)&a, sizeof(a)) == 0 && listen(listener, 4) == 0,
         "it cannot listen");
    ending = false;
    must(pthread_create(&thread, NULL, serve, NULL) == 0, "no thread");
}

void service_stop(void)
{
    ending = true;
    (void)pthread_join(thread, NULL);
}
