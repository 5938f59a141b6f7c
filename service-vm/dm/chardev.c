/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns where a console's text goes and comes from. */
#include "chardev.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"

static void drop_client(struct chardev *c)
{
    vu_loop_remove(&c->m->loop, &c->client);
    if (c->client.fd >= 0)
        close(c->client.fd);
    c->client.fd = -1;
}

static void on_client(struct vu_source *source, uint32_t events)
{
    struct chardev *c = source->priv;
    char buf[256];
    ssize_t n = recv(source->fd, buf, sizeof(buf), MSG_DONTWAIT);

    (void)events;
    pthread_mutex_lock(&c->m->lock);
    if (n > 0 && c->receive)
        c->receive(c->device, buf, (size_t)n);
    else if (n == 0 || (n < 0 && errno != EAGAIN))
        drop_client(c);
    pthread_mutex_unlock(&c->m->lock);
}

static void on_listener(struct vu_source *source, uint32_t events)
{
    struct chardev *c = source->priv;
    int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);

    (void)events;
    if (fd < 0)
        return;
    pthread_mutex_lock(&c->m->lock);
    drop_client(c); /* the newest wins: the older one may be a forgotten terminal */
    c->client.fd = fd;
    if (vu_loop_add(&c->m->loop, &c->client, EPOLLIN) < 0)
        drop_client(c);
    pthread_mutex_unlock(&c->m->lock);
}

static int open_socket(struct chardev *c, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(a.sun_path))
        return -ENAMETOOLONG;
    memcpy(a.sun_path, path, strlen(path));
    c->listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    (void)unlink(path);
    if (c->listener.fd < 0 || bind(c->listener.fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
        listen(c->listener.fd, 1) < 0)
        return -errno;
    return vu_loop_add(&c->m->loop, &c->listener, EPOLLIN);
}

int chardev_init(struct chardev *c, struct machine *m, const char *log, const char *socket)
{
    int rc = 0;

    *c = (struct chardev){.m = m,
                          .log_fd = -1,
                          .listener = {.fd = -1, .ready = on_listener, .priv = c},
                          .client = {.fd = -1, .ready = on_client, .priv = c}};
    if (log) {
        c->log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
        rc = c->log_fd < 0 ? -errno : 0;
    }
    if (rc == 0 && socket)
        rc = open_socket(c, socket);
    if (rc < 0) {
        log_line("console %s: %s", c->log_fd < 0 && log ? log : socket, strerror(-rc));
        chardev_finish(c);
    }
    return rc;
}

void chardev_finish(struct chardev *c)
{
    drop_client(c);
    vu_loop_remove(&c->m->loop, &c->listener);
    if (c->listener.fd >= 0)
        close(c->listener.fd);
    if (c->log_fd >= 0)
        close(c->log_fd);
    c->listener.fd = c->log_fd = -1;
}

void chardev_write(struct chardev *c, const void *bytes, size_t n)
{
    if (c->log_fd >= 0 && write(c->log_fd, bytes, n) < 0) {
        log_line("console log: %s; it ends here", strerror(errno));
        close(c->log_fd);
        c->log_fd = -1;
    }
    if (c->client.fd >= 0)
        (void)send(c->client.fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
}
