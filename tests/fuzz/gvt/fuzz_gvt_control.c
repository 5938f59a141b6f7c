/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzzes the control and cursor queues: a sequence of requests of any shape against one vGPU with
 * small guest memory. */
#include <stdlib.h>
#include <string.h>

#include "core/vgpu.h"
#include "vhost/virtq.h"

#define GUEST_BYTES 65536
#define RULES       26u /* of the table */

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

/*
 * Puts the numbers of a request in ranges where some requests meet others: four resources of at
 * most 64 by 64 pixels, a backing in guest memory. Blind mutation seldom names the same resource
 * twice. What does not carry the mark stays as it came.
 */
static void tame(union vgpu_request *r, struct vgpu_mem_entry *entry, uint32_t entries)
{
    if (r->header.padding[2] & 1)
        return;
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
        for (uint32_t i = 0; i < entries; i++) {
            entry[i].addr %= GUEST_BYTES;
            entry[i].length %= 16384;
        }
        break;
    case VGPU_CMD_UPDATE_CURSOR:
    case VGPU_CMD_MOVE_CURSOR:
        r->cursor.resource_id %= 4;
        r->cursor.scanout_id %= 3;
        break;
    case VGPU_CMD_RESOURCE_CREATE_3D:
        r->create_3d.target %= VGPU_TARGETS;
        r->create_3d.width %= 65;
        r->create_3d.height %= 65;
        r->create_3d.depth %= 3;
        r->create_3d.array_size %= 3;
        r->create_3d.last_level %= 8;
        r->create_3d.nr_samples %= 8;
        r->create_3d.flags %= 2;
        break;
    case VGPU_CMD_SUBMIT_3D:
        r->submit_3d.bytes %= 16;
        break;
    default:
        break;
    }
}

/*
 * A request of right length on the right queue, from the input: one byte chooses command and number
 * of ranges, the rest is its fields. Returns the bytes of input used.
 */
static size_t shaped(const uint8_t *data, size_t bytes, union vgpu_request *r, size_t *n,
                     unsigned *queue, struct vgpu_mem_entry entry[8], uint32_t *entries)
{
    const struct vgpu_rule *rule = vgpu_rule_at(data[0] % RULES);
    size_t used = 1;

    *n = rule->bytes < bytes - used ? rule->bytes : bytes - used;
    memcpy(r, data + used, *n);
    used += *n;
    *n = rule->bytes;
    *queue = rule->queue;
    r->header.type = rule->type;
    if (rule->type == VGPU_CMD_RESOURCE_ATTACH_BACKING) {
        *entries = data[0] / RULES % 8;
        if (*entries > (bytes - used) / sizeof(entry[0]))
            *entries = (uint32_t)((bytes - used) / sizeof(entry[0]));
        r->attach.nr_entries = *entries;
        memcpy(entry, data + used, *entries * sizeof(entry[0]));
        used += *entries * sizeof(entry[0]);
        *n += *entries * sizeof(entry[0]);
    }
    return used;
}

/* A request as it comes: its length is that byte's, its entries what fits into it. */
static size_t raw(const uint8_t *data, size_t bytes, union vgpu_request *r, size_t *n,
                  unsigned queue, struct vgpu_mem_entry entry[8], uint32_t *entries)
{
    *n = *n > bytes ? bytes : *n;
    memcpy(r, data, vgpu_fixed_bytes(*n));
    *entries = queue == VGPU_QUEUE_CONTROL ? vgpu_entries(r, *n) : 0;
    if (*entries > 8)
        abort(); /* more than fits into 127 bytes has been let through */
    if (*entries)
        memcpy(entry, data + sizeof(r->attach), *entries * sizeof(entry[0]));
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

/* Input: per request one byte of length (header included) with the queue in its top bit, then the
 * request; at 127 a request of right shape follows. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const struct vgpu_sink sink = {nothing_scanout, nothing_scanout, nothing_cursor,
                                          nothing_forget};
    static const struct vgpu_mode modes[2] = {{1280, 720, 60000}, {320, 320, 60000}};
    static const struct quota quota = {16, 1 << 20};
    static uint8_t guest[GUEST_BYTES];
    static struct vgpu_answer answer;
    struct vq_mem mem = {0};
    struct vgpu gpu;

    if (!vgpu_rule_at(RULES - 1) || vgpu_rule_at(RULES))
        abort();
    if (vq_mem_add(&mem, 0, GUEST_BYTES, 0, guest))
        abort();
    vgpu_init(&gpu, &gvt_backend_soft2d, &sink, NULL, modes, 2, &quota);
    while (bytes > 1) {
        unsigned queue = data[0] >> 7;
        size_t n = data[0] & 127, used;
        union vgpu_request r = {0};
        struct vgpu_mem_entry entry[8];
        uint32_t entries = 0;

        data++;
        bytes--;
        used = n == 127 ? shaped(data, bytes, &r, &n, &queue, entry, &entries)
                        : raw(data, bytes, &r, &n, queue, entry, &entries);
        tame(&r, entry, entries);
        check_all(&r, n, queue);
        vgpu_execute(&gpu, &mem, queue, &r, n, entries ? entry : NULL, entries, &answer);
        if (answer.bytes < sizeof(answer.u.header) || answer.u.header.type < VGPU_OK_NODATA)
            abort();
        data += used;
        bytes -= used;
    }
    vgpu_reset(&gpu);
    if (gpu.resources.count || gpu.resources.bytes)
        abort();
    return 0;
}
