/* SPDX-License-Identifier: BSD-3-Clause */
/* Tests back end and front end against each other over a real socket, and the back end against
 * malformed messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vhost/backend.h"
#include "vhost/frontend.h"

#define BYTES 0x100000u
#define GPA   0x40000000u
#define UVA   0x7f0000000000u

struct bench { /* an echo device: writable part = readable part reversed in case */
    struct vu_loop loop;
    struct vu_device dev;
    pthread_t thread;
    int fd, resets, gone, memory_fd;
    uint8_t config[16];
    uint8_t *ram;
    struct vhf f;
    int kick, call, err;
};

static void process(struct vu_device *dev, unsigned queue)
{
    static struct vq_chain c;

    while (virtq_pop(vu_queue(dev, queue), &c) == 1) {
        uint8_t buf[64];
        size_t n = chain_read(&c, 0, buf, sizeof(buf));

        for (size_t i = 0; i < n; i++)
            buf[i] ^= 0x20;
        virtq_push(vu_queue(dev, queue), c.head, (uint32_t)chain_write(&c, 0, buf, n));
    }
    vu_notify(dev, queue);
}

static int get_config(struct vu_device *dev, uint32_t offset, uint32_t bytes, void *to)
{
    struct bench *b = dev->priv;

    if (offset > sizeof(b->config) || bytes > sizeof(b->config) - offset)
        return -EINVAL;
    memcpy(to, b->config + offset, bytes);
    return 0;
}

static int set_config(struct vu_device *dev, uint32_t offset, uint32_t bytes, const void *from)
{
    struct bench *b = dev->priv;

    if (offset > sizeof(b->config) || bytes > sizeof(b->config) - offset)
        return -EINVAL;
    memcpy(b->config + offset, from, bytes);
    return vu_config_changed(dev);
}

static void reset(struct vu_device *dev)
{
    ((struct bench *)dev->priv)->resets++;
}

static void disconnected(struct vu_device *dev)
{
    ((struct bench *)dev->priv)->gone++;
}

static int gpu_socket(struct vu_device *dev, int fd)
{
    (void)dev;
    if (write(fd, "gpu", 3) != 3)
        return -EIO;
    close(fd);
    return 0;
}

static const struct vu_ops ops = {.queues = 2,
                                  .features = 1,
                                  .process = process,
                                  .get_config = get_config,
                                  .set_config = set_config,
                                  .reset = reset,
                                  .gpu_socket = gpu_socket,
                                  .disconnected = disconnected};

static void *serve(void *arg)
{
    struct bench *b = arg;

    assert_int_equal(vu_loop_run(&b->loop), 0);
    return NULL;
}

static int setup_looking(void **state, unsigned most_us)
{
    struct bench *b = calloc(1, sizeof(*b));
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(vu_loop_init(&b->loop), 0);
    assert_int_equal(vu_device_init(&b->dev, &b->loop, &ops, b), 0);
    b->dev.exit_on_disconnect = true;
    vu_device_poll(&b->dev, most_us);
    assert_int_equal(vu_device_attach(&b->dev, pair[0]), 0);
    b->fd = pair[1];
    b->f.fd = b->f.backend_fd = -1;
    b->memory_fd = memfd_create("guest", MFD_CLOEXEC);
    assert_int_equal(ftruncate(b->memory_fd, BYTES), 0);
    b->ram = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, b->memory_fd, 0);
    b->kick = eventfd(0, EFD_NONBLOCK);
    b->call = eventfd(0, EFD_NONBLOCK);
    b->err = eventfd(0, EFD_NONBLOCK);
    assert_int_equal(pthread_create(&b->thread, NULL, serve, b), 0);
    *state = b;
    return 0;
}

static int setup(void **state)
{
    return setup_looking(state, 0);
}

/* A back end that looks for requests, most of the time. */
static int setup_polling(void **state)
{
    return setup_looking(state, 5000);
}

static int teardown(void **state)
{
    struct bench *b = *state;

    if (b->fd >= 0)
        close(b->fd);
    vhf_finish(&b->f); /* still open when the test failed */
    assert_int_equal(pthread_join(b->thread, NULL), 0);
    assert_int_equal(b->gone, 1);
    vu_device_finish(&b->dev);
    vu_loop_finish(&b->loop);
    munmap(b->ram, BYTES);
    close(b->memory_fd);
    close(b->kick);
    close(b->call);
    close(b->err);
    free(b);
    return 0;
}

static void connect_to(struct bench *b)
{
    assert_int_equal(vhf_attach(&b->f, b->fd, 5000), 0);
    b->fd = -1;
}

static void share_memory(struct bench *b)
{
    struct vhf_memory m = {{GPA, BYTES, UVA, 0}, b->memory_fd};

    assert_int_equal(vhf_set_memory(&b->f, &m, 1), 0);
}

static void start(struct bench *b, uint16_t base)
{
    struct vhf_queue q = {.index = 1,
                          .size = 8,
                          .desc = UVA,
                          .avail = UVA + 0x1000,
                          .used = UVA + 0x2000,
                          .base = base,
                          .kick_fd = b->kick,
                          .call_fd = b->call,
                          .err_fd = b->err};

    assert_int_equal(vhf_start_queue(&b->f, &q), 0);
}

static bool signalled(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    uint64_t n;

    return poll(&p, 1, 5000) == 1 && read(fd, &n, sizeof(n)) == sizeof(n);
}

static void request(struct bench *b, uint64_t addr)
{
    struct vring_desc *d = (struct vring_desc *)b->ram;
    struct vring_avail *a = (struct vring_avail *)(b->ram + 0x1000);
    uint64_t one = 1;

    memcpy(b->ram + 0x3000, "echo", 4);
    d[0] = (struct vring_desc){addr, 4, VRING_DESC_NEXT, 1};
    d[1] = (struct vring_desc){GPA + 0x4000, 16, VRING_DESC_WRITE, 0};
    a->ring[a->idx % 8] = 0;
    __atomic_store_n(&a->idx, (uint16_t)(a->idx + 1), __ATOMIC_RELEASE);
    assert_int_equal(write(b->kick, &one, sizeof(one)), sizeof(one));
}

static void serves_a_queue(void **state)
{
    struct bench *b = *state;
    const struct vring_used *used = (const struct vring_used *)(b->ram + 0x2000);
    uint16_t base = 0;

    connect_to(b);
    assert_int_equal(b->f.queues, 2);
    assert_true(b->f.features & VIRTIO_F_VERSION_1);
    assert_int_equal(vhf_set_features(&b->f, VIRTIO_F_VERSION_1 | 1), 0);
    share_memory(b);
    start(b, 0);
    request(b, GPA + 0x3000);
    assert_true(signalled(b->call));
    assert_memory_equal(b->ram + 0x4000, "ECHO", 4);
    assert_int_equal(used->idx, 1);
    assert_int_equal(used->ring[0].len, 4);
    /* the map is told again while the queue runs */
    share_memory(b);
    request(b, GPA + 0x3000);
    assert_true(signalled(b->call));
    assert_int_equal(vhf_stop_queue(&b->f, 1, &base), 0);
    assert_int_equal(base, 2);
    start(b, base);
    request(b, GPA + 0x3000);
    assert_true(signalled(b->call));
    assert_int_equal(used->idx, 3);
    vhf_finish(&b->f);
}

/* What is said on the error output until it is put back; `kept` is where it goes meanwhile. */
static int kept = -1;

static int listen_to_errors(void)
{
    int to = memfd_create("errors", MFD_CLOEXEC);

    fflush(stderr);
    kept = dup(STDERR_FILENO);
    assert_true(to >= 0 && kept >= 0 && dup2(to, STDERR_FILENO) >= 0);
    return to;
}

static void errors_say(int heard, const char *words)
{
    char text[512] = "";

    assert_true(pread(heard, text, sizeof(text) - 1, 0) > 0);
    assert_true(dup2(kept, STDERR_FILENO) >= 0);
    close(kept);
    close(heard);
    if (!strstr(text, words))
        fail_msg("not told: %s, but: %s", words, text);
}

/* The front end gets its signal, the log the queue and the reason. */
static void tells_of_a_broken_queue(void **state)
{
    struct bench *b = *state;
    int heard = listen_to_errors();

    connect_to(b);
    assert_int_equal(vhf_set_features(&b->f, VIRTIO_F_VERSION_1), 0);
    share_memory(b);
    start(b, 0);
    request(b, GPA + BYTES - 2);
    assert_true(signalled(b->err));
    errors_say(heard,
               "the guest broke queue 1: a buffer outside the guest's memory; it stands still "
               "until the guest's driver resets the device");
    assert_int_equal(vhf_reset(&b->f), 0);
    assert_int_equal(b->resets, 1);
    memset(b->ram, 0, 0x3000);
    start(b, 0);
    request(b, GPA + 0x3000);
    assert_true(signalled(b->call));
    vhf_finish(&b->f);
}

static void configuration_goes_both_ways(void **state)
{
    struct bench *b = *state;
    uint8_t buf[16] = "0123456789abcdef";
    struct pollfd p;

    connect_to(b);
    assert_int_equal(vhf_set_config(&b->f, 4, 4, buf), 0);
    memset(buf, 0, sizeof(buf));
    assert_int_equal(vhf_get_config(&b->f, 0, 16, buf), 0);
    assert_memory_equal(buf, "\0\0\0\0000123\0", 9);
    p = (struct pollfd){.fd = b->f.backend_fd, .events = POLLIN};
    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_int_equal(vhf_backend(&b->f), 1);
    assert_int_equal(vhf_get_config(&b->f, 8, 16, buf), -EREMOTEIO);
    assert_int_equal(vhf_set_config(&b->f, 16, 1, buf), -EREMOTEIO);
    vhf_finish(&b->f);
}

static void passes_the_gpu_socket_up(void **state)
{
    struct bench *b = *state;
    int pair[2];
    char buf[3];

    connect_to(b);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(vhf_set_gpu_socket(&b->f, pair[0]), 0);
    assert_int_equal(read(pair[1], buf, 3), 3);
    assert_memory_equal(buf, "gpu", 3);
    close(pair[0]);
    close(pair[1]);
    vhf_finish(&b->f);
}

static void refuses_what_was_not_offered(void **state)
{
    struct bench *b = *state;
    struct vhf_memory m = {{GPA, BYTES + 4096, UVA, 0}, b->memory_fd};
    struct vhf_queue q = {.index = 2, .size = 8};

    connect_to(b);
    assert_int_equal(vhf_set_features(&b->f, 2), -EREMOTEIO);
    assert_int_equal(vhf_set_memory(&b->f, &m, 1), -EREMOTEIO); /* longer than its file */
    assert_int_equal(vhf_start_queue(&b->f, &q), -EREMOTEIO);
    share_memory(b);
    q = (struct vhf_queue){.index = 0,
                           .size = 8,
                           .desc = UVA + BYTES - 8,
                           .avail = UVA,
                           .used = UVA,
                           .kick_fd = b->kick,
                           .call_fd = b->call,
                           .err_fd = -1};
    assert_int_equal(vhf_start_queue(&b->f, &q), -EREMOTEIO); /* ring outside */
    vhf_finish(&b->f);
}

/* Sends raw bytes (and descriptors); true when the back end ended the connection for it. */
static bool ends_connection(struct bench *b, const void *bytes, size_t n)
{
    struct pollfd p = {.fd = b->fd, .events = POLLIN};
    char c;

    assert_int_equal(send(b->fd, bytes, n, MSG_NOSIGNAL), n);
    if (poll(&p, 1, 5000) != 1)
        return false;
    return recv(b->fd, &c, 1, 0) <= 0;
}

static void malformed_messages_end_the_connection(void **state)
{
    struct bench *b = *state;
    uint32_t m[4] = {VHU_SET_FEATURES, 1, 4, 0}; /* payload too short */

    assert_true(ends_connection(b, m, sizeof(m)));
}

static void overlong_messages_end_the_connection(void **state)
{
    struct bench *b = *state;
    uint32_t m[3] = {VHU_SET_FEATURES, 1, 0x10000};

    assert_true(ends_connection(b, m, sizeof(m)));
}

static void other_versions_end_the_connection(void **state)
{
    struct bench *b = *state;
    uint32_t m[3] = {VHU_SET_OWNER, 2, 0};

    assert_true(ends_connection(b, m, sizeof(m)));
}

static void unknown_messages_end_the_connection(void **state)
{
    struct bench *b = *state;
    uint32_t m[3] = {0x1234, 1, 0};

    assert_true(ends_connection(b, m, sizeof(m)));
}

static void a_message_may_come_in_pieces(void **state)
{
    struct bench *b = *state;
    uint32_t m[3] = {VHU_GET_FEATURES, 1, 0};
    struct vhu_rx rx = {0};
    int rc = 0;

    for (size_t i = 0; i < sizeof(m); i++) {
        assert_int_equal(send(b->fd, (uint8_t *)m + i, 1, 0), 1);
        usleep(1000);
    }
    while (rc == 0)
        rc = vhu_receive(b->fd, &rx, 0);
    assert_int_equal(rc, 1);
    assert_int_equal(rx.m.header.request, VHU_GET_FEATURES);
    vhu_rx_done(&rx);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
#define P(f) cmocka_unit_test_setup_teardown(f, setup_polling, teardown)
    const struct CMUnitTest tests[] = {
        T(serves_a_queue),
        P(serves_a_queue),
        P(tells_of_a_broken_queue),
        P(configuration_goes_both_ways),
        P(malformed_messages_end_the_connection),
        T(tells_of_a_broken_queue),
        T(configuration_goes_both_ways),
        T(passes_the_gpu_socket_up),
        T(refuses_what_was_not_offered),
        T(malformed_messages_end_the_connection),
        T(overlong_messages_end_the_connection),
        T(other_versions_end_the_connection),
        T(unknown_messages_end_the_connection),
        T(a_message_may_come_in_pieces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
