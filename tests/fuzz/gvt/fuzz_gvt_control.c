/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzzes the control and cursor queues: a sequence of requests of any shape against one vGPU with
 * small guest memory and a GPU that finishes its work when the input says so. */
#include <stdlib.h>
#include <string.h>

#include "backend/null.h"
#include "core/health.h"
#include "core/vgpu.h"
#include "vhost/virtq.h"

#define GUEST_BYTES 65536
#define RULES       26u /* of the table */
#define PAYLOAD     32u /* dwords; eight memory entries */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void nothing_scanout(void *s, unsigned n, struct resource *r, const struct vgpu_rect *rect)
{
    (void)s, (void)n, (void)r, (void)rect;
}
static void nothing_cursor(void *s, unsigned n, struct resource *r, int32_t x, int32_t y,
                           bool update)
{
    (void)s, (void)n, (void)r, (void)x, (void)y, (void)update;
}
static void nothing_forget(void *s, struct resource *r)
{
    (void)s, (void)r;
}

static void tame_rect(struct vgpu_rect *r)
{
    r->x %= 80;
    r->y %= 80;
    r->width %= 80;
    r->height %= 80;
}

/* One of the commands that the mediator has work with, as far as it fits; the rest is padding. */
static void tame_stream(uint32_t *s, size_t dwords)
{
    const uint32_t query = VIRGL_TYPE_QUERY << 8;
    size_t used = 0;

    if (dwords >= 15 && s[0] % 4 < 2) { /* TRANSFER3D, COPY_TRANSFER3D */
        const bool staged = s[0] % 4;

        s[0] = staged ? VIRGL_OP_COPY_TRANSFER3D | 14u << 16 : VIRGL_OP_TRANSFER3D | 13u << 16;
        s[1] %= 4;
        s[2] %= 8;
        for (unsigned i = 4; i < 12; i++)
            s[i] %= 65;
        s[8] %= 3;
        s[11] %= 3;
        s[5] = staged ? s[5] * s[4] : 0;
        s[4] = staged ? s[4] : 0;
        s[12] %= staged ? 4 : 32768;
        s[13] = staged ? s[13] % 32768 : 1;
        s[14] %= staged ? 2 : UINT32_MAX;
        used = staged ? 15 : 14;
    } else if (dwords >= 10 && s[0] % 4 == 2) {
        s[0] = VIRGL_OP_SET_SUB_CTX | 1u << 16;
        s[1] %= 2;
        s[2] = s[2] % 2 ? VIRGL_OP_CREATE_OBJECT | query | 4u << 16 : VIRGL_OP_NOP | 4u << 16;
        s[3] %= 2;
        s[6] %= 4;
        s[7] = VIRGL_OP_GET_QUERY_RESULT | 2u << 16;
        s[8] %= 2;
        used = 10;
    } else if (dwords >= 6) {
        s[0] = VIRGL_OP_CREATE_OBJECT | VIRGL_TYPE_SURFACE << 8 | 5u << 16;
        s[2] %= 4;
        used = 6;
    }
    if (used && used < dwords)
        s[used] = VIRGL_OP_END_TRANSFERS | (uint32_t)(dwords - used - 1) << 16;
}

/* See tame(). */
static void tame_3d(union vgpu_request *r, uint32_t *payload, size_t payload_bytes)
{
    switch (r->header.type) {
    case VGPU_CMD_RESOURCE_CREATE_3D:
        r->create_3d.resource_id %= 4;
        r->create_3d.format %= 256;
        r->create_3d.target %= VGPU_TARGETS;
        r->create_3d.width %= 65;
        r->create_3d.height %= 65;
        r->create_3d.depth %= 3;
        r->create_3d.array_size %= 3;
        r->create_3d.last_level %= 8;
        r->create_3d.nr_samples %= 8;
        r->create_3d.flags %= 2;
        break;
    case VGPU_CMD_TRANSFER_TO_HOST_3D:
    case VGPU_CMD_TRANSFER_FROM_HOST_3D:
        r->transfer_3d.resource_id %= 4;
        r->transfer_3d.box.x %= 65;
        r->transfer_3d.box.y %= 65;
        r->transfer_3d.box.z %= 3;
        r->transfer_3d.box.width %= 65;
        r->transfer_3d.box.height %= 65;
        r->transfer_3d.box.depth %= 3;
        r->transfer_3d.offset %= 32768;
        r->transfer_3d.level %= 8;
        r->transfer_3d.stride = r->transfer_3d.layer_stride = 0;
        break;
    case VGPU_CMD_CTX_CREATE:
        r->ctx_create.name_bytes %= 65;
        r->ctx_create.init %= 3;
        break;
    case VGPU_CMD_SUBMIT_3D:
        tame_stream(payload, payload_bytes / sizeof(*payload));
        break;
    default:
        break;
    }
}

/*
 * Puts the numbers of a request in ranges where some requests meet others: four resources of at
 * most 64 by 64 pixels, a backing in guest memory. Blind mutation seldom names the same resource
 * twice. What does not carry the mark stays as it came.
 */
static void tame(union vgpu_request *r, uint32_t *payload, size_t payload_bytes)
{
    struct vgpu_mem_entry *entry = (struct vgpu_mem_entry *)payload;

    if (r->header.padding[2] & 1)
        return;
    r->header.ctx_id %= 4;
    switch (r->header.type) {
    case VGPU_CMD_RESOURCE_CREATE_2D:
        r->create_2d.resource_id %= 4;
        r->create_2d.width %= 65;
        r->create_2d.height %= 65;
        if (r->create_2d.format % 4)
            r->create_2d.format = VGPU_FORMAT_B8G8R8X8;
        break;
    case VGPU_CMD_RESOURCE_UNREF:
    case VGPU_CMD_RESOURCE_DETACH_BACKING:
    case VGPU_CMD_CTX_ATTACH_RESOURCE:
    case VGPU_CMD_CTX_DETACH_RESOURCE:
        r->resource.resource_id %= 4;
        break;
    case VGPU_CMD_SET_SCANOUT:
        r->set_scanout.resource_id %= 4;
        r->set_scanout.scanout_id %= 3;
        tame_rect(&r->set_scanout.r);
        break;
    case VGPU_CMD_RESOURCE_FLUSH:
        r->flush.resource_id %= 4;
        tame_rect(&r->flush.r);
        break;
    case VGPU_CMD_TRANSFER_TO_HOST_2D:
        r->transfer_2d.resource_id %= 4;
        r->transfer_2d.offset %= 32768;
        tame_rect(&r->transfer_2d.r);
        break;
    case VGPU_CMD_RESOURCE_ATTACH_BACKING:
        r->attach.resource_id %= 4;
        for (size_t i = 0; i < payload_bytes / sizeof(*entry); i++) {
            entry[i].addr %= GUEST_BYTES;
            entry[i].length %= 16384;
        }
        break;
    case VGPU_CMD_UPDATE_CURSOR:
    case VGPU_CMD_MOVE_CURSOR:
        r->cursor.resource_id %= 4;
        r->cursor.scanout_id %= 3;
        break;
    default:
        tame_3d(r, payload, payload_bytes);
        break;
    }
}

/*
 * A request of right length on the right queue, from the input: one byte chooses command and number
 * of memory entries (or twice as many dwords of a stream), the rest is its fields. Returns the
 * bytes of input used.
 */
static size_t shaped(const uint8_t *data, size_t bytes, union vgpu_request *r, size_t *n,
                     unsigned *queue, uint32_t payload[PAYLOAD])
{
    const struct vgpu_rule *rule = vgpu_rule_at(data[0] % RULES);
    const uint32_t amount = data[0] / RULES;
    size_t used = 1, more = 0;

    *n = rule->bytes < bytes - used ? rule->bytes : bytes - used;
    memcpy(r, data + used, *n);
    used += *n;
    *n = rule->bytes;
    *queue = rule->queue;
    r->header.type = rule->type;
    if (rule->type == VGPU_CMD_RESOURCE_ATTACH_BACKING) {
        more = (amount < 8 ? amount : 8) * sizeof(struct vgpu_mem_entry);
        r->attach.nr_entries = (uint32_t)(more / sizeof(struct vgpu_mem_entry));
    } else if (rule->type == VGPU_CMD_SUBMIT_3D) {
        more = amount * 8;
        r->submit_3d.bytes = (uint32_t)more;
    }
    memcpy(payload, data + used, more < bytes - used ? more : bytes - used);
    *n += more;
    return used + (more < bytes - used ? more : bytes - used);
}

/* A request as it comes: its length is that byte's, its payload what fits into it. */
static size_t raw(const struct vgpu *gpu, const uint8_t *data, size_t bytes, union vgpu_request *r,
                  size_t *n, unsigned queue, uint32_t payload[PAYLOAD])
{
    size_t more;

    *n = *n > bytes ? bytes : *n;
    memcpy(r, data, vgpu_fixed_bytes(*n));
    more = queue == VGPU_QUEUE_CONTROL ? vgpu_payload(gpu, r, *n) : 0;
    if (more > PAYLOAD * sizeof(*payload))
        abort(); /* more than fits into 127 bytes has been let through */
    if (more)
        memcpy(payload, data + sizeof(r->attach), more);
    return *n;
}

/* What passes the table of a device that offers everything is as long as its fields say. */
static void check_all(const union vgpu_request *r, size_t n, unsigned queue)
{
    const struct vgpu_rule *rule = NULL;

    if (vgpu_check(r, n, queue, ~0ull, &rule) != VGPU_OK_NODATA)
        return;
    if (rule->queue != queue || n < rule->bytes)
        abort();
    if ((rule->type == VGPU_CMD_SUBMIT_3D && r->submit_3d.bytes > n - rule->bytes) ||
        (rule->type == VGPU_CMD_RESOURCE_CREATE_BLOB &&
         r->create_blob.nr_entries > (n - rule->bytes) / sizeof(struct vgpu_mem_entry)))
        abort();
}

/* Answers come in order, each for a request that had to wait. */
static void settle(struct vgpu *gpu, uint16_t *expected)
{
    const struct fence *f;

    while ((f = vgpu_settled(gpu))) {
        if (f->head != (*expected)++ || f->header.type < VGPU_OK_NODATA)
            abort();
    }
}

static void play(struct vgpu *gpu, struct null_gpu *null, const struct vq_mem *mem,
                 const uint8_t *data, size_t bytes, bool drain)
{
    static struct vgpu_answer answer;
    uint16_t given = 0, expected = 0;

    while (bytes > 1) {
        unsigned queue = data[0] >> 7;
        size_t n = data[0] & 127, used;
        union vgpu_request r = {0};
        uint32_t payload[PAYLOAD] = {0};

        data++;
        bytes--;
        if (n >= 120 && n < 127) { /* the GPU works on, ends a context, is looked at */
            if (n >= 125)
                null->dead = (uint32_t)n - 125; /* none, or the first that a guest has */
            if (n >= 124)
                (void)!health_look(gpu);
            else
                null_finish(null, n == 120 ? -1 : 0);
            settle(gpu, &expected);
            continue;
        }
        used = n == 127 ? shaped(data, bytes, &r, &n, &queue, payload)
                        : raw(gpu, data, bytes, &r, &n, queue, payload);
        data += used;
        bytes -= used;
        tame(&r, payload, queue == VGPU_QUEUE_CONTROL ? vgpu_payload(gpu, &r, n) : 0);
        check_all(&r, n, queue);
        if (!vgpu_ready(gpu, queue, &r, n))
            continue;
        vgpu_execute(gpu, mem, queue, &r, n, payload, &answer);
        if (answer.bytes < sizeof(answer.u.header) || answer.u.header.type < VGPU_OK_NODATA ||
            (answer.fence && queue != VGPU_QUEUE_CONTROL))
            abort();
        if (answer.fence)
            answer.fence->head = given++;
        if (gpu->batches > gpu->max_batches)
            abort();
    }
    if (!drain)
        return;
    while (null->jobs)
        null_finish(null, 0);
    settle(gpu, &expected);
    if (given != expected || gpu->batches)
        abort();
}

/* Input: per request one byte of length (header included) with the queue in its top bit, then the
 * request; at 127 a request of right shape follows, at 120 to 126 none. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const struct vgpu_sink sink = {nothing_scanout, nothing_scanout, nothing_cursor,
                                          nothing_forget};
    static const struct vgpu_mode modes[2] = {{1280, 720, 60000}, {320, 320, 60000}};
    static const struct vgpu_limits limits = {{16, 1 << 20}, .contexts = 3, .batches = 2};
    static uint8_t guest[GUEST_BYTES];
    static struct vgpu gpu;
    struct null_gpu null = {0};
    struct vq_mem mem = {0};

    if (!vgpu_rule_at(RULES - 1) || vgpu_rule_at(RULES))
        abort();
    if (vq_mem_add(&mem, 0, GUEST_BYTES, 0, guest))
        abort();
    vgpu_init(&gpu, &gvt_backend_null, &null, &sink, NULL, modes, 2, &limits);
    if (bytes) /* every second input ends with work in flight */
        play(&gpu, &null, &mem, data, bytes, data[0] & 1);
    vgpu_reset(&gpu);
    if (gpu.resources.count || gpu.resources.bytes || gpu.contexts.count)
        abort();
    if (null.jobs || null.contexts || null.resources || null.attachments)
        abort();
    return 0;
}
