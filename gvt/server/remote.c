/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the display socket: its life, bytes out and in, and what the guest's commands change. */
#include "remote.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void disconnect(struct remote *r)
{
    if (r->socket.fd < 0)
        return;
    vu_loop_remove(r->loop, &r->socket);
    close(r->socket.fd);
    r->socket.fd = -1;
    r->out.bytes = r->out.sent = r->in.have = 0;
    r->writing = false;
    r->awaited = 0;
    /* Nobody is left to ask: the guest gets what was known last. */
    r->answered = r->question != 0;
}

static void lost(struct remote *r, const char *why)
{
    fprintf(stderr, "gvt: the front end's display is gone: %s\n", why);
    disconnect(r);
    if (r->answered && r->gpu->progress)
        r->gpu->progress(r->gpu->progress_data);
}

union control { /* room for one descriptor */
    struct cmsghdr header;
    uint8_t room[CMSG_SPACE(sizeof(int))];
};

/* What the socket takes of the message; its first byte carries the descriptor. */
static ssize_t send_some(int socket, const struct remote_message *m)
{
    union control control = {.room = {0}};
    struct iovec iov = {m->data + m->sent, m->bytes - m->sent};
    struct msghdr h = {.msg_iov = &iov, .msg_iovlen = 1};

    if (m->fd >= 0 && m->sent == 0) {
        h.msg_control = &control;
        h.msg_controllen = sizeof(control);
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        memcpy(CMSG_DATA(&control.header), &m->fd, sizeof(m->fd));
    }
    return sendmsg(socket, &h, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void remote_flush(struct remote *r)
{
    bool full = false;

    if (r->socket.fd < 0)
        return;
    while (!full && (r->out.sent < r->out.bytes || remote_next(r))) {
        const ssize_t n = send_some(r->socket.fd, &r->out);

        if (n < 0 && errno != EAGAIN) {
            (void)shutdown(r->socket.fd, SHUT_RDWR); /* handle_ready() hears of it */
            r->out.bytes = r->out.sent = 0;
            return;
        }
        full = n < 0;
        r->out.sent += full ? 0 : (size_t)n;
        r->sent_bytes += full ? 0 : (size_t)n;
    }
    if (full != r->writing &&
        vu_loop_modify(r->loop, &r->socket, EPOLLIN | (full ? EPOLLOUT : 0u)) == 0)
        r->writing = full;
}

/* The next bytes of the header or of what follows it: 1 the answer is whole, 0 more is to come. */
static int receive_some(struct remote *r)
{
    const size_t head = sizeof(r->in.header);
    const bool in_head = r->in.have < head;
    uint8_t *to = in_head ? (uint8_t *)&r->in.header + r->in.have
                          : (uint8_t *)&r->in.body + (r->in.have - head);
    const size_t wanted = (in_head ? head : head + r->in.header.bytes) - r->in.have;
    const ssize_t n = recv(r->socket.fd, to, wanted, MSG_DONTWAIT);

    if (n < 0)
        return errno == EAGAIN ? 0 : -errno;
    if (n == 0)
        return -ECONNRESET;
    r->in.have += (size_t)n;
    if (r->in.have < head)
        return 0;
    if (r->in.header.bytes > sizeof(r->in.body))
        return -EPROTO;
    return r->in.have == head + r->in.header.bytes;
}

static void handle_ready(struct vu_source *source, uint32_t events)
{
    struct remote *r = source->priv;
    int rc = events & (EPOLLIN | EPOLLHUP | EPOLLERR) ? receive_some(r) : 0;

    if (rc == 1) {
        r->in.have = 0;
        rc = remote_take_answer(r) ? 0 : -EPROTO;
    }
    if (rc < 0) {
        lost(r, strerror(-rc));
        return;
    }
    if (r->answered && r->gpu->progress)
        r->gpu->progress(r->gpu->progress_data);
    remote_flush(r);
}

bool remote_ready(struct remote *r, const union vgpu_request *q, size_t bytes)
{
    const bool edid = bytes >= sizeof(q->get_edid) && q->header.type == VGPU_CMD_GET_EDID &&
                      q->get_edid.scanout < r->gpu->scanouts;
    const bool info = bytes >= sizeof(q->header) && q->header.type == VGPU_CMD_GET_DISPLAY_INFO;
    const uint32_t question = edid ? VDS_GET_EDID : VDS_GET_DISPLAY_INFO;
    const uint32_t scanout = edid ? q->get_edid.scanout : 0;
    const bool negotiating = r->awaited == VDS_GET_PROTOCOL_FEATURES;

    if (r->socket.fd < 0 || (!edid && !info) ||
        (edid && !negotiating && !(r->features & VDS_F_EDID)))
        return true;
    if (r->question == question && r->question_scanout == scanout && r->answered) {
        r->question = 0;
        r->answered = false;
        return true;
    }
    if (r->question != question || r->question_scanout != scanout) {
        r->question = question;
        r->question_scanout = scanout;
        r->answered = false;
    }
    remote_flush(r);
    return false;
}

/* Everything that the guest shows, for a front end that knows nothing. */
static void show_anew(struct remote *r)
{
    for (unsigned i = 0; i < VGPU_MAX_SCANOUTS; i++) {
        struct remote_view *v = &r->view[i];

        v->set = v->imported = false;
        v->width = v->height = 0;
        v->cursor_changed = v->cursor != NULL;
        v->cursor_moved = false;
        v->damage = (struct damage){0};
        if (v->resource)
            (void)damage_add(&v->damage, &v->rect, &v->rect);
    }
}

int remote_connect(struct remote *r, int fd)
{
    const struct vds_header ask = {.request = VDS_GET_PROTOCOL_FEATURES};
    int rc;

    disconnect(r);
    r->socket = (struct vu_source){.fd = fd, .ready = handle_ready, .priv = r};
    rc = vu_loop_add(r->loop, &r->socket, EPOLLIN);
    if (rc) {
        close(fd);
        r->socket.fd = -1;
        return rc;
    }
    r->features = 0;
    r->answered = false; /* a question that is open is for the new one */
    show_anew(r);
    memcpy(r->out.data, &ask, sizeof(ask));
    r->out.bytes = sizeof(ask);
    r->out.fd = -1;
    r->awaited = VDS_GET_PROTOCOL_FEATURES;
    printf("gvt: connected to the front end's display\n");
    fflush(stdout);
    remote_flush(r);
    return 0;
}

int remote_init(struct remote *r, struct vu_loop *loop, struct vgpu *gpu)
{
    memset(r, 0, sizeof(*r));
    r->loop = loop;
    r->gpu = gpu;
    r->socket.fd = r->out.fd = -1;
    r->out.data = malloc(REMOTE_ROOM);
    return r->out.data ? 0 : -ENOMEM;
}

void remote_finish(struct remote *r)
{
    disconnect(r);
    free(r->out.data);
}

static void sink_scanout(void *sink, unsigned n, struct resource *p, const struct vgpu_rect *rect)
{
    struct remote_view *v = &((struct remote *)sink)->view[n];

    v->resource = p;
    v->set = false;
    v->damage = (struct damage){0};
    if (!p)
        return;
    v->rect = *rect;
    (void)damage_add(&v->damage, rect, rect);
}

static void sink_flush(void *sink, unsigned n, struct resource *p, const struct vgpu_rect *damage)
{
    struct remote_view *v = &((struct remote *)sink)->view[n];

    (void)p;
    (void)damage_add(&v->damage, &v->rect, damage);
}

static void sink_cursor(void *sink, unsigned n, struct resource *p, int32_t x, int32_t y,
                        bool update)
{
    struct remote_view *v = &((struct remote *)sink)->view[n];

    v->cursor = p;
    v->cursor_x = (uint32_t)x;
    v->cursor_y = (uint32_t)y;
    v->cursor_changed = v->cursor_changed || update;
    v->cursor_moved = true;
}

/* The resource's descriptor may be on its way: a message that has begun has taken it along, one
 * that has not is said again. */
static void sink_forget(void *sink, struct resource *p)
{
    struct remote *r = sink;

    if (r->out.fd < 0 || r->out.fd != p->fd)
        return;
    if (!r->out.sent)
        r->out.bytes = 0;
    r->out.fd = -1;
}

const struct vgpu_sink remote_sink = {sink_scanout, sink_flush, sink_cursor, sink_forget};
