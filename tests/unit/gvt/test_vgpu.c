/* SPDX-License-Identifier: BSD-3-Clause */
/* The vGPU's answers to a guest, good and bad, and where its pixels go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "core/edid.h"
#include "core/vgpu.h"
#include "vhost/virtq.h"

#define GUEST_BYTES 65536

static uint8_t guest[GUEST_BYTES];
static struct vq_mem mem;
static struct vgpu gpu;
static struct vgpu_answer answer;
static struct {
    unsigned shown, off, flushes, forgotten;
    struct vgpu_rect damage;
} seen;

static void sink_scanout(void *sink, unsigned n, struct resource *r, const struct vgpu_rect *rect)
{
    (void)sink, (void)n, (void)rect;
    seen.shown += r != NULL;
    seen.off += r == NULL;
}
static void sink_flush(void *sink, unsigned n, struct resource *r, const struct vgpu_rect *damage)
{
    (void)sink, (void)n, (void)r;
    seen.flushes++;
    seen.damage = *damage;
}
static void sink_cursor(void *sink, unsigned n, struct resource *r, int32_t x, int32_t y,
                        bool update)
{
    (void)sink, (void)n, (void)r, (void)x, (void)y, (void)update;
}
static void sink_forget(void *sink, struct resource *r)
{
    (void)sink, (void)r;
    seen.forgotten++;
}
static const struct vgpu_sink sink = {sink_scanout, sink_flush, sink_cursor, sink_forget};

static int start(void **state)
{
    static const struct vgpu_mode modes[2] = {{1280, 720, 60000}, {320, 320, 60000}};
    static const struct vgpu_limits limits = {.quota = {8, 1 << 20}};

    (void)state;
    memset(&seen, 0, sizeof(seen));
    memset(&mem, 0, sizeof(mem));
    for (unsigned i = 0; i < GUEST_BYTES; i++)
        guest[i] = (uint8_t)(i * 7);
    assert_int_equal(vq_mem_add(&mem, 0x1000, GUEST_BYTES, 0x1000, guest), 0);
    vgpu_init(&gpu, &gvt_backend_soft2d, NULL, &sink, NULL, modes, 2, &limits);
    return 0;
}

static int stop(void **state)
{
    (void)state;
    vgpu_reset(&gpu);
    assert_int_equal(gpu.resources.count, 0);
    assert_int_equal(gpu.resources.bytes, 0);
    return 0;
}

static uint32_t send(unsigned queue, union vgpu_request r, size_t bytes, void *payload)
{
    assert_true(vgpu_ready(&gpu, queue, &r, bytes));
    vgpu_execute(&gpu, &mem, queue, &r, bytes, payload, &answer);
    assert_null(answer.fence); /* what 2D does is done when it is answered */
    return answer.u.header.type;
}
#define COMMAND(member, kind, ...)                                                                 \
    send(VGPU_QUEUE_CONTROL,                                                                       \
         (union vgpu_request){.member = {.header.type = VGPU_CMD_##kind, __VA_ARGS__}},            \
         sizeof(((union vgpu_request *)0)->member), NULL)

static uint32_t create(uint32_t id, uint32_t w, uint32_t h)
{
    return COMMAND(create_2d, RESOURCE_CREATE_2D, .resource_id = id, .format = VGPU_FORMAT_B8G8R8X8,
                   .width = w, .height = h);
}

static uint32_t attach(uint32_t id, struct vgpu_mem_entry *e, uint32_t n)
{
    const union vgpu_request r = {.attach = {.header.type = VGPU_CMD_RESOURCE_ATTACH_BACKING,
                                             .resource_id = id,
                                             .nr_entries = n}};

    return send(VGPU_QUEUE_CONTROL, r, sizeof(r.attach) + n * sizeof(*e), e);
}

static uint32_t transfer(uint32_t id, struct vgpu_rect r, uint64_t offset)
{
    return COMMAND(transfer_2d, TRANSFER_TO_HOST_2D, .resource_id = id, .r = r, .offset = offset);
}

static void test_display_info_and_edid(void **state)
{
    unsigned sum = 0;

    (void)state;
    assert_int_equal(send(VGPU_QUEUE_CONTROL,
                          (union vgpu_request){.header.type = VGPU_CMD_GET_DISPLAY_INFO}, 24, NULL),
                     VGPU_OK_DISPLAY_INFO);
    assert_int_equal(answer.u.display_info.mode[1].r.width, 320);
    assert_int_equal(answer.u.display_info.mode[2].enabled, 0);
    assert_int_equal(COMMAND(get_edid, GET_EDID, .scanout = 0), VGPU_OK_EDID);
    for (unsigned i = 0; i < EDID_BYTES; i++)
        sum += answer.u.edid.edid[i];
    assert_int_equal(sum % 256, 0);
    assert_int_equal(answer.u.edid.edid[56] | (answer.u.edid.edid[58] & 0xF0) << 4, 1280);
    assert_int_equal(answer.u.edid.edid[59] | (answer.u.edid.edid[61] & 0xF0) << 4, 720);
    assert_int_equal(COMMAND(get_edid, GET_EDID, .scanout = 2), VGPU_ERR_INVALID_SCANOUT_ID);
}

static unsigned edid_width(unsigned scanout)
{
    unsigned sum = 0;

    assert_int_equal(COMMAND(get_edid, GET_EDID, .scanout = scanout), VGPU_OK_EDID);
    for (unsigned i = 0; i < EDID_BYTES; i++)
        sum += answer.u.edid.edid[i];
    assert_int_equal(sum % 256, 0);
    return answer.u.edid.edid[56] | (answer.u.edid.edid[58] & 0xF0u) << 4;
}

static const struct vgpu_display_one *display_info(unsigned scanout)
{
    const union vgpu_request r = {.header.type = VGPU_CMD_GET_DISPLAY_INFO};

    assert_int_equal(send(VGPU_QUEUE_CONTROL, r, 24, NULL), VGPU_OK_DISPLAY_INFO);
    return &answer.u.display_info.mode[scanout];
}

static void test_a_monitor_that_changes(void **state)
{
    const struct vgpu_mode other = {1024, 600, 50000}, none = {0};

    (void)state;
    assert_true(vgpu_set_mode(&gpu, 0, &other));
    assert_int_equal(gpu.config.events_read, VGPU_EVENT_DISPLAY);
    assert_int_equal(display_info(0)->r.width, 1024);
    assert_int_equal(display_info(0)->r.height, 600);
    assert_int_equal(display_info(0)->enabled, 1);
    assert_int_equal(edid_width(0), 1024);
    /* (1024 + 160) x (600 + 23) at 50 Hz, in units of 10 kHz */
    assert_int_equal(answer.u.edid.edid[54] | answer.u.edid.edid[55] << 8, 3688);
    assert_int_equal(display_info(1)->r.width, 320); /* the other is as it was */
    gpu.config.events_read = 0;
    assert_false(vgpu_set_mode(&gpu, 0, &other));
    assert_int_equal(gpu.config.events_read, 0);
    assert_true(vgpu_set_mode(&gpu, 0, &none));
    assert_int_equal(gpu.config.events_read, VGPU_EVENT_DISPLAY);
    assert_int_equal(display_info(0)->enabled, 0);
    assert_int_equal(display_info(0)->r.width, 0);
    assert_int_equal(edid_width(0), 1024); /* of the monitor that was there */
    assert_false(vgpu_set_mode(&gpu, 0, &none));
    assert_true(vgpu_set_mode(&gpu, 0, &other));
    assert_int_equal(display_info(0)->enabled, 1);
    gpu.config.events_read = 0;
    assert_false(vgpu_set_mode(&gpu, 2, &other)); /* there is no such scanout */
    assert_false(vgpu_set_mode(&gpu, 1000000, &other));
    assert_int_equal(gpu.config.events_read, 0);
}

/* A scanout that the guest goes on with, although nobody sees it, is as good as any. */
static void test_showing_without_a_monitor(void **state)
{
    const struct vgpu_rect all = {0, 0, 64, 32};

    (void)state;
    assert_true(vgpu_set_mode(&gpu, 0, &(struct vgpu_mode){0}));
    assert_int_equal(create(1, 64, 32), VGPU_OK_NODATA);
    assert_int_equal(COMMAND(set_scanout, SET_SCANOUT, .scanout_id = 0, .resource_id = 1, .r = all),
                     VGPU_OK_NODATA);
    assert_int_equal(COMMAND(flush, RESOURCE_FLUSH, .resource_id = 1, .r = all), VGPU_OK_NODATA);
    assert_int_equal(seen.flushes, 1);
    assert_int_equal(COMMAND(set_scanout, SET_SCANOUT, .scanout_id = 0), VGPU_OK_NODATA);
    assert_int_equal(seen.off, 1);
}

static void test_configuration_space(void **state)
{
    uint32_t word = ~0u, config[4];
    uint8_t byte = 0xFF;

    (void)state;
    assert_true(vgpu_set_mode(&gpu, 0, &(struct vgpu_mode){0}));
    for (uint32_t at = 0; at < 16; at++) /* every byte but the one with the event's bit */
        if (at != 4)
            assert_int_equal(vgpu_config_write(&gpu, at, 1, &byte), 0);
    word = ~VGPU_EVENT_DISPLAY;
    assert_int_equal(vgpu_config_write(&gpu, 4, 4, &word), 0);
    assert_int_equal(vgpu_config_read(&gpu, 0, 16, config), 0);
    assert_int_equal(config[0], VGPU_EVENT_DISPLAY);
    assert_int_equal(config[1], 0);
    assert_int_equal(config[2], 2);
    assert_int_equal(vgpu_config_read(&gpu, 16, 0, config), 0);
    assert_int_equal(vgpu_config_read(&gpu, 13, 4, config), -EINVAL);
    assert_int_equal(vgpu_config_read(&gpu, 17, 0, config), -EINVAL);
    assert_int_equal(vgpu_config_read(&gpu, UINT32_MAX, 2, config), -EINVAL);
    assert_int_equal(vgpu_config_write(&gpu, 2, UINT32_MAX, config), -EINVAL);
    word = VGPU_EVENT_DISPLAY;
    assert_int_equal(vgpu_config_write(&gpu, 4, 4, &word), 0);
    assert_int_equal(gpu.config.events_read, 0);
}

static void test_pixels_arrive(void **state)
{
    /* 16 x 4 pixels in three pieces that are not in order in memory */
    struct vgpu_mem_entry e[] = {{0x1100, 100, 0}, {0x3000, 56, 0}, {0x2000, 100, 0}};
    uint8_t expected[256];
    struct resource *r;

    (void)state;
    memcpy(expected, guest + 0x100, 100);
    memcpy(expected + 100, guest + 0x2000, 56);
    memcpy(expected + 156, guest + 0x1000, 100);
    assert_int_equal(create(1, 16, 4), VGPU_OK_NODATA);
    assert_int_equal(transfer(1, (struct vgpu_rect){0, 0, 16, 4}, 0), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(attach(1, e, 3), VGPU_OK_NODATA);
    assert_int_equal(attach(1, e, 3), VGPU_ERR_UNSPEC);
    assert_int_equal(transfer(1, (struct vgpu_rect){0, 0, 16, 4}, 0), VGPU_OK_NODATA);
    r = resource_find(&gpu.resources, 1);
    assert_memory_equal(r->pixels, expected, 256);
    memset(r->pixels, 0, 256);
    assert_int_equal(transfer(1, (struct vgpu_rect){2, 1, 3, 2}, 1 * 64 + 8), VGPU_OK_NODATA);
    assert_memory_equal(r->pixels + 64 + 8, expected + 64 + 8, 12);
    assert_memory_equal(r->pixels + 128 + 8, expected + 128 + 8, 12);
    assert_int_equal(r->pixels[64 + 7] | r->pixels[64 + 20] | r->pixels[0], 0);
    assert_int_equal(transfer(1, (struct vgpu_rect){0, 0, 16, 4}, 4), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(transfer(1, (struct vgpu_rect){14, 0, 3, 1}, 0), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(transfer(1, (struct vgpu_rect){0, 0, 1, 1}, ~0ull),
                     VGPU_ERR_INVALID_PARAMETER);
}

static void test_memory_that_is_not_there(void **state)
{
    struct vgpu_mem_entry outside = {0x100000, 4096, 0}, wraps = {~0ull - 10, 4096, 0},
                          none = {0x1000, 0, 0};

    (void)state;
    assert_int_equal(create(1, 16, 4), VGPU_OK_NODATA);
    assert_int_equal(attach(1, &wraps, 1), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(attach(1, &none, 1), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(attach(1, &outside, 1),
                     VGPU_OK_NODATA); /* nothing is read before the transfer */
    assert_int_equal(transfer(1, (struct vgpu_rect){0, 0, 16, 4}, 0), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(COMMAND(resource, RESOURCE_DETACH_BACKING, .resource_id = 1), VGPU_OK_NODATA);
    assert_int_equal(COMMAND(resource, RESOURCE_DETACH_BACKING, .resource_id = 1), VGPU_ERR_UNSPEC);
}

static void test_quota(void **state)
{
    (void)state;
    assert_int_equal(create(1, 512, 512), VGPU_OK_NODATA); /* exactly 1 MiB */
    assert_int_equal(create(2, 1, 1), VGPU_ERR_OUT_OF_MEMORY);
    assert_int_equal(COMMAND(resource, RESOURCE_UNREF, .resource_id = 1), VGPU_OK_NODATA);
    for (uint32_t i = 1; i <= 8; i++)
        assert_int_equal(create(i, 1, 1), VGPU_OK_NODATA);
    assert_int_equal(create(9, 1, 1), VGPU_ERR_OUT_OF_MEMORY);
    assert_int_equal(create(1, 1, 1), VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(create(0, 1, 1), VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(create(20, 0, 1), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(create(20, 0xFFFFFFFF, 2), VGPU_ERR_INVALID_PARAMETER);
}

static void test_scanout_and_flush(void **state)
{
    const struct vgpu_rect all = {0, 0, 64, 32}, part = {10, 10, 4, 4}, out = {60, 0, 5, 1};

    (void)state;
    assert_int_equal(create(1, 64, 32), VGPU_OK_NODATA);
    assert_int_equal(COMMAND(flush, RESOURCE_FLUSH, .resource_id = 1, .r = part), VGPU_OK_NODATA);
    assert_int_equal(seen.flushes, 0); /* it is on no scanout */
    assert_int_equal(COMMAND(set_scanout, SET_SCANOUT, .scanout_id = 0, .resource_id = 1, .r = all),
                     VGPU_OK_NODATA);
    assert_int_equal(COMMAND(flush, RESOURCE_FLUSH, .resource_id = 1, .r = part), VGPU_OK_NODATA);
    assert_int_equal(seen.flushes, 1);
    assert_int_equal(seen.damage.x, 10);
    assert_int_equal(COMMAND(flush, RESOURCE_FLUSH, .resource_id = 1, .r = out),
                     VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(COMMAND(set_scanout, SET_SCANOUT, .scanout_id = 2, .resource_id = 1, .r = all),
                     VGPU_ERR_INVALID_SCANOUT_ID);
    assert_int_equal(
        COMMAND(set_scanout, SET_SCANOUT, .scanout_id = 99, .resource_id = 1, .r = all),
        VGPU_ERR_INVALID_SCANOUT_ID);
    assert_int_equal(COMMAND(set_scanout, SET_SCANOUT, .scanout_id = 0, .resource_id = 7, .r = all),
                     VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(COMMAND(resource, RESOURCE_UNREF, .resource_id = 1), VGPU_OK_NODATA);
    assert_int_equal(seen.off, 1); /* what is gone is not shown */
    assert_int_equal(seen.forgotten, 1);
}

/* A picture may be larger than what the compositor takes; what is shown of it may not. */
static void test_pictures_the_compositor_would_not_take(void **state)
{
    const union vgpu_request cursor = {
        .cursor = {.header.type = VGPU_CMD_UPDATE_CURSOR, .scanout_id = 0, .resource_id = 2}};

    (void)state;
    assert_int_equal(create(2, 5000, 1), VGPU_OK_NODATA);
    assert_int_equal(
        COMMAND(set_scanout, SET_SCANOUT, .scanout_id = 0, .resource_id = 2, .r = {0, 0, 4097, 1}),
        VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(COMMAND(set_scanout, SET_SCANOUT, .scanout_id = 0, .resource_id = 2,
                             .r = {904, 0, 4096, 1}),
                     VGPU_OK_NODATA);
    assert_int_equal(send(VGPU_QUEUE_CURSOR, cursor, sizeof(cursor.cursor), NULL),
                     VGPU_ERR_INVALID_PARAMETER);
}

static void test_framing(void **state)
{
    const union vgpu_request fenced = {.header = {.type = VGPU_CMD_GET_DISPLAY_INFO,
                                                  .flags = VGPU_FLAG_FENCE,
                                                  .fence_id = 77,
                                                  .ctx_id = 5}};

    (void)state;
    assert_int_equal(send(VGPU_QUEUE_CONTROL, fenced, 24, NULL), VGPU_OK_DISPLAY_INFO);
    assert_int_equal(answer.u.header.fence_id, 77);
    assert_int_equal(answer.u.header.flags, VGPU_FLAG_FENCE);
    assert_int_equal(send(VGPU_QUEUE_CONTROL, fenced, 23, NULL), VGPU_ERR_UNSPEC);
    assert_int_equal(send(VGPU_QUEUE_CONTROL, fenced, 0, NULL), VGPU_ERR_UNSPEC);
    assert_int_equal(send(VGPU_QUEUE_CURSOR, fenced, 24, NULL), VGPU_ERR_UNSPEC);
    for (uint32_t type = 0; type < 0x400; type++)
        if (!vgpu_rule(type) || vgpu_rule(type)->feature & ~VGPU_F_EDID)
            assert_int_equal(
                send(VGPU_QUEUE_CONTROL, (union vgpu_request){.header.type = type}, 64, NULL),
                VGPU_ERR_UNSPEC);
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(test_display_info_and_edid),
        CASE(test_a_monitor_that_changes),
        CASE(test_showing_without_a_monitor),
        CASE(test_configuration_space),
        CASE(test_pixels_arrive),
        CASE(test_memory_that_is_not_there),
        CASE(test_quota),
        CASE(test_scanout_and_flush),
        CASE(test_pictures_the_compositor_would_not_take),
        CASE(test_framing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
