/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the glue between virtqueues and the vGPU. */
#include "device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whether the request can be executed now. */
static bool ready(struct device *d, unsigned queue, const union vgpu_request *r, size_t bytes)
{
    if (queue == VGPU_QUEUE_CONTROL && d->watch && d->watch->ready &&
        !d->watch->ready(d->watch_data, r, bytes))
        return false;
    return vgpu_ready(&d->gpu, queue, r, bytes);
}

static void processed(struct device *d)
{
    if (d->watch && d->watch->processed)
        d->watch->processed(d->watch_data);
}

int device_request(struct device *d, const struct vq_mem *mem, unsigned queue, uint32_t *written)
{
    union vgpu_request r = {0};
    const size_t bytes = d->chain.readable_bytes;
    const size_t fixed = vgpu_fixed_bytes(bytes);
    const bool whole = chain_read(&d->chain, 0, &r, fixed) == fixed;
    void *payload = NULL;
    size_t more;

    if (!ready(d, queue, &r, whole ? bytes : 0))
        return -EAGAIN;
    more = queue == VGPU_QUEUE_CONTROL && whole ? vgpu_payload(&d->gpu, &r, bytes) : 0;
    /* Both kinds of requests that have any have fixed parts of one length. */
    if (more && chain_read(&d->chain, sizeof(r.attach), d->payload, more) == more)
        payload = d->payload;
    vgpu_execute(&d->gpu, mem, queue, &r, whole ? bytes : 0, payload, &d->answer);
    *written = (uint32_t)chain_write(&d->chain, 0, &d->answer.u, d->answer.bytes);
    if (!d->answer.fence)
        return 1;
    d->answer.fence->head = d->chain.head;
    d->answer.fence->written = *written;
    return 0;
}
_Static_assert(sizeof(struct vgpu_attach_backing) == sizeof(struct vgpu_submit_3d), "payloads");

static void process(struct vu_device *dev, unsigned queue)
{
    struct device *d = dev->priv;
    struct virtq *vq = vu_queue(dev, queue);
    uint32_t written;
    int rc = 1;

    while (rc >= 0 && virtq_pop(vq, &d->chain) == 1) {
        rc = device_request(d, &dev->mem, queue, &written);
        if (rc == 1)
            virtq_push(vq, d->chain.head, written);
        else if (rc < 0)
            virtq_unpop(vq);
    }
    vu_notify(dev, queue);
    processed(d);
}

/* The physical GPU has done something. */
static void progress(void *data)
{
    struct device *d = data;
    struct virtq *vq = vu_queue(&d->vhost, VGPU_QUEUE_CONTROL);
    struct fence *f;

    while ((f = vgpu_settled(&d->gpu))) {
        /* The guest's buffer holds the answer that was expected. For another one it is looked up
         * again, since the memory that it lay in may be mapped elsewhere by now. */
        if (f->said != f->header.type && virtq_again(vq, f->head, &d->chain) == 0)
            (void)chain_write(&d->chain, 0, &f->header, sizeof(f->header));
        virtq_push(vq, f->head, f->written);
    }
    if (vu_queue_running(&d->vhost, VGPU_QUEUE_CONTROL))
        process(&d->vhost, VGPU_QUEUE_CONTROL);
}

static int get_config(struct vu_device *dev, uint32_t offset, uint32_t bytes, void *to)
{
    const struct device *d = dev->priv;

    return vgpu_config_read(&d->gpu, offset, bytes, to);
}

static int set_config(struct vu_device *dev, uint32_t offset, uint32_t bytes, const void *from)
{
    struct device *d = dev->priv;

    return vgpu_config_write(&d->gpu, offset, bytes, from);
}

void device_set_mode(struct device *d, unsigned n, const struct vgpu_mode *mode)
{
    int rc;

    if (!vgpu_set_mode(&d->gpu, n, mode))
        return;
    /* A front end that is not there, or takes no such message, has the guest find the event when
     * it looks. */
    rc = vu_config_changed(&d->vhost);
    if (rc < 0 && rc != -ENOTSUP)
        fprintf(stderr, "gvt: the guest cannot be told of scanout %u: %s\n", n, strerror(-rc));
}

static void reset(struct vu_device *dev)
{
    struct device *d = dev->priv;

    vgpu_reset(&d->gpu);
    processed(d);
}

static bool busy(const struct vu_device *dev)
{
    const struct device *d = dev->priv;

    return d->gpu.fences.count > 0;
}

/* Front ends stop the queues when the guest resets the device, and not all of them say so
 * otherwise. */
static void queue_running(struct vu_device *dev, unsigned queue, bool running)
{
    if (queue == VGPU_QUEUE_CONTROL && !running)
        reset(dev);
}

/* The front end offers its own display; the scanouts may be the compositor's. */
static int gpu_socket(struct vu_device *dev, int fd)
{
    struct device *d = dev->priv;

    if (d->watch && d->watch->socket)
        return d->watch->socket(d->watch_data, fd);
    close(fd);
    return 0;
}

#define OPS(offered)                                                                               \
    {.queues = VGPU_QUEUES,                                                                        \
     .features = (offered),                                                                        \
     .process = process,                                                                           \
     .busy = busy,                                                                                 \
     .get_config = get_config,                                                                     \
     .set_config = set_config,                                                                     \
     .reset = reset,                                                                               \
     .queue_running = queue_running,                                                               \
     .gpu_socket = gpu_socket,                                                                     \
     .disconnected = reset}

static const struct vu_ops flat = OPS(VGPU_F_EDID), rendering = OPS(VGPU_F_EDID | VGPU_F_VIRGL);

int device_init(struct device *d, struct vu_loop *loop)
{
    d->payload = malloc(VGPU_PAYLOAD_BYTES);
    if (!d->payload)
        return -ENOMEM;
    d->gpu.progress = progress;
    d->gpu.progress_data = d;
    return vu_device_init(&d->vhost, loop, d->gpu.features & VGPU_F_VIRGL ? &rendering : &flat, d);
}

void device_finish(struct device *d)
{
    vu_device_finish(&d->vhost);
    free(d->payload);
}
