/* SPDX-License-Identifier: BSD-3-Clause */
/* A change of a monitor, from the mediator to what a front end of vhost-user is told and reads, and
 * what a guest may do in the configuration space. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/soft2d.h"
#include "no_sink.h"
#include "server/device.h"
#include "vhost/frontend.h"

static struct vu_loop loop;
static struct device device;
static struct vu_source order; /* the test's, to the thread that serves the device */
static struct vhf front;
static struct vgpu_mode mode;
static pthread_t thread;
static int done;

static void handle_order(struct vu_source *source, uint32_t events)
{
    uint64_t n;

    (void)events;
    if (read(source->fd, &n, sizeof(n)) != sizeof(n))
        return;
    device_set_mode(&device, 0, &mode);
    n = 1;
    if (write(done, &n, sizeof(n)) < 0)
        vu_loop_stop(&loop);
}

static void *serve(void *arg)
{
    (void)arg;
    assert_int_equal(vu_loop_run(&loop), 0);
    return NULL;
}

static int start(void **state)
{
    static const struct vgpu_mode modes[2] = {{1280, 720, 60000}, {320, 320, 60000}};
    static const struct vgpu_limits limits = {.quota = {8, 1 << 20}};
    int pair[2];

    (void)state;
    memset(&device, 0, sizeof(device));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(vu_loop_init(&loop), 0);
    vgpu_init(&device.gpu, &gvt_backend_soft2d, NULL, &no_sink, NULL, modes, 2, &limits);
    assert_int_equal(device_init(&device, &loop), 0);
    device.vhost.exit_on_disconnect = true;
    assert_int_equal(vu_device_attach(&device.vhost, pair[0]), 0);
    done = eventfd(0, EFD_CLOEXEC);
    order = (struct vu_source){.fd = eventfd(0, EFD_CLOEXEC), .ready = handle_order};
    assert_int_equal(vu_loop_add(&loop, &order, EPOLLIN), 0);
    assert_int_equal(pthread_create(&thread, NULL, serve, NULL), 0);
    assert_int_equal(vhf_attach(&front, pair[1], 10000), 0);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    vhf_finish(&front);
    assert_int_equal(pthread_join(thread, NULL), 0);
    close(order.fd);
    close(done);
    device_finish(&device);
    vu_loop_finish(&loop);
    return 0;
}

/* Scanout 0 has that mode from now on; whether the front end was told of a change. */
static bool change(uint32_t width, uint32_t height)
{
    uint64_t n = 1;
    int rc;

    mode = (struct vgpu_mode){width, height, 60000};
    assert_int_equal(write(order.fd, &n, sizeof(n)), sizeof(n));
    assert_int_equal(read(done, &n, sizeof(n)), sizeof(n));
    rc = vhf_backend(&front);
    assert_true(rc == 1 || rc == -EAGAIN);
    return rc == 1;
}

static uint32_t events_read(void)
{
    uint32_t v = 0;

    assert_int_equal(vhf_get_config(&front, 0, sizeof(v), &v), 0);
    return v;
}

static int clear(uint32_t bits)
{
    return vhf_set_config(&front, 4, sizeof(bits), &bits);
}

static void test_an_event_is_told_read_and_cleared(void **state)
{
    (void)state;
    assert_int_equal(events_read(), 0);
    assert_true(change(1024, 600));
    assert_int_equal(events_read(), VGPU_EVENT_DISPLAY);
    assert_int_equal(events_read(), VGPU_EVENT_DISPLAY); /* reading clears nothing */
    assert_int_equal(clear(VGPU_EVENT_DISPLAY), 0);
    assert_int_equal(events_read(), 0);
    assert_false(change(1024, 600)); /* no news */
    assert_int_equal(events_read(), 0);
    assert_true(change(0, 0));
    assert_true(change(1024, 600));
    assert_int_equal(events_read(), VGPU_EVENT_DISPLAY);
    assert_int_equal(clear(VGPU_EVENT_DISPLAY), 0);
    assert_int_equal(events_read(), 0);
}

static void test_what_a_guest_may_not(void **state)
{
    const uint32_t all[4] = {~0u, 0, ~0u, ~0u};
    uint32_t config[4];
    uint8_t byte = 0xFF, much[64] = {0};

    (void)state;
    assert_true(change(640, 480));
    /* Everything but events_clear: no effect. */
    assert_int_equal(vhf_set_config(&front, 0, sizeof(all), all), 0);
    /* Bits that stand for nothing, and bits of the word beside. */
    assert_int_equal(clear(~VGPU_EVENT_DISPLAY), 0);
    assert_int_equal(vhf_set_config(&front, 5, 1, &byte), 0);
    assert_int_equal(vhf_set_config(&front, 3, 1, &byte), 0);
    assert_int_equal(vhf_get_config(&front, 0, sizeof(config), config), 0);
    assert_int_equal(config[0], VGPU_EVENT_DISPLAY);
    assert_int_equal(config[1], 0);
    assert_int_equal(config[2], 2);
    assert_int_equal(config[3], 0);
    /* Beyond the end: refused, and nothing is changed. */
    assert_int_equal(vhf_get_config(&front, 0, 17, much), -EREMOTEIO);
    assert_int_equal(vhf_get_config(&front, 16, 1, much), -EREMOTEIO);
    assert_int_equal(vhf_get_config(&front, 0xFFFFFFF0, 32, much), -EREMOTEIO);
    assert_int_equal(vhf_set_config(&front, 4, 13, much), -EREMOTEIO);
    assert_int_equal(vhf_set_config(&front, 0xFFFFFFFC, 8, all), -EREMOTEIO);
    for (unsigned i = 0; i < sizeof(much); i++)
        assert_int_equal(much[i], 0);
    assert_int_equal(events_read(), VGPU_EVENT_DISPLAY);
    /* One byte of the right word is enough. */
    assert_int_equal(vhf_set_config(&front, 4, 1, &byte), 0);
    assert_int_equal(events_read(), 0);
}

/* A driver that begins asks what there is: no event of before is left for it. */
static void test_a_reset_forgets_events_and_no_monitor(void **state)
{
    (void)state;
    assert_true(change(0, 0));
    assert_int_equal(vhf_reset(&front), 0);
    assert_int_equal(events_read(), 0);
    assert_false(change(0, 0));
    assert_true(change(1280, 720));
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(test_an_event_is_told_read_and_cleared),
        CASE(test_what_a_guest_may_not),
        CASE(test_a_reset_forgets_events_and_no_monitor),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
