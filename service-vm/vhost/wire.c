/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns one vhost-user message on its socket: framing, descriptors, limits. */
#include "vhost/protocol.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control { /* room for the descriptors of one message, aligned as cmsg wants it */
    char room[CMSG_SPACE(sizeof(int) * VHU_MAX_FDS)];
    struct cmsghdr align;
};

int vhu_send(int socket, const struct vhu_message *m)
{
    struct iovec iov[2] = {
        {(void *)(uintptr_t)&m->header, sizeof(m->header)},
        {(void *)(uintptr_t)&m->body, m->header.bytes},
    };
    struct msghdr h = {.msg_iov = iov, .msg_iovlen = m->header.bytes ? 2 : 1};
    union control control;
    size_t total = sizeof(m->header) + m->header.bytes;
    ssize_t n;

    if (m->header.bytes > sizeof(m->body) || m->fds > VHU_MAX_FDS)
        return -EINVAL;
    if (m->fds) {
        struct cmsghdr *c;

        memset(&control, 0, sizeof(control));
        h.msg_control = &control;
        h.msg_controllen = CMSG_SPACE(sizeof(int) * m->fds);
        c = CMSG_FIRSTHDR(&h);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int) * m->fds);
        memcpy(CMSG_DATA(c), m->fd, sizeof(int) * m->fds);
    }
    do {
        n = sendmsg(socket, &h, MSG_NOSIGNAL);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    /* A stream socket takes these few bytes whole or, when its buffer is full, after blocking: less
     * means trouble. */
    return (size_t)n == total ? 0 : -EIO;
}

void vhu_close_fds(struct vhu_message *m)
{
    for (unsigned i = 0; i < m->fds; i++) {
        if (m->fd[i] >= 0)
            close(m->fd[i]);
    }
    m->fds = 0;
}

int vhu_take_fd(struct vhu_message *m)
{
    int fd = m->fds ? m->fd[0] : -1;

    if (m->fds)
        m->fd[0] = -1;
    return fd;
}

/* Keeps the descriptors that came with one recvmsg; false when there are more than a message may
 * carry. */
static int keep_fds(struct vhu_message *m, struct msghdr *h)
{
    int rc = h->msg_flags & MSG_CTRUNC ? -EPROTO : 0;

    for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
        size_t n;

        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < n; i++) {
            int fd;

            memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(fd));
            if (m->fds < VHU_MAX_FDS) {
                m->fd[m->fds++] = fd;
            } else {
                close(fd);
                rc = -EPROTO;
            }
        }
    }
    return rc;
}

static int receive_some(int socket, struct vhu_rx *rx, int flags)
{
    size_t head = sizeof(rx->m.header);
    struct iovec iov;
    union control control;
    struct msghdr h = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control)};
    ssize_t n;

    if (rx->have < head)
        iov = (struct iovec){(uint8_t *)&rx->m.header + rx->have, head - rx->have};
    else
        iov = (struct iovec){rx->m.body.raw + (rx->have - head),
                             head + rx->m.header.bytes - rx->have};
    do {
        n = recvmsg(socket, &h, flags | MSG_CMSG_CLOEXEC);
    } while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    if (n == 0)
        return -ECONNRESET;
    rx->have += (size_t)n;
    return keep_fds(&rx->m, &h);
}

int vhu_receive(int socket, struct vhu_rx *rx, int flags)
{
    size_t head = sizeof(rx->m.header);
    int rc;

    for (;;) {
        rc = receive_some(socket, rx, flags);
        if (rc < 0)
            return rc == -EAGAIN && rx->have ? 0 : rc;
        if (rx->have < head)
            continue;
        if (rx->m.header.bytes > sizeof(rx->m.body))
            return -EPROTO;
        if (rx->have == head + rx->m.header.bytes)
            return 1;
    }
}

void vhu_rx_done(struct vhu_rx *rx)
{
    vhu_close_fds(&rx->m);
    rx->have = 0;
}
