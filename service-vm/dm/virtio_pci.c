/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the PCI function of a virtio device (VIRTIO 1.2 §4.1), modern only: its capabilities, BARs
 * and the window through its configuration space. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "virtio_pci_internal.h"

#define BAR_MSIX 1

enum { CFG_COMMON = 1, CFG_NOTIFY = 2, CFG_ISR = 3, CFG_DEVICE = 4, CFG_PCI = 5 }; /* §4.1.4 */

static struct virtio_pci *of_function(struct pci_function *f)
{
    return (struct virtio_pci *)((char *)f - offsetof(struct virtio_pci, f));
}

static void bar_access(struct pci_function *f, unsigned bar, uint64_t offset, unsigned bytes,
                       bool write, uint64_t *value)
{
    struct virtio_pci *vp = of_function(f);

    if (bar == BAR_REGS)
        virtio_regs_access(vp, offset, bytes, write, value);
    else if (msix_access(&vp->msix, offset, bytes, write, value, virtio_notify_pending(vp)))
        virtio_notify_bind_all(vp);
}

static void bar_mapped(struct pci_function *f, unsigned bar, bool mapped)
{
    if (bar == BAR_REGS)
        virtio_notify_map(of_function(f), mapped);
}

/* §4.1.4.9: the window through configuration space. True: its data register was touched and names a
 * legal access. */
static bool window(struct virtio_pci *vp, unsigned offset, unsigned bytes, uint64_t *at,
                   unsigned *length)
{
    const uint8_t *cap = vp->f.config + vp->pci_cfg;

    *at = pci_get32(cap + 8);
    *length = pci_get32(cap + 12);
    return offset < vp->pci_cfg + 20 && offset + bytes > vp->pci_cfg + 16 && cap[4] == BAR_REGS &&
           *at < REGS_BYTES && (*length == 1 || *length == 2 || *length == 4) && *at % *length == 0;
}

static void config_read(struct pci_function *f, unsigned offset, unsigned bytes)
{
    struct virtio_pci *vp = of_function(f);
    uint64_t at, value = 0;
    unsigned length;

    if (!window(vp, offset, bytes, &at, &length))
        return;
    virtio_regs_access(vp, at, length, false, &value);
    pci_put32(f->config + vp->pci_cfg + 16, (uint32_t)value);
}

static void config_written(struct pci_function *f, unsigned offset, unsigned bytes)
{
    struct virtio_pci *vp = of_function(f);
    uint64_t at, value;
    unsigned length;

    if (offset < vp->msix.cap + 4 && offset + bytes > vp->msix.cap)
        virtio_notify_bind_all(vp);
    if (!window(vp, offset, bytes, &at, &length))
        return;
    value = virtio_get_bytes(f->config + vp->pci_cfg + 16, length);
    virtio_regs_access(vp, at, length, true, &value);
}

static const struct pci_ops ops = {.bar_access = bar_access,
                                   .bar_mapped = bar_mapped,
                                   .config_read = config_read,
                                   .config_written = config_written};

static unsigned add_cap(struct pci_function *f, uint8_t type, uint32_t offset, uint32_t length,
                        unsigned bytes)
{
    unsigned at = pci_add_capability(f, PCI_CAP_VENDOR, bytes);

    if (!at)
        return 0;
    f->config[at + 2] = (uint8_t)bytes;
    f->config[at + 3] = type;
    f->config[at + 4] = type == CFG_PCI ? 0 : BAR_REGS;
    pci_put32(f->config + at + 8, offset);
    pci_put32(f->config + at + 12, length);
    return at;
}

static uint32_t class_of(uint16_t id)
{
    switch (id) {
    case VIRTIO_ID_NET:
        return 0x020000;
    case VIRTIO_ID_BLOCK:
        return 0x010000;
    case VIRTIO_ID_CONSOLE:
        return 0x078000;
    case VIRTIO_ID_GPU:
        return 0x038000; /* a display controller without VGA */
    case VIRTIO_ID_INPUT:
        return 0x098000;
    case VIRTIO_ID_SOUND:
        return 0x040100;
    default:
        return 0x088000;
    }
}

static int add_capabilities(struct virtio_pci *vp)
{
    struct pci_function *f = &vp->f;
    unsigned at;

    if (!add_cap(f, CFG_COMMON, REGS_COMMON, 0x38, 16) || !add_cap(f, CFG_ISR, REGS_ISR, 1, 16) ||
        !add_cap(f, CFG_DEVICE, REGS_DEVICE, PAGE, 16))
        return -ENOSPC;
    at = add_cap(f, CFG_NOTIFY, REGS_NOTIFY, PAGE, 20);
    vp->pci_cfg = add_cap(f, CFG_PCI, 0, 0, 20);
    if (!at || !vp->pci_cfg)
        return -ENOSPC;
    pci_put32(f->config + at + 16, NOTIFY_STEP);
    f->writable[vp->pci_cfg + 4] = 0xFF;
    memset(f->writable + vp->pci_cfg + 8, 0xFF, 12);
    return msix_init(&vp->msix, f, BAR_MSIX, vp->d->queues + 1);
}

static int open_events(struct virtio_device *d)
{
    for (unsigned q = 0; q < d->queues; q++) {
        d->queue[q].kick_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        d->queue[q].call_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (d->queue[q].kick_fd < 0 || d->queue[q].call_fd < 0)
            return -errno;
    }
    return 0;
}

int virtio_pci_create(struct virtio_pci **out, struct virtio_device *d, unsigned slot)
{
    struct virtio_pci *vp = calloc(1, sizeof(*vp));
    int rc;

    if (!vp)
        return -ENOMEM;
    vp->d = d;
    d->transport = vp;
    d->config_interrupt = virtio_notify_config;
    for (unsigned q = 0; q < VIRTIO_MAX_QUEUES; q++)
        d->queue[q].kick_fd = d->queue[q].call_fd = -1;
    pci_function_init(&vp->f, d->name, &ops, 0x1AF4, (uint16_t)(0x1040 + d->id), class_of(d->id));
    pci_set_subsystem(&vp->f, 0x1AF4, (uint16_t)(0x1040 + d->id));
    pci_set_bar(&vp->f, BAR_REGS, REGS_BYTES, true, false);
    rc = open_events(d);
    if (rc == 0)
        rc = add_capabilities(vp);
    if (rc == 0) {
        virtio_regs_reset(vp);
        rc = pci_add(&d->m->pci, slot, &vp->f);
    }
    if (rc < 0) {
        virtio_pci_destroy(vp);
        return rc;
    }
    *out = vp;
    return 0;
}

void virtio_pci_destroy(struct virtio_pci *vp)
{
    struct virtio_device *d = vp->d;

    if (d->started)
        d->ops->stop(d);
    d->started = false;
    for (unsigned q = 0; q < d->queues; q++) {
        if (d->queue[q].kick_fd >= 0)
            close(d->queue[q].kick_fd);
        if (d->queue[q].call_fd >= 0)
            close(d->queue[q].call_fd);
    }
    free(vp);
}
