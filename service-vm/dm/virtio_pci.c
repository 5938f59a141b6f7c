/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the virtio PCI transport (VIRTIO 1.2 §4.1), modern only: its capabilities, registers,
 * notifications, interrupts. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "log.h"
#include "msix.h"
#include "vhost/protocol.h"
#include "virtio.h"

#define BAR_MSIX    1
#define BAR_REGS    4 /* and 5: 64 bits */
#define REGS_BYTES  0x4000u
#define REGS_COMMON 0x0000u
#define REGS_ISR    0x1000u
#define REGS_DEVICE 0x2000u
#define REGS_NOTIFY 0x3000u
#define PAGE        0x1000u
#define NOTIFY_STEP 4u /* bytes between the notification addresses of two queues */

#define NO_VECTOR  0xFFFFu
#define ISR_QUEUE  1u
#define ISR_CONFIG 2u

enum { CFG_COMMON = 1, CFG_NOTIFY = 2, CFG_ISR = 3, CFG_DEVICE = 4, CFG_PCI = 5 }; /* §4.1.4 */

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

static void bind_queue(struct virtio_pci *vp, unsigned q)
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

static void bind_all(struct virtio_pci *vp)
{
    uint64_t address;
    uint32_t data;

    for (unsigned q = 0; q < vp->d->queues; q++)
        bind_queue(vp, q);
    if (vp->config_pending && msix_live(&vp->msix, &vp->f, vp->config_vector, &address, &data))
        virtio_config_changed(vp->d);
}

static uint32_t pending_bits(const struct virtio_pci *vp)
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

static void config_interrupt(struct virtio_device *d)
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

static void map_notify(struct virtio_pci *vp, bool on)
{
    struct machine *m = vp->d->m;

    if (on == vp->notify_mapped)
        return;
    vp->notify_mapped = on;
    for (unsigned q = 0; q < vp->d->queues; q++) {
        int rc = m->ops->ioeventfd(m->hyp, vp->d->queue[q].kick_fd,
                                   vp->f.bar[BAR_REGS].address + REGS_NOTIFY + NOTIFY_STEP * q,
                                   NOTIFY_STEP, on);

        /* without it the write comes to notify() below: slower, as right */
        if (rc < 0)
            log_line("%s: queue %u: no direct notification: %s", vp->d->name, q, strerror(-rc));
    }
}

static void notify(struct virtio_pci *vp, uint64_t offset)
{
    uint64_t one = 1;
    unsigned q = (unsigned)offset / NOTIFY_STEP;

    if (q < vp->d->queues && write(vp->d->queue[q].kick_fd, &one, sizeof(one)) < 0 &&
        errno != EAGAIN)
        log_line("%s: notification of queue %u is lost", vp->d->name, q);
}

static void device_reset(struct virtio_pci *vp)
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
        bind_queue(vp, q);
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
        device_reset(vp);
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
        bind_queue(vp, vp->queue_select);
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

static uint64_t get_bytes(const uint8_t *from, unsigned bytes)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < bytes; i++)
        v |= (uint64_t)from[i] << 8 * i;
    return v;
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
        *value = get_bytes(buf, bytes);
    }
}

static void access_regs(struct virtio_pci *vp, uint64_t offset, unsigned bytes, bool write,
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
            *value = at + bytes <= sizeof(regs) ? get_bytes(regs + at, bytes) : 0;
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
            notify(vp, at);
        else
            *value = 0;
        break;
    }
}

static struct virtio_pci *of_function(struct pci_function *f)
{
    return (struct virtio_pci *)((char *)f - offsetof(struct virtio_pci, f));
}

static void bar_access(struct pci_function *f, unsigned bar, uint64_t offset, unsigned bytes,
                       bool write, uint64_t *value)
{
    struct virtio_pci *vp = of_function(f);

    if (bar == BAR_REGS)
        access_regs(vp, offset, bytes, write, value);
    else if (msix_access(&vp->msix, offset, bytes, write, value, pending_bits(vp)))
        bind_all(vp);
}

static void bar_mapped(struct pci_function *f, unsigned bar, bool mapped)
{
    if (bar == BAR_REGS)
        map_notify(of_function(f), mapped);
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
    access_regs(vp, at, length, false, &value);
    pci_put32(f->config + vp->pci_cfg + 16, (uint32_t)value);
}

static void config_written(struct pci_function *f, unsigned offset, unsigned bytes)
{
    struct virtio_pci *vp = of_function(f);
    uint64_t at, value;
    unsigned length;

    if (offset < vp->msix.cap + 4 && offset + bytes > vp->msix.cap)
        bind_all(vp);
    if (!window(vp, offset, bytes, &at, &length))
        return;
    value = get_bytes(f->config + vp->pci_cfg + 16, length);
    access_regs(vp, at, length, true, &value);
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
    d->config_interrupt = config_interrupt;
    for (unsigned q = 0; q < VIRTIO_MAX_QUEUES; q++)
        d->queue[q].kick_fd = d->queue[q].call_fd = -1;
    pci_function_init(&vp->f, d->name, &ops, 0x1AF4, (uint16_t)(0x1040 + d->id), class_of(d->id));
    pci_set_subsystem(&vp->f, 0x1AF4, (uint16_t)(0x1040 + d->id));
    pci_set_bar(&vp->f, BAR_REGS, REGS_BYTES, true, false);
    rc = open_events(d);
    if (rc == 0)
        rc = add_capabilities(vp);
    if (rc == 0) {
        device_reset(vp);
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
