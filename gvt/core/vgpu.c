/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the execution of a guest's commands. */
#include "vgpu.h"

#include <string.h>

#include "health.h"
#include "request.h"

static uint32_t create_2d(struct vgpu *g, struct request *q)
{
    const struct vgpu_create_2d *c = &q->r->create_2d;
    const uint64_t bytes = (uint64_t)c->width * c->height * VGPU_BYTES_PER_PIXEL;
    uint32_t answer;
    struct resource *resource = resource_add(&g->resources, c->resource_id, bytes, &answer);

    if (!resource)
        return answer;
    resource->format = c->format;
    resource->width = c->width;
    resource->height = c->height;
    if (g->backend->create_2d(resource)) {
        resource_remove(&g->resources, resource);
        return VGPU_ERR_OUT_OF_MEMORY;
    }
    return VGPU_OK_NODATA;
}

/* Whatever shows it shows nothing any more. */
static void destroy(struct resource *r, void *data)
{
    struct vgpu *g = data;

    for (unsigned i = 0; i < g->scanouts; i++) {
        if (g->scanout[i].resource == r) {
            g->scanout[i].resource = NULL;
            g->sink->scanout(g->sink_data, i, NULL, NULL);
        }
        if (g->scanout[i].cursor == r) {
            g->scanout[i].cursor = NULL;
            g->sink->cursor(g->sink_data, i, NULL, 0, 0, true);
        }
    }
    g->sink->forget(g->sink_data, r);
    if (r->rendered)
        render_destroy(g, r);
    else
        g->backend->destroy_2d(r);
    resource_remove(&g->resources, r);
}

static uint32_t unref(struct vgpu *g, struct request *q)
{
    struct resource *resource = resource_find(&g->resources, q->r->resource.resource_id);

    if (!resource)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    destroy(resource, g);
    return VGPU_OK_NODATA;
}

static uint32_t transfer_2d(struct vgpu *g, struct request *q)
{
    const struct vgpu_transfer_2d *c = &q->r->transfer_2d;
    struct resource *resource = resource_find(&g->resources, c->resource_id);
    uint64_t need;
    int64_t copied;

    if (!resource || resource->rendered)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (!rect_inside(&c->r, resource))
        return VGPU_ERR_INVALID_PARAMETER;
    /* From the first pixel of the first line to the last of the last. */
    need = ((uint64_t)(c->r.height - 1) * resource->width + c->r.width) * VGPU_BYTES_PER_PIXEL;
    if (!resource->range || c->offset > resource->backing_bytes ||
        need > resource->backing_bytes - c->offset)
        return VGPU_ERR_INVALID_PARAMETER;
    copied = g->backend->transfer_in(resource, q->mem, &c->r, c->offset);
    if (copied < 0)
        return VGPU_ERR_INVALID_PARAMETER;
    g->statistics.copies++;
    g->statistics.copied_bytes += (uint64_t)copied;
    return VGPU_OK_NODATA;
}

static uint32_t attach(struct vgpu *g, struct request *q)
{
    struct resource *resource = resource_find(&g->resources, q->r->attach.resource_id);

    uint32_t answer;

    if (!resource)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (!q->payload)
        return VGPU_ERR_INVALID_PARAMETER;
    answer = resource_attach(&g->resources, resource, q->payload, q->r->attach.nr_entries);
    return answer == VGPU_OK_NODATA && resource->rendered ? render_backed(g, resource) : answer;
}

static uint32_t detach(struct vgpu *g, struct request *q)
{
    struct resource *resource = resource_find(&g->resources, q->r->resource.resource_id);

    if (!resource)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (!resource->range)
        return VGPU_ERR_UNSPEC;
    if (resource->rendered)
        work_drop(g, resource);
    resource_detach(&g->resources, resource);
    return VGPU_OK_NODATA;
}

static handler *handler_of(uint32_t type)
{
    switch (type) {
    case VGPU_CMD_GET_DISPLAY_INFO:
        return screen_info;
    case VGPU_CMD_RESOURCE_CREATE_2D:
        return create_2d;
    case VGPU_CMD_RESOURCE_UNREF:
        return unref;
    case VGPU_CMD_SET_SCANOUT:
        return screen_show;
    case VGPU_CMD_RESOURCE_FLUSH:
        return screen_flush;
    case VGPU_CMD_TRANSFER_TO_HOST_2D:
        return transfer_2d;
    case VGPU_CMD_RESOURCE_ATTACH_BACKING:
        return attach;
    case VGPU_CMD_RESOURCE_DETACH_BACKING:
        return detach;
    case VGPU_CMD_GET_EDID:
        return screen_edid;
    case VGPU_CMD_UPDATE_CURSOR:
        return screen_cursor;
    case VGPU_CMD_MOVE_CURSOR:
        return screen_cursor_move;
    default:
        return render_handler_of(type);
    }
}

size_t vgpu_payload(const struct vgpu *g, const union vgpu_request *r, size_t bytes)
{
    const struct vgpu_rule *rule = NULL;

    if (vgpu_check(r, bytes, VGPU_QUEUE_CONTROL, g->features, &rule) != VGPU_OK_NODATA)
        return 0;
    switch (rule->type) {
    case VGPU_CMD_RESOURCE_ATTACH_BACKING:
        return r->attach.nr_entries * sizeof(struct vgpu_mem_entry);
    case VGPU_CMD_SUBMIT_3D:
        return r->submit_3d.bytes;
    default:
        return 0;
    }
}
_Static_assert(VGPU_MAX_ENTRIES * sizeof(struct vgpu_mem_entry) <= VGPU_PAYLOAD_BYTES &&
                   VGPU_MAX_STREAM <= VGPU_PAYLOAD_BYTES,
               "payloads");

static bool is_fenced(const union vgpu_request *r, size_t bytes)
{
    return bytes >= sizeof(r->header) && (r->header.flags & VGPU_FLAG_FENCE);
}

bool vgpu_ready(struct vgpu *g, unsigned queue, const union vgpu_request *r, size_t bytes)
{
    const bool ready =
        queue != VGPU_QUEUE_CONTROL || bytes < sizeof(r->header) ||
        (g->health.still < HEALTH_DOUBT && (!is_fenced(r, bytes) || !fences_full(&g->fences)) &&
         work_ready(g, r->header.type));

    g->statistics.postponed += !ready;
    return ready;
}

/* §5.7.6.7: a fenced command's answer carries the fence back, and comes when the command is done.
 */
static void complete(struct vgpu *g, unsigned queue, struct request *q)
{
    const struct vgpu_header *h = &q->r->header;
    struct vgpu_answer *a = q->a;

    a->u.header.flags = h->flags & (VGPU_FLAG_FENCE | VGPU_FLAG_RING);
    a->u.header.fence_id = h->fence_id;
    a->u.header.ctx_id = h->ctx_id;
    a->u.header.ring_idx = h->ring_idx;
    if (queue != VGPU_QUEUE_CONTROL || (!q->job && !g->fences.count))
        return;
    a->fence = fence_add(&g->fences);
    a->fence->header = a->u.header;
    a->fence->said = a->u.header.type;
    a->fence->done = !q->job;
    if (q->job)
        q->job->fence = a->fence;
}

void vgpu_execute(struct vgpu *g, const struct vq_mem *mem, unsigned queue,
                  const union vgpu_request *r, size_t bytes, void *payload, struct vgpu_answer *a)
{
    const struct vgpu_rule *rule = NULL;
    uint32_t answer = vgpu_check(r, bytes, queue, g->features, &rule);
    handler *handle = answer == VGPU_OK_NODATA ? handler_of(rule->type) : NULL;
    struct request q = {r, mem, payload, a, NULL};

    memset(a, 0, sizeof(*a));
    a->bytes = sizeof(a->u.header);
    g->statistics.commands++;
    if (answer == VGPU_OK_NODATA)
        answer = handle ? handle(g, &q) : VGPU_ERR_UNSPEC;
    if (answer >= VGPU_ERR_UNSPEC) {
        g->statistics.errors++;
        a->bytes = sizeof(a->u.header);
    }
    a->u.header.type = answer;
    if (is_fenced(r, bytes))
        complete(g, queue, &q);
}

struct fence *vgpu_settled(struct vgpu *g)
{
    return fence_take(&g->fences);
}

void vgpu_init(struct vgpu *g, const struct gvt_backend *backend, void *render_data,
               const struct vgpu_sink *sink, void *sink_data, const struct vgpu_mode *modes,
               unsigned scanouts, const struct vgpu_limits *limits)
{
    memset(g, 0, sizeof(*g));
    g->backend = backend;
    g->sink = sink;
    g->sink_data = sink_data;
    g->resources.quota = limits->quota;
    g->scanouts = scanouts > VGPU_MAX_SCANOUTS ? VGPU_MAX_SCANOUTS : scanouts;
    for (unsigned i = 0; i < g->scanouts; i++)
        g->scanout[i].monitor.mode = modes[i];
    g->config.num_scanouts = g->scanouts;
    g->features = VGPU_F_EDID;
    if (!backend->render)
        return;
    g->features |= VGPU_F_VIRGL;
    g->render_data = render_data;
    g->contexts.max = limits->contexts < VGPU_MAX_CONTEXTS ? limits->contexts : VGPU_MAX_CONTEXTS;
    g->max_batches = limits->batches < VGPU_MAX_JOBS ? limits->batches : VGPU_MAX_JOBS;
    backend->render->capset(render_data, &g->capset);
    virgl_capset_mask(g->capset.data, g->capset.bytes);
    g->config.num_capsets = 1;
}

void vgpu_reset(struct vgpu *g)
{
    render_reset(g);
    resource_each(&g->resources, destroy, g);
    for (unsigned i = 0; i < g->scanouts; i++)
        g->sink->scanout(g->sink_data, i, NULL, NULL);
    g->config.events_read = 0;
    g->statistics.resets++;
}
