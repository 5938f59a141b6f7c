/* SPDX-License-Identifier: BSD-3-Clause */
/* What a vGPU needs done to pixels: one const table per back end, chosen once. */
#ifndef GVT_BACKEND_BACKEND_H
#define GVT_BACKEND_BACKEND_H

#include "core/resource.h"

struct vq_mem;

struct gvt_backend {
    const char *name;
    /* Makes the resource's pixels; 0 or -errno. */
    int (*create_2d)(struct resource *r);
    void (*destroy)(struct resource *r);
    /*
     * Copies a rectangle from the backing, `offset` bytes into it, to the pixels. The rectangle
     * lies inside the resource and the bytes it needs inside the backing. Number of bytes copied,
     * -EFAULT when the guest's memory is not there.
     */
    int64_t (*transfer_in)(struct resource *r, const struct vq_mem *mem,
                           const struct vgpu_rect *rect, uint64_t offset);
};

extern const struct gvt_backend gvt_backend_null;   /* keeps no pixels: for tests and fuzzers */
extern const struct gvt_backend gvt_backend_soft2d; /* pixels in a memfd that the compositor maps */

#endif
