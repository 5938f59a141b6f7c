/* SPDX-License-Identifier: BSD-3-Clause */
/* A request in hand, as the vGPU's handlers see it. */
#ifndef GVT_CORE_REQUEST_H
#define GVT_CORE_REQUEST_H

#include "core/vgpu.h"

struct request {
    const union vgpu_request *r;
    const struct vq_mem *mem;
    void *payload; /* vgpu_payload() bytes, NULL: none */
    struct vgpu_answer *a;
    struct vgpu_job *job; /* what a handler has started, NULL: it is done when it returns */
};

/* Returns the answer's type. The fields have passed the command table. */
typedef uint32_t handler(struct vgpu *g, struct request *q);

static inline bool rect_inside(const struct vgpu_rect *rect, const struct resource *r)
{
    return rect->x <= r->width && rect->width <= r->width - rect->x && rect->y <= r->height &&
           rect->height <= r->height - rect->y;
}

handler screen_info, screen_edid, screen_show, screen_flush, screen_cursor, screen_cursor_move;
handler *render_handler_of(uint32_t type); /* NULL: none of the 3D commands */

handler work_transfer_to_host, work_transfer_from_host, work_submit;

/* What 2D commands do to a 3D resource. */
uint32_t render_backed(struct vgpu *g, struct resource *r); /* backing has just been attached */
void render_destroy(struct vgpu *g, struct resource *r);    /* before resource_remove() */
void render_reset(struct vgpu *g); /* forgets work and contexts; resources follow */

bool work_ready(const struct vgpu *g, uint32_t type); /* see vgpu_ready() */
/* The resource's backing is about to go: what was to be copied there is not, and answered so. */
void work_drop(struct vgpu *g, struct resource *r);
void work_reset(struct vgpu *g);

#endif
