/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the registers of a virtio PCI function: the common configuration (VIRTIO 1.2 §4.1.4.3),
 * interrupt status, the device's configuration, and what a write to them sets off. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "vhost/protocol.h"
#include "virtio_pci_internal.h"

#define NO_VECTOR 0xFFFFu

void virtio_regs_reset(struct virtio_pci *vp)
{
    struct virtio_device *d = vp->d;

    if (d->started)
        d->ops->stop(d);
    d->started = false;
    d->status = 0;
    d->driver_features = 0;
    vp->isr = 0;
    vp->config_pending = false;
    vp->device_feature_select = vp->driver_feature_select = 0;
    vp->queue_select = 0;
    vp->config_vector = NO_VECTOR;
    for (unsigned q = 0; q < d->queues; q++) {
        struct virtio_queue *vq = &d->queue[q];
        uint64_t n;

        vq->enabled = false;
        vq->size = vq->max;
        vq->desc = vq->avail = vq->used = 0;
        vp->vector[q] = NO_VECTOR;
        virtio_notify_bind(vp, q);
        /* nothing of the old life may reach the new one */
        if (read(vq->call_fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
            log_line("%s: interrupt event of queue %u: %s", d->name, q, strerror(errno));
        if (read(vq->kick_fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
            log_line("%s: notification event of queue %u: %s", d->name, q, strerror(errno));
    }
}

static void write_status(struct virtio_pci *vp, uint8_t status)
{
    struct virtio_device *d = vp->d;

    if (status == 0) {
        virtio_regs_reset(vp);
        return;
    }
    /* §2.2.2: features that were not offered, or virtio 0.9, are answered by FEATURES_OK staying
     * clear */
    if ((status & VIRTIO_FEATURES_OK) && !(d->status & VIRTIO_FEATURES_OK) &&
        ((d->driver_features & ~(d->ops->features(d) | VIRTIO_F_VERSION_1)) ||
         !(d->driver_features & VIRTIO_F_VERSION_1)))
        status &= (uint8_t)~VIRTIO_FEATURES_OK;
    d->status = (uint8_t)(status | (d->status & VIRTIO_NEEDS_RESET));
    if ((status & VIRTIO_DRIVER_OK) && !d->started) {
        int rc = d->ops->start(d);

        d->started = true;
        if (rc < 0)
            virtio_needs_reset(d, strerror(-rc));
    }
}

static void set_half(uint64_t *value, bool high, uint64_t half)
{
    if (high)
        *value = (*value & UINT32_MAX) | half << 32;
    else
        *value = (*value & ~(uint64_t)UINT32_MAX) | (half & UINT32_MAX);
}

/* §4.1.4.3, the writes that concern the selected queue. */
static void write_queue(struct virtio_pci *vp, uint64_t offset, uint64_t v)
{
    struct virtio_queue *q =
        vp->queue_select < vp->d->queues ? &vp->d->queue[vp->queue_select] : NULL;

    if (!q)
        return;
    if (offset == 0x1A) {
        vp->vector[vp->queue_select] = v < vp->msix.vectors ? (uint16_t)v : NO_VECTOR;
        virtio_notify_bind(vp, vp->queue_select);
        return;
    }
    if (q->enabled)
        return; /* an enabled queue does not move */
    switch (offset) {
    case 0x18:
        if (v && v <= q->max && !(v & (v - 1)))
            q->size = (uint16_t)v;
        break;
    case 0x1C:
        q->enabled = v == 1;
        break;
    case 0x20:
    case 0x24:
        set_half(&q->desc, offset & 4, v);
        break;
    case 0x28:
    case 0x2C:
        set_half(&q->avail, offset & 4, v);
        break;
    case 0x30:
    case 0x34:
        set_half(&q->used, offset & 4, v);
        break;
    default:
        break;
    }
}

static void write_common(struct virtio_pci *vp, uint64_t offset, unsigned bytes, uint64_t v)
{
    struct virtio_device *d = vp->d;

    if (bytes == 8 && offset % 8 == 0 && offset >= 0x20) { /* a 64-bit field in one */
        write_queue(vp, offset, v & UINT32_MAX);
        write_queue(vp, offset + 4, v >> 32);
        return;
    }
    switch (offset) {
    case 0x00:
        vp->device_feature_select = (uint32_t)v;
        break;
    case 0x08:
        vp->driver_feature_select = (uint32_t)v;
        break;
    case 0x0C:
        if (!(d->status & VIRTIO_FEATURES_OK) && vp->driver_feature_select < 2)
            set_half(&d->driver_features, vp->driver_feature_select, v);
        break;
    case 0x10:
        vp->config_vector = v < vp->msix.vectors ? (uint16_t)v : NO_VECTOR;
        break;
    case 0x14:
        write_status(vp, (uint8_t)v);
        break;
    case 0x16:
        vp->queue_select = (uint16_t)v;
        break;
    default:
        write_queue(vp, offset, v);
        break;
    }
}

/* The register block as bytes, which serves reads of every size. */
static void read_common(struct virtio_pci *vp, uint8_t *r)
{
    struct virtio_device *d = vp->d;
    uint64_t features = d->ops->features(d) | VIRTIO_F_VERSION_1;
    const struct virtio_queue *q =
        vp->queue_select < d->queues ? &d->queue[vp->queue_select] : NULL;

    memset(r, 0, 64);
    pci_put32(r, vp->device_feature_select);
    if (vp->device_feature_select < 2)
        pci_put32(r + 0x04, (uint32_t)(features >> 32 * vp->device_feature_select));
    pci_put32(r + 0x08, vp->driver_feature_select);
    if (vp->driver_feature_select < 2)
        pci_put32(r + 0x0C, (uint32_t)(d->driver_features >> 32 * vp->driver_feature_select));
    pci_put16(r + 0x10, vp->config_vector);
    pci_put16(r + 0x12, (uint16_t)d->queues);
    r[0x14] = d->status;
    r[0x15] = (uint8_t)d->generation;
    pci_put16(r + 0x16, vp->queue_select);
    pci_put16(r + 0x1A, NO_VECTOR);
    if (!q)
        return;
    pci_put16(r + 0x18, q->size);
    pci_put16(r + 0x1A, vp->vector[vp->queue_select]);
    pci_put16(r + 0x1C, q->enabled);
    pci_put16(r + 0x1E, vp->queue_select); /* notification offset, in steps */
    pci_put32(r + 0x20, (uint32_t)q->desc);
    pci_put32(r + 0x24, (uint32_t)(q->desc >> 32));
    pci_put32(r + 0x28, (uint32_t)q->avail);
    pci_put32(r + 0x2C, (uint32_t)(q->avail >> 32));
    pci_put32(r + 0x30, (uint32_t)q->used);
    pci_put32(r + 0x34, (uint32_t)(q->used >> 32));
}

static void access_device_config(struct virtio_pci *vp, uint64_t offset, unsigned bytes, bool write,
                                 uint64_t *value)
{
    struct virtio_device *d = vp->d;
    uint8_t buf[8] = {0};

    if (write) {
        for (unsigned i = 0; i < bytes; i++)
            buf[i] = (uint8_t)(*value >> 8 * i);
        d->ops->write_config(d, (uint32_t)offset, bytes, buf);
    } else {
        d->ops->read_config(d, (uint32_t)offset, bytes, buf);
        *value = virtio_get_bytes(buf, bytes);
    }
}

void virtio_regs_access(struct virtio_pci *vp, uint64_t offset, unsigned bytes, bool write,
                        uint64_t *value)
{
    uint8_t regs[64];
    uint64_t at = offset % PAGE;

    switch (offset - at) {
    case REGS_COMMON:
        if (write) {
            write_common(vp, at, bytes, *value);
        } else {
            read_common(vp, regs);
            *value = at + bytes <= sizeof(regs) ? virtio_get_bytes(regs + at, bytes) : 0;
        }
        break;
    case REGS_ISR:
        if (!write) {
            *value = vp->isr;
            vp->isr = 0; /* §4.1.4.5: reading acknowledges */
        }
        break;
    case REGS_DEVICE:
        access_device_config(vp, at, bytes, write, value);
        break;
    default:
        if (write)
            virtio_notify_queue(vp, at);
        else
            *value = 0;
        break;
    }
}
