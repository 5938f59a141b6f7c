/* SPDX-License-Identifier: BSD-3-Clause */
/* Fuzzes the control and cursor queues: a sequence of requests of any shape against one vGPU with
 * small guest memory. */
#include <stdlib.h>
#include <string.h>

#include "core/vgpu.h"
#include "vhost/virtq.h"

#define GUEST_BYTES 65536

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

/* Input: per request one byte of length (header included) with the queue in its top bit, then the
 * request. */
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

    if (vq_mem_add(&mem, 0, GUEST_BYTES, 0, guest))
        abort();
    vgpu_init(&gpu, &gvt_backend_soft2d, &sink, NULL, modes, 2, &quota);
    while (bytes > 1) {
        const unsigned queue = data[0] >> 7;
        size_t n = data[0] & 127;
        union vgpu_request r = {0};
        struct vgpu_mem_entry entry[8];
        uint32_t entries;

        data++;
        bytes--;
        n = n > bytes ? bytes : n;
        memcpy(&r, data, vgpu_fixed_bytes(n));
        entries = queue == VGPU_QUEUE_CONTROL ? vgpu_entries(&r, n) : 0;
        if (entries > 8)
            abort(); /* more than fits into 127 bytes has been let through */
        if (entries)
            memcpy(entry, data + sizeof(r.attach), entries * sizeof(entry[0]));
        vgpu_execute(&gpu, &mem, queue, &r, n, entries ? entry : NULL, entries, &answer);
        if (answer.bytes < sizeof(answer.u.header) || answer.u.header.type < VGPU_OK_NODATA)
            abort();
        data += n;
        bytes -= n;
    }
    vgpu_reset(&gpu);
    if (gpu.resources.count || gpu.resources.bytes)
        abort();
    return 0;
}
