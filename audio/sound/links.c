/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the sockets of the guests' sound devices and what they may ask for. */
#include "links.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "note.h"

#define DESCRIPTORS 2 /* of LINK_OPEN: ring, eventfd */

static const char *vm_name(const struct guest *g)
{
    return g->links->place.engine->mixer.policy.vm[g->vm].name;
}

static void drop(struct guest *g, const char *why)
{
    struct links *l = g->links;

    if (g->socket < 0)
        return;
    note("%s: its sound device %s", vm_name(g), why);
    pw_loop_destroy_source(l->place.graph->loop, g->source);
    (void)close(g->socket);
    g->socket = -1;
    g->source = NULL;
    for (unsigned i = 0; i < g->streams; i++)
        stream_fade(&g->stream[i], &l->place);
}

static void close_all(const int fd[DESCRIPTORS])
{
    for (unsigned i = 0; i < DESCRIPTORS; i++)
        if (fd[i] >= 0)
            (void)close(fd[i]);
}

static int hello(struct guest *g, struct link_message *m)
{
    const struct links *l = g->links;

    if (m->value != SOUND_LINK_VERSION)
        return -EPROTONOSUPPORT;
    g->greeted = true;
    m->card = (struct link_card){GRAPH_RATE, l->quantum, l->jacks};
    return 0;
}

/* A request that names a stream. */
static int of_stream(struct guest *g, const struct link_message *m, int fd[DESCRIPTORS])
{
    const struct stream_place *p = &g->links->place;
    struct stream *s;
    int ring;

    if (!g->greeted)
        return -EPROTO;
    if (m->stream >= g->streams)
        return -EINVAL;
    s = &g->stream[m->stream];
    switch (m->kind) {
    case LINK_OPEN:
        if (fd[0] < 0 || fd[1] < 0)
            return -EBADF;
        ring = fd[0];
        fd[0] = -1;
        {
            const int event = fd[1];

            fd[1] = -1;
            return stream_open(s, p, &m->format, ring, event);
        }
    case LINK_START:
        return stream_start(s);
    case LINK_STOP:
        return stream_stop(s);
    case LINK_CLOSE:
        stream_close(s, p);
        return 0;
    case LINK_VOLUME:
        return stream_volume(s, p, &m->volume);
    case LINK_SOURCE:
        return stream_source(s, p, m->value);
    default:
        return -EINVAL;
    }
}

static void answer(struct guest *g, struct link_message *m, int fd[DESCRIPTORS])
{
    m->status = m->kind == LINK_HELLO ? hello(g, m) : of_stream(g, m, fd);
    if (send(g->socket, m, sizeof(*m), MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(*m))
        drop(g, "does not read its answers");
}

/* -1 where there is none. Returns the message's length, 0 at the end, -errno. */
static ssize_t receive(int socket, struct link_message *m, int fd[DESCRIPTORS])
{
    union {
        char space[CMSG_SPACE(DESCRIPTORS * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec v = {m, sizeof(*m)};
    struct msghdr h = {.msg_iov = &v,
                       .msg_iovlen = 1,
                       .msg_control = control.space,
                       .msg_controllen = sizeof(control.space)};
    const ssize_t n = recvmsg(socket, &h, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    unsigned count = 0;

    fd[0] = fd[1] = -1;
    if (n < 0)
        return -errno;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
        const size_t here = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t i = 0; i < here; i++) {
            int one;

            memcpy(&one, CMSG_DATA(c) + i * sizeof(one), sizeof(one));
            if (count < DESCRIPTORS)
                fd[count++] = one;
            else
                (void)close(one);
        }
    }
    return n && (h.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ? -EMSGSIZE : n;
}

static void handle_socket(void *data, int socket, uint32_t events)
{
    struct guest *g = data;
    struct link_message m = {0};
    int fd[DESCRIPTORS];
    ssize_t n;

    (void)events;
    n = receive(socket, &m, fd);
    if (n == (ssize_t)sizeof(m))
        answer(g, &m, fd);
    else if (n == 0)
        drop(g, "has gone");
    else if (n != -EAGAIN)
        drop(g, n == -ECONNRESET ? "has gone" : "sends what is no message: unlinked");
    close_all(fd);
}

/* The newest connection is the device: the one before may have been left behind by a dead process.
 */
static void handle_listener(void *data, int socket, uint32_t events)
{
    struct guest *g = data;
    struct links *l = g->links;
    const struct link_volume full = {0, 0};
    const int fd = accept4(socket, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)events;
    if (fd < 0)
        return;
    drop(g, "is replaced");
    g->source = pw_loop_add_io(l->place.graph->loop, fd, SPA_IO_IN | SPA_IO_HUP | SPA_IO_ERR, false,
                               handle_socket, g);
    if (!g->source) {
        (void)close(fd);
        return;
    }
    g->socket = fd;
    g->greeted = false;
    for (unsigned i = 0; i < g->streams; i++)
        if (!g->stream[i].capture && stream_volume(&g->stream[i], &l->place, &full) < 0)
            note("%s: stream %u keeps its volume", vm_name(g), i);
    note("%s: its sound device is linked", vm_name(g));
}

static int listen_at(struct guest *g, const char *folder)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    if ((size_t)snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s.link", folder, vm_name(g)) >=
        sizeof(a.sun_path))
        return -ENAMETOOLONG;
    (void)unlink(a.sun_path);
    g->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (g->listener < 0)
        return -errno;
    if (bind(g->listener, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(g->listener, 2) < 0)
        return -errno;
    g->listening = pw_loop_add_io(g->links->place.graph->loop, g->listener, SPA_IO_IN, false,
                                  handle_listener, g);
    return g->listening ? 0 : -ENOMEM;
}

static int add_guest(struct links *l, unsigned vm, const struct bn_scenario_sound *sound,
                     const char *folder, bool realtime)
{
    struct guest *g = &l->guest[l->guests++];
    const unsigned playback = sound->playback < BN_MAX_SOUNDS ? sound->playback : BN_MAX_SOUNDS;
    const unsigned captures = sound->capture < BN_MAX_SOUNDS ? sound->capture : BN_MAX_SOUNDS;
    int rc;

    *g = (struct guest){
        .links = l, .vm = vm, .streams = playback + captures, .listener = -1, .socket = -1};
    for (unsigned i = 0; i < g->streams; i++)
        g->stream[i] = (struct stream){.vm = vm,
                                       .number = i,
                                       .capture = i >= playback,
                                       .strip = mixer_find(&l->place.engine->mixer, vm, i),
                                       .mixer = &l->place.engine->mixer,
                                       .bell = &g->bell,
                                       .guard = -1,
                                       .event = -1};
    rc = bell_init(&g->bell, realtime ? GRAPH_RT_PRIORITY - 1 : 0);
    return rc ? rc : listen_at(g, folder);
}

int links_init(struct links *l, const struct stream_place *place, const struct bn_scenario *s,
               const char *folder, unsigned quantum, bool realtime)
{
    int rc = 0;

    *l = (struct links){.place = *place, .quantum = quantum};
    if (mkdir(folder, 0700) < 0 && errno != EEXIST)
        return -errno;
    for (unsigned vm = 0; rc == 0 && vm < place->engine->mixer.policy.vms; vm++)
        if (s->vm[vm].sound.playback || s->vm[vm].sound.capture)
            rc = add_guest(l, vm, &s->vm[vm].sound, folder, realtime);
    return rc;
}

void links_finish(struct links *l)
{
    for (unsigned i = 0; i < l->guests; i++) {
        struct guest *g = &l->guest[i];

        drop(g, "is unlinked");
        for (unsigned k = 0; k < g->streams; k++)
            stream_close(&g->stream[k], &l->place);
        bell_finish(&g->bell);
        if (g->listening)
            pw_loop_destroy_source(l->place.graph->loop, g->listening);
        if (g->listener >= 0)
            (void)close(g->listener);
    }
    l->guests = 0;
}

bool links_untidy(const struct links *l)
{
    for (unsigned i = 0; i < l->guests; i++)
        for (unsigned k = 0; k < l->guest[i].streams; k++) {
            const struct stream *s = &l->guest[i].stream[k];

            if (stream_ended(s, l->place.engine) || stream_broken(s))
                return true;
        }
    return false;
}

void links_tidy(struct links *l)
{
    for (unsigned i = 0; i < l->guests; i++) {
        struct guest *g = &l->guest[i];

        for (unsigned k = 0; k < g->streams; k++) {
            if (stream_broken(&g->stream[k]))
                drop(g, "has a ring that cannot be: unlinked");
            if (stream_ended(&g->stream[k], l->place.engine))
                stream_close(&g->stream[k], &l->place);
        }
    }
}

void links_jack(struct links *l, unsigned jack, bool connected)
{
    const struct link_message m = {.kind = LINK_JACK, .stream = (uint16_t)jack, .value = connected};
    const uint32_t jacks = connected ? l->jacks | 1u << jack : l->jacks & ~(1u << jack);

    if (jacks == l->jacks)
        return;
    l->jacks = jacks;
    for (unsigned i = 0; i < l->guests; i++) {
        struct guest *g = &l->guest[i];

        if (g->greeted && g->socket >= 0 &&
            send(g->socket, &m, sizeof(m), MSG_DONTWAIT | MSG_NOSIGNAL) != sizeof(m))
            drop(g, "does not read its events");
    }
}

void links_microphone(struct links *l, struct pw_impl_node *microphone)
{
    l->place.microphone = microphone;
    for (unsigned i = 0; i < l->guests; i++)
        for (unsigned k = 0; k < l->guest[i].streams; k++) {
            struct stream *s = &l->guest[i].stream[k];

            if (s->capture && stream_source(s, &l->place, s->source) < 0)
                note("%s: stream %u hears nothing", vm_name(&l->guest[i]), k);
        }
}
