/* SPDX-License-Identifier: BSD-3-Clause */
/* The front end's display: a vGPU whose sink talks to the other end of a socket pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/pixels.h"
#include "server/remote.h"

#define WIDTH  640u
#define HEIGHT 600u /* more than a message takes */

static struct vu_loop loop;
static struct vgpu gpu;
static struct remote remote;
static int front; /* our end */
static unsigned progressed;

static void progress(void *data)
{
    (void)data;
    progressed++;
}

static void turn(void)
{
    while (vu_loop_once(&loop, 0) > 0)
        ;
}

/* A message: its header and what follows; `fd` -1 when none came along. */
static struct {
    struct vds_header header;
    union {
        uint64_t features;
        struct vds_position position;
        struct vds_cursor cursor;
        struct vds_scanout scanout;
        struct vds_update update;
        struct vds_dmabuf dmabuf;
        uint32_t edid;
        uint8_t raw[2 << 20];
    } body;
    int fd;
} got;

static void receive_all(void *to, size_t bytes)
{
    uint8_t *p = to;

    while (bytes) {
        union {
            struct cmsghdr header;
            uint8_t room[CMSG_SPACE(sizeof(int))];
        } control;
        struct iovec iov = {p, bytes};
        struct msghdr m = {.msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = &control,
                           .msg_controllen = sizeof(control)};
        const ssize_t n = recvmsg(front, &m, MSG_DONTWAIT);

        if (n < 0 && errno == EAGAIN) {
            assert_int_not_equal(vu_loop_once(&loop, 0), 0); /* else it would never come */
            continue;
        }
        assert_true(n > 0);
        if (m.msg_controllen)
            memcpy(&got.fd, CMSG_DATA(&control.header), sizeof(got.fd));
        p += n;
        bytes -= (size_t)n;
    }
}

static uint32_t receive(void)
{
    got.fd = -1;
    receive_all(&got.header, sizeof(got.header));
    assert_true(got.header.bytes <= sizeof(got.body));
    receive_all(&got.body, got.header.bytes);
    turn();
    return got.header.request;
}

static void nothing_more(void)
{
    uint8_t b;

    turn();
    assert_int_equal(recv(front, &b, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}

static void answer(uint32_t request, const void *body, size_t bytes)
{
    const struct vds_header h = {request, VDS_FLAG_REPLY, (uint32_t)bytes};

    assert_int_equal(write(front, &h, sizeof(h)), sizeof(h));
    turn(); /* answers may come in pieces */
    if (bytes)
        assert_int_equal(write(front, body, bytes), (ssize_t)bytes);
    turn();
}

static void connect_front(uint64_t features)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    front = pair[0];
    assert_int_equal(remote_connect(&remote, pair[1]), 0);
    assert_int_equal(receive(), VDS_GET_PROTOCOL_FEATURES);
    nothing_more();
    answer(VDS_GET_PROTOCOL_FEATURES, &features, sizeof(features));
    assert_int_equal(receive(), VDS_SET_PROTOCOL_FEATURES);
    assert_int_equal(got.body.features, features & 3);
}

static int start(void **state)
{
    static const struct vgpu_mode modes[2] = {{1280, 720, 60000}, {320, 320, 60000}};
    static const struct vgpu_limits limits = {.quota = {8, 64 << 20}};

    (void)state;
    assert_int_equal(vu_loop_init(&loop), 0);
    vgpu_init(&gpu, &gvt_backend_soft2d, NULL, &remote_sink, &remote, modes, 2, &limits);
    gpu.progress = progress;
    progressed = 0;
    assert_int_equal(remote_init(&remote, &loop, &gpu), 0);
    front = -1;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    vgpu_reset(&gpu);
    remote_finish(&remote);
    vu_loop_finish(&loop);
    if (front >= 0)
        close(front);
    return 0;
}

static uint32_t guest_sends(unsigned queue, union vgpu_request r, size_t bytes,
                            struct vgpu_answer *a)
{
    static struct vgpu_answer own;

    a = a ? a : &own;
    vgpu_execute(&gpu, NULL, queue, &r, bytes, NULL, a);
    remote_flush(&remote);
    return a->u.header.type;
}
#define COMMAND(queue, member, kind, ...)                                                          \
    guest_sends(                                                                                   \
        VGPU_QUEUE_##queue,                                                                        \
        (union vgpu_request){.member = {.header = {.type = VGPU_CMD_##kind}, __VA_ARGS__}},        \
        sizeof(((union vgpu_request *)0)->member), NULL)

static struct resource *picture(uint32_t id, uint32_t format, uint32_t width, uint32_t height)
{
    struct resource *r;

    assert_int_equal(COMMAND(CONTROL, create_2d, RESOURCE_CREATE_2D, .resource_id = id,
                             .format = format, .width = width, .height = height),
                     VGPU_OK_NODATA);
    r = resource_find(&gpu.resources, id);
    for (uint32_t i = 0; i < width * height; i++)
        ((uint32_t *)(void *)r->pixels)[i] = i * 2654435761u + id;
    return r;
}

static uint32_t at(const struct resource *r, uint32_t x, uint32_t y)
{
    return ((const uint32_t *)(const void *)r->pixels)[y * r->width + x];
}

static void show(uint32_t id, struct vgpu_rect rect)
{
    assert_int_equal(
        COMMAND(CONTROL, set_scanout, SET_SCANOUT, .r = rect, .resource_id = id, .scanout_id = 0),
        VGPU_OK_NODATA);
}

static void flush(uint32_t id, struct vgpu_rect rect)
{
    assert_int_equal(COMMAND(CONTROL, flush, RESOURCE_FLUSH, .r = rect, .resource_id = id),
                     VGPU_OK_NODATA);
}

/* Updates until `rect` of the scanout is covered, line after line; each pixel is r's. */
static void expect_pixels(const struct resource *r, struct vgpu_rect shown, struct vgpu_rect rect)
{
    uint32_t lines = 0;

    while (lines < rect.height) {
        const struct vds_update *u = &got.body.update;

        assert_int_equal(receive(), VDS_UPDATE);
        assert_int_equal(got.header.bytes, sizeof(*u) + u->width * u->height * 4);
        assert_true(u->x == rect.x && u->y == rect.y + lines && u->width == rect.width);
        for (uint32_t y = 0; y < u->height; y++)
            for (uint32_t x = 0; x < u->width; x++) {
                uint32_t p;

                memcpy(&p, got.body.raw + sizeof(*u) + (y * u->width + x) * 4, 4);
                assert_int_equal(p, at(r, shown.x + u->x + x, shown.y + u->y + y));
            }
        lines += u->height;
    }
}

static const struct vgpu_rect all = {0, 0, WIDTH, HEIGHT};

static void expect_scanout(uint32_t width, uint32_t height)
{
    assert_int_equal(receive(), VDS_SCANOUT);
    assert_int_equal(got.body.scanout.scanout, 0);
    assert_int_equal(got.body.scanout.width, width);
    assert_int_equal(got.body.scanout.height, height);
}

static void shows_what_changes_and_no_more(void **state)
{
    const struct vgpu_rect part = {10, 20, 100, 50};
    struct resource *r, *other;

    (void)state;
    connect_front(~0ull);
    r = picture(1, VGPU_FORMAT_B8G8R8X8, WIDTH, HEIGHT);
    show(1, all);
    expect_scanout(WIDTH, HEIGHT);
    expect_pixels(r, all, all);
    nothing_more();
    flush(1, part);
    expect_pixels(r, all, part);
    nothing_more();
    /* A page of the same size: the front end keeps its picture. */
    other = picture(2, VGPU_FORMAT_B8G8R8X8, WIDTH, HEIGHT);
    show(2, all);
    expect_pixels(other, all, all);
    flush(1, part); /* it is not shown any more */
    nothing_more();
    /* A part of it. */
    show(2, part);
    expect_scanout(part.width, part.height);
    expect_pixels(other, part, (struct vgpu_rect){0, 0, part.width, part.height});
    flush(2, (struct vgpu_rect){0, 0, 30, 30});
    expect_pixels(other, part, (struct vgpu_rect){0, 0, 20, 10});
    show(0, all);
    expect_scanout(0, 0);
    nothing_more();
    assert_int_equal(remote.pictures, 5);
}

static void gathers_while_nobody_reads(void **state)
{
    struct resource *r;

    (void)state;
    connect_front(0);
    r = picture(1, VGPU_FORMAT_B8G8R8X8, WIDTH, HEIGHT);
    show(1, all);
    for (uint32_t i = 0; i < 1000; i++) {
        memset(r->pixels + i * 4, (int)i, 4);
        flush(1, (struct vgpu_rect){i % WIDTH, i / WIDTH, 1, 1});
    }
    assert_true(remote.sent_bytes < 2u << 20); /* what a socket holds */
    expect_scanout(WIDTH, HEIGHT);
    while (damaged(&remote.view[0].damage) || remote.out.sent < remote.out.bytes)
        assert_int_equal(receive(), VDS_UPDATE);
    while (recv(front, &got.body, sizeof(got.body), MSG_DONTWAIT) > 0)
        turn();
    /* What it has now is what there is. */
    flush(1, all);
    expect_pixels(r, all, all);
    nothing_more();
}

static void asks_for_the_guest(void **state)
{
    const union vgpu_request info = {.header.type = VGPU_CMD_GET_DISPLAY_INFO};
    const union vgpu_request edid = {.get_edid = {.header.type = VGPU_CMD_GET_EDID, .scanout = 1}};
    struct vgpu_display_info theirs = {.header.type = VGPU_OK_DISPLAY_INFO};
    struct vgpu_edid monitor = {.size = 256, .header.flags = ~0u};
    struct vgpu_answer a;

    (void)state;
    assert_true(remote_ready(&remote, &info, sizeof(info.header))); /* nobody to ask */
    connect_front(VDS_F_EDID);
    assert_false(remote_ready(&remote, &info, sizeof(info.header)));
    assert_int_equal(receive(), VDS_GET_DISPLAY_INFO);
    assert_false(remote_ready(&remote, &info, sizeof(info.header)));
    nothing_more();
    theirs.mode[0] = (struct vgpu_display_one){{0, 0, 1024, 768}, 1, 0};
    theirs.mode[1] = (struct vgpu_display_one){{0, 0, ~0u, 768}, 1, 0}; /* nonsense is off */
    answer(VDS_GET_DISPLAY_INFO, &theirs, sizeof(theirs));
    assert_int_equal(progressed, 1);
    assert_true(remote_ready(&remote, &info, sizeof(info.header)));
    assert_int_equal(guest_sends(VGPU_QUEUE_CONTROL, info, sizeof(info.header), &a),
                     VGPU_OK_DISPLAY_INFO);
    assert_int_equal(a.u.display_info.mode[0].r.width, 1024);
    assert_int_equal(a.u.display_info.mode[0].enabled, 1);
    assert_int_equal(a.u.display_info.mode[1].enabled, 0);
    /* It is asked each time: the front end's windows change. */
    assert_false(remote_ready(&remote, &edid, sizeof(edid.get_edid)));
    assert_int_equal(receive(), VDS_GET_EDID);
    assert_int_equal(got.body.edid, 1);
    memset(monitor.edid, 0x5A, sizeof(monitor.edid));
    answer(VDS_GET_EDID, &monitor, sizeof(monitor));
    assert_true(remote_ready(&remote, &edid, sizeof(edid.get_edid)));
    assert_int_equal(guest_sends(VGPU_QUEUE_CONTROL, edid, sizeof(edid.get_edid), &a),
                     VGPU_OK_EDID);
    assert_int_equal(a.u.edid.size, 256);
    assert_int_equal(a.u.edid.edid[255], 0x5A);
    assert_int_equal(a.u.header.flags, 0);
    /* One that goes while it is asked leaves the guest what was known. */
    assert_false(remote_ready(&remote, &info, sizeof(info.header)));
    close(front);
    front = -1;
    progressed = 0;
    turn();
    assert_int_equal(progressed, 1);
    assert_true(remote_ready(&remote, &info, sizeof(info.header)));
}

static void without_edids_ours_serve(void **state)
{
    const union vgpu_request edid = {.get_edid = {.header.type = VGPU_CMD_GET_EDID}};
    const uint64_t none = 0;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    front = pair[0];
    assert_int_equal(remote_connect(&remote, pair[1]), 0);
    assert_false(remote_ready(&remote, &edid, sizeof(edid.get_edid))); /* it is not known yet */
    assert_int_equal(receive(), VDS_GET_PROTOCOL_FEATURES);
    answer(VDS_GET_PROTOCOL_FEATURES, &none, sizeof(none));
    assert_int_equal(progressed, 1);
    assert_true(remote_ready(&remote, &edid, sizeof(edid.get_edid)));
    assert_true(remote_ready(&remote, &edid, sizeof(edid.get_edid)));
    assert_int_equal(receive(), VDS_SET_PROTOCOL_FEATURES);
    nothing_more();
}

static uint32_t cursor_to(uint32_t type, uint32_t id, uint32_t x, uint32_t y)
{
    return guest_sends(
        VGPU_QUEUE_CURSOR,
        (union vgpu_request){
            .cursor =
                {.header.type = type, .resource_id = id, .x = x, .y = y, .hot_x = 3, .hot_y = 4}},
        sizeof(struct vgpu_cursor), NULL);
}

static void shows_a_cursor(void **state)
{
    const struct resource *r;

    (void)state;
    connect_front(0);
    r = picture(3, VGPU_FORMAT_B8G8R8A8, 32, 80);
    assert_int_equal(cursor_to(VGPU_CMD_UPDATE_CURSOR, 3, 5, 6), VGPU_OK_NODATA);
    assert_int_equal(receive(), VDS_CURSOR_UPDATE);
    assert_int_equal(got.header.bytes, sizeof(got.body.cursor));
    assert_int_equal(got.body.cursor.at.x, 5);
    assert_int_equal(got.body.cursor.hot_y, 4);
    assert_int_equal(got.body.cursor.pixel[63 * 64 + 31], at(r, 31, 63));
    assert_int_equal(got.body.cursor.pixel[63 * 64 + 32], 0);
    assert_int_equal(cursor_to(VGPU_CMD_MOVE_CURSOR, 3, 7, 8), VGPU_OK_NODATA);
    assert_int_equal(receive(), VDS_CURSOR_POS);
    assert_int_equal(got.body.position.y, 8);
    assert_int_equal(cursor_to(VGPU_CMD_UPDATE_CURSOR, 0, 7, 8), VGPU_OK_NODATA);
    assert_int_equal(receive(), VDS_CURSOR_POS_HIDE);
    nothing_more();
}

static void converts_every_format(void **state)
{
    static const struct {
        uint32_t format;
        uint8_t memory[4];
    } is[] = {
        {VGPU_FORMAT_B8G8R8A8, {0x33, 0x22, 0x11, 0x44}},
        {VGPU_FORMAT_B8G8R8X8, {0x33, 0x22, 0x11, 0x44}},
        {VGPU_FORMAT_A8R8G8B8, {0x44, 0x11, 0x22, 0x33}},
        {VGPU_FORMAT_X8R8G8B8, {0x44, 0x11, 0x22, 0x33}},
        {VGPU_FORMAT_R8G8B8A8, {0x11, 0x22, 0x33, 0x44}},
        {VGPU_FORMAT_R8G8B8X8, {0x11, 0x22, 0x33, 0x44}},
        {VGPU_FORMAT_A8B8G8R8, {0x44, 0x33, 0x22, 0x11}},
        {VGPU_FORMAT_X8B8G8R8, {0x44, 0x33, 0x22, 0x11}},
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(is) / sizeof(is[0]); i++) {
        uint32_t to = 0;

        pixels_to_argb(&to, is[i].memory, 1, is[i].format);
        assert_int_equal(to, 0x44112233);
    }
}

/* A resource of a GPU, as virtgpu makes it. */
static void hands_over_what_a_gpu_drew(void **state)
{
    struct resource *r, *flat;
    int fd;

    (void)state;
    connect_front(VDS_F_DMABUF2);
    r = picture(1, VGPU_FORMAT_R8G8B8X8, WIDTH, HEIGHT);
    flat = picture(2, VGPU_FORMAT_B8G8R8X8, WIDTH, HEIGHT);
    remote_sink.scanout(&remote, 0, flat, &all);
    remote_flush(&remote);
    expect_scanout(WIDTH, HEIGHT);
    expect_pixels(flat, all, all);
    r->dmabuf = true;
    r->stride = WIDTH * 4;
    remote_sink.scanout(&remote, 0, r, &all);
    remote_flush(&remote);
    assert_int_equal(receive(), VDS_DMABUF_SCANOUT2);
    assert_int_equal(got.body.dmabuf.fd_stride, WIDTH * 4);
    assert_int_equal(got.body.dmabuf.fourcc, 0x34324258); /* XB24 */
    assert_true(got.fd >= 0 && lseek(got.fd, 0, SEEK_END) == (off_t)r->bytes);
    fd = got.fd;
    assert_int_equal(receive(), VDS_DMABUF_UPDATE);
    assert_int_equal(got.body.update.height, HEIGHT);
    /* The next one waits until it has been looked at. */
    remote_sink.flush(&remote, 0, r, &(struct vgpu_rect){1, 2, 3, 4});
    remote_sink.flush(&remote, 0, r, &(struct vgpu_rect){5, 2, 3, 4});
    remote_flush(&remote);
    nothing_more();
    answer(VDS_DMABUF_UPDATE, NULL, 0);
    assert_int_equal(receive(), VDS_DMABUF_UPDATE);
    assert_int_equal(got.body.update.x, 1);
    assert_int_equal(got.body.update.width, 7);
    answer(VDS_DMABUF_UPDATE, NULL, 0);
    close(fd);
    /* And one without a GPU takes the same place. */
    remote_sink.scanout(&remote, 0, flat, &all);
    remote_flush(&remote);
    assert_int_equal(receive(), VDS_DMABUF_SCANOUT);
    assert_int_equal(got.header.bytes, 40);
    assert_int_equal(got.body.dmabuf.width, 0);
    expect_scanout(WIDTH, HEIGHT);
    expect_pixels(flat, all, all);
    nothing_more();
}

static void another_front_end_gets_everything(void **state)
{
    struct resource *r;

    (void)state;
    r = picture(1, VGPU_FORMAT_B8G8R8X8, WIDTH, HEIGHT);
    show(1, all);
    picture(3, VGPU_FORMAT_B8G8R8A8, 64, 64);
    (void)cursor_to(VGPU_CMD_UPDATE_CURSOR, 3, 5, 6);
    for (int i = 0; i < 2; i++) {
        connect_front(0);
        expect_scanout(WIDTH, HEIGHT);
        assert_int_equal(receive(), VDS_CURSOR_UPDATE);
        expect_pixels(r, all, all);
        nothing_more();
        flush(1, all);
        assert_int_equal(receive(), VDS_UPDATE); /* goes in the middle of it */
        close(front);
        turn();
        assert_int_equal(remote.socket.fd, -1);
        flush(1, all);
        front = -1;
    }
}

static void a_wrong_answer_ends_the_connection(void **state)
{
    static const struct {
        struct vds_header header;
    } bad[] = {
        {{VDS_GET_EDID, VDS_FLAG_REPLY, sizeof(struct vgpu_edid)}}, /* not asked */
        {{VDS_GET_DISPLAY_INFO, 0, sizeof(struct vgpu_display_info)}},
        {{VDS_GET_DISPLAY_INFO, VDS_FLAG_REPLY, 8}},
        {{VDS_GET_DISPLAY_INFO, VDS_FLAG_REPLY, ~0u}},
        {{0, VDS_FLAG_REPLY, 0}},
    };
    static const uint8_t body[sizeof(struct vgpu_edid)];
    const union vgpu_request info = {.header.type = VGPU_CMD_GET_DISPLAY_INFO};

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const size_t bytes =
            bad[i].header.bytes < sizeof(body) ? bad[i].header.bytes : sizeof(body);

        connect_front(~0ull);
        assert_false(remote_ready(&remote, &info, sizeof(info.header)));
        assert_int_equal(receive(), VDS_GET_DISPLAY_INFO);
        assert_int_equal(write(front, &bad[i], sizeof(bad[i])), sizeof(bad[i]));
        assert_int_equal(write(front, body, bytes), (ssize_t)bytes);
        turn();
        assert_int_equal(remote.socket.fd, -1);
        assert_true(remote_ready(&remote, &info, sizeof(info.header)));
        remote.question = 0;
        close(front);
        front = -1;
    }
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(shows_what_changes_and_no_more),
        TEST(gathers_while_nobody_reads),
        TEST(asks_for_the_guest),
        TEST(without_edids_ours_serve),
        TEST(shows_a_cursor),
        TEST(converts_every_format),
        TEST(hands_over_what_a_gpu_drew),
        TEST(another_front_end_gets_everything),
        TEST(a_wrong_answer_ends_the_connection),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
