/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the texels of a 3D resource lie in its backing. */
#ifndef GVT_CORE_LAYOUT_H
#define GVT_CORE_LAYOUT_H

#include "core/resource.h"

/* Bytes of all levels, layers and samples: what it costs the physical GPU. */
uint64_t layout_bytes(const struct vgpu_create_3d *shape, const struct virgl_block *block);

struct layout_box {         /* a box of a level as lines of bytes */
    uint64_t line, stride;  /* bytes of a line; from one to the next */
    uint64_t layer_stride;  /* from the first line of a layer to that of the next */
    uint32_t lines, layers; /* lines of a layer */
    uint64_t end;           /* offset in the backing behind the last byte */
};

/*
 * The lines of a transfer, from t->offset on: a level's lines and layers lie packed (the transfer's
 * own strides must be 0, as Linux sends them). False: the box is not inside the level, or not on
 * whole blocks, or the resource is multisampled, whose texels no transfer can reach.
 */
bool layout_of_box(const struct resource *r, const struct vgpu_transfer_3d *t,
                   struct layout_box *box);

/* Bytes from the first to behind the last of the box's texels where they lie with the transfer's
 * own strides. The box is one that some resource could have (vgpu_box_possible()). */
uint64_t layout_extent(const struct resource *r, const struct vgpu_transfer_3d *t);

#endif
