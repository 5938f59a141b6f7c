/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the software 2D back end: a resource is a memfd, a transfer is the one copy on the way from
 * guest to compositor. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "soft2d.h"
#include "vhost/virtq.h"

void soft2d_destroy(struct resource *r)
{
    if (r->pixels)
        munmap(r->pixels, r->bytes);
    if (r->fd >= 0)
        close(r->fd);
    r->pixels = NULL;
    r->fd = -1;
}

int soft2d_create(struct resource *r)
{
    void *p;

    r->fd = memfd_create("resource", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (r->fd < 0)
        return -errno;
    /* The compositor maps this: it must never find the end of it moved. */
    if (ftruncate(r->fd, (off_t)r->bytes) < 0 ||
        fcntl(r->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        const int rc = -errno;

        soft2d_destroy(r);
        return rc;
    }
    p = mmap(NULL, r->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
    if (p == MAP_FAILED) {
        const int rc = -errno;

        soft2d_destroy(r);
        return rc;
    }
    r->pixels = p;
    return 0;
}

int64_t soft2d_transfer_in(struct resource *r, const struct vq_mem *mem,
                           const struct vgpu_rect *rect, uint64_t offset)
{
    const size_t stride = (size_t)r->width * VGPU_BYTES_PER_PIXEL;
    size_t line = (size_t)rect->width * VGPU_BYTES_PER_PIXEL;
    uint8_t *to = r->pixels + rect->y * stride + (size_t)rect->x * VGPU_BYTES_PER_PIXEL;
    struct backing_cursor c = {r, mem, 0};
    uint32_t lines = rect->height;
    const int64_t bytes = (int64_t)line * lines;

    if (rect->width == r->width) { /* whole lines lie one after the other on both sides */
        line *= lines;
        lines = 1;
    }
    for (uint32_t y = 0; y < lines; y++)
        if (backing_copy(&c, offset + y * stride, to + y * stride, line, false))
            return -EFAULT;
    return bytes;
}

const struct gvt_backend gvt_backend_soft2d = {"soft2d", soft2d_create, soft2d_destroy,
                                               soft2d_transfer_in, NULL};
