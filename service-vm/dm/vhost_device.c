/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the life of a vhost-user back end under a virtio device: connecting, starting queues, losing
 * it, finding it again. */
#include "vhost_device.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "vhost/frontend.h"

#define ANSWER_MS                                                                                  \
    20000 /* a back end that says nothing for so long is lost; emulated machines are slow */
/* A sound card that stands still for 100 ms is broken to Linux (wait_for_avail() in
 * sound/core/pcm_lib.c). */
#define RETRY_MS 10

#define ALL_DEVICE_FEATURES 0xFFFFFFull /* bits 0..23 are the device's, VIRTIO 1.2 §2.2 */
#define RING_FEATURES       (VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX | VIRTIO_F_VERSION_1)
#define NET_MAC             (1ull << 5)
#define NET_MRG_RXBUF       (1ull << 15)

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

static struct vhost_device *of_device(struct virtio_device *d)
{
    return (struct vhost_device *)((char *)d - offsetof(struct vhost_device, d));
}

static uint64_t features(struct virtio_device *d)
{
    return of_device(d)->features;
}

static uint64_t offered_by(const struct vhost_device *v)
{
    uint64_t f = v->f.features & (v->kind->features | RING_FEATURES);

    return v->kind->id == VIRTIO_ID_NET ? f | NET_MAC : f;
}

static void arm_retry(struct vhost_device *v, bool on)
{
    struct itimerspec t = {.it_value.tv_nsec = on ? RETRY_MS * 1000000 : 0};

    if (timerfd_settime(v->retry.fd, 0, &t, NULL) < 0)
        log_line("%s: no timer: %s", v->d.name, strerror(errno));
}

static void lost(struct vhost_device *v, const char *why)
{
    if (v->f.fd < 0)
        return;
    vu_loop_remove(&v->d.m->loop, &v->peer);
    vu_loop_remove(&v->d.m->loop, &v->backend);
    vhf_finish(&v->f);
    v->running = v->shown = false;
    log_line("%s: back end lost (%s)", v->d.name, why);
    if (v->kind->has_state && v->d.started)
        machine_end(v->d.m, END_GPU_LOST, v->d.name);
    else
        arm_retry(v, true);
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

/* Gives the back end everything it must know and starts the queues that the driver enabled. */
static int run(struct vhost_device *v)
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
    struct vhost_device *v = of_device(d);
    int rc;

    if (v->f.fd < 0)
        return 0; /* run() follows when it is back */
    rc = run(v);
    if (rc == -EFAULT)
        return rc; /* the guest's rings are bad */
    if (rc < 0)
        lost(v, strerror(-rc));
    return 0;
}

static void stop(struct virtio_device *d)
{
    struct vhost_device *v = of_device(d);
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
        lost(v, strerror(-rc));
}

/* §5.7.4: events_read, events_clear and num_scanouts are those of whoever has the display. */
#define EVENT_DISPLAY (1u << 0)

static void own_config(const struct vhost_device *v, uint8_t *config)
{
    const uint32_t own[3] = {v->events, 0, v->scanouts};

    memcpy(config, own, sizeof(own));
}

static void clear_events(struct vhost_device *v, uint32_t offset, uint32_t bytes,
                         const uint8_t *from)
{
    uint8_t config[VHU_MAX_CONFIG] = {0};
    uint32_t clear;

    memcpy(config + offset, from, bytes);
    memcpy(&clear, config + sizeof(v->events), sizeof(clear));
    v->events &= ~clear;
}

static void read_config(struct virtio_device *d, uint32_t offset, uint32_t bytes, uint8_t *to)
{
    struct vhost_device *v = of_device(d);
    uint8_t config[VHU_MAX_CONFIG] = {0};
    int rc;

    if (v->kind->id == VIRTIO_ID_NET) { /* §5.1.4: the address is ours to give */
        for (uint32_t i = 0; i < bytes; i++)
            to[i] = offset + i < sizeof(v->mac) ? v->mac[offset + i] : 0;
        return;
    }
    if (v->f.fd < 0 || offset + bytes > VHU_MAX_CONFIG)
        return;
    /* always from the start, as QEMU asks: its library for back ends takes no notice of the offset
     */
    rc = vhf_get_config(&v->f, 0, offset + bytes, config);
    if (rc == 0 && v->display.socket >= 0)
        own_config(v, config);
    if (rc == 0)
        memcpy(to, config + offset, bytes);
    if (rc < 0 && rc != -EREMOTEIO && rc != -ENOTSUP)
        lost(v, strerror(-rc));
}

static void write_config(struct virtio_device *d, uint32_t offset, uint32_t bytes,
                         const uint8_t *from)
{
    struct vhost_device *v = of_device(d);
    int rc;

    if (v->kind->id == VIRTIO_ID_NET || v->f.fd < 0 || offset + bytes > VHU_MAX_CONFIG)
        return;
    if (v->display.socket >= 0) {
        clear_events(v, offset, bytes, from);
        return;
    }
    rc = vhf_set_config(&v->f, offset, bytes, from);
    if (rc < 0 && rc != -EREMOTEIO && rc != -ENOTSUP)
        lost(v, strerror(-rc));
}

static const struct virtio_ops ops = {.features = features,
                                      .start = start,
                                      .stop = stop,
                                      .read_config = read_config,
                                      .write_config = write_config};

static void on_peer(struct vu_source *source, uint32_t events)
{
    struct vhost_device *v = source->priv;

    (void)events; /* EPOLLRDHUP, EPOLLHUP or EPOLLERR */
    pthread_mutex_lock(&v->d.m->lock);
    lost(v, "it ended");
    pthread_mutex_unlock(&v->d.m->lock);
}

static void on_backend(struct vu_source *source, uint32_t events)
{
    struct vhost_device *v = source->priv;
    int rc;

    (void)events;
    pthread_mutex_lock(&v->d.m->lock);
    rc = vhf_backend(&v->f);
    if (rc == 1)
        virtio_config_changed(&v->d);
    else if (rc < 0 && rc != -EAGAIN)
        lost(v, strerror(-rc));
    pthread_mutex_unlock(&v->d.m->lock);
}

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

static void on_err(struct vu_source *source, uint32_t events)
{
    struct vhost_device *v = source->priv;
    uint64_t n;

    (void)events;
    pthread_mutex_lock(&v->d.m->lock);
    if (read(source->fd, &n, sizeof(n)) == sizeof(n))
        virtio_needs_reset(&v->d, "the driver broke a queue");
    pthread_mutex_unlock(&v->d.m->lock);
}

static int watch(struct vhost_device *v)
{
    struct vu_loop *loop = &v->d.m->loop;
    int rc;

    v->peer = (struct vu_source){.fd = v->f.fd, .ready = on_peer, .priv = v};
    v->backend = (struct vu_source){.fd = v->f.backend_fd, .ready = on_backend, .priv = v};
    /* only its end: EPOLLIN would fire on every answer that another thread is about to read */
    rc = vu_loop_add(loop, &v->peer, EPOLLRDHUP);
    if (rc == 0 && v->backend.fd >= 0)
        rc = vu_loop_add(loop, &v->backend, EPOLLIN);
    return rc;
}

static void on_retry(struct vu_source *source, uint32_t events)
{
    struct vhost_device *v = source->priv;
    uint64_t n;
    int rc;

    (void)events;
    pthread_mutex_lock(&v->d.m->lock);
    if (read(source->fd, &n, sizeof(n)) < 0 || v->f.fd >= 0)
        goto out;
    rc = vhf_connect(&v->f, v->socket, ANSWER_MS);
    if (rc == 0 && (v->features & ~offered_by(v))) {
        log_line("%s: the back end came back with less than it had", v->d.name);
        vhf_finish(&v->f);
        rc = -ENOTSUP;
    }
    if (rc == 0)
        rc = watch(v);
    if (rc == 0 && v->d.started)
        rc = run(v);
    if (rc == 0) {
        uint64_t one = 1;

        log_line("%s: back end is back", v->d.name);
        /* an interrupt that was due when it went may be lost: one too many harms nobody */
        for (unsigned i = 0; i < v->d.queues && v->d.started; i++)
            rc |= write(v->d.queue[i].call_fd, &one, sizeof(one)) < 0;
    } else if (v->f.fd >= 0) {
        lost(v, strerror(-rc));
    } else {
        arm_retry(v, true);
    }
out:
    pthread_mutex_unlock(&v->d.m->lock);
}

static int connect_first(struct vhost_device *v, unsigned wait_ms)
{
    uint64_t until = monotonic_ns() + wait_ms * 1000000ull;
    struct timespec pause = {0, 20000000};
    int rc;

    for (;;) {
        rc = vhf_connect(&v->f, v->socket, ANSWER_MS);
        if ((rc != -ENOENT && rc != -ECONNREFUSED) || monotonic_ns() >= until)
            return rc;
        (void)nanosleep(&pause, NULL);
    }
}

static int watch_events(struct vhost_device *v)
{
    struct vu_loop *loop = &v->d.m->loop;
    int rc;

    v->err_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    v->err = (struct vu_source){.fd = v->err_fd, .ready = on_err, .priv = v};
    v->retry = (struct vu_source){.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                                  .ready = on_retry,
                                  .priv = v};
    if (v->err_fd < 0 || v->retry.fd < 0)
        return -errno;
    rc = vu_loop_add(loop, &v->err, EPOLLIN);
    if (rc == 0)
        rc = vu_loop_add(loop, &v->retry, EPOLLIN);
    return rc < 0 ? rc : watch(v);
}

/* A locally administered address that is the same at every start: from the VM's name. */
static void make_mac(struct vhost_device *v)
{
    uint32_t h = 2166136261u;

    for (const char *p = v->d.m->name; *p; p++)
        h = (h ^ (uint8_t)*p) * 16777619u;
    v->mac[0] = 0x52;
    v->mac[1] = 0x42;
    for (int i = 0; i < 4; i++)
        v->mac[2 + i] = (uint8_t)(h >> 8 * i);
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
    make_mac(v);
    if (strlen(socket) < sizeof(v->socket)) {
        memcpy(v->socket, socket, strlen(socket) + 1);
        rc = connect_first(v, wait_ms);
    }
    if (rc == 0 && v->f.queues > kind->queues)
        v->d.queues = v->f.queues < kind->most ? v->f.queues : kind->most;
    v->features = offered_by(v);
    for (unsigned i = 0; i < v->d.queues; i++)
        v->d.queue[i].max = kind->queue_max;
    if (rc == 0 && !(v->f.features & VIRTIO_F_VERSION_1))
        rc = -EPROTO;
    if (rc == 0)
        rc = watch_events(v);
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
