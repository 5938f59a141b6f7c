/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the sockets that carry input events to the back ends of a VM's input devices. */
#include "inputport.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void drop_peer(struct input_peer *peer)
{
    wl_event_source_remove(peer->source);
    close(peer->fd);
    peer->fd = -1;
}

/* A back end never speaks: whatever arrives, end of file included, ends the connection. */
static int handle_peer(int fd, uint32_t mask, void *data)
{
    (void)fd;
    (void)mask;
    drop_peer(data);
    return 0;
}

static int handle_connection(int fd, uint32_t mask, void *data)
{
    struct input_port *p = data;
    const int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    (void)mask;
    if (peer < 0)
        return 0;
    for (unsigned i = 0; i < INPUT_PORT_PEERS; i++) {
        if (p->peer[i].fd >= 0)
            continue;
        p->peer[i].port = p;
        p->peer[i].source =
            wl_event_loop_add_fd(p->loop, peer, WL_EVENT_READABLE, handle_peer, &p->peer[i]);
        if (!p->peer[i].source)
            break;
        p->peer[i].fd = peer;
        return 0;
    }
    close(peer);
    return 0;
}

int input_port_init(struct input_port *p, struct wl_event_loop *loop, const char *dir,
                    const char *vm)
{
    memset(p, 0, sizeof(*p));
    p->loop = loop;
    for (unsigned i = 0; i < INPUT_PORT_PEERS; i++)
        p->peer[i].fd = -1;
    p->listener = socket_listen(dir, vm, ".input", SOCK_SEQPACKET);
    if (p->listener < 0)
        return p->listener;
    p->source = wl_event_loop_add_fd(loop, p->listener, WL_EVENT_READABLE, handle_connection, p);
    if (!p->source) {
        close(p->listener);
        return -ENOMEM;
    }
    return 0;
}

void input_port_finish(struct input_port *p)
{
    for (unsigned i = 0; i < INPUT_PORT_PEERS; i++)
        if (p->peer[i].fd >= 0)
            drop_peer(&p->peer[i]);
    wl_event_source_remove(p->source);
    close(p->listener);
    p->listener = -1;
}

void input_port_send(struct input_port *p, const struct bn_input_event *e, unsigned count)
{
    for (unsigned i = 0; i < INPUT_PORT_PEERS; i++) {
        if (p->peer[i].fd < 0)
            continue;
        if (send(p->peer[i].fd, e, count * sizeof(*e), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            p->dropped++;
    }
}
