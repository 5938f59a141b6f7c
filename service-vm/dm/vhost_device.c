/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns a virtio device whose work a vhost-user back end does: its features, the start and stop of
 * its queues. */
#include "vhost_device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "vhost_device_internal.h"

#define ALL_DEVICE_FEATURES 0xFFFFFFull /* bits 0..23 are the device's, VIRTIO 1.2 §2.2 */
#define RING_FEATURES       (VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX | VIRTIO_F_VERSION_1)
#define NET_MAC             (1ull << 5)
#define NET_MRG_RXBUF       (1ull << 15)
#define EVENT_DISPLAY       (1u << 0) /* of events_read, §5.7.4.2 */

static const struct vhost_device_kind kinds[] = {
    {"blk", VIRTIO_ID_BLOCK, 1, 4, 256, ALL_DEVICE_FEATURES, false},
    /* without offloads, which would need their own control queue */
    {"net", VIRTIO_ID_NET, 2, 2, 256, NET_MAC | NET_MRG_RXBUF, false},
    {"input", VIRTIO_ID_INPUT, 2, 2, 64, 0, false},
    /* 16 buffers of each of 8 streams (what Linux takes by default) fit its tx queue */
    {"sound", VIRTIO_ID_SOUND, 4, 4, 256, ALL_DEVICE_FEATURES, false},
    {"gpu", VIRTIO_ID_GPU, 2, 2, 256, ALL_DEVICE_FEATURES, true},
    {"fs", VIRTIO_ID_FS, 2, 2, 128, 0, false},
};

const struct vhost_device_kind *vhost_device_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(kinds[i].name, name) == 0)
            return &kinds[i];
    }
    return NULL;
}

static uint64_t features(struct virtio_device *d)
{
    return vhost_of_device(d)->features;
}

uint64_t vhost_device_offers(const struct vhost_device *v)
{
    uint64_t f = v->f.features & (v->kind->features | RING_FEATURES);

    return v->kind->id == VIRTIO_ID_NET ? f | NET_MAC : f;
}

static int share_memory(struct vhost_device *v)
{
    const struct guest_mem *mem = &v->d.m->mem;
    struct vhf_memory regions[VHU_MAX_TABLE];
    unsigned n = 0;

    for (; n < mem->map.count && n < VHU_MAX_TABLE; n++) {
        const struct vq_region *r = &mem->map.region[n];

        regions[n] = (struct vhf_memory){{r->gpa, r->bytes, r->uva, (uint64_t)(r->hva - mem->base)},
                                         mem->fd};
    }
    return vhf_set_memory(&v->f, regions, n);
}

/* Where a queue goes on after its back end was lost: everything that was not given back is served
 * again. */
static int resume_base(const struct vhost_device *v, const struct virtio_queue *q, uint16_t *base)
{
    const struct vring_used *used = guest_at(&v->d.m->mem, q->used, virtq_used_bytes(q->size));

    if (!used)
        return -EFAULT;
    *base = __atomic_load_n(&used->idx, __ATOMIC_ACQUIRE);
    return 0;
}

static int start_queue(struct vhost_device *v, unsigned index)
{
    const struct virtio_queue *q = &v->d.queue[index];
    const struct guest_mem *mem = &v->d.m->mem;
    struct vhf_queue start = {.index = index,
                              .size = q->size,
                              .desc = (uintptr_t)guest_at(mem, q->desc, virtq_desc_bytes(q->size)),
                              .avail =
                                  (uintptr_t)guest_at(mem, q->avail, virtq_avail_bytes(q->size)),
                              .used = (uintptr_t)guest_at(mem, q->used, virtq_used_bytes(q->size)),
                              .kick_fd = q->kick_fd,
                              .call_fd = q->call_fd,
                              .err_fd = v->err_fd};

    if (!start.desc || !start.avail || !start.used)
        return -EFAULT;
    return resume_base(v, q, &start.base) < 0 ? -EFAULT : vhf_start_queue(&v->f, &start);
}

/* Once in a back end's life: QEMU's takes no second one. */
static int give_display(struct vhost_device *v)
{
    int rc = 0;

    if (v->display.socket >= 0 && !v->shown)
        rc = vhf_set_gpu_socket(&v->f, v->display.socket);
    v->shown = rc == 0;
    return rc;
}

int vhost_device_run(struct vhost_device *v)
{
    uint64_t guest = v->d.driver_features;
    int rc;

    if (v->kind->id == VIRTIO_ID_NET && !(v->f.features & NET_MAC))
        guest &= ~NET_MAC; /* ours, not the back end's */
    rc = give_display(v);
    if (rc == 0)
        rc = vhf_set_features(&v->f, guest);
    if (rc == 0)
        rc = share_memory(v);
    for (unsigned i = 0; i < v->d.queues && rc == 0; i++) {
        if (v->d.queue[i].enabled)
            rc = start_queue(v, i);
    }
    v->running = rc == 0;
    return rc;
}

static int start(struct virtio_device *d)
{
    struct vhost_device *v = vhost_of_device(d);
    int rc;

    if (v->f.fd < 0)
        return 0; /* vhost_device_run() follows when it is back */
    rc = vhost_device_run(v);
    if (rc == -EFAULT)
        return rc; /* the guest's rings are bad */
    if (rc < 0)
        vhost_connection_lost(v, strerror(-rc));
    return 0;
}

static void stop(struct virtio_device *d)
{
    struct vhost_device *v = vhost_of_device(d);
    uint16_t base;
    int rc = 0;

    if (!v->running || v->f.fd < 0)
        return;
    v->running = false;
    v->events = 0;
    for (unsigned i = 0; i < d->queues && rc == 0; i++) {
        if (d->queue[i].enabled)
            rc = vhf_stop_queue(&v->f, i, &base);
    }
    if (rc == 0 && (v->f.protocol & VHU_PROTOCOL_RESET_DEVICE))
        rc = vhf_reset(&v->f);
    if (rc < 0)
        vhost_connection_lost(v, strerror(-rc));
}

static const struct virtio_ops ops = {.features = features,
                                      .start = start,
                                      .stop = stop,
                                      .read_config = vhost_config_read,
                                      .write_config = vhost_config_write};

static void on_monitors(struct vu_source *source, uint32_t events)
{
    struct vhost_device *v = source->priv;
    uint64_t n;

    (void)events;
    pthread_mutex_lock(&v->d.m->lock);
    if (read(source->fd, &n, sizeof(n)) == sizeof(n)) {
        v->events |= EVENT_DISPLAY;
        virtio_config_changed(&v->d);
    }
    pthread_mutex_unlock(&v->d.m->lock);
}

int vhost_device_create(struct vhost_device **out, struct machine *m,
                        const struct vhost_device_kind *kind, const char *socket, unsigned slot,
                        unsigned wait_ms)
{
    struct vhost_device *v = calloc(1, sizeof(*v));
    int rc = -ENAMETOOLONG;

    if (!v)
        return -ENOMEM;
    v->kind = kind;
    v->d = (struct virtio_device){
        .ops = &ops, .name = kind->name, .m = m, .id = kind->id, .queues = kind->queues};
    v->display = (struct gpu_display){-1, -1};
    v->f.fd = v->f.backend_fd = v->err_fd = v->retry.fd = v->err.fd = v->peer.fd = v->backend.fd =
        v->monitors.fd = -1;
    vhost_config_make_mac(v);
    if (strlen(socket) < sizeof(v->socket)) {
        memcpy(v->socket, socket, strlen(socket) + 1);
        rc = vhost_connection_open(v, wait_ms);
    }
    if (rc == 0 && v->f.queues > kind->queues)
        v->d.queues = v->f.queues < kind->most ? v->f.queues : kind->most;
    v->features = vhost_device_offers(v);
    for (unsigned i = 0; i < v->d.queues; i++)
        v->d.queue[i].max = kind->queue_max;
    if (rc == 0 && !(v->f.features & VIRTIO_F_VERSION_1))
        rc = -EPROTO;
    if (rc == 0)
        rc = vhost_connection_watch(v);
    if (rc == 0)
        rc = virtio_pci_create(&v->pci, &v->d, slot);
    if (rc < 0) {
        log_line("%s: back end at %s: %s", kind->name, socket, strerror(-rc));
        vhost_device_destroy(v);
        return rc;
    }
    *out = v;
    return 0;
}

int vhost_device_show(struct vhost_device *v, struct gpu_display *display, unsigned scanouts)
{
    v->display = *display;
    *display = (struct gpu_display){-1, -1};
    v->scanouts = scanouts;
    v->monitors = (struct vu_source){.fd = v->display.changed, .ready = on_monitors, .priv = v};
    return vu_loop_add(&v->d.m->loop, &v->monitors, EPOLLIN);
}

void vhost_device_destroy(struct vhost_device *v)
{
    struct vu_loop *loop = &v->d.m->loop;

    if (v->pci)
        virtio_pci_destroy(v->pci);
    vu_loop_remove(loop, &v->peer);
    vu_loop_remove(loop, &v->backend);
    vu_loop_remove(loop, &v->err);
    vu_loop_remove(loop, &v->retry);
    vu_loop_remove(loop, &v->monitors);
    vhf_finish(&v->f);
    if (v->err_fd >= 0)
        close(v->err_fd);
    if (v->retry.fd >= 0)
        close(v->retry.fd);
    gpu_display_close(&v->display);
    free(v);
}
