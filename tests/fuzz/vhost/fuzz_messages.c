/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes the back end's message parser: the input is what a front end sends, with a memory file
 * where descriptors are due. Its first byte says whether a queue runs by then, set up by an honest
 * front end; what the guest writes to its memory and its kicks are steps beside the messages.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vhost/backend.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MEMORY 0x4000
#define UVA    0x700000u

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

static void ask(int fd, uint32_t request, const void *body, uint32_t bytes, int with)
{
    struct vhu_message m = {.header = {request, 1, bytes}, .fds = with >= 0, .fd = {with}};

    memcpy(&m.body, body, bytes);
    if (vhu_send(fd, &m) < 0)
        abort();
}

/* What a front end does before a guest uses queue 0: 8 entries at 0, rings at 400h and 800h. */
static void start_queue(int fd, int memory, int event)
{
    const struct vhu_mem_table table = {.count = 1, .region = {{0x100000, MEMORY, UVA, 0}}};
    const struct vhu_vring_state num = {0, 8}, base = {0, 0}, on = {0, 1};
    const struct vhu_vring_addr addr = {.desc = UVA, .avail = UVA + 0x400, .used = UVA + 0x800};
    const uint64_t features = VIRTIO_F_VERSION_1 | VIRTIO_F_INDIRECT_DESC | VHOST_USER_F_PROTOCOL;
    const uint64_t queue = 0;

    ask(fd, VHU_SET_FEATURES, &features, sizeof(features), -1);
    ask(fd, VHU_SET_MEM_TABLE, &table, 8 + sizeof(table.region[0]), memory);
    ask(fd, VHU_SET_VRING_NUM, &num, sizeof(num), -1);
    ask(fd, VHU_SET_VRING_ADDR, &addr, sizeof(addr), -1);
    ask(fd, VHU_SET_VRING_BASE, &base, sizeof(base), -1);
    ask(fd, VHU_SET_VRING_CALL, &queue, sizeof(queue), event);
    ask(fd, VHU_SET_VRING_KICK, &queue, sizeof(queue), event);
    ask(fd, VHU_SET_VRING_ENABLE, &on, sizeof(on), -1);
}

/* The guest's own step: 16 bytes, a descriptor say, to its memory, or a chain offered and a kick.
 */
static size_t guest_step(int memory, int event, const uint8_t *data)
{
    const uint64_t one = 1;
    uint16_t ring[2] = {0, (uint16_t)(data[1] + 1)};

    if (data[0] & 1) { /* as many chains as data[1] says, head 0 each where nothing else was put */
        if (pwrite(memory, ring, sizeof(ring), 0x400) < 0 || write(event, &one, sizeof(one)) < 0)
            abort();
        return 2;
    }
    if (pwrite(memory, data + 2, 11, (data[1] % 128) * 16) < 0)
        abort();
    return 13;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vu_loop loop;
    struct vu_device dev;
    int pair[2], memory = memfd_create("guest", 0), event = eventfd(0, EFD_NONBLOCK);
    char drain[512];

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || ftruncate(memory, MEMORY) < 0 ||
        vu_loop_init(&loop) < 0 || vu_device_init(&dev, &loop, &ops, NULL) < 0 ||
        vu_device_attach(&dev, pair[0]) < 0)
        abort();
    dev.quiet = true; /* a complaint per message would be all it does */
    if (size && data[0] & 1)
        start_queue(pair[1], memory, event);
    for (size_t at = 1; at + 13 <= size;) {
        at += (data[at] & 0x60) == 0x60 ? guest_step(memory, event, data + at)
                                        : send_one(pair[1], memory, event, data + at, size - at);
        for (int i = 0; i < 12 && vu_loop_once(&loop, 0) > 0; i++)
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
