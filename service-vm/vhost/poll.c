/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns how a back end looks for its guest's requests where it would be woken for them else. */
#include "backend_internal.h"

static bool expected(const void *data)
{
    const struct vu_device *dev = data;

    return !dev->ops->busy || !dev->ops->busy(dev);
}

static void begin(void *data)
{
    struct vu_device *dev = data;

    for (unsigned i = 0; i < dev->ops->queues; i++)
        virtq_poll(&dev->queue[i].vq);
}

static bool look(void *data)
{
    struct vu_device *dev = data;
    bool found = false;

    for (unsigned i = 0; i < dev->ops->queues; i++) {
        struct vu_queue *q = &dev->queue[i];

        if (!q->running || !virtq_offered(&q->vq))
            continue;
        vu_queue_process(q);
        found = true;
    }
    return found;
}

static void end(void *data)
{
    struct vu_device *dev = data;

    for (unsigned i = 0; i < dev->ops->queues; i++)
        if (virtq_unpoll(&dev->queue[i].vq))
            vu_queue_process(&dev->queue[i]);
}

void vu_device_poll(struct vu_device *dev, unsigned most_us)
{
    dev->loop->poll = (struct vu_poll){.most_ns = most_us * 1000ull,
                                       .expected = expected,
                                       .begin = begin,
                                       .look = look,
                                       .end = end,
                                       .data = dev};
}
