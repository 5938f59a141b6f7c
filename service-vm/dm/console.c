/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns virtio-console (VIRTIO 1.2 §5.3): one port, served here because it is only text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chardev.h"
#include "devices.h"
#include "log.h"
#include "vhost/protocol.h"
#include "vhost/virtq.h"
#include "virtio.h"

#define QUEUE_RX  0
#define QUEUE_TX  1
#define TYPED_MAX 1024u

struct console {
    struct virtio_device d;
    struct virtio_pci *pci;
    struct chardev out;
    struct virtq vq[2];
    struct vu_source kick[2];
    uint8_t typed[TYPED_MAX]; /* waits for the driver's buffers */
    size_t typed_bytes;
    struct vq_chain chain;
};

static struct console *of_device(struct virtio_device *d)
{
    return (struct console *)((char *)d - offsetof(struct console, d));
}

static uint64_t features(struct virtio_device *d)
{
    (void)d;
    return VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VIRTIO_F_EVENT_IDX;
}

static void interrupt(struct console *c, unsigned q)
{
    uint64_t one = 1;

    if (c->vq[q].broken)
        virtio_needs_reset(&c->d, c->vq[q].fault ? c->vq[q].fault : "a queue is broken");
    if (virtq_should_notify(&c->vq[q]) && write(c->d.queue[q].call_fd, &one, sizeof(one)) < 0)
        log_line("console: an interrupt is lost");
}

static void transmit(struct console *c)
{
    while (virtq_pop(&c->vq[QUEUE_TX], &c->chain) == 1) {
        for (unsigned i = 0; i < c->chain.readable; i++)
            chardev_write(&c->out, c->chain.iov[i].iov_base, c->chain.iov[i].iov_len);
        virtq_push(&c->vq[QUEUE_TX], c->chain.head, 0);
    }
    interrupt(c, QUEUE_TX);
}

static void deliver(struct console *c)
{
    while (c->typed_bytes && virtq_pop(&c->vq[QUEUE_RX], &c->chain) == 1) {
        size_t n = chain_write(&c->chain, 0, c->typed, c->typed_bytes);

        memmove(c->typed, c->typed + n, c->typed_bytes - n);
        c->typed_bytes -= n;
        virtq_push(&c->vq[QUEUE_RX], c->chain.head, (uint32_t)n);
    }
    interrupt(c, QUEUE_RX);
}

static void receive(void *device, const void *bytes, size_t n)
{
    struct console *c = device;

    if (n > TYPED_MAX - c->typed_bytes)
        n = TYPED_MAX -
            c->typed_bytes; /* a guest that does not read loses the rest, as on a line */
    memcpy(c->typed + c->typed_bytes, bytes, n);
    c->typed_bytes += n;
    deliver(c);
}

static void on_kick(struct vu_source *source, uint32_t events)
{
    struct console *c = source->priv;
    uint64_t n;

    (void)events;
    pthread_mutex_lock(&c->d.m->lock);
    if (read(source->fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
        log_line("console: %s", strerror(errno));
    if (source == &c->kick[QUEUE_TX])
        transmit(c);
    else
        deliver(c);
    pthread_mutex_unlock(&c->d.m->lock);
}

static int start(struct virtio_device *d)
{
    struct console *c = of_device(d);
    const struct guest_mem *mem = &d->m->mem;
    int rc = 0;

    for (unsigned i = 0; i < 2 && rc == 0; i++) {
        const struct virtio_queue *q = &d->queue[i];

        if (!q->enabled)
            continue;
        rc = virtq_start(&c->vq[i], &mem->map, q->size,
                         guest_at(mem, q->desc, virtq_desc_bytes(q->size)),
                         guest_at(mem, q->avail, virtq_avail_bytes(q->size)),
                         guest_at(mem, q->used, virtq_used_bytes(q->size)), 0);
        c->vq[i].indirect = d->driver_features & VIRTIO_F_INDIRECT_DESC;
        c->vq[i].event_idx = d->driver_features & VIRTIO_F_EVENT_IDX;
    }
    return rc;
}

static void stop(struct virtio_device *d)
{
    struct console *c = of_device(d);

    virtq_stop(&c->vq[0]);
    virtq_stop(&c->vq[1]);
}

static void read_config(struct virtio_device *d, uint32_t offset, uint32_t bytes, uint8_t *to)
{
    (void)d;
    (void)offset;
    memset(to, 0, bytes); /* size and ports belong to features that are not offered */
}

static void write_config(struct virtio_device *d, uint32_t offset, uint32_t bytes,
                         const uint8_t *from)
{
    (void)d;
    (void)offset;
    (void)bytes;
    (void)from;
}

static const struct virtio_ops ops = {.features = features,
                                      .start = start,
                                      .stop = stop,
                                      .read_config = read_config,
                                      .write_config = write_config};

int console_create(struct console **out, struct machine *m, const char *log, const char *socket,
                   unsigned slot)
{
    struct console *c = calloc(1, sizeof(*c));
    int rc;

    if (!c)
        return -ENOMEM;
    c->d = (struct virtio_device){
        .ops = &ops, .name = "console", .m = m, .id = VIRTIO_ID_CONSOLE, .queues = 2};
    c->d.queue[0].max = c->d.queue[1].max = 64;
    rc = chardev_init(&c->out, m, log, socket);
    c->out.receive = receive;
    c->out.device = c;
    if (rc == 0)
        rc = virtio_pci_create(&c->pci, &c->d, slot);
    for (unsigned i = 0; i < 2 && rc == 0; i++) {
        c->kick[i] = (struct vu_source){.fd = c->d.queue[i].kick_fd, .ready = on_kick, .priv = c};
        rc = vu_loop_add(&m->loop, &c->kick[i], EPOLLIN);
    }
    if (rc < 0) {
        console_destroy(c);
        return rc;
    }
    *out = c;
    return 0;
}

void console_destroy(struct console *c)
{
    for (unsigned i = 0; i < 2; i++) {
        if (c->kick[i].ready)
            vu_loop_remove(&c->d.m->loop, &c->kick[i]);
    }
    if (c->pci)
        virtio_pci_destroy(c->pci);
    chardev_finish(&c->out);
    free(c);
}
