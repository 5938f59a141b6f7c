/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of a vhost-user device share: its queues' life (vhost_device.c), the connection to
 * its back end (vhost_connection.c), its configuration space (vhost_config.c). */
#ifndef DM_VHOST_DEVICE_INTERNAL_H
#define DM_VHOST_DEVICE_INTERNAL_H

#include <stddef.h>

#include "vhost/frontend.h"
#include "vhost_device.h"

struct vhost_device {
    struct virtio_device d;
    const struct vhost_device_kind *kind;
    struct virtio_pci *pci;
    char socket[108];
    struct vhf f;      /* fd < 0: back end gone */
    uint64_t features; /* what the guest is offered; a back end found again must have as much */
    int err_fd;
    bool running; /* its queues run */
    struct vu_source peer, backend, err, retry, monitors;
    uint8_t mac[6];
    struct gpu_display
        display; /* where a GPU's pictures go; none: they are the back end's affair */
    unsigned scanouts;
    uint32_t events; /* §5.7.4.2, of a GPU whose display that is */
    bool shown;      /* this back end has the socket */
};

static inline struct vhost_device *vhost_of_device(struct virtio_device *d)
{
    return (struct vhost_device *)((char *)d - offsetof(struct vhost_device, d));
}

/* What the back end at the other end now can give the guest. */
uint64_t vhost_device_offers(const struct vhost_device *v);
/* Gives the back end everything it must know and starts the queues that the driver enabled.
 * -EFAULT: the guest's rings are bad. */
int vhost_device_run(struct vhost_device *v) __attribute__((warn_unused_result));

/* Connects for the first time, waiting at most wait_ms for the back end; 0 or -errno. */
int vhost_connection_open(struct vhost_device *v, unsigned wait_ms)
    __attribute__((warn_unused_result));
/* Has the loop look after the connection, once it is there; 0 or -errno. */
int vhost_connection_watch(struct vhost_device *v) __attribute__((warn_unused_result));
/* The back end is of no more use: the connection ends, and is tried again, or the VM ends. */
void vhost_connection_lost(struct vhost_device *v, const char *why);

/* A locally administered address that is the same at every start: from the VM's name. */
void vhost_config_make_mac(struct vhost_device *v);
/* The two of struct virtio_ops. */
void vhost_config_read(struct virtio_device *d, uint32_t offset, uint32_t bytes, uint8_t *to);
void vhost_config_write(struct virtio_device *d, uint32_t offset, uint32_t bytes,
                        const uint8_t *from);

#endif
