/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the child that opens the render node. */
#include "opener.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FIRST_FD 3 /* behind the standard ones */

static int confine(void)
{
    static const int allowed[] = {SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(openat),
                                  SCMP_SYS(close), SCMP_SYS(exit_group)};
    scmp_filter_ctx c = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int rc = c ? 0 : -ENOMEM;

    for (size_t i = 0; rc == 0 && i < sizeof(allowed) / sizeof(allowed[0]); i++)
        rc = seccomp_rule_add(c, SCMP_ACT_ALLOW, allowed[i], 0);
    if (rc == 0)
        rc = seccomp_load(c);
    seccomp_release(c);
    return rc;
}

union control { /* room for one descriptor */
    struct cmsghdr header;
    uint8_t room[CMSG_SPACE(sizeof(int))];
};

/* An answer is an errno, and at 0 a descriptor with it. */
static int answer(int socket, int fd, int error)
{
    union control control = {.room = {0}};
    struct iovec iov = {&error, sizeof(error)};
    struct msghdr m = {.msg_iov = &iov, .msg_iovlen = 1};

    if (fd >= 0) {
        m.msg_control = &control;
        m.msg_controllen = sizeof(control);
        control.header.cmsg_len = CMSG_LEN(sizeof(int));
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
    }
    return sendmsg(socket, &m, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

static _Noreturn void serve(int socket, const char *path)
{
    char request;

    /* Nothing of the parent's stays open here beyond its end. */
    if (prctl(PR_SET_NAME, "gvt-opener") < 0 || dup2(socket, FIRST_FD) < 0 ||
        close_range(FIRST_FD + 1, ~0u, 0) < 0 || confine() < 0)
        _exit(1);
    socket = FIRST_FD;
    while (recv(socket, &request, 1, 0) == 1) {
        const int fd = open(path, O_RDWR | O_CLOEXEC);
        const int error = fd < 0 ? errno : 0;

        if (answer(socket, fd, error) < 0)
            break;
        if (fd >= 0)
            close(fd);
    }
    _exit(0);
}

int opener_init(struct opener *o, const char *path)
{
    int pair[2];
    pid_t pid;

    o->fd = -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    pid = fork();
    if (pid == 0) {
        close(pair[0]);
        serve(pair[1], path);
    }
    close(pair[1]);
    if (pid < 0) {
        const int rc = -errno;

        close(pair[0]);
        return rc;
    }
    o->fd = pair[0];
    return 0;
}

void opener_finish(struct opener *o)
{
    if (o->fd >= 0)
        close(o->fd);
    o->fd = -1;
}

int opener_open(struct opener *o)
{
    union control control;
    int error = EIO, fd = -1;
    struct iovec iov = {&error, sizeof(error)};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control)};
    const struct cmsghdr *c;

    if (send(o->fd, "", 1, MSG_NOSIGNAL) != 1)
        return -errno;
    if (recvmsg(o->fd, &m, MSG_CMSG_CLOEXEC) != sizeof(error))
        return -EIO;
    c = CMSG_FIRSTHDR(&m);
    if (c && c->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    return error ? -error : fd < 0 ? -EIO : fd;
}
