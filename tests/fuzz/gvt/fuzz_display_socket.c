/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes the display socket's front end: what a foreign back end may say. Input: messages, each a
 * byte and then what goes into the stream; the byte chooses how much of it is taken from the input
 * as it is, or what kind of message of right length it becomes.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "server/viewer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const struct resource *shown[VGPU_MAX_SCANOUTS];

static void scanout(void *s, unsigned n, struct resource *r, const struct vgpu_rect *rect)
{
    (void)s;
    shown[n] = r;
    if (r && (rect->width != r->width || rect->height != r->height))
        abort();
}
static void flush(void *s, unsigned n, struct resource *r, const struct vgpu_rect *d)
{
    (void)s;
    if (r != shown[n] || !d->width || !d->height || d->x > r->width || d->y > r->height ||
        d->width > r->width - d->x || d->height > r->height - d->y)
        abort();
}
static void cursor(void *s, unsigned n, struct resource *r, int32_t x, int32_t y, bool update)
{
    (void)s, (void)n, (void)x, (void)y, (void)update;
    if (r && (r->bytes < sizeof(((struct vds_cursor *)0)->pixel) || !r->pixels))
        abort();
}
static void forget(void *s, struct resource *r)
{
    (void)s;
    for (unsigned i = 0; i < VGPU_MAX_SCANOUTS; i++)
        if (shown[i] == r)
            abort(); /* it is still on the screen */
}
static int answer(void *data, const void *bytes, size_t count)
{
    (void)data, (void)bytes;
    return count < sizeof(struct vds_header) ? -1 : 0;
}

/* A message of right length with small numbers, from the input as far as it reaches. */
static size_t shape(uint8_t *to, uint32_t request, const uint8_t *data, size_t bytes)
{
    const struct viewer_rule *rule = viewer_rule(request);
    struct vds_header h = {.request = request, .bytes = (uint32_t)rule->bytes};
    uint32_t field[5] = {0};
    const size_t taken = bytes < 5 ? bytes : 5;

    for (size_t i = 0; i < taken; i++)
        field[i] = data[i] % (i ? 40 : 4);
    memcpy(to + sizeof(h), field, rule->bytes < sizeof(field) ? rule->bytes : sizeof(field));
    if (request == VDS_UPDATE)
        h.bytes += field[3] * field[4] * 4;
    if (request == VDS_DMABUF_SCANOUT || request == VDS_DMABUF_SCANOUT2) {
        struct vds_dmabuf d = {.scanout = field[0],
                               .width = field[1],
                               .height = field[2],
                               .fd_width = field[1],
                               .fd_height = field[2],
                               .fd_stride = field[1] * 4,
                               .fourcc = field[3] & 1 ? 0x34325258 : (int32_t)field[3]};

        memcpy(to + sizeof(h), &d, rule->bytes);
    }
    memcpy(to, &h, sizeof(h));
    return sizeof(h) + h.bytes;
}

static int feed(struct viewer *v, const uint8_t *from, size_t bytes, int fd)
{
    int rc = 0;

    while (bytes && rc == 0) {
        void *to;
        size_t n = viewer_room(v, &to);

        n = n < bytes ? n : bytes;
        if (!n)
            abort();
        memcpy(to, from, n);
        rc = viewer_filled(v, n, fd);
        fd = -1;
        from += n;
        bytes -= n;
    }
    if (fd >= 0)
        close(fd);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const struct vgpu_sink sink = {scanout, flush, cursor, forget};
    static const struct vgpu_mode modes[2] = {{64, 48, 60000}, {32, 32, 60000}};
    static uint8_t message[1 << 15];
    static struct viewer viewer;
    int rc = 0;

    viewer_init(&viewer, &sink, NULL, modes, 2);
    viewer.answer = answer;
    while (bytes > 1 && rc == 0) {
        const uint8_t choice = *data++;
        size_t n = choice & 31;

        bytes--;
        if (n > 0 && n <= VDS_DMABUF_SCANOUT2) {
            const int fd = choice & 32 ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;

            memset(message, choice, sizeof(message));
            rc = feed(&viewer, message, shape(message, (uint32_t)n, data, bytes), fd);
            n = bytes < 5 ? bytes : 5;
        } else {
            n = n < bytes ? n : bytes;
            rc = feed(&viewer, data, n, -1);
        }
        data += n;
        bytes -= n;
    }
    viewer_finish(&viewer);
    if (viewer.resources.count || viewer.resources.bytes)
        abort();
    memset(shown, 0, sizeof(shown));
    return 0;
}
