/* SPDX-License-Identifier: BSD-3-Clause */
/* 2D resources in memfds: the whole back end soft2d, and the 2D part of those that have 3D. */
#ifndef GVT_BACKEND_SOFT2D_H
#define GVT_BACKEND_SOFT2D_H

#include "backend.h"

int soft2d_create(struct resource *r) __attribute__((warn_unused_result));
void soft2d_destroy(struct resource *r);
int64_t soft2d_transfer_in(struct resource *r, const struct vq_mem *mem,
                           const struct vgpu_rect *rect, uint64_t offset);

#endif
