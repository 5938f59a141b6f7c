/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns a back end's connection: accepting it, its queues' life, its end. Messages are in
 * backend_messages.c. */
#include "backend_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void vu_complain(const struct vu_device *dev, const char *what)
{
    if (!dev->quiet)
        fprintf(stderr, "vhost-user: %s\n", what);
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void on_kick(struct vu_source *source, uint32_t events)
{
    struct vu_queue *q = source->priv;
    uint64_t count;

    (void)events;
    if (read(source->fd, &count, sizeof(count)) < 0 && errno != EAGAIN) {
        vu_complain(q->dev, "a kick descriptor cannot be read");
        vu_loop_remove(q->dev->loop, source);
        return;
    }
    vu_queue_process(q);
}

void vu_queue_process(struct vu_queue *q)
{
    unsigned index = (unsigned)(q - q->dev->queue);

    if (q->running && !q->vq.broken)
        q->dev->ops->process(q->dev, index);
    if (q->running && q->vq.broken)
        vu_notify(q->dev, index);
}

bool vu_queue_translate(struct vu_queue *q)
{
    const struct vq_mem *mem = &q->dev->mem;
    void *desc = vq_mem_at_uva(mem, q->addr.desc, virtq_desc_bytes(q->size));
    void *avail = vq_mem_at_uva(mem, q->addr.avail, virtq_avail_bytes(q->size));
    void *used = vq_mem_at_uva(mem, q->addr.used, virtq_used_bytes(q->size));

    return virtq_start(&q->vq, mem, q->size, desc, avail, used, q->base) == 0;
}

int vu_queue_update(struct vu_queue *q)
{
    struct vu_device *dev = q->dev;
    bool want = q->kicked && q->enabled && q->addr_set && q->size;

    if (want == q->running)
        return 0;
    if (want && !vu_queue_translate(q)) {
        vu_complain(dev, "a ring lies outside guest memory or is misaligned");
        return -EFAULT;
    }
    if (want) {
        q->vq.event_idx = dev->features & VIRTIO_F_EVENT_IDX;
        q->vq.indirect = dev->features & VIRTIO_F_INDIRECT_DESC;
    } else {
        q->base = q->vq.last_avail;
    }
    q->running = want;
    q->told_broken = false;
    if (dev->ops->queue_running)
        dev->ops->queue_running(dev, (unsigned)(q - dev->queue), want);
    if (want)
        vu_queue_process(q); /* what was there before the kick descriptor was */
    else
        virtq_stop(&q->vq);
    return 0;
}

void vu_queue_kick_fd(struct vu_queue *q, int fd)
{
    vu_loop_remove(q->dev->loop, &q->kick);
    close_fd(&q->kick.fd);
    q->kick.fd = fd;
    if (fd < 0)
        return;
    (void)fcntl(fd, F_SETFL, O_NONBLOCK); /* a kick counted twice must not stop us */
    if (vu_loop_add(q->dev->loop, &q->kick, EPOLLIN) < 0)
        vu_complain(q->dev, "a kick descriptor cannot be waited for");
}

void vu_queue_stop(struct vu_queue *q)
{
    q->kicked = false;
    (void)vu_queue_update(q); /* stopping cannot fail */
    vu_queue_kick_fd(q, -1);
}

static void queue_reset(struct vu_queue *q)
{
    vu_queue_stop(q);
    close_fd(&q->call_fd);
    close_fd(&q->err_fd);
    q->addr_set = q->enabled = false;
    q->base = 0;
    q->size = 0;
}

void vu_memory_clear(struct vu_device *dev)
{
    for (unsigned i = 0; i < dev->mappings; i++)
        munmap(dev->mapping[i].base, dev->mapping[i].bytes);
    dev->mappings = 0;
    dev->mem.count = 0;
}

void vu_disconnect(struct vu_device *dev)
{
    if (dev->peer.fd < 0)
        return;
    vu_loop_remove(dev->loop, &dev->peer);
    close_fd(&dev->peer.fd);
    for (unsigned i = 0; i < dev->ops->queues; i++)
        queue_reset(&dev->queue[i]);
    vhu_rx_done(&dev->rx);
    close_fd(&dev->backend_fd);
    vu_memory_clear(dev);
    dev->features = dev->protocol = 0;
    if (dev->ops->disconnected)
        dev->ops->disconnected(dev);
    if (dev->exit_on_disconnect)
        vu_loop_stop(dev->loop);
}

static void on_peer(struct vu_source *source, uint32_t events)
{
    struct vu_device *dev = source->priv;
    int rc = vhu_receive(source->fd, &dev->rx, MSG_DONTWAIT);

    (void)events;
    if (rc == 1) {
        rc = vu_handle(dev, &dev->rx.m);
        if (dev->peer.fd >= 0)
            vhu_rx_done(&dev->rx);
    } else if (rc == -EPROTO) {
        vu_complain(dev, "message beyond the protocol's limits");
    }
    if (rc < 0 && rc != -EAGAIN)
        vu_disconnect(dev);
}

int vu_device_attach(struct vu_device *dev, int fd)
{
    int rc;

    if (dev->peer.fd >= 0) {
        close(fd);
        return -EBUSY;
    }
    dev->peer.fd = fd;
    rc = vu_loop_add(dev->loop, &dev->peer, EPOLLIN);
    if (rc < 0)
        close_fd(&dev->peer.fd);
    return rc;
}

static void on_listener(struct vu_source *source, uint32_t events)
{
    struct vu_device *dev = source->priv;
    int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC);

    (void)events;
    if (fd < 0)
        return;
    if (vu_device_attach(dev, fd) < 0)
        vu_complain(dev, "a second front end was refused");
}

int vu_device_listen(struct vu_device *dev, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int rc = 0;

    if (strlen(path) >= sizeof(a.sun_path))
        return -ENAMETOOLONG;
    memcpy(a.sun_path, path, strlen(path));
    dev->listener.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (dev->listener.fd < 0)
        return -errno;
    (void)unlink(path);
    if (bind(dev->listener.fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
        listen(dev->listener.fd, 1) < 0)
        rc = -errno;
    if (rc == 0)
        rc = vu_loop_add(dev->loop, &dev->listener, EPOLLIN);
    if (rc < 0)
        close_fd(&dev->listener.fd);
    return rc;
}

int vu_device_init(struct vu_device *dev, struct vu_loop *loop, const struct vu_ops *ops,
                   void *priv)
{
    if (ops->queues == 0 || ops->queues > VU_MAX_QUEUES || !ops->process)
        return -EINVAL;
    memset(dev, 0, sizeof(*dev));
    dev->ops = ops;
    dev->priv = priv;
    dev->loop = loop;
    dev->listener = (struct vu_source){.fd = -1, .ready = on_listener, .priv = dev};
    dev->peer = (struct vu_source){.fd = -1, .ready = on_peer, .priv = dev};
    dev->backend_fd = -1;
    for (unsigned i = 0; i < VU_MAX_QUEUES; i++) {
        struct vu_queue *q = &dev->queue[i];

        q->dev = dev;
        q->call_fd = q->err_fd = -1;
        q->kick = (struct vu_source){.fd = -1, .ready = on_kick, .priv = q};
    }
    return 0;
}

void vu_device_finish(struct vu_device *dev)
{
    dev->exit_on_disconnect = false;
    vu_disconnect(dev);
    vu_loop_remove(dev->loop, &dev->listener);
    close_fd(&dev->listener.fd);
}

static void signal_fd(int fd)
{
    uint64_t one = 1;

    /* EAGAIN: the counter is full, so the other side has been told often enough */
    if (fd >= 0 && write(fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
        fprintf(stderr, "vhost-user: an event cannot be signalled: %s\n", strerror(errno));
}

void vu_notify(struct vu_device *dev, unsigned queue)
{
    struct vu_queue *q = &dev->queue[queue];

    if (!q->running)
        return;
    if (q->vq.broken && !q->told_broken) {
        char what[160];

        q->told_broken = true;
        (void)snprintf(what, sizeof(what),
                       "the guest broke queue %u: %s; it stands still until the guest's driver "
                       "resets the device",
                       queue, q->vq.fault ? q->vq.fault : "its rings are no longer in memory");
        vu_complain(dev, what);
        signal_fd(q->err_fd);
    }
    if (virtq_should_notify(&q->vq))
        signal_fd(q->call_fd);
}

int vu_config_changed(struct vu_device *dev)
{
    struct vhu_message m = {.header = {VHU_BACKEND_CONFIG_CHANGE, VHU_FLAG_VERSION, 0}};

    if (dev->backend_fd < 0)
        return -ENOTSUP;
    return vhu_send(dev->backend_fd, &m);
}
