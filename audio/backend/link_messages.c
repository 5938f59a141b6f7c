/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what is said to the sound service, and what its answers mean. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "backend/link_internal.h"

static uint32_t next_serial(struct link *l)
{
    l->serial += l->serial == UINT32_MAX ? 2u : 1u; /* 0 is for events */
    return l->serial;
}

static int send_message(struct link *l, const struct link_message *m, const int *fd, unsigned fds)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control = {0};
    struct iovec iov = {(void *)(uintptr_t)m, sizeof(*m)};
    struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};

    if (fds) {
        struct cmsghdr *c;

        h.msg_control = control.bytes;
        h.msg_controllen = CMSG_SPACE(fds * sizeof(int));
        c = CMSG_FIRSTHDR(&h);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(fds * sizeof(int));
        memcpy(CMSG_DATA(c), fd, fds * sizeof(int));
    }
    return sendmsg(l->peer.fd, &h, MSG_DONTWAIT | MSG_NOSIGNAL) == sizeof(*m) ? 0 : -errno;
}

void link_greet(struct link *l)
{
    struct link_message m = {.kind = LINK_HELLO, .value = SOUND_LINK_VERSION};

    l->greeted = false;
    l->hello = m.serial = next_serial(l);
    l->since = clock_now();
    if (send_message(l, &m, NULL, 0) < 0)
        link_lost(l, "it takes no message");
}

/* The next thing that the service does not know yet, 0: it knows everything. */
static enum link_kind news(const struct link_stream *s, bool playback)
{
    if (s->opened && (!s->wanted || s->again))
        return LINK_CLOSE;
    if (!s->opened)
        return s->wanted && !s->refused ? LINK_OPEN : (enum link_kind)0;
    if (playback && !s->volume_told)
        return LINK_VOLUME;
    if (!playback && !s->source_told)
        return LINK_SOURCE;
    if (s->running != s->started)
        return s->running ? LINK_START : LINK_STOP;
    return (enum link_kind)0;
}

void link_sync(struct link *l, unsigned stream)
{
    struct link_stream *s = &l->stream[stream];
    const int fd[2] = {s->ring ? s->ring->fd : -1, l->wake.fd};
    struct link_message m = {.stream = (uint16_t)stream};

    if (!l->greeted || s->asked)
        return;
    m.kind = (uint16_t)news(s, stream < l->playback);
    if (m.kind == LINK_OPEN) {
        m.format = s->format;
        s->again = false;
    } else if (m.kind == LINK_VOLUME) {
        m.volume = s->volume;
        s->volume_told = true;
    } else if (m.kind == LINK_SOURCE) {
        m.value = s->source;
        s->source_told = true;
    } else if (m.kind == 0) {
        return;
    }
    s->asked = m.kind;
    s->serial = m.serial = next_serial(l);
    s->since = clock_now();
    if (send_message(l, &m, fd, m.kind == LINK_OPEN ? 2 : 0) < 0)
        link_lost(l, "it takes no message");
}

static void refused(struct link *l, unsigned stream, int32_t status)
{
    struct link_stream *s = &l->stream[stream];

    fprintf(stderr, "audio: the sound service refuses stream %u: %s\n", stream,
            status > -4096 ? strerror(-status) : "for no reason that it can name");
    s->refused = !s->again;
}

/* The service has done, or has not, what it was asked for. */
static void answered(struct link *l, unsigned stream, uint16_t kind, int32_t status)
{
    struct link_stream *s = &l->stream[stream];

    s->asked = 0;
    switch (kind) {
    case LINK_OPEN:
        s->opened = status >= 0;
        s->started = s->volume_told = s->source_told = false;
        if (status < 0)
            refused(l, stream, status);
        break;
    case LINK_CLOSE: /* one that it cannot close is one that it has not */
        s->opened = s->started = false;
        break;
    case LINK_START:
        s->started = status >= 0;
        if (status < 0) { /* it is to be closed, and is refused from then on */
            refused(l, stream, status);
            s->again = true;
        }
        break;
    case LINK_STOP:
        s->started = false;
        break;
    default: /* a volume or a source that it does not like stays as it is there */
        break;
    }
    if (!s->opened)
        link_settle(l, stream);
    link_sync(l, stream);
}

static void greeted(struct link *l, const struct link_message *m)
{
    if (m->status < 0) {
        link_lost(l, "it speaks another version of the link: the programs must be of one build");
        return;
    }
    l->hello = 0;
    l->greeted = true;
    l->card = m->card;
    for (unsigned i = 0; i < 32; i++)
        l->events->jack(l->data, i, m->card.jacks >> i & 1);
    link_clocks(l, clock_now());
    for (unsigned i = 0; i < LINK_STREAMS && l->greeted; i++)
        link_sync(l, i);
}

/* False: no sound service says that. */
static bool handle(struct link *l, const struct link_message *m)
{
    if (m->serial == 0) {
        if (m->kind != LINK_JACK || m->value > 1)
            return false;
        if (l->greeted)
            l->events->jack(l->data, m->stream, m->value);
        return true;
    }
    if (m->kind == LINK_HELLO) {
        if (!l->hello || m->serial != l->hello)
            return false;
        greeted(l, m);
        return true;
    }
    if (m->stream >= LINK_STREAMS || !l->stream[m->stream].asked ||
        l->stream[m->stream].asked != m->kind || l->stream[m->stream].serial != m->serial)
        return false;
    answered(l, m->stream, m->kind, m->status);
    return true;
}

void link_receive(struct link *l)
{
    while (l->peer.fd >= 0) {
        struct link_message m;
        const ssize_t n = recv(l->peer.fd, &m, sizeof(m), MSG_DONTWAIT | MSG_TRUNC);

        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            link_lost(l, "it is gone");
        } else if (n != sizeof(m) || !handle(l, &m)) {
            l->errors++;
            link_lost(l, "it says what makes no sense");
        }
    }
}
