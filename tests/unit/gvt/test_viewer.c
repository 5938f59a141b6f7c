/* SPDX-License-Identifier: BSD-3-Clause */
/* The display socket's front end: what a back end says, whole, in pieces, and wrong; and both of
 * our ends with each other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/remote.h"
#include "server/viewer.h"

#define WIDTH  200u
#define HEIGHT 100u

static struct viewer viewer;
static struct {
    unsigned shown, off, flushes, forgotten, hidden;
    struct resource *picture, *cursor;
    struct vgpu_rect damage;
    int32_t x, y;
} seen;
static uint8_t answered[2048];
static size_t answer_bytes;

static void sink_scanout(void *sink, unsigned n, struct resource *r, const struct vgpu_rect *rect)
{
    (void)sink, (void)n, (void)rect;
    seen.shown += r != NULL;
    seen.off += r == NULL;
    seen.picture = r;
}
static void sink_flush(void *sink, unsigned n, struct resource *r, const struct vgpu_rect *damage)
{
    (void)sink, (void)n;
    assert_ptr_equal(r, seen.picture);
    seen.flushes++;
    seen.damage = *damage;
}
static void sink_cursor(void *sink, unsigned n, struct resource *r, int32_t x, int32_t y,
                        bool update)
{
    (void)sink, (void)n, (void)update;
    seen.hidden += r == NULL;
    seen.cursor = r;
    seen.x = x;
    seen.y = y;
}
static void sink_forget(void *sink, struct resource *r)
{
    (void)sink, (void)r;
    seen.forgotten++;
}
static const struct vgpu_sink sink = {sink_scanout, sink_flush, sink_cursor, sink_forget};

static int keep_answer(void *data, const void *bytes, size_t count)
{
    (void)data;
    assert_true(answer_bytes + count <= sizeof(answered));
    memcpy(answered + answer_bytes, bytes, count);
    answer_bytes += count;
    return 0;
}

static int start(void **state)
{
    static const struct vgpu_mode modes[2] = {{1280, 720, 60000}, {320, 320, 60000}};

    (void)state;
    memset(&seen, 0, sizeof(seen));
    answer_bytes = 0;
    viewer_init(&viewer, &sink, NULL, modes, 2);
    viewer.answer = keep_answer;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    viewer_finish(&viewer);
    assert_int_equal(viewer.resources.count, 0);
    assert_int_equal(viewer.resources.bytes, 0);
    return 0;
}

/* At most `piece` bytes at a time. */
static int feed(const void *from, size_t bytes, size_t piece, int fd)
{
    const uint8_t *p = from;
    int rc = 0;

    while (bytes && rc == 0) {
        void *to;
        size_t n = viewer_room(&viewer, &to);

        assert_true(n > 0);
        n = n < piece ? n : piece;
        n = n < bytes ? n : bytes;
        memcpy(to, p, n);
        rc = viewer_filled(&viewer, n, fd);
        fd = -1;
        p += n;
        bytes -= n;
    }
    return rc;
}

static size_t piece = SIZE_MAX;

static int tell(uint32_t request, const void *body, size_t bytes, int fd)
{
    static uint8_t m[sizeof(struct vds_header) + sizeof(struct vds_cursor)];
    const struct vds_header h = {request, 0, (uint32_t)bytes};

    memcpy(m, &h, sizeof(h));
    memcpy(m + sizeof(h), body, bytes);
    return feed(m, sizeof(h) + bytes, piece, fd);
}
#define TELL(request, ...) tell(request, &(__VA_ARGS__), sizeof(__VA_ARGS__), -1)

static int scanout(uint32_t n, uint32_t width, uint32_t height)
{
    return TELL(VDS_SCANOUT, (struct vds_scanout){n, width, height});
}

static int update(struct vds_update u, uint32_t pixel)
{
    static uint8_t m[sizeof(struct vds_header) + sizeof(u) + WIDTH * HEIGHT * 8];
    const uint32_t count = u.width * u.height;
    const struct vds_header h = {VDS_UPDATE, 0, (uint32_t)sizeof(u) + count * 4};

    memcpy(m, &h, sizeof(h));
    memcpy(m + sizeof(h), &u, sizeof(u));
    for (uint32_t i = 0; i < count; i++, pixel++)
        memcpy(m + sizeof(h) + sizeof(u) + i * 4, &pixel, 4);
    return feed(m, sizeof(h) + h.bytes, piece, -1);
}

static uint32_t pixel(uint32_t x, uint32_t y)
{
    return ((const uint32_t *)(const void *)seen.picture->pixels)[y * seen.picture->width + x];
}

static void shows_pictures(void **state)
{
    static const size_t pieces[] = {1, 7, 4096, SIZE_MAX};

    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        memset(&seen, 0, sizeof(seen));
        piece = pieces[i];
        assert_int_equal(scanout(1, WIDTH, HEIGHT), 0);
        assert_int_equal(seen.shown, 0); /* with its first pixels */
        assert_int_equal(update((struct vds_update){1, 0, 0, WIDTH, HEIGHT}, 5), 0);
        assert_int_equal(seen.shown, 1);
        assert_int_equal(pixel(0, 0), 5);
        assert_int_equal(pixel(WIDTH - 1, HEIGHT - 1), 5 + WIDTH * HEIGHT - 1);
        assert_int_equal(update((struct vds_update){1, 10, 20, 30, 40}, 0x1000000), 0);
        assert_int_equal(seen.flushes, 1);
        assert_int_equal(seen.damage.x, 10);
        assert_int_equal(seen.damage.height, 40);
        assert_int_equal(pixel(10, 20), 0x1000000);
        assert_int_equal(pixel(39, 59), 0x1000000 + 30 * 40 - 1);
        assert_int_equal(pixel(9, 20), 5 + 20 * WIDTH + 9);
        assert_int_equal(pixel(40, 59), 5 + 59 * WIDTH + 40);
        assert_int_equal(scanout(1, WIDTH, HEIGHT), 0); /* the same */
        assert_int_equal(seen.off, 0);
        assert_int_equal(scanout(1, 0, 0), 0);
        assert_int_equal(seen.off, 1);
        assert_int_equal(seen.forgotten, 1);
    }
    piece = SIZE_MAX;
}

/* What a guest can make an honest back end say. */
static void passes_over_what_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(scanout(2, WIDTH, HEIGHT), 0);
    assert_int_equal(scanout(~0u, WIDTH, HEIGHT), 0);
    assert_int_equal(update((struct vds_update){0, 0, 0, 10, 10}, 0), 0);
    assert_int_equal(scanout(0, WIDTH, HEIGHT), 0);
    assert_int_equal(update((struct vds_update){0, 0, 0, WIDTH + 1, HEIGHT}, 0), 0);
    assert_int_equal(update((struct vds_update){0, WIDTH, 0, 1, 1}, 0), 0);
    assert_int_equal(update((struct vds_update){0, ~0u, 0, 2, 1}, 0), 0);
    assert_int_equal(update((struct vds_update){0, 0, HEIGHT, 1, 1}, 0), 0);
    assert_int_equal(update((struct vds_update){0, 0, 0, 0, 1}, 0), 0);
    assert_int_equal(update((struct vds_update){2, 0, 0, 1, 1}, 0), 0);
    assert_int_equal(viewer.passed_over, 9);
    assert_int_equal(seen.shown, 0);
    assert_int_equal(scanout(1, 1u << 20, 1u << 20), 0);
    assert_int_equal(scanout(1, WIDTH, 0), 0);
    assert_int_equal(update((struct vds_update){0, 0, 0, WIDTH, HEIGHT}, 0), 0);
    assert_int_equal(seen.shown, 1);
}

/* Pictures take what there is, and the next one is dark. */
static void bounds_what_pictures_take(void **state)
{
    (void)state;
    viewer.resources.quota.max_bytes = WIDTH * HEIGHT * 4;
    assert_int_equal(scanout(0, WIDTH, HEIGHT), 0);
    assert_int_equal(scanout(1, 1, 1), 0);
    assert_int_equal(TELL(VDS_CURSOR_UPDATE, ((struct vds_cursor){.at = {0, 1, 1}})), 0);
    assert_int_equal(viewer.passed_over, 2);
    assert_int_equal(update((struct vds_update){1, 0, 0, 1, 1}, 0), 0);
    assert_int_equal(seen.shown, 0);
    assert_null(seen.cursor);
    assert_int_equal(scanout(0, 4097, 1), 0); /* more than the compositor takes */
    assert_int_equal(scanout(1, 1, 4096), 0);
    assert_int_equal(viewer.passed_over, 4);
}

static void refuses_lengths_that_do_not_fit(void **state)
{
    static const struct {
        struct vds_header header;
        struct vds_update update;
        size_t bytes; /* behind the header, until it is noticed */
    } bad[] = {
        {{0, 0, 0}, {0}, 0},
        {{VDS_DMABUF_SCANOUT2 + 1, 0, 0}, {0}, 0},
        {{~0u, 0, 0}, {0}, 0},
        {{VDS_GET_DISPLAY_INFO, 0, 1}, {0}, 0},
        {{VDS_SCANOUT, 0, 11}, {0}, 0},
        {{VDS_SCANOUT, 0, 13}, {0}, 0},
        {{VDS_CURSOR_UPDATE, 0, 12}, {0}, 0},
        {{VDS_DMABUF_SCANOUT, 0, sizeof(struct vds_dmabuf)}, {0}, 0},
        {{VDS_DMABUF_UPDATE, 0, 24}, {0}, 0},
        {{VDS_UPDATE, 0, 19}, {0}, 0},
        {{VDS_UPDATE, 0, 20 + 399}, {0, 0, 0, 10, 10}, 20},
        {{VDS_UPDATE, 0, 20 + 404}, {0, 0, 0, 10, 10}, 20},
        {{VDS_UPDATE, 0, 20}, {0, 0, 0, 1u << 31, 1u << 31}, 20}, /* 2^64 bytes */
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)start(state);
        assert_int_equal(scanout(0, WIDTH, HEIGHT), 0);
        assert_int_equal(feed(&bad[i], sizeof(bad[i].header) + bad[i].bytes, SIZE_MAX, -1),
                         -EPROTO);
        viewer_finish(&viewer);
    }
    (void)start(state);
}

static void answers_questions(void **state)
{
    struct vds_header h;
    struct vgpu_display_info info;
    struct vgpu_edid edid;

    (void)state;
    assert_int_equal(tell(VDS_GET_PROTOCOL_FEATURES, "", 0, -1), 0);
    memcpy(&h, answered, sizeof(h));
    assert_int_equal(h.flags, VDS_FLAG_REPLY);
    assert_int_equal(h.bytes, 8);
    assert_int_equal(answered[sizeof(h)], VDS_F_EDID | VDS_F_DMABUF2);
    assert_int_equal(TELL(VDS_SET_PROTOCOL_FEATURES, (uint64_t){3}), 0);
    answer_bytes = 0;
    assert_int_equal(tell(VDS_GET_DISPLAY_INFO, "", 0, -1), 0);
    assert_int_equal(answer_bytes, sizeof(h) + sizeof(info));
    memcpy(&info, answered + sizeof(h), sizeof(info));
    assert_int_equal(info.header.type, VGPU_OK_DISPLAY_INFO);
    assert_int_equal(info.mode[1].r.width, 320);
    assert_int_equal(info.mode[2].enabled, 0);
    answer_bytes = 0;
    assert_int_equal(TELL(VDS_GET_EDID, (uint32_t){1}), 0);
    assert_int_equal(answer_bytes, sizeof(h) + sizeof(edid));
    memcpy(&edid, answered + sizeof(h), sizeof(edid));
    assert_int_equal(edid.size, 128);
    assert_int_equal(edid.edid[56] | edid.edid[58] >> 4 << 8, 320);
    answer_bytes = 0;
    assert_int_equal(TELL(VDS_GET_EDID, (uint32_t){99}), 0);
    assert_int_equal(answer_bytes, sizeof(h) + sizeof(edid));
}

static void answers_anew_when_a_monitor_changes(void **state)
{
    const size_t head = sizeof(struct vds_header);
    struct vgpu_display_info info;
    struct vgpu_edid edid;

    (void)state;
    assert_true(viewer_set_mode(&viewer, 0, &(struct vgpu_mode){1024, 600, 60000}));
    assert_false(viewer_set_mode(&viewer, 0, &(struct vgpu_mode){1024, 600, 60000}));
    assert_true(viewer_set_mode(&viewer, 1, &(struct vgpu_mode){0}));
    assert_false(viewer_set_mode(&viewer, 2, &(struct vgpu_mode){1024, 600, 60000}));
    assert_int_equal(tell(VDS_GET_DISPLAY_INFO, "", 0, -1), 0);
    memcpy(&info, answered + head, sizeof(info));
    assert_int_equal(info.mode[0].enabled, 1);
    assert_int_equal(info.mode[0].r.width, 1024);
    assert_int_equal(info.mode[0].r.height, 600);
    assert_int_equal(info.mode[1].enabled, 0);
    answer_bytes = 0;
    assert_int_equal(TELL(VDS_GET_EDID, (uint32_t){0}), 0);
    memcpy(&edid, answered + head, sizeof(edid));
    assert_int_equal(edid.edid[56] | edid.edid[58] >> 4 << 8, 1024);
}

static void shows_a_cursor(void **state)
{
    static struct vds_cursor c = {.at = {0, 3, 4}, .pixel = {[4095] = 0x80FF0000}};

    (void)state;
    assert_int_equal(TELL(VDS_CURSOR_POS, (struct vds_position){0, 1, 1}), 0);
    assert_null(seen.cursor); /* none yet */
    assert_int_equal(TELL(VDS_CURSOR_UPDATE, c), 0);
    assert_int_equal(((uint32_t *)(void *)seen.cursor->pixels)[4095], 0x80FF0000);
    assert_int_equal(seen.y, 4);
    assert_int_equal(TELL(VDS_CURSOR_POS, (struct vds_position){0, (uint32_t)-5, 1}), 0);
    assert_int_equal(seen.x, -5);
    assert_non_null(seen.cursor);
    assert_int_equal(TELL(VDS_CURSOR_POS_HIDE, (struct vds_position){0, 0, 0}), 0);
    assert_null(seen.cursor);
    assert_int_equal(TELL(VDS_CURSOR_POS, (struct vds_position){2, 0, 0}), 0);
}

static void hands_dmabufs_on(void **state)
{
    struct vds_dmabuf d = {.width = WIDTH,
                           .height = HEIGHT,
                           .fd_width = WIDTH,
                           .fd_height = HEIGHT,
                           .fd_stride = WIDTH * 4,
                           .fourcc = (int32_t)DRM_FORMAT_XRGB8888};
    const struct vds_update all = {0, 0, 0, WIDTH, HEIGHT};
    int fd = memfd_create("buffer", 0);

    (void)state;
    assert_int_equal(tell(VDS_DMABUF_SCANOUT2, &d, sizeof(d), fd), 0);
    assert_int_equal(TELL(VDS_DMABUF_UPDATE, all), 0);
    assert_int_equal(answer_bytes, sizeof(struct vds_header));
    assert_int_equal(seen.shown, 1);
    assert_int_equal(seen.picture->fd, fd);
    assert_true(seen.picture->dmabuf);
    assert_int_equal(seen.picture->stride, WIDTH * 4);
    assert_int_equal(update(all, 0), 0); /* its pixels are not ours to write */
    assert_int_equal(viewer.passed_over, 1);
    /* Others of the kind, and none. */
    d.x = 1;
    assert_int_equal(tell(VDS_DMABUF_SCANOUT, &d, VDS_DMABUF_BYTES, memfd_create("buffer", 0)), 0);
    assert_int_equal(seen.off, 1);
    assert_int_equal(fcntl(fd, F_GETFD), -1); /* the first one is gone */
    assert_int_equal(TELL(VDS_DMABUF_UPDATE, all), 0);
    assert_int_equal(answer_bytes, 2 * sizeof(struct vds_header)); /* nobody waits for ever */
    assert_int_equal(tell(VDS_DMABUF_SCANOUT, &d, VDS_DMABUF_BYTES, -1), 0);
    /* A descriptor that belongs to nothing does not stay. */
    fd = memfd_create("buffer", 0);
    assert_int_equal(tell(VDS_SCANOUT, &(struct vds_scanout){0, 0, 0}, 12, fd), 0);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
}

/* Both of our ends: a guest's picture goes out of the one and is the same in the other. */
static void our_ends_understand_each_other(void **state)
{
    static const struct vgpu_mode mode = {64, 48, 60000};
    static const struct vgpu_limits limits = {.quota = {8, 1 << 20}};
    const union vgpu_request create = {.create_2d = {.header.type = VGPU_CMD_RESOURCE_CREATE_2D,
                                                     .resource_id = 1,
                                                     .format = VGPU_FORMAT_R8G8B8X8,
                                                     .width = 64,
                                                     .height = 48}};
    const union vgpu_request show = {.set_scanout = {.header.type = VGPU_CMD_SET_SCANOUT,
                                                     .r = {0, 0, 64, 48},
                                                     .resource_id = 1}};
    static struct remote remote;
    static struct vgpu gpu;
    static struct vgpu_answer answer;
    struct vu_loop loop;
    int pair[2], rc = 0;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(vu_loop_init(&loop), 0);
    vgpu_init(&gpu, &gvt_backend_soft2d, NULL, &remote_sink, &remote, &mode, 1, &limits);
    assert_int_equal(remote_init(&remote, &loop, &gpu), 0);
    assert_int_equal(remote_connect(&remote, pair[1]), 0);
    vgpu_execute(&gpu, NULL, VGPU_QUEUE_CONTROL, &create, sizeof(create.create_2d), NULL, &answer);
    memset(resource_find(&gpu.resources, 1)->pixels, 0x5A, 64 * 48 * 4);
    memcpy(resource_find(&gpu.resources, 1)->pixels, "\x11\x22\x33\x44", 4);
    vgpu_execute(&gpu, NULL, VGPU_QUEUE_CONTROL, &show, sizeof(show.set_scanout), NULL, &answer);
    while (rc == 0) {
        void *to;
        const size_t room = viewer_room(&viewer, &to);
        const ssize_t n = recv(pair[0], to, room, MSG_DONTWAIT);

        if (n < 0)
            break;
        rc = viewer_filled(&viewer, (size_t)n, -1);
        if (answer_bytes)
            assert_int_equal(write(pair[0], answered, answer_bytes), (ssize_t)answer_bytes);
        answer_bytes = 0;
        while (vu_loop_once(&loop, 0) > 0)
            ;
    }
    assert_int_equal(rc, 0);
    assert_int_equal(seen.shown, 1);
    assert_int_equal(pixel(0, 0), 0x44112233);
    assert_int_equal(pixel(63, 47), 0x5A5A5A5A);
    vgpu_reset(&gpu);
    remote_finish(&remote);
    vu_loop_finish(&loop);
    close(pair[0]);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        TEST(shows_pictures),
        TEST(passes_over_what_is_not_there),
        TEST(bounds_what_pictures_take),
        TEST(refuses_lengths_that_do_not_fit),
        TEST(answers_questions),
        TEST(answers_anew_when_a_monitor_changes),
        TEST(shows_a_cursor),
        TEST(hands_dmabufs_on),
        TEST(our_ends_understand_each_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
