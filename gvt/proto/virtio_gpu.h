/* SPDX-License-Identifier: BSD-3-Clause */
/* The virtio-gpu device as VIRTIO 1.2 §5.7 defines it: numbers and layouts of what a guest sends,
 * all little endian. */
#ifndef GVT_PROTO_VIRTIO_GPU_H
#define GVT_PROTO_VIRTIO_GPU_H

#include <stdint.h>

#include "binnacle/abi.h"

/* §5.7.2, §5.7.3 */
#define VGPU_QUEUE_CONTROL 0u
#define VGPU_QUEUE_CURSOR  1u
#define VGPU_QUEUES        2u
#define VGPU_F_VIRGL       (1ull << 0)
#define VGPU_F_EDID        (1ull << 1)
#define VGPU_F_UUID        (1ull << 2)
#define VGPU_F_BLOB        (1ull << 3)
#define VGPU_F_CONTEXT     (1ull << 4) /* kinds of context, timelines; needs F_VIRGL */

/* §5.7.4 */
struct vgpu_config {
    uint32_t events_read, events_clear, num_scanouts, num_capsets;
};
BN_SIZE_IS(struct vgpu_config, 16);
#define VGPU_EVENT_DISPLAY (1u << 0) /* §5.7.4.2: the display configuration has changed */

#define VGPU_MAX_SCANOUTS 16
#define VGPU_EDID_BYTES   1024
#define VGPU_FLAG_FENCE   (1u << 0)
#define VGPU_FLAG_RING    (1u << 1) /* info_ring_idx */

/* §5.7.6.7 */
enum vgpu_command {
    VGPU_CMD_GET_DISPLAY_INFO = 0x0100,
    VGPU_CMD_RESOURCE_CREATE_2D,
    VGPU_CMD_RESOURCE_UNREF,
    VGPU_CMD_SET_SCANOUT,
    VGPU_CMD_RESOURCE_FLUSH,
    VGPU_CMD_TRANSFER_TO_HOST_2D,
    VGPU_CMD_RESOURCE_ATTACH_BACKING,
    VGPU_CMD_RESOURCE_DETACH_BACKING,
    VGPU_CMD_GET_CAPSET_INFO,
    VGPU_CMD_GET_CAPSET,
    VGPU_CMD_GET_EDID,
    VGPU_CMD_RESOURCE_ASSIGN_UUID,
    VGPU_CMD_RESOURCE_CREATE_BLOB,
    VGPU_CMD_SET_SCANOUT_BLOB,
    VGPU_CMD_CTX_CREATE = 0x0200,
    VGPU_CMD_CTX_DESTROY,
    VGPU_CMD_CTX_ATTACH_RESOURCE,
    VGPU_CMD_CTX_DETACH_RESOURCE,
    VGPU_CMD_RESOURCE_CREATE_3D,
    VGPU_CMD_TRANSFER_TO_HOST_3D,
    VGPU_CMD_TRANSFER_FROM_HOST_3D,
    VGPU_CMD_SUBMIT_3D,
    VGPU_CMD_RESOURCE_MAP_BLOB,
    VGPU_CMD_RESOURCE_UNMAP_BLOB,
    VGPU_CMD_UPDATE_CURSOR = 0x0300,
    VGPU_CMD_MOVE_CURSOR,
};

enum vgpu_response {
    VGPU_OK_NODATA = 0x1100,
    VGPU_OK_DISPLAY_INFO,
    VGPU_OK_CAPSET_INFO,
    VGPU_OK_CAPSET,
    VGPU_OK_EDID,
    VGPU_OK_UUID,
    VGPU_OK_MAP_INFO,
    VGPU_ERR_UNSPEC = 0x1200,
    VGPU_ERR_OUT_OF_MEMORY,
    VGPU_ERR_INVALID_SCANOUT_ID,
    VGPU_ERR_INVALID_RESOURCE_ID,
    VGPU_ERR_INVALID_CONTEXT_ID,
    VGPU_ERR_INVALID_PARAMETER,
};

enum vgpu_format {
    VGPU_FORMAT_B8G8R8A8 = 1,
    VGPU_FORMAT_B8G8R8X8 = 2,
    VGPU_FORMAT_A8R8G8B8 = 3,
    VGPU_FORMAT_X8R8G8B8 = 4,
    VGPU_FORMAT_R8G8B8A8 = 67,
    VGPU_FORMAT_X8B8G8R8 = 68,
    VGPU_FORMAT_A8B8G8R8 = 121,
    VGPU_FORMAT_R8G8B8X8 = 134,
};
#define VGPU_BYTES_PER_PIXEL 4u /* of every 2D format */

struct vgpu_header {
    uint32_t type, flags;
    uint64_t fence_id;
    uint32_t ctx_id;
    uint8_t ring_idx;
    uint8_t padding[3];
};
BN_SIZE_IS(struct vgpu_header, 24);

struct vgpu_rect {
    uint32_t x, y, width, height;
};

struct vgpu_display_info { /* response */
    struct vgpu_header header;
    struct vgpu_display_one {
        struct vgpu_rect r;
        uint32_t enabled, flags;
    } mode[VGPU_MAX_SCANOUTS];
};
BN_SIZE_IS(struct vgpu_display_info, 408);

struct vgpu_get_edid {
    struct vgpu_header header;
    uint32_t scanout, padding;
};
BN_SIZE_IS(struct vgpu_get_edid, 32);

struct vgpu_edid { /* response */
    struct vgpu_header header;
    uint32_t size, padding;
    uint8_t edid[VGPU_EDID_BYTES];
};
BN_SIZE_IS(struct vgpu_edid, 1056);

struct vgpu_create_2d {
    struct vgpu_header header;
    uint32_t resource_id, format, width, height;
};
BN_SIZE_IS(struct vgpu_create_2d, 40);

/* RESOURCE_UNREF, RESOURCE_DETACH_BACKING, RESOURCE_ASSIGN_UUID, RESOURCE_UNMAP_BLOB,
 * CTX_ATTACH_RESOURCE, CTX_DETACH_RESOURCE */
struct vgpu_resource_command {
    struct vgpu_header header;
    uint32_t resource_id, padding;
};
BN_SIZE_IS(struct vgpu_resource_command, 32);

struct vgpu_set_scanout {
    struct vgpu_header header;
    struct vgpu_rect r;
    uint32_t scanout_id, resource_id; /* resource 0 turns it off */
};
BN_SIZE_IS(struct vgpu_set_scanout, 48);

struct vgpu_flush {
    struct vgpu_header header;
    struct vgpu_rect r;
    uint32_t resource_id, padding;
};
BN_SIZE_IS(struct vgpu_flush, 48);

struct vgpu_transfer_2d {
    struct vgpu_header header;
    struct vgpu_rect r;
    uint64_t offset; /* of the rectangle's first pixel in the backing */
    uint32_t resource_id, padding;
};
BN_SIZE_IS(struct vgpu_transfer_2d, 56);

struct vgpu_attach_backing { /* entries follow */
    struct vgpu_header header;
    uint32_t resource_id, nr_entries;
};
BN_SIZE_IS(struct vgpu_attach_backing, 32);

struct vgpu_mem_entry {
    uint64_t addr;
    uint32_t length, padding;
};
BN_SIZE_IS(struct vgpu_mem_entry, 16);

struct vgpu_cursor { /* §5.7.6.10 */
    struct vgpu_header header;
    uint32_t scanout_id, x, y, padding0;
    uint32_t resource_id, hot_x, hot_y, padding1;
};
BN_SIZE_IS(struct vgpu_cursor, 56);

/* §5.7.6.8, what the features beyond 2D add. */
#define VGPU_CAPSET_VIRGL  1u
#define VGPU_CAPSET_VIRGL2 2u

struct vgpu_get_capset_info {
    struct vgpu_header header;
    uint32_t index, padding; /* below num_capsets */
};
BN_SIZE_IS(struct vgpu_get_capset_info, 32);

struct vgpu_get_capset {
    struct vgpu_header header;
    uint32_t id, version;
};
BN_SIZE_IS(struct vgpu_get_capset, 32);

#define VGPU_BLOB_MEM_GUEST        1u
#define VGPU_BLOB_MEM_HOST3D       2u
#define VGPU_BLOB_MEM_HOST3D_GUEST 3u
#define VGPU_BLOB_FLAGS            7u /* mappable, shareable, cross device */

struct vgpu_create_blob { /* entries follow */
    struct vgpu_header header;
    uint32_t resource_id, mem, flags, nr_entries;
    uint64_t blob_id, size;
};
BN_SIZE_IS(struct vgpu_create_blob, 56);

struct vgpu_set_scanout_blob {
    struct vgpu_header header;
    struct vgpu_rect r;
    uint32_t scanout_id, resource_id, width, height, format, padding;
    uint32_t strides[4], offsets[4];
};
BN_SIZE_IS(struct vgpu_set_scanout_blob, 96);

struct vgpu_map_blob {
    struct vgpu_header header;
    uint32_t resource_id, padding;
    uint64_t offset; /* in the host visible region */
};
BN_SIZE_IS(struct vgpu_map_blob, 40);

/* §5.7.6.9. header.ctx_id says which context. The specification names RESOURCE_CREATE_3D,
 * TRANSFER_*_3D and SUBMIT_3D and gives no layout: these three are Linux's
 * (include/uapi/linux/virtio_gpu.h). */
#define VGPU_DEBUG_NAME_BYTES 64

struct vgpu_ctx_create {
    struct vgpu_header header;
    uint32_t name_bytes, init; /* init: with F_CONTEXT a capset's id; 0: the device chooses */
    char name[VGPU_DEBUG_NAME_BYTES];
};
BN_SIZE_IS(struct vgpu_ctx_create, 96);

#define VGPU_RESOURCE_Y_0_TOP (1u << 0)
#define VGPU_TARGET_BUFFER    0u /* then 1D, 2D, 3D, cube, rectangle and arrays of three of them */
#define VGPU_TARGETS          9u

struct vgpu_create_3d {
    struct vgpu_header header;
    uint32_t resource_id, target, format, bind, width, height, depth, array_size, last_level,
        nr_samples, flags, padding;
};
BN_SIZE_IS(struct vgpu_create_3d, 72);

struct vgpu_box {
    uint32_t x, y, z, width, height, depth;
};

struct vgpu_transfer_3d {
    struct vgpu_header header;
    struct vgpu_box box;
    uint64_t offset; /* of the box's first element in the backing */
    uint32_t resource_id, level, stride, layer_stride;
};
BN_SIZE_IS(struct vgpu_transfer_3d, 72);

struct vgpu_submit_3d { /* the stream follows */
    struct vgpu_header header;
    uint32_t bytes, padding;
};
BN_SIZE_IS(struct vgpu_submit_3d, 32);

#endif
