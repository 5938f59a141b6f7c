/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The front end of vhost-user: what a device model says to a back-end process. Every call waits for
 * its answer at most the time given to vhf_connect(), so a hung back end gives -EAGAIN and never
 * hangs its caller. Functions return 0 or -errno; -ECONNRESET: the back end is gone.
 */
#ifndef VHOST_FRONTEND_H
#define VHOST_FRONTEND_H

#include <stdbool.h>
#include <stdint.h>

#include "vhost/protocol.h"

struct vhf {
    int fd;
    int backend_fd; /* our end of the back end's request channel, -1: it has none; wait for EPOLLIN,
                       then vhf_backend() */
    uint64_t features; /* the back end's, without VHOST_USER_F_PROTOCOL */
    uint64_t protocol; /* negotiated protocol features */
    uint32_t queues;   /* how many the back end has; 0: it does not say */
    bool has_protocol; /* the back end has protocol features at all */
};

struct vhf_memory { /* one region of guest memory to share */
    struct vhu_region region;
    int fd;
};

struct vhf_queue {
    uint32_t index, size;
    uint64_t desc, avail, used; /* front end's virtual addresses (uva) */
    uint16_t base;              /* available index to go on at */
    int kick_fd, call_fd, err_fd;
};

/* Connects and negotiates protocol features; timeout_ms bounds every later call too. */
int vhf_connect(struct vhf *f, const char *path, int timeout_ms)
    __attribute__((warn_unused_result));
/* Same on a connected socket; takes the fd. */
int vhf_attach(struct vhf *f, int fd, int timeout_ms) __attribute__((warn_unused_result));
void vhf_finish(struct vhf *f);

int vhf_set_features(struct vhf *f, uint64_t features)
    __attribute__((warn_unused_result)); /* the guest's choice */
int vhf_set_memory(struct vhf *f, const struct vhf_memory *memory, unsigned count)
    __attribute__((warn_unused_result));
int vhf_start_queue(struct vhf *f, const struct vhf_queue *q) __attribute__((warn_unused_result));
/* Stops it; *base is the available index it would have taken next. */
int vhf_stop_queue(struct vhf *f, uint32_t index, uint16_t *base)
    __attribute__((warn_unused_result));
int vhf_reset(struct vhf *f)
    __attribute__((warn_unused_result)); /* -ENOTSUP: back end cannot; stop the queues instead */

/* Configuration space, at most VHU_MAX_CONFIG bytes; -ENOTSUP without VHU_PROTOCOL_CONFIG. */
int vhf_get_config(struct vhf *f, uint32_t offset, uint32_t bytes, void *to)
    __attribute__((warn_unused_result));
int vhf_set_config(struct vhf *f, uint32_t offset, uint32_t bytes, const void *from)
    __attribute__((warn_unused_result));

int vhf_set_gpu_socket(struct vhf *f, int fd)
    __attribute__((warn_unused_result)); /* fd stays the caller's */

/* Takes one request of the back end: 1 = the configuration space has changed, 0 = nothing of
 * interest, -EAGAIN none. */
int vhf_backend(struct vhf *f) __attribute__((warn_unused_result));

#endif
