/* SPDX-License-Identifier: BSD-3-Clause */
/* A vGPU behind vhost-user: requests out of the queues, answers into them. */
#ifndef GVT_SERVER_DEVICE_H
#define GVT_SERVER_DEVICE_H

#include "core/vgpu.h"
#include "vhost/backend.h"

struct device_watch {              /* who shows the vGPU's pictures; each may be NULL */
    void (*processed)(void *data); /* after a batch of requests */
    /* False: this control request has to wait until gpu.progress() is called. */
    bool (*ready)(void *data, const union vgpu_request *r, size_t bytes);
    int (*socket)(void *data, int fd); /* the front end's display; takes the fd; 0 or -errno */
};

struct device {
    struct vu_device vhost;
    struct vgpu gpu;
    const struct device_watch *watch; /* NULL: nobody cares */
    void *watch_data;
    void *payload; /* VGPU_PAYLOAD_BYTES, of the request in hand */
    struct vq_chain chain;
    struct vgpu_answer answer;
};

/* gpu has been initialised by the caller. 0 or -errno. */
int device_init(struct device *d, struct vu_loop *loop) __attribute__((warn_unused_result));
void device_finish(struct device *d);

/* See vgpu_set_mode(); the guest is told. */
void device_set_mode(struct device *d, unsigned n, const struct vgpu_mode *mode);

/*
 * One request of the queue in d->chain: executes it and writes its answer. 1: *written bytes are
 * there, the element goes back; 0: its answer is waited for; -EAGAIN: it cannot be executed now.
 */
int device_request(struct device *d, const struct vq_mem *mem, unsigned queue, uint32_t *written)
    __attribute__((warn_unused_result));

#endif
