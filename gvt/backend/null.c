/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the back end that does nothing: every rule of the device applies, no pixel is moved. */
#include "backend.h"

static int create_2d(struct resource *r)
{
    (void)r;
    return 0;
}

static void destroy(struct resource *r)
{
    (void)r;
}

static int64_t transfer_in(struct resource *r, const struct vq_mem *mem,
                           const struct vgpu_rect *rect, uint64_t offset)
{
    (void)r;
    (void)mem;
    (void)rect;
    (void)offset;
    return 0;
}

const struct gvt_backend gvt_backend_null = {"null", create_2d, destroy, transfer_in};
