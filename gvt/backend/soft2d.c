/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the software 2D back end: a resource is a memfd, a transfer is the one copy on the way from
 * guest to compositor. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"
#include "vhost/virtq.h"

static void destroy(struct resource *r)
{
    if (r->pixels)
        munmap(r->pixels, r->bytes);
    if (r->fd >= 0)
        close(r->fd);
    r->pixels = NULL;
    r->fd = -1;
}

static int create_2d(struct resource *r)
{
    void *p;

    r->fd = memfd_create("resource", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (r->fd < 0)
        return -errno;
    /* The compositor maps this: it must never find the end of it moved. */
    if (ftruncate(r->fd, (off_t)r->bytes) < 0 ||
        fcntl(r->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        const int rc = -errno;

        destroy(r);
        return rc;
    }
    p = mmap(NULL, r->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
    if (p == MAP_FAILED) {
        const int rc = -errno;

        destroy(r);
        return rc;
    }
    r->pixels = p;
    return 0;
}

/* Where reading goes on: rectangles are copied line by line, and the next line is seldom in another
 * range. */
struct cursor {
    const struct resource *r;
    const struct vq_mem *mem;
    uint32_t range;
};

static int copy_out(struct cursor *c, uint64_t at, uint8_t *to, size_t bytes)
{
    while (bytes) {
        const struct backing_range *g = &c->r->range[c->range];
        size_t n = bytes;
        const void *from;

        if (at < g->at || at - g->at >= g->bytes) {
            /* Ranges are sorted by `at` and cover the backing without a gap. */
            if (at >= g->at)
                c->range++;
            else
                c->range = 0;
            continue;
        }
        if (n > g->bytes - (at - g->at))
            n = g->bytes - (at - g->at);
        from = vq_mem_at(c->mem, g->gpa + (at - g->at), n);
        if (!from)
            return -EFAULT;
        memcpy(to, from, n);
        to += n;
        at += n;
        bytes -= n;
    }
    return 0;
}

static int64_t transfer_in(struct resource *r, const struct vq_mem *mem,
                           const struct vgpu_rect *rect, uint64_t offset)
{
    const size_t stride = (size_t)r->width * VGPU_BYTES_PER_PIXEL;
    size_t line = (size_t)rect->width * VGPU_BYTES_PER_PIXEL;
    uint8_t *to = r->pixels + rect->y * stride + (size_t)rect->x * VGPU_BYTES_PER_PIXEL;
    struct cursor c = {r, mem, 0};
    uint32_t lines = rect->height;
    const int64_t bytes = (int64_t)line * lines;

    if (rect->width == r->width) { /* whole lines lie one after the other on both sides */
        line *= lines;
        lines = 1;
    }
    for (uint32_t y = 0; y < lines; y++)
        if (copy_out(&c, offset + y * stride, to + y * stride, line))
            return -EFAULT;
    return bytes;
}

const struct gvt_backend gvt_backend_soft2d = {"soft2d", create_2d, destroy, transfer_in};
