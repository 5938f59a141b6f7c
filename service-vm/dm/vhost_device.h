/* SPDX-License-Identifier: BSD-3-Clause */
/* A virtio device whose work is done by a vhost-user back end in a process of its own. */
#ifndef DM_VHOST_DEVICE_H
#define DM_VHOST_DEVICE_H

#include "gpu_display.h"
#include "virtio.h"

struct vhost_device_kind {
    const char *name; /* "blk" */
    uint16_t id;      /* VIRTIO_ID_* */
    uint8_t queues;   /* how many at least; a back end that has more is given them up to `most` */
    uint8_t most;
    uint16_t queue_max; /* entries */
    uint64_t features;  /* device features that may be passed on to the guest */
    bool has_state; /* losing the back end loses what the guest believes (GPU): the VM starts again
                     */
};

/* The kind called `name`, NULL: there is none. */
const struct vhost_device_kind *vhost_device_kind(const char *name);

/*
 * Connects to the back end at `socket`, waiting for it at most wait_ms, and puts the device into
 * `slot`. 0 or -errno (said in the log, by name). Lives until vhost_device_destroy().
 */
struct vhost_device;
int vhost_device_create(struct vhost_device **v, struct machine *m,
                        const struct vhost_device_kind *kind, const char *socket, unsigned slot,
                        unsigned wait_ms) __attribute__((warn_unused_result));
/*
 * A GPU's back end gives its pictures to that process, whose descriptors the device takes; the
 * guest is told of so many scanouts, and when one of their monitors changes. Before the VM starts.
 * 0 or -errno.
 */
int vhost_device_show(struct vhost_device *v, struct gpu_display *display, unsigned scanouts)
    __attribute__((warn_unused_result));
void vhost_device_destroy(struct vhost_device *v);

#endif
