/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the glue between virtqueues and the vGPU. */
#include "device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint32_t device_request(struct device *d, const struct vq_mem *mem, unsigned queue)
{
    union vgpu_request r = {0};
    const size_t bytes = d->chain.readable_bytes;
    const size_t head = chain_read(&d->chain, 0, &r, vgpu_fixed_bytes(bytes));
    const uint32_t entries = queue == VGPU_QUEUE_CONTROL && head == vgpu_fixed_bytes(bytes)
                                 ? vgpu_entries(&r, bytes)
                                 : 0;
    const size_t wanted = entries * sizeof(*d->entries);
    struct vgpu_mem_entry *e = NULL;

    if (entries && chain_read(&d->chain, sizeof(r.attach), d->entries, wanted) == wanted)
        e = d->entries;
    vgpu_execute(&d->gpu, mem, queue, &r, bytes, e, entries, &d->answer);
    return (uint32_t)chain_write(&d->chain, 0, &d->answer.u, d->answer.bytes);
}

static void process(struct vu_device *dev, unsigned queue)
{
    struct device *d = dev->priv;

    while (virtq_pop(vu_queue(dev, queue), &d->chain) == 1)
        virtq_push(vu_queue(dev, queue), d->chain.head, device_request(d, &dev->mem, queue));
    vu_notify(dev, queue);
    if (d->processed)
        d->processed(d->processed_data);
}

static int get_config(struct vu_device *dev, uint32_t offset, uint32_t bytes, void *to)
{
    const struct device *d = dev->priv;

    if (offset > sizeof(d->gpu.config) || bytes > sizeof(d->gpu.config) - offset)
        return -EINVAL;
    memcpy(to, (const uint8_t *)&d->gpu.config + offset, bytes);
    return 0;
}

/* §5.7.4: only events_clear can be written, and what is written there is cleared in events_read. */
static int set_config(struct vu_device *dev, uint32_t offset, uint32_t bytes, const void *from)
{
    struct device *d = dev->priv;
    struct vgpu_config c = {0};

    if (offset > sizeof(c) || bytes > sizeof(c) - offset)
        return -EINVAL;
    memcpy((uint8_t *)&c + offset, from, bytes);
    d->gpu.config.events_read &= ~c.events_clear;
    return 0;
}

static void reset(struct vu_device *dev)
{
    struct device *d = dev->priv;

    vgpu_reset(&d->gpu);
    if (d->processed)
        d->processed(d->processed_data);
}

/* Front ends stop the queues when the guest resets the device, and not all of them say so
 * otherwise. */
static void queue_running(struct vu_device *dev, unsigned queue, bool running)
{
    if (queue == VGPU_QUEUE_CONTROL && !running)
        reset(dev);
}

/* QEMU offers its own display here; the scanouts are the compositor's. */
static int gpu_socket(struct vu_device *dev, int fd)
{
    (void)dev;
    close(fd);
    return 0;
}

static const struct vu_ops ops = {
    .queues = VGPU_QUEUES,
    .features = VGPU_OFFERED,
    .process = process,
    .get_config = get_config,
    .set_config = set_config,
    .reset = reset,
    .queue_running = queue_running,
    .gpu_socket = gpu_socket,
    .disconnected = reset,
};

int device_init(struct device *d, struct vu_loop *loop)
{
    d->entries = calloc(VGPU_MAX_ENTRIES, sizeof(*d->entries));
    if (!d->entries)
        return -ENOMEM;
    return vu_device_init(&d->vhost, loop, &ops, d);
}

void device_finish(struct device *d)
{
    vu_device_finish(&d->vhost);
    free(d->entries);
}
