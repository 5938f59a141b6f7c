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

#define CONTROL(type, layout, check)                                                               \
    {VGPU_CMD_##type, #type, VGPU_QUEUE_CONTROL, sizeof(struct layout), check}
#define CURSOR(type, layout, check)                                                                \
    {VGPU_CMD_##type, #type, VGPU_QUEUE_CURSOR, sizeof(struct layout), check}

static const struct vgpu_rule rules[] = {
    CONTROL(GET_DISPLAY_INFO, vgpu_header, NULL),
    CONTROL(RESOURCE_CREATE_2D, vgpu_create_2d, check_create),
    CONTROL(RESOURCE_UNREF, vgpu_resource_command, check_resource),
    CONTROL(SET_SCANOUT, vgpu_set_scanout, check_set_scanout),
    CONTROL(RESOURCE_FLUSH, vgpu_flush, check_flush),
    CONTROL(TRANSFER_TO_HOST_2D, vgpu_transfer_2d, check_transfer),
    CONTROL(RESOURCE_ATTACH_BACKING, vgpu_attach_backing, check_attach),
    CONTROL(RESOURCE_DETACH_BACKING, vgpu_resource_command, check_resource),
    CONTROL(GET_EDID, vgpu_get_edid, check_edid),
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

uint32_t vgpu_check(const union vgpu_request *r, size_t bytes, unsigned queue,
                    const struct vgpu_rule **rule)
{
    const struct vgpu_rule *found = bytes >= sizeof(r->header) ? vgpu_rule(r->header.type) : NULL;
    uint32_t answer;

    if (!found || found->queue != queue || bytes < found->bytes)
        return VGPU_ERR_UNSPEC;
    answer = found->check ? found->check(r, bytes) : VGPU_OK_NODATA;
    if (answer == VGPU_OK_NODATA)
        *rule = found;
    return answer;
}
