/* SPDX-License-Identifier: BSD-3-Clause */
/* What of a scanout has changed since it was last shown: one box in the resource's coordinates. */
#ifndef GVT_SERVER_DAMAGE_H
#define GVT_SERVER_DAMAGE_H

#include <stdbool.h>

#include "proto/virtio_gpu.h"

struct damage {
    uint32_t x1, y1, x2, y2; /* empty if x1 >= x2 */
};

static inline bool damaged(const struct damage *d)
{
    return d->x1 < d->x2;
}

static inline uint32_t damage_min(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static inline uint32_t damage_max(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* Adds what `r` has of `shown`; false when that is nothing. No edge is beyond 2^32. */
static inline bool damage_add(struct damage *d, const struct vgpu_rect *shown,
                              const struct vgpu_rect *r)
{
    const struct damage n = {damage_max(r->x, shown->x), damage_max(r->y, shown->y),
                             damage_min(r->x + r->width, shown->x + shown->width),
                             damage_min(r->y + r->height, shown->y + shown->height)};

    if (n.x1 >= n.x2 || n.y1 >= n.y2)
        return false;
    *d = damaged(d) ? (struct damage){damage_min(d->x1, n.x1), damage_min(d->y1, n.y1),
                                      damage_max(d->x2, n.x2), damage_max(d->y2, n.y2)}
                    : n;
    return true;
}

#endif
