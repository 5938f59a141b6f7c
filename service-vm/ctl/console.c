/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the way from a terminal to the console socket of a device model. */
#include "console.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static int connect_to(const char *vm)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const int n = snprintf(a.sun_path, sizeof(a.sun_path), "/run/guest/%s/console.sock", vm);
    int fd, rc;

    if (n < 0 || (size_t)n >= sizeof(a.sun_path) || strchr(vm, '/'))
        return -EINVAL;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
        rc = -errno;
        (void)close(fd);
        return rc;
    }
    return fd;
}

static int write_all(int fd, const char *bytes, size_t n)
{
    while (n) {
        const ssize_t done = write(fd, bytes, n);

        if (done < 0 && errno != EINTR)
            return -errno;
        if (done > 0) {
            bytes += done;
            n -= (size_t)done;
        }
    }
    return 0;
}

/* 1 when `from` has ended. */
static int copy(int from, int to)
{
    char buffer[4096];
    const ssize_t n = read(from, buffer, sizeof(buffer));

    if (n <= 0)
        return n < 0 && errno == EINTR ? 0 : 1;
    return write_all(to, buffer, (size_t)n);
}

int console_attach(const char *vm)
{
    const int fd = connect_to(vm);
    struct pollfd p[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    int rc = 0;

    if (fd < 0)
        return fd;
    while (rc == 0) {
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            rc = -errno;
        if (rc == 0 && p[1].revents)
            rc = copy(fd, STDOUT_FILENO);
        if (rc == 0 && p[0].revents)
            rc = copy(STDIN_FILENO, fd);
    }
    (void)close(fd);
    return rc > 0 ? 0 : rc;
}
