/* SPDX-License-Identifier: BSD-3-Clause */
/* The vGPU's 3D part over a GPU that finishes when it is told to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

#include "backend/null.h"
#include "core/vgpu.h"
#include "no_sink.h"
#include "vhost/virtq.h"

#define GUEST_BYTES 65536u
#define BASE        0x1000u

static uint8_t guest[GUEST_BYTES];
static struct vq_mem mem;
static struct vgpu gpu;
static struct null_gpu null;
static struct vgpu_answer answer;
static unsigned progressed;

static void progress(void *data)
{
    (void)data;
    progressed++;
}

static int start(void **state)
{
    static const struct vgpu_mode mode = {1280, 720, 60000};
    static const struct vgpu_limits limits = {{8, 1 << 20}, .contexts = 3, .batches = 2};

    (void)state;
    memset(&null, 0, sizeof(null));
    memset(&mem, 0, sizeof(mem));
    for (unsigned i = 0; i < GUEST_BYTES; i++)
        guest[i] = (uint8_t)(i * 7 + i / 256);
    assert_int_equal(vq_mem_add(&mem, BASE, GUEST_BYTES, BASE, guest), 0);
    vgpu_init(&gpu, &gvt_backend_null, &null, &no_sink, NULL, &mode, 1, &limits);
    gpu.progress = progress;
    progressed = 0;
    return 0;
}

static int stop(void **state)
{
    (void)state;
    vgpu_reset(&gpu);
    assert_int_equal(gpu.resources.count, 0);
    assert_int_equal(gpu.resources.bytes, 0);
    assert_int_equal(gpu.contexts.count, 0);
    assert_int_equal(null.jobs, 0);
    assert_int_equal(null.contexts, 0);
    assert_int_equal(null.resources, 0);
    assert_int_equal(null.attachments, 0);
    assert_null(vgpu_settled(&gpu));
    return 0;
}

static uint32_t send(union vgpu_request r, size_t bytes, void *payload)
{
    assert_true(vgpu_ready(&gpu, VGPU_QUEUE_CONTROL, &r, bytes));
    vgpu_execute(&gpu, &mem, VGPU_QUEUE_CONTROL, &r, bytes, payload, &answer);
    return answer.u.header.type;
}
#define COMMAND(member, kind, ctx, ...)                                                            \
    send((union vgpu_request){.member = {.header = {.type = VGPU_CMD_##kind, .ctx_id = (ctx)},     \
                                         __VA_ARGS__}},                                            \
         sizeof(((union vgpu_request *)0)->member), NULL)

static uint32_t context(uint32_t id)
{
    return COMMAND(ctx_create, CTX_CREATE, id, .name_bytes = 0);
}

static uint32_t end_context(uint32_t id)
{
    return send((union vgpu_request){.header = {.type = VGPU_CMD_CTX_DESTROY, .ctx_id = id}}, 24,
                NULL);
}

/* A texture of 16 x 8 pixels, two levels. */
static uint32_t texture(uint32_t id)
{
    return COMMAND(create_3d, RESOURCE_CREATE_3D, 0, .resource_id = id, .target = 2,
                   .format = VGPU_FORMAT_B8G8R8A8, .bind = 2, .width = 16, .height = 8, .depth = 1,
                   .array_size = 1, .last_level = 1);
}

static uint32_t back(uint32_t id, uint64_t addr, uint32_t bytes)
{
    struct vgpu_mem_entry e = {addr, bytes, 0};

    return send((union vgpu_request){.attach = {.header.type = VGPU_CMD_RESOURCE_ATTACH_BACKING,
                                                .resource_id = id,
                                                .nr_entries = 1}},
                sizeof(struct vgpu_attach_backing) + sizeof(e), &e);
}

static uint32_t attach(uint32_t ctx, uint32_t id)
{
    return COMMAND(resource, CTX_ATTACH_RESOURCE, ctx, .resource_id = id);
}

static uint32_t unref(uint32_t id)
{
    return COMMAND(resource, RESOURCE_UNREF, 0, .resource_id = id);
}

static union vgpu_request fenced(uint32_t type, uint32_t ctx, uint64_t fence)
{
    return (union vgpu_request){
        .header = {.type = type, .flags = VGPU_FLAG_FENCE, .fence_id = fence, .ctx_id = ctx}};
}

/* Binds a surface over the resource: one handle in the stream, at dword 2. */
static uint32_t batch(uint32_t ctx, uint32_t handle, uint64_t fence)
{
    uint32_t stream[] = {VIRGL_OP_CREATE_OBJECT | VIRGL_TYPE_SURFACE << 8 | 5u << 16,
                         1,
                         handle,
                         VGPU_FORMAT_B8G8R8A8,
                         0,
                         0};
    union vgpu_request r = fenced(VGPU_CMD_SUBMIT_3D, ctx, fence);

    stream[1] = (uint32_t)fence + 1;
    r.submit_3d.bytes = sizeof(stream);
    assert_int_equal(vgpu_payload(&gpu, &r, sizeof(r.submit_3d) + sizeof(stream)), sizeof(stream));
    return send(r, sizeof(r.submit_3d) + sizeof(stream), stream);
}

static uint32_t transfer(uint32_t type, uint32_t ctx, uint32_t id, struct vgpu_box box,
                         uint32_t level, uint64_t offset, uint64_t fence)
{
    union vgpu_request r = fenced(type, ctx, fence);

    r.transfer_3d.box = box;
    r.transfer_3d.level = level;
    r.transfer_3d.offset = offset;
    r.transfer_3d.resource_id = id;
    return send(r, sizeof(r.transfer_3d), NULL);
}
#define TO_GPU   VGPU_CMD_TRANSFER_TO_HOST_3D
#define FROM_GPU VGPU_CMD_TRANSFER_FROM_HOST_3D

static uint32_t show(uint32_t id, uint32_t width, uint32_t height)
{
    return COMMAND(set_scanout, SET_SCANOUT, 0, .scanout_id = 0, .resource_id = id,
                   .r = {0, 0, width, height});
}

static uint64_t settled(void)
{
    const struct fence *f = vgpu_settled(&gpu);

    return f ? f->header.fence_id : 0;
}

static void test_capset(void **state)
{
    uint32_t bits;

    (void)state;
    assert_int_equal(gpu.config.num_capsets, 1);
    assert_int_equal(COMMAND(get_capset_info, GET_CAPSET_INFO, 0, .index = 0), VGPU_OK_CAPSET_INFO);
    assert_int_equal(answer.u.capset_info.id, VGPU_CAPSET_VIRGL2);
    assert_int_equal(answer.u.capset_info.max_size, 1408);
    assert_int_equal(COMMAND(get_capset_info, GET_CAPSET_INFO, 0, .index = 1),
                     VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(COMMAND(get_capset, GET_CAPSET, 0, .id = VGPU_CAPSET_VIRGL2, .version = 2),
                     VGPU_OK_CAPSET);
    assert_int_equal(answer.bytes, 24 + 1408);
    memcpy(&bits, answer.u.capset.data + 392, 4);
    assert_int_equal(bits, ~(1u << 31));
    memcpy(&bits, answer.u.capset.data + 688, 4);
    assert_int_equal(bits, ~(1u << 7 | 1u << 3 | 1u << 1));
    memcpy(&bits, answer.u.capset.data + 856, 4);
    assert_int_equal(bits, 0); /* codecs */
    assert_int_equal(COMMAND(get_capset, GET_CAPSET, 0, .id = VGPU_CAPSET_VIRGL),
                     VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(COMMAND(get_capset, GET_CAPSET, 0, .id = VGPU_CAPSET_VIRGL2, .version = 3),
                     VGPU_ERR_INVALID_PARAMETER);
}

static void test_contexts(void **state)
{
    (void)state;
    assert_int_equal(context(0), VGPU_ERR_INVALID_CONTEXT_ID);
    assert_int_equal(context(7), VGPU_OK_NODATA);
    assert_int_equal(context(7), VGPU_ERR_INVALID_CONTEXT_ID);
    assert_int_equal(context(8), VGPU_OK_NODATA);
    assert_int_equal(context(9), VGPU_OK_NODATA);
    assert_int_equal(context(10), VGPU_ERR_OUT_OF_MEMORY);
    assert_int_equal(end_context(8), VGPU_OK_NODATA);
    assert_int_equal(end_context(8), VGPU_ERR_INVALID_CONTEXT_ID);
    null.failing = true;
    assert_int_equal(context(10), VGPU_ERR_OUT_OF_MEMORY);
    null.failing = false;
    assert_int_equal(null.contexts, 2);
}

static void test_handles_are_the_contexts_own(void **state)
{
    (void)state;
    assert_int_equal(context(1), VGPU_OK_NODATA);
    assert_int_equal(context(2), VGPU_OK_NODATA);
    assert_int_equal(texture(5), VGPU_OK_NODATA);
    assert_int_equal(null.resources, 0); /* its size is not known yet */
    assert_int_equal(back(5, BASE, 1024), VGPU_OK_NODATA);
    assert_int_equal(null.resources, 1);
    assert_int_equal(attach(1, 5), VGPU_OK_NODATA);
    assert_int_equal(attach(1, 5), VGPU_OK_NODATA);
    assert_int_equal(null.attachments, 1);
    assert_int_equal(batch(1, 5, 1), VGPU_OK_NODATA);
    assert_int_equal(null.batch[2], resource_find(&gpu.resources, 5)->physical);
    assert_int_equal(batch(2, 5, 2), VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(batch(1, 6, 3), VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(batch(1, 1001, 4), VGPU_ERR_INVALID_RESOURCE_ID); /* the physical one's */
    assert_int_equal(batch(3, 5, 5), VGPU_ERR_INVALID_CONTEXT_ID);
    assert_int_equal(gpu.statistics.refused, 3);
    assert_int_equal(gpu.found.fault.dword, 2);
    assert_int_equal(null.jobs, 1);
    null_finish(&null, 0);
    for (uint64_t i = 1; i <= 5; i++)
        assert_int_equal(settled(), i);
    assert_int_equal(COMMAND(resource, CTX_DETACH_RESOURCE, 1, .resource_id = 5), VGPU_OK_NODATA);
    assert_int_equal(batch(1, 5, 6), VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(attach(2, 5), VGPU_OK_NODATA);
    assert_int_equal(batch(2, 5, 7), VGPU_OK_NODATA);
    assert_int_equal(unref(5), VGPU_OK_NODATA);
    assert_int_equal(null.attachments, 0);
    assert_int_equal(batch(2, 5, 8), VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(attach(2, 5), VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(attach(4, 5), VGPU_ERR_INVALID_CONTEXT_ID);
}

static void test_handles_far_up(void **state)
{
    (void)state;
    assert_int_equal(context(1), VGPU_OK_NODATA);
    assert_int_equal(texture(60000), VGPU_OK_NODATA);
    assert_int_equal(attach(1, 60000), VGPU_OK_NODATA); /* without backing: used before */
    assert_int_equal(batch(1, 60000, 1), VGPU_OK_NODATA);
    assert_int_equal(texture(UINT32_MAX), VGPU_OK_NODATA);
    assert_int_equal(attach(1, UINT32_MAX), VGPU_OK_NODATA);
    assert_int_equal(batch(1, UINT32_MAX, 2), VGPU_OK_NODATA);
    null_finish(&null, 0);
    assert_int_equal(batch(1, UINT32_MAX - 1, 3), VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(back(60000, BASE, 4096), VGPU_OK_NODATA);
    assert_int_equal(COMMAND(resource, RESOURCE_DETACH_BACKING, 0, .resource_id = 60000),
                     VGPU_OK_NODATA);
    assert_int_equal(back(60000, BASE, 4097), VGPU_ERR_INVALID_PARAMETER); /* beyond its mirror */
}

/* Handles come and go as with Linux, which counts them up: what is attached is found, and nothing
 * else, wherever they lie. */
static void test_map(void **state)
{
    enum { LIVE = 300 };
    static struct contexts cs;
    struct resources rs = {.quota = {1, 1 << 20}};
    uint32_t why, live[LIVE] = {0}, next = UINT32_MAX - 5000, seed = 1;
    struct context *c;

    (void)state;
    cs = (struct contexts){.max = 1};
    c = context_add(&cs, 1, &why);
    assert_non_null(c);
    for (unsigned i = 0; i < 5000; i++) {
        const uint32_t at = (seed = seed * 1103515245u + 12345u) >> 16;
        uint32_t *old = &live[at % LIVE];

        if (*old)
            context_detach(c, *old);
        assert_int_equal(context_reach(c, &rs), VGPU_OK_NODATA);
        *old = ++next;
        context_attach(c, next, next ^ 0xAAAA, next + 7);
    }
    for (uint32_t handle = UINT32_MAX - 6000; handle; handle++) {
        const uint32_t *token = context_token(c, handle);
        bool there = false;

        for (unsigned i = 0; i < LIVE; i++)
            there = there || live[i] == handle;
        assert_int_equal(token != NULL, there);
        assert_int_equal(c->slot[virgl_slot_of(&c->map, handle)].physical,
                         there ? handle ^ 0xAAAA : 0);
        if (there)
            assert_int_equal(*token, handle + 7);
    }
    assert_null(context_token(c, 0));
    assert_true(c->map.mask + 1 <= 4 * LIVE);
    assert_int_equal(rs.bytes, c->bytes);
    context_remove(&cs, &rs, c);
    assert_int_equal(rs.bytes, 0);
    c = context_add(&cs, 1, &why);
    rs.quota.max_bytes = 100;
    assert_int_equal(context_reach(c, &rs), VGPU_ERR_OUT_OF_MEMORY);
    context_remove(&cs, &rs, c);
}

static void test_fences_are_one_row(void **state)
{
    union vgpu_request create = fenced(VGPU_CMD_RESOURCE_CREATE_3D, 0, 3);

    (void)state;
    assert_int_equal(context(1), VGPU_OK_NODATA);
    assert_int_equal(context(2), VGPU_OK_NODATA);
    assert_int_equal(texture(5), VGPU_OK_NODATA);
    assert_int_equal(attach(1, 5), VGPU_OK_NODATA);
    assert_int_equal(attach(2, 5), VGPU_OK_NODATA);
    assert_int_equal(batch(1, 5, 1), VGPU_OK_NODATA);
    assert_non_null(answer.fence);
    assert_int_equal(batch(2, 5, 2), VGPU_OK_NODATA);
    create.create_3d = (struct vgpu_create_3d){.header = create.header,
                                               .resource_id = 6,
                                               .target = 0,
                                               .format = 64,
                                               .width = 100,
                                               .height = 1,
                                               .depth = 1,
                                               .array_size = 1};
    assert_int_equal(send(create, sizeof(create.create_3d), NULL), VGPU_OK_NODATA);
    assert_non_null(answer.fence); /* done, and behind two that are not */
    assert_int_equal(context(3), VGPU_OK_NODATA);
    assert_null(answer.fence); /* no fence: at once */
    assert_int_equal(settled(), 0);
    null.job[1]->done(null.job[1], 0); /* the second is done first */
    null.jobs = 1;
    assert_int_equal(settled(), 0);
    null_finish(&null, 0);
    assert_int_equal(progressed, 2);
    assert_int_equal(settled(), 1);
    assert_int_equal(settled(), 2);
    assert_int_equal(settled(), 3);
    assert_int_equal(settled(), 0);
}

static void test_batches_in_flight(void **state)
{
    union vgpu_request r = fenced(VGPU_CMD_SUBMIT_3D, 1, 9);

    (void)state;
    assert_int_equal(context(1), VGPU_OK_NODATA);
    assert_int_equal(texture(5), VGPU_OK_NODATA);
    assert_int_equal(back(5, BASE, 1024), VGPU_OK_NODATA);
    assert_int_equal(attach(1, 5), VGPU_OK_NODATA);
    assert_int_equal(batch(1, 5, 1), VGPU_OK_NODATA);
    assert_int_equal(batch(1, 5, 2), VGPU_OK_NODATA);
    r.submit_3d.bytes = 8;
    assert_false(vgpu_ready(&gpu, VGPU_QUEUE_CONTROL, &r, 40));
    assert_true(vgpu_ready(&gpu, VGPU_QUEUE_CURSOR, &r, 40));
    assert_int_equal(transfer(TO_GPU, 1, 5, (struct vgpu_box){0, 0, 0, 16, 8, 1}, 0, 0, 3),
                     VGPU_OK_NODATA);
    null_finish(&null, 0);
    assert_true(vgpu_ready(&gpu, VGPU_QUEUE_CONTROL, &r, 40));
    assert_int_equal(settled(), 1);
    assert_int_equal(batch(1, 5, 4), VGPU_OK_NODATA);
    assert_int_equal(end_context(1), VGPU_OK_NODATA); /* with work in flight */
    null_finish(&null, 0);
    null_finish(&null, -EIO);
    null_finish(&null, 0);
    assert_int_equal(settled(), 2);
    assert_int_equal(vgpu_settled(&gpu)->header.type, VGPU_ERR_UNSPEC);
    assert_int_equal(settled(), 4);
    for (unsigned i = 0; i < FENCES_MAX; i++)
        *fence_add(&gpu.fences) = (struct fence){.done = i > 0};
    assert_false(vgpu_ready(&gpu, VGPU_QUEUE_CONTROL, &r, 40));
    r.header.flags = 0;
    assert_true(vgpu_ready(&gpu, VGPU_QUEUE_CONTROL, &r, 40));
}

static void test_transfers(void **state)
{
    const struct vgpu_box all = {0, 0, 0, 16, 8, 1}, part = {4, 2, 0, 3, 2, 1};
    uint8_t before[1024];

    (void)state;
    assert_int_equal(context(1), VGPU_OK_NODATA);
    assert_int_equal(texture(5), VGPU_OK_NODATA);
    assert_int_equal(attach(1, 5), VGPU_OK_NODATA);
    assert_int_equal(transfer(TO_GPU, 1, 5, all, 0, 0, 1), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(back(5, BASE, 640), VGPU_OK_NODATA); /* 512 of level 0, 128 of level 1 */
    assert_int_equal(transfer(TO_GPU, 1, 5, all, 0, 0, 2), VGPU_OK_NODATA);
    memcpy(before, guest, sizeof(before));
    memset(guest, 0, 1024);
    assert_int_equal(transfer(FROM_GPU, 1, 5, part, 0, 2 * 64 + 16, 3), VGPU_OK_NODATA);
    assert_int_equal(guest[2 * 64 + 16], 0); /* not before the GPU is done */
    null_finish(&null, 0);
    null_finish(&null, 0);
    assert_memory_equal(guest + 2 * 64 + 16, before + 2 * 64 + 16, 12);
    assert_memory_equal(guest + 3 * 64 + 16, before + 3 * 64 + 16, 12);
    assert_int_equal(guest[2 * 64 + 15] | guest[2 * 64 + 28] | guest[0], 0);
    assert_int_equal(gpu.statistics.copies, 2);
    assert_int_equal(gpu.statistics.copied_bytes, 512 + 24);
    assert_int_equal(transfer(TO_GPU, 1, 5, (struct vgpu_box){0, 0, 0, 8, 4, 1}, 1, 512, 4),
                     VGPU_OK_NODATA);
    assert_int_equal(transfer(TO_GPU, 1, 5, (struct vgpu_box){0, 0, 0, 8, 4, 1}, 1, 513, 5),
                     VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(transfer(TO_GPU, 1, 5, (struct vgpu_box){0, 0, 0, 9, 4, 1}, 1, 0, 6),
                     VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(transfer(TO_GPU, 1, 5, all, 2, 0, 7), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(transfer(TO_GPU, 1, 6, all, 0, 0, 8), VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(transfer(TO_GPU, 2, 5, all, 0, 0, 9), VGPU_ERR_INVALID_CONTEXT_ID);
}

/* The guest takes away what a transfer is to be written to. */
static void test_backing_goes_while_it_is_read(void **state)
{
    const struct vgpu_box all = {0, 0, 0, 16, 8, 1};

    (void)state;
    assert_int_equal(context(1), VGPU_OK_NODATA);
    for (uint32_t id = 5; id <= 6; id++) {
        assert_int_equal(texture(id), VGPU_OK_NODATA);
        assert_int_equal(back(id, BASE, 640), VGPU_OK_NODATA);
        assert_int_equal(attach(1, id), VGPU_OK_NODATA);
    }
    memset(guest, 0xEE, 640);
    assert_int_equal(transfer(FROM_GPU, 1, 5, all, 0, 0, 1), VGPU_OK_NODATA);
    assert_int_equal(transfer(FROM_GPU, 1, 6, all, 0, 0, 2), VGPU_OK_NODATA);
    assert_int_equal(transfer(FROM_GPU, 1, 6, all, 0, 0, 3), VGPU_OK_NODATA);
    assert_int_equal(unref(5), VGPU_OK_NODATA);
    assert_int_equal(COMMAND(resource, RESOURCE_DETACH_BACKING, 0, .resource_id = 6),
                     VGPU_OK_NODATA);
    for (unsigned i = 0; i < 3; i++)
        null_finish(&null, 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(vgpu_settled(&gpu)->header.type, VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(guest[0], 0xEE);
    assert_int_equal(back(6, BASE, 640), VGPU_OK_NODATA);
    assert_int_equal(transfer(FROM_GPU, 1, 6, all, 0, 0, 4), VGPU_OK_NODATA);
    mem.count = 0; /* the front end has taken the memory away */
    null_finish(&null, 0);
    assert_int_equal(vgpu_settled(&gpu)->header.type, VGPU_ERR_UNSPEC);
}

static uint32_t stream(uint32_t ctx, uint32_t *dwords, uint32_t count, uint64_t fence)
{
    union vgpu_request r = fenced(VGPU_CMD_SUBMIT_3D, ctx, fence);

    r.submit_3d.bytes = count * 4;
    return send(r, sizeof(r.submit_3d) + count * 4, dwords);
}

/* TRANSFER3D of a box at the end of level 0's second line. */
static uint32_t stream_transfer(uint32_t id, uint32_t width, uint32_t stride, uint32_t offset)
{
    uint32_t s[] = {
        VIRGL_OP_TRANSFER3D | 13u << 16, id, 0, 0, stride, 0, 4, 1, 0, width, 2, 1, offset, 1};

    return stream(1, s, 14, 1);
}

/* COPY_TRANSFER3D into the texture of 16 x 8 pixels. */
static uint32_t staged(uint32_t to, uint32_t from, uint32_t offset, uint32_t stride,
                       uint32_t height)
{
    uint32_t s[] = {VIRGL_OP_COPY_TRANSFER3D | 14u << 16,
                    to,
                    0,
                    0,
                    stride,
                    stride * height,
                    0,
                    0,
                    0,
                    16,
                    height,
                    1,
                    from,
                    offset,
                    1};

    return stream(1, s, 15, 1);
}

static void drain(void)
{
    while (null.jobs)
        null_finish(&null, 0);
    while (settled())
        ;
}

static void test_transfers_in_a_stream(void **state)
{
    const uint8_t *mirror;

    (void)state;
    assert_int_equal(context(1), VGPU_OK_NODATA);
    assert_int_equal(texture(5), VGPU_OK_NODATA);
    assert_int_equal(attach(1, 5), VGPU_OK_NODATA);
    assert_int_equal(stream_transfer(5, 3, 0, 80), VGPU_ERR_INVALID_PARAMETER); /* no backing */
    assert_int_equal(back(5, BASE, 640), VGPU_OK_NODATA);
    mirror = resource_find(&gpu.resources, 5)->pixels;
    assert_int_equal(stream_transfer(5, 3, 0, 80), VGPU_OK_NODATA);
    assert_memory_equal(mirror + 80, guest + 80, 12);
    assert_memory_equal(mirror + 144, guest + 144, 12);
    assert_int_equal(mirror[79] | mirror[92], 0); /* the box and nothing else */
    assert_int_equal(gpu.statistics.copied_bytes, 24);
    assert_int_equal(stream_transfer(5, 13, 0, 80), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(stream_transfer(5, 3, 64, 80), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(stream_transfer(5, 3, 0, 580), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(stream_transfer(5, UINT32_MAX, 0, 0), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(stream_transfer(6, 3, 0, 80), VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(null.jobs, 1);
    mem.count = 0; /* the front end has taken the memory away */
    assert_int_equal(stream_transfer(5, 3, 0, 80), VGPU_ERR_INVALID_PARAMETER);
}

static void test_staging(void **state)
{
    const uint8_t *mirror;

    (void)state;
    assert_int_equal(context(1), VGPU_OK_NODATA);
    assert_int_equal(texture(5), VGPU_OK_NODATA);
    assert_int_equal(back(5, BASE, 640), VGPU_OK_NODATA);
    assert_int_equal(COMMAND(create_3d, RESOURCE_CREATE_3D, 0, .resource_id = 6, .target = 0,
                             .format = 64, .width = 4096, .height = 1, .depth = 1, .array_size = 1),
                     VGPU_OK_NODATA);
    assert_int_equal(back(6, BASE + 8192, 4096), VGPU_OK_NODATA);
    assert_int_equal(attach(1, 5), VGPU_OK_NODATA);
    assert_int_equal(staged(5, 6, 256, 80, 4), VGPU_ERR_INVALID_RESOURCE_ID);
    assert_int_equal(attach(1, 6), VGPU_OK_NODATA);
    mirror = resource_find(&gpu.resources, 6)->pixels;
    assert_int_equal(staged(5, 6, 256, 80, 4), VGPU_OK_NODATA);
    assert_memory_equal(mirror + 256, guest + 8192 + 256, 3 * 80 + 64);
    assert_int_equal(mirror[255] | mirror[256 + 3 * 80 + 64], 0);
    assert_int_equal(gpu.statistics.copied_bytes, 3 * 80 + 64);
    drain();
    assert_int_equal(staged(5, 6, 4096 - 304, 80, 4), VGPU_OK_NODATA);
    assert_int_equal(staged(5, 6, 4096 - 303, 80, 4), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(staged(5, 6, UINT32_MAX, 80, 4), VGPU_ERR_INVALID_PARAMETER);
    assert_int_equal(staged(5, 6, 0, UINT32_MAX, 8), VGPU_ERR_INVALID_PARAMETER);
}

/* Query `object` of sub-context `sub` begins, ends and is asked for its result. */
static uint32_t query(uint32_t sub, uint32_t object, uint32_t resource, uint64_t fence)
{
    const uint32_t type = VIRGL_TYPE_QUERY << 8;
    uint32_t s[] = {VIRGL_OP_SET_SUB_CTX | 1u << 16,
                    sub,
                    VIRGL_OP_CREATE_OBJECT | type | 4u << 16,
                    object,
                    1,
                    0,
                    resource,
                    VIRGL_OP_BEGIN_QUERY | 1u << 16,
                    object,
                    VIRGL_OP_END_QUERY | 1u << 16,
                    object,
                    VIRGL_OP_GET_QUERY_RESULT | 2u << 16,
                    object,
                    0};

    return resource
               ? stream(1, s, 14, fence)
               : stream(1, (uint32_t[]){s[0], sub, s[7], object, s[9], object, s[11], object, 0}, 9,
                        fence);
}

static void test_results_of_queries(void **state)
{
    uint8_t *mirror;

    (void)state;
    assert_int_equal(context(1), VGPU_OK_NODATA);
    for (uint32_t id = 5; id <= 6; id++) {
        assert_int_equal(texture(id), VGPU_OK_NODATA);
        assert_int_equal(back(id, BASE + 4096 * (id - 5), 640), VGPU_OK_NODATA);
        assert_int_equal(attach(1, id), VGPU_OK_NODATA);
    }
    mirror = resource_find(&gpu.resources, 5)->pixels;
    assert_int_equal(query(1, 9, 5, 1), VGPU_OK_NODATA);
    assert_memory_equal(mirror, guest, 16);              /* the state that the guest has set */
    assert_int_equal(query(2, 9, 6, 2), VGPU_OK_NODATA); /* another one's number 9 */
    memset(mirror, 0x11, 20);
    null_finish(&null, 0);
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(guest[i], 0x11);
    assert_int_equal(guest[16], (uint8_t)(16 * 7));
    memset(resource_find(&gpu.resources, 6)->pixels, 0x22, 20);
    null_finish(&null, 0);
    assert_int_equal(guest[4096], 0x22);
    drain();
    /* Again: the old result is gone from the mirror before the GPU begins. */
    memset(guest, 0x33, 16);
    assert_int_equal(query(1, 9, 0, 3), VGPU_OK_NODATA);
    assert_int_equal(mirror[0], 0x33);
    memset(mirror, 0x44, 16);
    null_finish(&null, -EIO); /* no result of a batch that has failed */
    assert_int_equal(guest[0], 0x33);
    assert_int_equal(vgpu_settled(&gpu)->header.type, VGPU_ERR_UNSPEC);
    /* The memory goes while the GPU works. */
    assert_int_equal(query(1, 9, 0, 4), VGPU_OK_NODATA);
    assert_int_equal(unref(5), VGPU_OK_NODATA);
    null_finish(&null, 0);
    assert_int_equal(query(1, 9, 0, 5),
                     VGPU_OK_NODATA); /* nowhere to leave it: the guest's affair */
    assert_int_equal(end_context(1), VGPU_OK_NODATA);
    null_finish(&null, 0);
    drain();
}

static void test_queries_end(void **state)
{
    struct queries *qs;
    uint32_t s[] = {VIRGL_OP_SET_SUB_CTX | 1u << 16, 1,
                    VIRGL_OP_DESTROY_OBJECT | VIRGL_TYPE_QUERY << 8 | 1u << 16, 9};
    uint32_t sub[] = {VIRGL_OP_DESTROY_SUB_CTX | 1u << 16, 2};

    (void)state;
    assert_int_equal(context(1), VGPU_OK_NODATA);
    assert_int_equal(texture(5), VGPU_OK_NODATA);
    assert_int_equal(back(5, BASE, 640), VGPU_OK_NODATA);
    assert_int_equal(attach(1, 5), VGPU_OK_NODATA);
    qs = &context_find(&gpu.contexts, 1)->queries;
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(query(2, 8 + i, 5, i + 1), VGPU_OK_NODATA);
        drain();
    }
    assert_int_equal(query(1, 9, 5, 4), VGPU_OK_NODATA);
    drain();
    assert_int_equal(qs->count, 4);
    assert_int_equal(stream(1, s, 4, 5), VGPU_OK_NODATA);
    assert_int_equal(qs->count, 3);
    assert_null(query_find(qs, 9));
    assert_int_equal(stream(1, sub, 2, 6), VGPU_OK_NODATA);
    assert_int_equal(qs->count, 0);
    drain();
    for (uint32_t i = 0; i <= QUERIES_MAX; i++)
        query_create(qs, i, 5);
    assert_int_equal(qs->count, QUERIES_MAX);
}

static void test_quota(void **state)
{
    (void)state;
    assert_int_equal(COMMAND(create_3d, RESOURCE_CREATE_3D, 0, .resource_id = 1, .target = 2,
                             .format = VGPU_FORMAT_B8G8R8A8, .width = 512, .height = 512,
                             .depth = 1, .array_size = 1, .nr_samples = 4),
                     VGPU_ERR_OUT_OF_MEMORY);
    assert_int_equal(COMMAND(create_3d, RESOURCE_CREATE_3D, 0, .resource_id = 1, .target = 2,
                             .format = VGPU_FORMAT_B8G8R8A8, .width = 512, .height = 300,
                             .depth = 1, .array_size = 1),
                     VGPU_OK_NODATA);
    assert_int_equal(back(1, 0, 512 * 300 * 4), VGPU_ERR_OUT_OF_MEMORY); /* the mirror counts too */
    assert_int_equal(resource_find(&gpu.resources, 1)->ranges, 0);
    assert_int_equal(COMMAND(create_3d, RESOURCE_CREATE_3D, 0, .resource_id = 2, .target = 2,
                             .format = 163, .width = 4, .height = 4, .depth = 1, .array_size = 1),
                     VGPU_ERR_INVALID_PARAMETER); /* three planes */
    null.failing = true;
    assert_int_equal(texture(3), VGPU_OK_NODATA);
    assert_int_equal(back(3, BASE, 4096), VGPU_ERR_OUT_OF_MEMORY);
    null.failing = false;
    assert_int_equal(back(3, BASE, 4096), VGPU_OK_NODATA);
}

static void test_scanout(void **state)
{
    (void)state;
    assert_int_equal(texture(3), VGPU_OK_NODATA);
    assert_int_equal(show(3, 16, 8), VGPU_ERR_INVALID_RESOURCE_ID); /* not on the GPU yet */
    assert_int_equal(back(3, BASE, 4096), VGPU_OK_NODATA);
    assert_int_equal(show(3, 16, 8), VGPU_OK_NODATA);
    assert_ptr_equal(gpu.scanout[0].resource, resource_find(&gpu.resources, 3));
    assert_int_equal(show(3, 16, 7), VGPU_ERR_INVALID_PARAMETER); /* not all of it */
    assert_int_equal(COMMAND(flush, RESOURCE_FLUSH, 0, .resource_id = 3, .r = {0, 0, 4, 4}),
                     VGPU_OK_NODATA);
    /* What is shown has been fetched, and what is not has not. */
    assert_int_equal(null.fetched, 2);
    assert_int_equal(gpu.statistics.copies, 2);
    assert_int_equal(gpu.statistics.copied_bytes, (16 * 8 + 4 * 4) * 4);
    null.failing = true;
    assert_int_equal(show(3, 16, 8), VGPU_ERR_INVALID_PARAMETER);
    null.failing = false;
    assert_int_equal(show(0, 16, 8), VGPU_OK_NODATA);
    assert_int_equal(COMMAND(flush, RESOURCE_FLUSH, 0, .resource_id = 3, .r = {0, 0, 4, 4}),
                     VGPU_OK_NODATA);
    assert_int_equal(null.fetched, 2);
    assert_int_equal(show(3, 16, 8), VGPU_OK_NODATA);
    assert_int_equal(unref(3), VGPU_OK_NODATA);
    assert_null(gpu.scanout[0].resource);
    assert_int_equal(COMMAND(create_3d, RESOURCE_CREATE_3D, 0, .resource_id = 4, .target = 0,
                             .format = 64, .width = 100, .height = 1, .depth = 1, .array_size = 1),
                     VGPU_OK_NODATA);
    assert_int_equal(back(4, BASE, 4096), VGPU_OK_NODATA);
    assert_int_equal(show(4, 100, 1), VGPU_ERR_INVALID_RESOURCE_ID); /* no picture */
}

int main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, start, stop)
    const struct CMUnitTest tests[] = {
        CASE(test_capset),
        CASE(test_contexts),
        CASE(test_handles_are_the_contexts_own),
        CASE(test_handles_far_up),
        CASE(test_map),
        CASE(test_fences_are_one_row),
        CASE(test_batches_in_flight),
        CASE(test_transfers),
        CASE(test_backing_goes_while_it_is_read),
        CASE(test_transfers_in_a_stream),
        CASE(test_staging),
        CASE(test_results_of_queries),
        CASE(test_queries_end),
        CASE(test_quota),
        CASE(test_scanout),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
