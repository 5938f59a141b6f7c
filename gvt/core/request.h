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

/* Every line of the transfer's box between guest and mirror, one way or the other; -1: the box is
 * none of the resource's, or the guest's memory is not there. */
int work_copy(struct vgpu *g, struct resource *r, const struct vq_mem *mem,
              const struct vgpu_transfer_3d *t, bool to_guest) __attribute__((warn_unused_result));

/*
 * What the commands of g->found in the checked batch of q->payload need done in front of it, so
 * that the physical GPU finds in the mirrors what the guest has in its memory. Returns the answer.
 * The job's end is of interest (j->context is set) where results come back with it.
 */
uint32_t stream_prepare(struct vgpu *g, struct request *q, struct context *c, struct vgpu_job *j);
/* The batch has ended; ok: as it should. */
void stream_done(struct vgpu *g, const struct vgpu_job *j, bool ok);

bool work_ready(const struct vgpu *g, uint32_t type); /* see vgpu_ready() */
/* The resource's backing is about to go: what was to be copied there is not, and answered so. */
void work_drop(struct vgpu *g, struct resource *r);
void work_reset(struct vgpu *g);

#endif
