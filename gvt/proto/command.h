/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command table: what may come on which queue, how long it is, what every field of it may hold
 * without looking at the device's state. A command that passes here can be executed without another
 * look at its own bytes.
 */
#ifndef GVT_PROTO_COMMAND_H
#define GVT_PROTO_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "virtio_gpu.h"

#define VGPU_MAX_SIZE      8192  /* width or height of a 2D resource, pixels */
#define VGPU_MAX_TEXTURE   16384 /* width, height or depth of a 3D one */
#define VGPU_MAX_LEVEL     14    /* of such a one: 2^14 pixels down to 1 */
#define VGPU_MAX_LAYERS    2048
#define VGPU_MAX_SAMPLES   32
#define VGPU_MAX_BUFFER    (1u << 30)
#define VGPU_MAX_ENTRIES   65536      /* of a backing */
#define VGPU_MAX_STREAM    (1u << 20) /* bytes of a SUBMIT_3D; Mesa flushes at a quarter of that */
#define VGPU_COMMAND_BYTES 96         /* no fixed part is longer */

union vgpu_request { /* the fixed part */
    struct vgpu_header header;
    struct vgpu_get_edid get_edid;
    struct vgpu_create_2d create_2d;
    struct vgpu_resource_command resource;
    struct vgpu_set_scanout set_scanout;
    struct vgpu_flush flush;
    struct vgpu_transfer_2d transfer_2d;
    struct vgpu_attach_backing attach;
    struct vgpu_cursor cursor;
    struct vgpu_get_capset_info get_capset_info;
    struct vgpu_get_capset get_capset;
    struct vgpu_create_blob create_blob;
    struct vgpu_set_scanout_blob set_scanout_blob;
    struct vgpu_map_blob map_blob;
    struct vgpu_ctx_create ctx_create;
    struct vgpu_create_3d create_3d;
    struct vgpu_transfer_3d transfer_3d;
    struct vgpu_submit_3d submit_3d;
    uint8_t raw[VGPU_COMMAND_BYTES];
};
BN_SIZE_IS(union vgpu_request, VGPU_COMMAND_BYTES);

struct vgpu_rule {
    uint32_t type;
    const char *name;
    unsigned queue;
    size_t bytes; /* fixed part, header included */
    uint64_t
        feature; /* VGPU_F_*: the device has no such command where it is not offered; 0: always */
    /* VGPU_OK_NODATA or the error to answer with; `bytes` of the whole request. NULL: nothing to
     * check. */
    uint32_t (*check)(const union vgpu_request *r, size_t bytes);
};

/* NULL: there is no such command. */
const struct vgpu_rule *vgpu_rule(uint32_t type);

/* A box that some resource could have: no sum of an origin and a size overflows. */
bool vgpu_box_possible(const struct vgpu_box *box, uint32_t level);

/* The table's i-th rule, from 0; NULL behind the last. */
const struct vgpu_rule *vgpu_rule_at(size_t i);

/*
 * Checks a request of `bytes` bytes that arrived on `queue` of a device that offers `features`
 * (VGPU_F_*); *rule is set when it is VGPU_OK_NODATA, else that is the answer: VGPU_ERR_UNSPEC for
 * what is unknown, not offered, too short or on the wrong queue.
 */
uint32_t vgpu_check(const union vgpu_request *r, size_t bytes, unsigned queue, uint64_t features,
                    const struct vgpu_rule **rule);

/* Bytes the caller must have read into the request before vgpu_check(). */
static inline size_t vgpu_fixed_bytes(size_t bytes)
{
    return bytes < sizeof(union vgpu_request) ? bytes : sizeof(union vgpu_request);
}

#endif
