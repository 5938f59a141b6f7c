/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the notifications of a virtio PCI function (VIRTIO 1.2 §2.3): the driver's to the queues,
 * and the interrupts by which it is told of used buffers and of changed configuration. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "virtio_pci_internal.h"

#define ISR_CONFIG 2u

void virtio_notify_bind(struct virtio_pci *vp, unsigned q)
{
    struct machine *m = vp->d->m;
    struct binding *b = &vp->binding[q], want = {0};
    int fd = vp->d->queue[q].call_fd, rc = 0;

    want.on = msix_live(&vp->msix, &vp->f, vp->vector[q], &want.address, &want.data);
    if (want.on == b->on && (!want.on || (want.address == b->address && want.data == b->data)))
        return;
    if (b->on) {
        uint64_t seen;

        /*
         * What was delivered until now is forgotten first, so that only an event from now on is
         * still in the counter when the vector comes back: binding a signalled descriptor injects
         * at once.
         */
        if (read(fd, &seen, sizeof(seen)) < 0 && errno != EAGAIN)
            log_line("%s: interrupt event of queue %u: %s", vp->d->name, q, strerror(errno));
        rc = m->ops->irqfd(m->hyp, fd, b->address, b->data, false);
    }
    if (rc == 0 && want.on)
        rc = m->ops->irqfd(m->hyp, fd, want.address, want.data, true);
    if (rc < 0)
        log_line("%s: interrupt of queue %u cannot be bound: %s", vp->d->name, q, strerror(-rc));
    *b = want;
}

void virtio_notify_bind_all(struct virtio_pci *vp)
{
    uint64_t address;
    uint32_t data;

    for (unsigned q = 0; q < vp->d->queues; q++)
        virtio_notify_bind(vp, q);
    if (vp->config_pending && msix_live(&vp->msix, &vp->f, vp->config_vector, &address, &data))
        virtio_config_changed(vp->d);
}

uint32_t virtio_notify_pending(const struct virtio_pci *vp)
{
    uint32_t bits =
        vp->config_pending && vp->config_vector < MSIX_VECTORS ? 1u << vp->config_vector : 0;

    for (unsigned q = 0; q < vp->d->queues; q++) {
        struct pollfd p = {.fd = vp->d->queue[q].call_fd, .events = POLLIN};

        if (!vp->binding[q].on && vp->vector[q] < MSIX_VECTORS && poll(&p, 1, 0) == 1)
            bits |= 1u << vp->vector[q];
    }
    return bits;
}

void virtio_notify_config(struct virtio_device *d)
{
    struct virtio_pci *vp = d->transport;
    uint64_t address;
    uint32_t data;

    vp->isr |= ISR_CONFIG;
    vp->config_pending = !msix_live(&vp->msix, &vp->f, vp->config_vector, &address, &data);
    if (!vp->config_pending && d->m->ops->msi(d->m->hyp, address, data) < 0)
        log_line("%s: configuration interrupt is lost", d->name);
}

void virtio_config_changed(struct virtio_device *d)
{
    d->generation++;
    if (d->status & VIRTIO_DRIVER_OK)
        d->config_interrupt(d);
}

void virtio_needs_reset(struct virtio_device *d, const char *why)
{
    if (d->status & VIRTIO_NEEDS_RESET)
        return;
    log_line("%s: needs reset: %s", d->name, why);
    d->status |= VIRTIO_NEEDS_RESET;
    virtio_config_changed(d);
}

void virtio_notify_map(struct virtio_pci *vp, bool on)
{
    struct machine *m = vp->d->m;

    if (on == vp->notify_mapped)
        return;
    vp->notify_mapped = on;
    for (unsigned q = 0; q < vp->d->queues; q++) {
        int rc = m->ops->ioeventfd(m->hyp, vp->d->queue[q].kick_fd,
                                   vp->f.bar[BAR_REGS].address + REGS_NOTIFY + NOTIFY_STEP * q,
                                   NOTIFY_STEP, on);

        /* without it the write comes to virtio_notify_queue() below: slower, as right */
        if (rc < 0)
            log_line("%s: queue %u: no direct notification: %s", vp->d->name, q, strerror(-rc));
    }
}

void virtio_notify_queue(struct virtio_pci *vp, uint64_t offset)
{
    uint64_t one = 1;
    unsigned q = (unsigned)offset / NOTIFY_STEP;

    if (q < vp->d->queues && write(vp->d->queue[q].kick_fd, &one, sizeof(one)) < 0 &&
        errno != EAGAIN)
        log_line("%s: notification of queue %u is lost", vp->d->name, q);
}
