/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzzes the back end's message parser: the input is what a front end sends, with a memory file
 * where descriptors are due. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vhost/backend.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t config[32];

static void process(struct vu_device *dev, unsigned queue)
{
    static struct vq_chain c;

    for (int i = 0; i < 64 && virtq_pop(vu_queue(dev, queue), &c) == 1; i++)
        virtq_push(vu_queue(dev, queue), c.head,
                   (uint32_t)chain_write(&c, 0, config, sizeof(config)));
    vu_notify(dev, queue);
}

static int get_config(struct vu_device *dev, uint32_t offset, uint32_t bytes, void *to)
{
    (void)dev;
    if (offset > sizeof(config) || bytes > sizeof(config) - offset)
        return -1;
    memcpy(to, config + offset, bytes);
    return 0;
}

static const struct vu_ops ops = {.queues = 3, .process = process, .get_config = get_config};

/* Sends the next message of the input: one byte says how many descriptors go with it, the rest is
 * header and payload. */
static size_t send_one(int fd, int memory, int event, const uint8_t *data, size_t size)
{
    struct vhu_message m;
    size_t n = size - 1;

    if (n > sizeof(m.header) + 64)
        n = sizeof(m.header) + 64;
    memset(&m, 0, sizeof(m));
    memcpy(&m.header, data + 1, n < sizeof(m.header) ? n : sizeof(m.header));
    m.header.request &= 0x3F;
    m.header.flags = (m.header.flags & 0xC) | 1;
    m.header.bytes &= 0x7F;
    if (m.header.bytes > sizeof(m.body.raw))
        m.header.bytes = sizeof(m.body.raw);
    if (n > sizeof(m.header))
        memcpy(&m.body, data + 1 + sizeof(m.header), n - sizeof(m.header));
    m.fds = data[0] % 3;
    for (unsigned i = 0; i < m.fds; i++)
        m.fd[i] = data[0] & 0x80 ? memory : event;
    if (vhu_send(fd, &m) < 0)
        return size;
    n = sizeof(m.header) + m.header.bytes;
    return n + 1 < size ? n + 1 : size;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vu_loop loop;
    struct vu_device dev;
    int pair[2], memory = memfd_create("guest", 0), event = eventfd(0, 0);
    char drain[512];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || ftruncate(memory, 0x4000) < 0 ||
        vu_loop_init(&loop) < 0 || vu_device_init(&dev, &loop, &ops, NULL) < 0 ||
        vu_device_attach(&dev, pair[0]) < 0)
        abort();
    dev.quiet = true; /* a complaint per message would be all it does */
    for (size_t at = 0; at + 13 <= size;) {
        at += send_one(pair[1], memory, event, data + at, size - at);
        for (int i = 0; i < 4 && vu_loop_once(&loop, 0) > 0; i++)
            ;
        while (recv(pair[1], drain, sizeof(drain), MSG_DONTWAIT) > 0)
            ;
    }
    vu_device_finish(&dev);
    vu_loop_finish(&loop);
    close(pair[1]);
    close(memory);
    close(event);
    return 0;
}
