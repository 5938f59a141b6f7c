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

#define VGPU_MAX_SIZE      8192  /* width or height of a resource, pixels */
#define VGPU_MAX_ENTRIES   65536 /* of a backing */
#define VGPU_COMMAND_BYTES 64    /* no fixed part is longer */

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
    uint8_t raw[VGPU_COMMAND_BYTES];
};
BN_SIZE_IS(union vgpu_request, VGPU_COMMAND_BYTES);

struct vgpu_rule {
    uint32_t type;
    const char *name;
    unsigned queue;
    size_t bytes; /* fixed part, header included */
    /* VGPU_OK_NODATA or the error to answer with; `bytes` of the whole request. NULL: nothing to
     * check. */
    uint32_t (*check)(const union vgpu_request *r, size_t bytes);
};

/* NULL: this device knows no such command. */
const struct vgpu_rule *vgpu_rule(uint32_t type);

/*
 * Checks a request of `bytes` bytes that arrived on `queue`; *rule is set when it is
 * VGPU_OK_NODATA, else that is the answer: VGPU_ERR_UNSPEC for what is unknown, too short or on the
 * wrong queue.
 */
uint32_t vgpu_check(const union vgpu_request *r, size_t bytes, unsigned queue,
                    const struct vgpu_rule **rule);

/* Bytes the caller must have read into the request before vgpu_check(). */
static inline size_t vgpu_fixed_bytes(size_t bytes)
{
    return bytes < sizeof(union vgpu_request) ? bytes : sizeof(union vgpu_request);
}

#endif
