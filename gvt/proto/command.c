/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the command table of VIRTIO 1.2 §5.7.6. */
#include "command.h"

static uint32_t check_rect(const struct vgpu_rect *r)
{
    const bool empty = !r->width || !r->height;
    const bool wild = r->x > VGPU_MAX_SIZE || r->y > VGPU_MAX_SIZE || r->width > VGPU_MAX_SIZE ||
                      r->height > VGPU_MAX_SIZE;

    return empty || wild ? VGPU_ERR_INVALID_PARAMETER : VGPU_OK_NODATA;
}

static bool format_ok(uint32_t format)
{
    switch (format) {
    case VGPU_FORMAT_B8G8R8A8:
    case VGPU_FORMAT_B8G8R8X8:
    case VGPU_FORMAT_A8R8G8B8:
    case VGPU_FORMAT_X8R8G8B8:
    case VGPU_FORMAT_R8G8B8A8:
    case VGPU_FORMAT_X8B8G8R8:
    case VGPU_FORMAT_A8B8G8R8:
    case VGPU_FORMAT_R8G8B8X8:
        return true;
    default:
        return false;
    }
}

static uint32_t check_edid(const union vgpu_request *r, size_t bytes)
{
    (void)bytes;
    return r->get_edid.scanout < VGPU_MAX_SCANOUTS ? VGPU_OK_NODATA : VGPU_ERR_INVALID_SCANOUT_ID;
}

static uint32_t check_create(const union vgpu_request *r, size_t bytes)
{
    const struct vgpu_create_2d *c = &r->create_2d;

    (void)bytes;
    if (!c->resource_id)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (!c->width || c->width > VGPU_MAX_SIZE || !c->height || c->height > VGPU_MAX_SIZE ||
        !format_ok(c->format))
        return VGPU_ERR_INVALID_PARAMETER;
    return VGPU_OK_NODATA;
}

static uint32_t check_resource(const union vgpu_request *r, size_t bytes)
{
    (void)bytes;
    return r->resource.resource_id ? VGPU_OK_NODATA : VGPU_ERR_INVALID_RESOURCE_ID;
}

static uint32_t check_set_scanout(const union vgpu_request *r, size_t bytes)
{
    (void)bytes;
    if (r->set_scanout.scanout_id >= VGPU_MAX_SCANOUTS)
        return VGPU_ERR_INVALID_SCANOUT_ID;
    return r->set_scanout.resource_id ? check_rect(&r->set_scanout.r) : VGPU_OK_NODATA;
}

static uint32_t check_flush(const union vgpu_request *r, size_t bytes)
{
    (void)bytes;
    return r->flush.resource_id ? check_rect(&r->flush.r) : VGPU_ERR_INVALID_RESOURCE_ID;
}

static uint32_t check_transfer(const union vgpu_request *r, size_t bytes)
{
    (void)bytes;
    return r->transfer_2d.resource_id ? check_rect(&r->transfer_2d.r)
                                      : VGPU_ERR_INVALID_RESOURCE_ID;
}

static uint32_t check_attach(const union vgpu_request *r, size_t bytes)
{
    const struct vgpu_attach_backing *a = &r->attach;

    if (!a->resource_id)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (!a->nr_entries || a->nr_entries > VGPU_MAX_ENTRIES)
        return VGPU_ERR_INVALID_PARAMETER;
    return bytes - sizeof(*a) < a->nr_entries * sizeof(struct vgpu_mem_entry)
               ? VGPU_ERR_INVALID_PARAMETER
               : VGPU_OK_NODATA;
}

static uint32_t check_cursor(const union vgpu_request *r, size_t bytes)
{
    (void)bytes;
    return r->cursor.scanout_id < VGPU_MAX_SCANOUTS ? VGPU_OK_NODATA : VGPU_ERR_INVALID_SCANOUT_ID;
}

static uint32_t check_capset(const union vgpu_request *r, size_t bytes)
{
    const uint32_t id = r->get_capset.id;

    (void)bytes;
    return id == VGPU_CAPSET_VIRGL || id == VGPU_CAPSET_VIRGL2 ? VGPU_OK_NODATA
                                                               : VGPU_ERR_INVALID_PARAMETER;
}

static uint32_t check_blob(const union vgpu_request *r, size_t bytes)
{
    const struct vgpu_create_blob *c = &r->create_blob;

    if (!c->resource_id)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (!c->mem || c->mem > VGPU_BLOB_MEM_HOST3D_GUEST || c->flags & ~VGPU_BLOB_FLAGS || !c->size ||
        c->size > VGPU_MAX_BUFFER || c->nr_entries > VGPU_MAX_ENTRIES ||
        (c->mem == VGPU_BLOB_MEM_HOST3D && c->nr_entries))
        return VGPU_ERR_INVALID_PARAMETER;
    return bytes - sizeof(*c) < c->nr_entries * sizeof(struct vgpu_mem_entry)
               ? VGPU_ERR_INVALID_PARAMETER
               : VGPU_OK_NODATA;
}

static uint32_t check_scanout_blob(const union vgpu_request *r, size_t bytes)
{
    const struct vgpu_set_scanout_blob *s = &r->set_scanout_blob;

    (void)bytes;
    if (s->scanout_id >= VGPU_MAX_SCANOUTS)
        return VGPU_ERR_INVALID_SCANOUT_ID;
    if (!s->resource_id)
        return VGPU_OK_NODATA;
    if (!s->width || s->width > VGPU_MAX_SIZE || !s->height || s->height > VGPU_MAX_SIZE ||
        !format_ok(s->format))
        return VGPU_ERR_INVALID_PARAMETER;
    return check_rect(&s->r);
}

static uint32_t check_context(const union vgpu_request *r, size_t bytes)
{
    (void)bytes;
    return r->header.ctx_id ? VGPU_OK_NODATA : VGPU_ERR_INVALID_CONTEXT_ID;
}

static uint32_t check_ctx_create(const union vgpu_request *r, size_t bytes)
{
    const struct vgpu_ctx_create *c = &r->ctx_create;

    if (c->name_bytes > VGPU_DEBUG_NAME_BYTES || c->init > VGPU_CAPSET_VIRGL2)
        return VGPU_ERR_INVALID_PARAMETER;
    return check_context(r, bytes);
}

static uint32_t check_ctx_resource(const union vgpu_request *r, size_t bytes)
{
    const uint32_t answer = check_context(r, bytes);

    return answer == VGPU_OK_NODATA ? check_resource(r, bytes) : answer;
}

static bool between(uint32_t value, uint32_t least, uint32_t most)
{
    return value >= least && value <= most;
}

/* Flags of the virgl protocol beyond the specification's one ask for memory that stays mapped in
 * the guest (ARB_buffer_storage): the capability set does not offer it. */
static uint32_t check_create_3d(const union vgpu_request *r, size_t bytes)
{
    const struct vgpu_create_3d *c = &r->create_3d;
    const bool buffer = c->target == VGPU_TARGET_BUFFER;
    const uint32_t side = buffer ? 1 : VGPU_MAX_TEXTURE;

    (void)bytes;
    if (!c->resource_id)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    if (c->target >= VGPU_TARGETS || c->flags & ~VGPU_RESOURCE_Y_0_TOP ||
        !between(c->width, 1, buffer ? VGPU_MAX_BUFFER : VGPU_MAX_TEXTURE) ||
        !between(c->height, 1, side) || !between(c->depth, 1, side) ||
        !between(c->array_size, 1, buffer ? 1 : VGPU_MAX_LAYERS) ||
        c->last_level > (buffer ? 0 : VGPU_MAX_LEVEL) ||
        c->nr_samples > (buffer ? 0 : VGPU_MAX_SAMPLES))
        return VGPU_ERR_INVALID_PARAMETER;
    return VGPU_OK_NODATA;
}

bool vgpu_box_possible(const struct vgpu_box *b, uint32_t level)
{
    return b->x <= VGPU_MAX_BUFFER && b->y <= VGPU_MAX_TEXTURE && b->z <= VGPU_MAX_TEXTURE &&
           between(b->width, 1, VGPU_MAX_BUFFER) && between(b->height, 1, VGPU_MAX_TEXTURE) &&
           between(b->depth, 1, VGPU_MAX_TEXTURE) && level <= VGPU_MAX_LEVEL;
}

static uint32_t check_transfer_3d(const union vgpu_request *r, size_t bytes)
{
    const struct vgpu_transfer_3d *t = &r->transfer_3d;

    if (!t->resource_id)
        return VGPU_ERR_INVALID_RESOURCE_ID;
    return vgpu_box_possible(&t->box, t->level) ? check_context(r, bytes)
                                                : VGPU_ERR_INVALID_PARAMETER;
}

static uint32_t check_submit(const union vgpu_request *r, size_t bytes)
{
    const struct vgpu_submit_3d *s = &r->submit_3d;

    if (s->bytes % 4 || s->bytes > VGPU_MAX_STREAM || s->bytes > bytes - sizeof(*s))
        return VGPU_ERR_INVALID_PARAMETER;
    return check_context(r, bytes);
}

#define ROW(type, queue, feature, layout, check)                                                   \
    {VGPU_CMD_##type, #type, queue, sizeof(struct layout), feature, check}
#define CONTROL(type, layout, check) ROW(type, VGPU_QUEUE_CONTROL, 0, layout, check)
#define CURSOR(type, layout, check)  ROW(type, VGPU_QUEUE_CURSOR, 0, layout, check)
#define WITH(f, type, layout, check) ROW(type, VGPU_QUEUE_CONTROL, VGPU_F_##f, layout, check)

static const struct vgpu_rule rules[] = {
    CONTROL(GET_DISPLAY_INFO, vgpu_header, NULL),
    CONTROL(RESOURCE_CREATE_2D, vgpu_create_2d, check_create),
    CONTROL(RESOURCE_UNREF, vgpu_resource_command, check_resource),
    CONTROL(SET_SCANOUT, vgpu_set_scanout, check_set_scanout),
    CONTROL(RESOURCE_FLUSH, vgpu_flush, check_flush),
    CONTROL(TRANSFER_TO_HOST_2D, vgpu_transfer_2d, check_transfer),
    CONTROL(RESOURCE_ATTACH_BACKING, vgpu_attach_backing, check_attach),
    CONTROL(RESOURCE_DETACH_BACKING, vgpu_resource_command, check_resource),
    WITH(EDID, GET_EDID, vgpu_get_edid, check_edid),
    WITH(VIRGL, GET_CAPSET_INFO, vgpu_get_capset_info, NULL),
    WITH(VIRGL, GET_CAPSET, vgpu_get_capset, check_capset),
    WITH(UUID, RESOURCE_ASSIGN_UUID, vgpu_resource_command, check_resource),
    WITH(BLOB, RESOURCE_CREATE_BLOB, vgpu_create_blob, check_blob),
    WITH(BLOB, SET_SCANOUT_BLOB, vgpu_set_scanout_blob, check_scanout_blob),
    WITH(VIRGL, CTX_CREATE, vgpu_ctx_create, check_ctx_create),
    WITH(VIRGL, CTX_DESTROY, vgpu_header, check_context),
    WITH(VIRGL, CTX_ATTACH_RESOURCE, vgpu_resource_command, check_ctx_resource),
    WITH(VIRGL, CTX_DETACH_RESOURCE, vgpu_resource_command, check_ctx_resource),
    WITH(VIRGL, RESOURCE_CREATE_3D, vgpu_create_3d, check_create_3d),
    WITH(VIRGL, TRANSFER_TO_HOST_3D, vgpu_transfer_3d, check_transfer_3d),
    WITH(VIRGL, TRANSFER_FROM_HOST_3D, vgpu_transfer_3d, check_transfer_3d),
    WITH(VIRGL, SUBMIT_3D, vgpu_submit_3d, check_submit),
    WITH(BLOB, RESOURCE_MAP_BLOB, vgpu_map_blob, check_resource),
    WITH(BLOB, RESOURCE_UNMAP_BLOB, vgpu_resource_command, check_resource),
    CURSOR(UPDATE_CURSOR, vgpu_cursor, check_cursor),
    CURSOR(MOVE_CURSOR, vgpu_cursor, check_cursor),
};

const struct vgpu_rule *vgpu_rule(uint32_t type)
{
    for (unsigned i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].type == type)
            return &rules[i];
    return NULL;
}

const struct vgpu_rule *vgpu_rule_at(size_t i)
{
    return i < sizeof(rules) / sizeof(rules[0]) ? &rules[i] : NULL;
}

uint32_t vgpu_check(const union vgpu_request *r, size_t bytes, unsigned queue, uint64_t features,
                    const struct vgpu_rule **rule)
{
    const struct vgpu_rule *found = bytes >= sizeof(r->header) ? vgpu_rule(r->header.type) : NULL;
    uint32_t answer;

    if (!found || found->queue != queue || (found->feature & ~features) || bytes < found->bytes)
        return VGPU_ERR_UNSPEC;
    answer = found->check ? found->check(r, bytes) : VGPU_OK_NODATA;
    if (answer == VGPU_OK_NODATA)
        *rule = found;
    return answer;
}
