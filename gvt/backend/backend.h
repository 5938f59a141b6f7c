/* SPDX-License-Identifier: BSD-3-Clause */
/* What a vGPU needs done to pixels: one const table per back end, chosen once. */
#ifndef GVT_BACKEND_BACKEND_H
#define GVT_BACKEND_BACKEND_H

#include "core/context.h"
#include "core/resource.h"

struct vq_mem;

#define GVT_CAPSET_BYTES 4096u

struct gvt_capset {
    uint32_t id, version; /* VGPU_CAPSET_*, the highest version */
    size_t bytes;
    uint8_t data[GVT_CAPSET_BYTES];
};

/*
 * 3D on a physical GPU. `gpu` is what the back end's caller opened. Functions return 0 or -errno
 * and do not wait for the physical GPU, which works in the order of the calls.
 */
struct gvt_render {
    void (*capset)(void *gpu, struct gvt_capset *set);
    /* A context of its own on the physical GPU; c->fd. */
    int (*context_create)(void *gpu, struct context *c);
    void (*context_destroy)(void *gpu, struct context *c);
    /* The resource of r->shape with a mirror of `bytes` bytes: sets physical, token, pixels,
     * mirror_bytes, fd; nothing of them when it fails. */
    int (*create)(void *gpu, struct resource *r, size_t bytes);
    void (*destroy)(void *gpu, struct resource *r);
    /* In the context's reach from now on; *token: what the other calls get for it. */
    int (*attach)(void *gpu, struct context *c, struct resource *r, uint32_t *token);
    void (*detach)(void *gpu, struct context *c, uint32_t token);
    /* A checked batch of physical handles. */
    int (*submit)(void *gpu, struct context *c, const uint32_t *batch, uint32_t dwords,
                  struct gvt_job *job);
    /* A box between the mirror (from t->offset on) and the resource. */
    int (*transfer)(void *gpu, struct context *c, struct resource *r, uint32_t token,
                    const struct vgpu_transfer_3d *t, bool to_gpu, struct gvt_job *job);
    /* The job's end is of no interest any more. */
    void (*forget)(void *gpu, struct gvt_job *job);
    /* Makes the picture's rectangle be there for who shows it, which may copy it to where it has
     * its place in the mirror: bytes copied, or -errno. NULL: nothing has to be done. */
    int64_t (*fetch)(void *gpu, struct resource *r, const struct vgpu_rect *rect);
};

struct gvt_backend {
    const char *name;
    /* Makes the 2D resource's pixels; 0 or -errno. */
    int (*create_2d)(struct resource *r);
    void (*destroy_2d)(struct resource *r);
    /*
     * Copies a rectangle from the backing, `offset` bytes into it, to the pixels. The rectangle
     * lies inside the resource and the bytes it needs inside the backing. Number of bytes copied,
     * -EFAULT when the guest's memory is not there.
     */
    int64_t (*transfer_in)(struct resource *r, const struct vq_mem *mem,
                           const struct vgpu_rect *rect, uint64_t offset);
    const struct gvt_render *render; /* NULL: 2D only */
};

extern const struct gvt_backend gvt_backend_soft2d; /* pixels in a memfd that the compositor maps */

#endif
