/* SPDX-License-Identifier: BSD-3-Clause */
/* A virtio device as its transport (virtio_pci.c) sees it: features, queues, configuration space,
 * life. */
#ifndef DM_VIRTIO_H
#define DM_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"

#define VIRTIO_MAX_QUEUES 16
#define VIRTIO_QUEUE_MAX  1024

#define VIRTIO_ID_NET     1
#define VIRTIO_ID_BLOCK   2
#define VIRTIO_ID_CONSOLE 3
#define VIRTIO_ID_GPU     16
#define VIRTIO_ID_INPUT   18
#define VIRTIO_ID_SOUND   25
#define VIRTIO_ID_FS      26

#define VIRTIO_ACKNOWLEDGE 1u
#define VIRTIO_DRIVER      2u
#define VIRTIO_DRIVER_OK   4u
#define VIRTIO_FEATURES_OK 8u
#define VIRTIO_NEEDS_RESET 64u
#define VIRTIO_FAILED      128u

struct virtio_queue {
    uint16_t size; /* what the driver chose, at most max */
    uint16_t max;
    bool enabled;
    uint64_t desc, avail, used; /* guest-physical */
    int kick_fd;                /* the driver notified: eventfd, read by whoever serves the queue */
    int call_fd; /* interrupt the driver: eventfd, written by whoever serves the queue */
};

struct virtio_device;

struct virtio_ops {
    uint64_t (*features)(struct virtio_device *d);
    int (*start)(
        struct virtio_device *d); /* DRIVER_OK: features and queues are final; 0 or -errno */
    void (*stop)(struct virtio_device *d); /* reset by the driver: forget all */
    /* Configuration space; what is not there reads as zero, writes to it are ignored. */
    void (*read_config)(struct virtio_device *d, uint32_t offset, uint32_t bytes, uint8_t *to);
    void (*write_config)(struct virtio_device *d, uint32_t offset, uint32_t bytes,
                         const uint8_t *from);
};

struct virtio_device {
    const struct virtio_ops *ops;
    const char *name;
    struct machine *m;
    uint16_t id; /* VIRTIO_ID_* */
    unsigned queues;
    struct virtio_queue queue[VIRTIO_MAX_QUEUES];
    uint64_t driver_features;
    uint8_t status;
    bool started;
    uint32_t generation; /* of the configuration space */
    void *transport;
    void (*config_interrupt)(struct virtio_device *d); /* set by the transport */
};

/* The configuration space changed, or (device broken) NEEDS_RESET was set: tells the driver. */
void virtio_config_changed(struct virtio_device *d);
/* The device can do no more until the driver resets it (VIRTIO 1.2 §2.1.2). */
void virtio_needs_reset(struct virtio_device *d, const char *why);

/* Puts the device on the bus as a virtio 1 PCI function; 0 or -errno. It stays where it is until
 * virtio_pci_destroy(). */
struct virtio_pci;
int virtio_pci_create(struct virtio_pci **vp, struct virtio_device *d, unsigned slot)
    __attribute__((warn_unused_result));
void virtio_pci_destroy(struct virtio_pci *vp);

#endif
