/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration space of a GPU whose back end is a process, as the guest's driver reads it, and
 * the interrupt that tells of a change there. */
#include "fake.h"

#include <errno.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "layout.h"
#include "vhost/backend.h"
#include "vhost_device.h"

#define SLOT         5
#define CFG(reg)     (ECAM_BASE + (SLOT << 15) + (reg))
#define BAR_MSIX     0xC0000000u
#define BAR_REGS     0xC0100000u
#define STATUS       (BAR_REGS + 0x14)
#define EVENTS_READ  (BAR_REGS + 0x2000)
#define EVENTS_CLEAR (BAR_REGS + 0x2004)
#define MESSAGE      0xFEE01000u
#define DATA         0x4321u

struct back_end {
    struct vu_loop loop;
    struct vu_device dev;
    struct vu_source order;
    uint32_t config[4]; /* VIRTIO 1.2 §5.7.4 */
    unsigned writes;
    pthread_t thread;
};

static struct back_end back;
static struct vhost_device *gpu;
static char path[64];

static void process(struct vu_device *dev, unsigned queue)
{
    (void)dev, (void)queue;
}

static int get_config(struct vu_device *dev, uint32_t offset, uint32_t bytes, void *to)
{
    (void)dev;
    if (offset > sizeof(back.config) || bytes > sizeof(back.config) - offset)
        return -EINVAL;
    memcpy(to, (uint8_t *)back.config + offset, bytes);
    return 0;
}

static int set_config(struct vu_device *dev, uint32_t offset, uint32_t bytes, const void *from)
{
    uint32_t clear = 0;

    (void)dev;
    __atomic_add_fetch(&back.writes, 1, __ATOMIC_RELAXED);
    if (offset != 4 || bytes != sizeof(clear))
        return -EINVAL;
    memcpy(&clear, from, bytes);
    back.config[0] &= ~clear;
    return 0;
}

static int gpu_socket(struct vu_device *dev, int fd)
{
    (void)dev;
    close(fd);
    return 0;
}

static const struct vu_ops ops = {.queues = 2,
                                  .features = 2,
                                  .process = process,
                                  .get_config = get_config,
                                  .set_config = set_config,
                                  .gpu_socket = gpu_socket};

static void handle_order(struct vu_source *source, uint32_t events)
{
    uint64_t n;

    (void)events;
    if (read(source->fd, &n, sizeof(n)) != sizeof(n))
        return;
    if (n > 1) {
        vu_loop_stop(&back.loop);
        return;
    }
    back.config[0] |= 1;
    assert_int_equal(vu_config_changed(&back.dev), 0);
}

static void *serve(void *arg)
{
    (void)arg;
    assert_int_equal(vu_loop_run(&back.loop), 0);
    return NULL;
}

static void order(uint64_t what)
{
    assert_int_equal(write(back.order.fd, &what, sizeof(what)), sizeof(what));
}

/* The driver's part of §3.1.1, without queues. */
static void drive(struct machine *m)
{
    uint8_t cap = (uint8_t)get(m, CFG(0x34), 1);

    put(m, CFG(0x14), 4, BAR_MSIX);
    put(m, CFG(0x20), 4, BAR_REGS);
    put(m, CFG(0x24), 4, 0);
    put(m, CFG(0x04), 2, 6);
    while (cap && get(m, CFG(cap), 1) != 0x11)
        cap = (uint8_t)get(m, CFG(cap + 1u), 1);
    assert_int_not_equal(cap, 0);
    put(m, CFG(cap + 2u), 2, 0x8000);
    put(m, BAR_MSIX, 4, MESSAGE);
    put(m, BAR_MSIX + 8, 4, DATA);
    put(m, BAR_MSIX + 12, 4, 0);
    put(m, BAR_REGS + 0x10, 2, 0); /* of the configuration: vector 0 */
    put(m, STATUS, 1, 1);
    put(m, STATUS, 1, 3);
    put(m, BAR_REGS + 0x08, 4, 1);
    put(m, BAR_REGS + 0x0C, 4, 1); /* VERSION_1 */
    put(m, STATUS, 1, 11);
    put(m, STATUS, 1, 15);
    assert_int_equal(get(m, STATUS, 1), 15);
}

static int setup(void **state)
{
    struct machine *m = fake_machine(0x400000);

    *state = m;
    memset(&back, 0, sizeof(back));
    back.config[2] = 2;
    back.config[3] = 1;
    snprintf(path, sizeof(path), "/tmp/test-vhost-gpu-%d", (int)getpid());
    assert_int_equal(vu_loop_init(&back.loop), 0);
    assert_int_equal(vu_device_init(&back.dev, &back.loop, &ops, &back), 0);
    assert_int_equal(vu_device_listen(&back.dev, path), 0);
    back.order = (struct vu_source){.fd = eventfd(0, EFD_CLOEXEC), .ready = handle_order};
    assert_int_equal(vu_loop_add(&back.loop, &back.order, EPOLLIN), 0);
    assert_int_equal(pthread_create(&back.thread, NULL, serve, NULL), 0);
    assert_int_equal(vhost_device_create(&gpu, m, vhost_device_kind("gpu"), path, SLOT, 1000), 0);
    return 0;
}

static int teardown(void **state)
{
    vhost_device_destroy(gpu);
    order(2);
    assert_int_equal(pthread_join(back.thread, NULL), 0);
    vu_device_finish(&back.dev);
    vu_loop_finish(&back.loop);
    close(back.order.fd);
    unlink(path);
    fake_machine_end(*state);
    return 0;
}

/* The loop's turns until the guest has had so many interrupts. */
static void wait_for_interrupts(struct machine *m, unsigned count)
{
    for (unsigned i = 0; i < 100 && fake.msis < count; i++)
        assert_true(vu_loop_once(&m->loop, 100) >= 0);
    assert_int_equal(fake.msis, count);
    assert_int_equal(fake.msi_address, MESSAGE);
    assert_int_equal(fake.msi_data, DATA);
}

static void a_back_ends_event_reaches_the_driver(void **state)
{
    struct machine *m = *state;
    uint64_t generation;

    drive(m);
    generation = get(m, BAR_REGS + 0x15, 1);
    assert_int_equal(get(m, EVENTS_READ, 4), 0);
    order(1);
    wait_for_interrupts(m, 1);
    assert_int_equal(get(m, BAR_REGS + 0x1000, 1), 2); /* of the configuration */
    assert_int_not_equal(get(m, BAR_REGS + 0x15, 1), generation);
    assert_int_equal(get(m, EVENTS_READ, 4), 1);
    assert_int_equal(get(m, EVENTS_READ + 8, 4), 2);
    put(m, EVENTS_CLEAR, 4, 1);
    assert_int_equal(get(m, EVENTS_READ, 4), 0);
    order(1);
    wait_for_interrupts(m, 2);
}

/* While the vector is masked the interrupt waits; before there is a driver nobody is told. */
static void an_interrupt_waits_for_its_vector(void **state)
{
    struct machine *m = *state;

    order(1);
    for (unsigned i = 0; i < 5; i++)
        assert_true(vu_loop_once(&m->loop, 20) >= 0);
    assert_int_equal(fake.msis, 0);
    drive(m);
    put(m, BAR_MSIX + 12, 4, 1);
    order(1);
    for (unsigned i = 0; i < 5; i++)
        assert_true(vu_loop_once(&m->loop, 20) >= 0);
    assert_int_equal(fake.msis, 0);
    put(m, BAR_MSIX + 12, 4, 0);
    wait_for_interrupts(m, 1);
}

/* A foreign back end: the display is another process', and so are the first three words. */
static void the_displays_events_are_its_own(void **state)
{
    struct machine *m = *state;
    struct gpu_display display = {.changed = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    const int changed = display.changed;
    const uint64_t one = 1;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    display.socket = pair[0];
    back.config[0] = ~0u; /* what it says of events is not the guest's */
    assert_int_equal(vhost_device_show(gpu, &display, 3), 0);
    assert_int_equal(display.socket, -1);
    drive(m);
    assert_int_equal(get(m, EVENTS_READ, 4), 0);
    assert_int_equal(write(changed, &one, sizeof(one)), sizeof(one));
    wait_for_interrupts(m, 1);
    assert_int_equal(get(m, EVENTS_READ, 4), 1);
    assert_int_equal(get(m, EVENTS_READ + 8, 4), 3);
    assert_int_equal(get(m, EVENTS_READ + 12, 4), 1); /* the capability sets are the back end's */
    put(m, EVENTS_READ, 4, ~0u);
    put(m, EVENTS_CLEAR, 4, ~1u);
    put(m, EVENTS_CLEAR + 4, 8, ~0ull);
    assert_int_equal(get(m, EVENTS_READ, 4), 1);
    put(m, EVENTS_CLEAR, 1, 1);
    assert_int_equal(get(m, EVENTS_READ, 4), 0);
    assert_int_equal(__atomic_load_n(&back.writes, __ATOMIC_RELAXED), 0);
    assert_int_equal(write(changed, &one, sizeof(one)), sizeof(one));
    wait_for_interrupts(m, 2);
    put(m, STATUS, 1, 0);
    assert_int_equal(get(m, EVENTS_READ, 4), 0); /* a new driver asks for itself */
    close(pair[1]);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(a_back_ends_event_reaches_the_driver),
        CASE(an_interrupt_waits_for_its_vector),
        CASE(the_displays_events_are_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
