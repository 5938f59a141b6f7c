/* SPDX-License-Identifier: BSD-3-Clause */
/* The mediator on a compositor: monitors that come, go and change, and what a guest's 3D scanout
 * and its cursor look like there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/null.h"
#include "server/wayland.h"
#include "stage.h"
#include "vhost/virtq.h"

#define BASE    0x1000u
#define WIDTH   96u
#define HEIGHT  64u
#define SIDE    16u /* of the cursor */
#define PICTURE 0x100u
#define CURSOR  0x8000u
#define BLUE    0xFF1040C0u
#define RED     0xFFC02020u
#define HOLE    0x00000000u

static uint8_t guest[0x10000];
static struct vq_mem mem;
static struct vgpu gpu;
static struct null_gpu null;
static struct vgpu_answer answer;
static struct vu_loop loop;
static struct wayland wayland;
static char path[64], folder[] = "/tmp/test-screens-XXXXXX";
static unsigned changes;

static void handle_output(void *data, unsigned n, const struct vgpu_mode *mode)
{
    (void)data;
    changes += vgpu_set_mode(&gpu, n, mode);
}

static void turn(void)
{
    for (unsigned i = 0; i < 20; i++) {
        while (vu_loop_once(&loop, 1) > 0)
            ;
        stage_turn();
    }
}

/* A compositor takes a while to be found again. */
static void wait_for_compositor(void)
{
    for (unsigned i = 0; i < 400 && (!wayland.globals.shell || wayland.hello); i++)
        turn();
    assert_non_null(wayland.globals.shell);
    assert_null(wayland.hello);
}

static void end_compositor(void)
{
    stage_stop();
    while (wayland.globals.display)
        assert_true(vu_loop_once(&loop, 1000) > 0);
}

static void plug_both(void)
{
    stage_plug(0, "scanout-0", 1280, 720);
    stage_plug(1, "scanout-1", 320, 320);
}

static int start(void **state)
{
    static const struct vgpu_mode modes[3] = {{1280, 720, 60000}, {320, 320, 60000}};
    static const struct vgpu_limits limits = {{8, 1 << 20}, .contexts = 3, .batches = 4};

    (void)state;
    if (!path[0]) {
        assert_non_null(mkdtemp(folder));
        snprintf(path, sizeof(path), "%s/socket", folder);
    }
    memset(&null, 0, sizeof(null));
    memset(&mem, 0, sizeof(mem));
    changes = 0;
    assert_int_equal(vq_mem_add(&mem, BASE, sizeof(guest), BASE, guest), 0);
    stage_start(path);
    plug_both();
    assert_int_equal(vu_loop_init(&loop), 0);
    vgpu_init(&gpu, &gvt_backend_null, &null, &wayland_sink, &wayland, modes, 3, &limits);
    assert_int_equal(wayland_init(&wayland, &loop, path, &gpu.resources, gpu.scanouts), 0);
    wayland.outputs.changed = handle_output;
    wait_for_compositor();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    vgpu_reset(&gpu);
    assert_int_equal(gpu.resources.count, 0);
    wayland_finish(&wayland);
    stage_stop();
    vu_loop_finish(&loop);
    return 0;
}

static int clean(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static uint32_t send(unsigned queue, union vgpu_request r, size_t bytes, void *payload)
{
    assert_true(vgpu_ready(&gpu, queue, &r, bytes));
    vgpu_execute(&gpu, &mem, queue, &r, bytes, payload, &answer);
    wayland_flush(&wayland);
    return answer.u.header.type;
}
#define SEND(queue, member, kind, ...)                                                             \
    send(queue, (union vgpu_request){.member = {.header.type = VGPU_CMD_##kind, __VA_ARGS__}},     \
         sizeof(((union vgpu_request *)0)->member), NULL)
#define COMMAND(member, kind, ...) SEND(VGPU_QUEUE_CONTROL, member, kind, __VA_ARGS__)

static const struct vgpu_display_one *info(unsigned n)
{
    const union vgpu_request r = {.header.type = VGPU_CMD_GET_DISPLAY_INFO};

    assert_int_equal(send(VGPU_QUEUE_CONTROL, r, sizeof(r.header), NULL), VGPU_OK_DISPLAY_INFO);
    return &answer.u.display_info.mode[n];
}

static bool event(void)
{
    const bool seen = gpu.config.events_read & VGPU_EVENT_DISPLAY;

    gpu.config.events_read = 0;
    return seen;
}

static void test_nothing_new_at_the_start(void **state)
{
    (void)state;
    assert_int_equal(changes, 0);
    assert_false(event());
    assert_int_equal(info(0)->enabled, 1);
    assert_int_equal(info(1)->r.width, 320);
    assert_int_equal(info(2)->enabled, 0); /* no layer shows it */
}

static void test_a_monitor_goes_and_comes(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        stage_unplug(0);
        turn();
        assert_true(event());
        assert_int_equal(info(0)->enabled, 0);
        assert_int_equal(info(0)->r.width, 0);
        assert_int_equal(info(1)->enabled, 1);
        stage_plug(0, "scanout-0", 1280, 720);
        turn();
        assert_true(event());
        assert_int_equal(info(0)->enabled, 1);
        assert_int_equal(info(0)->r.width, 1280);
    }
    assert_int_equal(changes, 6);
    turn();
    assert_false(event());
}

static void test_another_size(void **state)
{
    (void)state;
    stage_plug(0, "scanout-0", 1024, 600);
    turn();
    assert_true(event());
    assert_int_equal(info(0)->r.width, 1024);
    assert_int_equal(info(0)->r.height, 600);
    stage_plug(0, "scanout-0", 1024, 600); /* the same once more */
    turn();
    assert_false(event());
}

/* Outputs that are not of this guest's scanouts, and modes that no picture could have. */
static void test_nonsense(void **state)
{
    static const char *const names[] = {"scanout-3", "scanout-99", "scanout-", "scanout-0x",
                                        "DP-1"};

    (void)state;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        stage_plug(2, names[i], 800, 600);
        turn();
        stage_unplug(2);
        turn();
    }
    stage_plug(0, "scanout-0", 0, 600);
    turn();
    stage_plug(0, "scanout-0", -5, 5000);
    turn();
    assert_int_equal(changes, 0);
    assert_int_equal(info(0)->r.width, 1280);
}

/* It is no unplugging; and what has changed by then is told when it is back. */
static void test_a_compositor_that_is_started_again(void **state)
{
    (void)state;
    end_compositor();
    assert_false(event());
    assert_int_equal(info(0)->enabled, 1);
    stage_start(path);
    plug_both();
    wait_for_compositor();
    assert_false(event());
    end_compositor();
    stage_start(path);
    stage_plug(0, "scanout-0", 640, 480);
    wait_for_compositor();
    assert_true(event());
    assert_int_equal(changes, 2);
    assert_int_equal(info(0)->r.width, 640);
    assert_int_equal(info(1)->enabled, 0);
}

/* A 3D picture in the GPU's own memory, by way of the guest's; nothing of it is in the mirror. */
static void draw(uint32_t id, uint32_t width, uint32_t height, uint32_t at, const uint32_t *pixels)
{
    struct vgpu_mem_entry e = {BASE + at, width * height * 4, 0};
    const union vgpu_request back = {.attach = {.header.type = VGPU_CMD_RESOURCE_ATTACH_BACKING,
                                                .resource_id = id,
                                                .nr_entries = 1}};

    memcpy(guest + at, pixels, (size_t)width * height * 4);
    assert_int_equal(COMMAND(create_3d, RESOURCE_CREATE_3D, .resource_id = id, .target = 2,
                             .format = VGPU_FORMAT_B8G8R8A8, .bind = 2, .width = width,
                             .height = height, .depth = 1, .array_size = 1),
                     VGPU_OK_NODATA);
    assert_int_equal(send(VGPU_QUEUE_CONTROL, back, sizeof(back.attach) + sizeof(e), &e),
                     VGPU_OK_NODATA);
    assert_int_equal(
        send(VGPU_QUEUE_CONTROL,
             (union vgpu_request){
                 .resource = {.header = {.type = VGPU_CMD_CTX_ATTACH_RESOURCE, .ctx_id = 1},
                              .resource_id = id}},
             sizeof(((union vgpu_request *)0)->resource), NULL),
        VGPU_OK_NODATA);
    assert_int_equal(
        send(VGPU_QUEUE_CONTROL,
             (union vgpu_request){
                 .transfer_3d = {.header = {.type = VGPU_CMD_TRANSFER_TO_HOST_3D, .ctx_id = 1},
                                 .box = {0, 0, 0, width, height, 1},
                                 .resource_id = id}},
             sizeof(struct vgpu_transfer_3d), NULL),
        VGPU_OK_NODATA);
    null_finish(&null, 0);
    memset(resource_find(&gpu.resources, id)->pixels, 0x77, (size_t)width * height * 4);
}

static uint32_t cursor(uint32_t type, uint32_t id, uint32_t x, uint32_t y)
{
    return send(
        VGPU_QUEUE_CURSOR,
        (union vgpu_request){
            .cursor = {.header.type = type, .scanout_id = 0, .x = x, .y = y, .resource_id = id}},
        sizeof(struct vgpu_cursor), NULL);
}

#define PIXEL(x, y) stage_pixel("scanout-0", (x), (y))

/* Set from a resource of the GPU's: half of it is a hole that the scanout is seen through. */
static void test_a_3d_cursor_over_a_3d_scanout(void **state)
{
    static uint32_t picture[WIDTH * HEIGHT], image[SIDE * SIDE];

    (void)state;
    for (uint32_t i = 0; i < WIDTH * HEIGHT; i++)
        picture[i] = BLUE;
    for (uint32_t i = 0; i < SIDE * SIDE; i++)
        image[i] = i % SIDE < SIDE / 2 ? RED + i / SIDE : HOLE;
    assert_int_equal(send(VGPU_QUEUE_CONTROL,
                          (union vgpu_request){
                              .ctx_create = {.header = {.type = VGPU_CMD_CTX_CREATE, .ctx_id = 1}}},
                          sizeof(struct vgpu_ctx_create), NULL),
                     VGPU_OK_NODATA);
    draw(1, WIDTH, HEIGHT, PICTURE, picture);
    draw(2, SIDE, SIDE, CURSOR, image);
    assert_int_equal(COMMAND(set_scanout, SET_SCANOUT, .scanout_id = 0, .resource_id = 1,
                             .r = {0, 0, WIDTH, HEIGHT}),
                     VGPU_OK_NODATA);
    turn();
    assert_int_equal(PIXEL(40, 30), BLUE & 0xFFFFFF);
    assert_int_equal(cursor(VGPU_CMD_UPDATE_CURSOR, 2, 40, 30), VGPU_OK_NODATA);
    turn();
    assert_int_equal(PIXEL(39, 30), BLUE & 0xFFFFFF);
    assert_int_equal(PIXEL(40, 29), BLUE & 0xFFFFFF);
    assert_int_equal(PIXEL(40, 30), RED & 0xFFFFFF);
    assert_int_equal(PIXEL(47, 45), (RED + 15) & 0xFFFFFF);
    assert_int_equal(PIXEL(48, 30), BLUE & 0xFFFFFF); /* the hole */
    assert_int_equal(PIXEL(47, 46), BLUE & 0xFFFFFF);
    assert_int_equal(cursor(VGPU_CMD_MOVE_CURSOR, 0, 5, 50), VGPU_OK_NODATA);
    turn();
    assert_int_equal(PIXEL(40, 30), BLUE & 0xFFFFFF);
    assert_int_equal(PIXEL(5, 50), RED & 0xFFFFFF);
    assert_int_equal(PIXEL(12, 63), (RED + 13) & 0xFFFFFF);
    assert_int_equal(PIXEL(13, 50), BLUE & 0xFFFFFF);
    /* Left of the picture, as a pointer near the edge is. */
    assert_int_equal(cursor(VGPU_CMD_MOVE_CURSOR, 0, (uint32_t)-4, 0), VGPU_OK_NODATA);
    turn();
    assert_int_equal(PIXEL(3, 0), RED & 0xFFFFFF);
    assert_int_equal(PIXEL(4, 0), BLUE & 0xFFFFFF);
    assert_int_equal(PIXEL(5, 50), BLUE & 0xFFFFFF);
    assert_int_equal(cursor(VGPU_CMD_UPDATE_CURSOR, 0, 0, 0), VGPU_OK_NODATA);
    turn();
    assert_int_equal(PIXEL(3, 0), BLUE & 0xFFFFFF);
    /* The picture of a cursor that is gone is not seen either. */
    assert_int_equal(cursor(VGPU_CMD_UPDATE_CURSOR, 2, 40, 30), VGPU_OK_NODATA);
    turn();
    assert_int_equal(PIXEL(40, 30), RED & 0xFFFFFF);
    assert_int_equal(COMMAND(resource, RESOURCE_UNREF, .resource_id = 2), VGPU_OK_NODATA);
    turn();
    assert_int_equal(PIXEL(40, 30), BLUE & 0xFFFFFF);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(test_nothing_new_at_the_start),
        CASE(test_a_monitor_goes_and_comes),
        CASE(test_another_size),
        CASE(test_nonsense),
        CASE(test_a_compositor_that_is_started_again),
        CASE(test_a_3d_cursor_over_a_3d_scanout),
    };

    return cmocka_run_group_tests(tests, NULL, clean);
}
