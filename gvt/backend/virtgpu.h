/* SPDX-License-Identifier: BSD-3-Clause */
/* The physical GPU is a virtio-gpu: streams go to it through the kernel's driver. */
#ifndef GVT_BACKEND_VIRTGPU_H
#define GVT_BACKEND_VIRTGPU_H

#include "backend.h"
#include "opener.h"

struct virtgpu {
    struct vu_loop *loop;
    struct opener opener;
    int fd; /* the vGPU's own context, which resources are made in */
    struct gvt_capset capset;
};

extern const struct gvt_backend gvt_backend_virtgpu;

/*
 * Opens the render node: 0, -ENODEV when it is not that of a virtio-gpu with virgl and its second
 * capability set, or -errno. `loop` waits for fences. Before the sandbox; what it needs of system
 * calls inside is ioctl with virtgpu_ioctls[].
 */
int virtgpu_init(struct virtgpu *v, struct vu_loop *loop, const char *node)
    __attribute__((warn_unused_result));
void virtgpu_finish(struct virtgpu *v);

#define VIRTGPU_IOCTLS 10u
extern const unsigned long virtgpu_ioctls[VIRTGPU_IOCTLS];

#endif
