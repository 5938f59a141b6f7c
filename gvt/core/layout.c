/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the arithmetic of levels and boxes. */
#include "layout.h"

#define TARGET_BUFFER 0u
#define TARGET_3D     3u

static uint32_t at_level(uint32_t size, uint32_t level)
{
    return size >> level ? size >> level : 1;
}

static uint64_t blocks(uint32_t texels, uint8_t size)
{
    return (texels + size - 1u) / size;
}

static uint32_t layers_of(const struct vgpu_create_3d *s, uint32_t level)
{
    return s->target == TARGET_3D ? at_level(s->depth, level) : s->array_size;
}

uint64_t layout_bytes(const struct vgpu_create_3d *s, const struct virgl_block *b)
{
    uint64_t bytes = 0;

    if (s->target == TARGET_BUFFER)
        return s->width;
    for (uint32_t level = 0; level <= s->last_level; level++)
        bytes += blocks(at_level(s->width, level), b->width) *
                 blocks(at_level(s->height, level), b->height) * b->bytes * layers_of(s, level);
    return bytes * (s->nr_samples ? s->nr_samples : 1);
}

static bool within(uint32_t at, uint32_t size, uint32_t all)
{
    return at <= all && size <= all - at;
}

/* A box may end inside a block only where the level does. */
static bool on_blocks(uint32_t at, uint32_t size, uint32_t all, uint8_t block)
{
    return at % block == 0 && (size % block == 0 || at + size == all);
}

static struct virgl_block block_of(const struct resource *r)
{
    return r->shape.target == TARGET_BUFFER ? (struct virgl_block){1, 1, 1} : r->block;
}

bool layout_of_box(const struct resource *r, const struct vgpu_transfer_3d *t,
                   struct layout_box *box)
{
    const struct vgpu_create_3d *s = &r->shape;
    const struct vgpu_box *b = &t->box;
    const struct virgl_block block = block_of(r);
    const uint32_t width = at_level(s->width, t->level), height = at_level(s->height, t->level);

    if (t->level > s->last_level || s->nr_samples > 1 || t->stride || t->layer_stride ||
        t->offset > UINT32_MAX)
        return false;
    if (!within(b->x, b->width, width) || !within(b->y, b->height, height) ||
        !within(b->z, b->depth, layers_of(s, t->level)))
        return false;
    if (!on_blocks(b->x, b->width, width, block.width) ||
        !on_blocks(b->y, b->height, height, block.height))
        return false;
    box->line = blocks(b->width, block.width) * block.bytes;
    box->stride = blocks(width, block.width) * block.bytes;
    box->lines = (uint32_t)blocks(b->height, block.height);
    box->layer_stride = box->stride * blocks(height, block.height);
    box->layers = b->depth;
    box->end = t->offset + box->layer_stride * (box->layers - 1) + box->stride * (box->lines - 1) +
               box->line;
    return true;
}

uint64_t layout_extent(const struct resource *r, const struct vgpu_transfer_3d *t)
{
    const struct virgl_block block = block_of(r);

    return (uint64_t)t->layer_stride * (t->box.depth - 1) +
           (uint64_t)t->stride * (blocks(t->box.height, block.height) - 1) +
           blocks(t->box.width, block.width) * block.bytes;
}
