/* SPDX-License-Identifier: BSD-3-Clause */
/* The virgl capability set: what the physical GPU can, less what a mediated guest cannot have. */
#ifndef GVT_PROTO_CAPSET_H
#define GVT_PROTO_CAPSET_H

#include <stddef.h>
#include <stdint.h>

#include "virtio_gpu.h"

struct vgpu_capset_info { /* response, §5.7.6.8 */
    struct vgpu_header header;
    uint32_t id, max_version, max_size, padding;
};
BN_SIZE_IS(struct vgpu_capset_info, 40);

/* Takes out of a capability set 2 of the physical GPU, `bytes` bytes of it, what is not mediated.
 */
void virgl_capset_mask(uint8_t *set, size_t bytes);

#endif
