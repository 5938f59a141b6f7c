/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A vhost-user back end in a process of its own: it serves one front end at a time (our device
 * model, or QEMU), with the device behind it as a const table of callbacks. Everything runs in one
 * loop on one thread.
 *
 *     static const struct vu_ops ops = {.queues = 2, .features = ..., .process = ...};
 *     vu_loop_init(&loop); vu_device_init(&dev, &loop, &ops, priv);
 *     vu_device_listen(&dev, path) or vu_device_attach(&dev, fd);
 *     vu_loop_run(&loop); vu_device_finish(&dev); vu_loop_finish(&loop);
 *
 * In process(): while (virtq_pop(q, &chain) == 1) { ...; virtq_push(q, chain.head, n); }
 * vu_notify(dev, queue);
 */
#ifndef VHOST_BACKEND_H
#define VHOST_BACKEND_H

#include "vhost/loop.h"
#include "vhost/protocol.h"
#include "vhost/virtq.h"

#define VU_MAX_QUEUES 16

struct vu_device;

struct vu_ops {
    unsigned queues;   /* 1..VU_MAX_QUEUES */
    uint64_t features; /* the device's own; the library adds VERSION_1, INDIRECT_DESC, EVENT_IDX and
                          the protocol bit */
    /* Queue `queue` was kicked, or has just been started or enabled. Called only while it runs. */
    void (*process)(struct vu_device *dev, unsigned queue);
    /* Configuration space; 0 or -errno for a range that is not there. May be NULL: no configuration
     * space is offered. */
    int (*get_config)(struct vu_device *dev, uint32_t offset, uint32_t bytes, void *to);
    int (*set_config)(struct vu_device *dev, uint32_t offset, uint32_t bytes, const void *from);
    /* The rest may be NULL. */
    /* The guest waits for answers: its next request is not what comes next. */
    bool (*busy)(const struct vu_device *dev);
    void (*reset)(
        struct vu_device *dev); /* device reset by the guest: queues are stopped already */
    void (*negotiated)(struct vu_device *dev); /* dev->features is set */
    void (*queue_running)(struct vu_device *dev, unsigned queue, bool running);
    void (*memory_changed)(
        struct vu_device *dev); /* pointers into the guest's memory from before are dead */
    int (*gpu_socket)(struct vu_device *dev,
                      int fd); /* VHOST_USER_GPU_SET_SOCKET; takes the fd; 0 or -errno */
    void (*disconnected)(
        struct vu_device *dev); /* front end gone: queues stopped, memory unmapped */
};

struct vu_queue {
    struct virtq vq;
    struct vhu_vring_addr addr;
    uint32_t size;
    uint16_t base;
    bool addr_set, enabled, kicked; /* kicked: SET_VRING_KICK came, so the ring is started */
    bool running;                   /* started, enabled and translated */
    bool told_broken;               /* the front end knows that vq.broken */
    int call_fd, err_fd;
    struct vu_source kick;
    struct vu_device *dev;
};

struct vu_mapping {
    void *base;
    size_t bytes;
    uint64_t gpa; /* of the region it serves */
};

struct vu_device {
    const struct vu_ops *ops;
    void *priv;
    struct vu_loop *loop;
    struct vu_source listener, peer;
    int backend_fd; /* channel for requests to the front end, -1 */
    uint64_t features, protocol;
    struct vq_mem mem;
    unsigned mappings;
    struct vu_mapping mapping[VQ_MEM_MAX];
    struct vu_queue queue[VU_MAX_QUEUES];
    struct vhu_rx rx;
    bool quiet;              /* no complaints about the front end on stderr */
    bool exit_on_disconnect; /* stop the loop when the front end goes, e.g. to be started afresh by
                                a supervisor */
};

int vu_device_init(struct vu_device *dev, struct vu_loop *loop, const struct vu_ops *ops,
                   void *priv) __attribute__((warn_unused_result)); /* 0, -EINVAL */
void vu_device_finish(struct vu_device *dev);

/* Listens on a unix socket (a stale one is replaced) and serves one front end after the other; 0 or
 * -errno. */
int vu_device_listen(struct vu_device *dev, const char *path) __attribute__((warn_unused_result));
/* Serves a connected socket; takes the fd. 0 or -errno. */
int vu_device_attach(struct vu_device *dev, int fd) __attribute__((warn_unused_result));

/* Looks for requests of the guest so long (see vu_poll) before it sleeps until it is kicked; 0: not
 * at all. One device of a loop may. */
void vu_device_poll(struct vu_device *dev, unsigned most_us);

static inline struct virtq *vu_queue(struct vu_device *dev, unsigned queue)
{
    return &dev->queue[queue].vq;
}
static inline bool vu_queue_running(const struct vu_device *dev, unsigned queue)
{
    return dev->queue[queue].running && !dev->queue[queue].vq.broken;
}

/* Interrupts the guest for what was pushed to the queue, if it wants it; tells the front end of a
 * broken queue. */
void vu_notify(struct vu_device *dev, unsigned queue);

/* Tells the front end that the configuration space has changed; -ENOTSUP when it gave no channel
 * for that. */
int vu_config_changed(struct vu_device *dev) __attribute__((warn_unused_result));

#endif
