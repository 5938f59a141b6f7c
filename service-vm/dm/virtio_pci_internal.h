/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the virtio PCI transport share: the function (virtio_pci.c), its registers
 * (virtio_regs.c), its notifications (virtio_notify.c). */
#ifndef DM_VIRTIO_PCI_INTERNAL_H
#define DM_VIRTIO_PCI_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "msix.h"
#include "virtio.h"

#define BAR_REGS    4 /* and 5: 64 bits */
#define REGS_BYTES  0x4000u
#define REGS_COMMON 0x0000u
#define REGS_ISR    0x1000u
#define REGS_DEVICE 0x2000u
#define REGS_NOTIFY 0x3000u
#define PAGE        0x1000u
#define NOTIFY_STEP 4u /* bytes between the notification addresses of two queues */

struct binding { /* what a queue's call_fd is tied to */
    bool on;
    uint64_t address;
    uint32_t data;
};

struct virtio_pci {
    struct pci_function f;
    struct msix msix;
    struct virtio_device *d;
    struct binding binding[VIRTIO_MAX_QUEUES];
    uint16_t vector[VIRTIO_MAX_QUEUES], config_vector;
    bool config_pending; /* a configuration interrupt came while its vector was masked */
    uint32_t device_feature_select, driver_feature_select;
    uint16_t queue_select;
    uint8_t isr;
    unsigned pci_cfg; /* offset of the CFG_PCI capability */
    bool notify_mapped;
};

/* One access to the registers of BAR_REGS; a read sets *value. */
void virtio_regs_access(struct virtio_pci *vp, uint64_t offset, unsigned bytes, bool write,
                        uint64_t *value);
/* Stops the device and gives the registers the values that a driver finds first. */
void virtio_regs_reset(struct virtio_pci *vp);

/* Ties the queue's call_fd to its vector, or unties it, as the vector's mask now demands. */
void virtio_notify_bind(struct virtio_pci *vp, unsigned q);
/* The same of every queue, and the configuration interrupt that waited for its vector. */
void virtio_notify_bind_all(struct virtio_pci *vp);
/* The MSI-X pending bits, bit per vector. */
uint32_t virtio_notify_pending(const struct virtio_pci *vp);
/* The config_interrupt of struct virtio_device. */
void virtio_notify_config(struct virtio_device *d);
/* The notification addresses of BAR_REGS go past us to the kick_fds, as long as the BAR is mapped.
 */
void virtio_notify_map(struct virtio_pci *vp, bool on);
/* The driver wrote at this offset of REGS_NOTIFY. */
void virtio_notify_queue(struct virtio_pci *vp, uint64_t offset);

/* Little endian, 8 bytes at most. */
static inline uint64_t virtio_get_bytes(const uint8_t *from, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)from[i] << 8 * i;
    return v;
}

#endif
