/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the back end share: connection and queues (backend.c), messages
 * (backend_messages.c), polling (poll.c). */
#ifndef VHOST_BACKEND_INTERNAL_H
#define VHOST_BACKEND_INTERNAL_H

#include "vhost/backend.h"

/* Handles one complete message; 0, or < 0 when the connection must end. The message's fds stay with
 * the caller. */
int vu_handle(struct vu_device *dev, struct vhu_message *m) __attribute__((warn_unused_result));

void vu_complain(const struct vu_device *dev, const char *what);
void vu_disconnect(struct vu_device *dev);
void vu_memory_clear(struct vu_device *dev);

/* Starts or stops it as its state now demands; -EFAULT when its rings are not in guest memory. */
int vu_queue_update(struct vu_queue *q);
bool vu_queue_translate(
    struct vu_queue *q); /* finds its rings in guest memory, goes on at q->base */
void vu_queue_process(struct vu_queue *q);
void vu_queue_kick_fd(struct vu_queue *q, int fd); /* takes fd, -1: none */
void vu_queue_stop(struct vu_queue *q);

#endif
