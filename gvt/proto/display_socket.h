/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The display socket that a front end of vhost-user gives to a GPU's back end, as QEMU's
 * docs/interop/vhost-user-gpu.rst defines it: numbers and layouts, in the machine's byte order. The
 * back end asks and tells; the front end answers what is marked so.
 */
#ifndef GVT_PROTO_DISPLAY_SOCKET_H
#define GVT_PROTO_DISPLAY_SOCKET_H

#include "proto/virtio_gpu.h"

enum vds_request {
    VDS_GET_PROTOCOL_FEATURES = 1, /* answer: uint64_t */
    VDS_SET_PROTOCOL_FEATURES,     /* uint64_t */
    VDS_GET_DISPLAY_INFO,          /* answer: struct vgpu_display_info */
    VDS_CURSOR_POS,                /* struct vds_position */
    VDS_CURSOR_POS_HIDE,           /* the same */
    VDS_CURSOR_UPDATE,             /* struct vds_cursor */
    VDS_SCANOUT,                   /* struct vds_scanout */
    VDS_UPDATE,                    /* struct vds_update, then its pixels */
    VDS_DMABUF_SCANOUT,            /* struct vds_dmabuf without modifier, and a descriptor */
    VDS_DMABUF_UPDATE,             /* struct vds_update; answer: empty */
    VDS_GET_EDID,                  /* uint32_t scanout; answer: struct vgpu_edid */
    VDS_DMABUF_SCANOUT2,           /* struct vds_dmabuf, and a descriptor */
};

#define VDS_FLAG_REPLY (1u << 2)

/* Protocol features. */
#define VDS_F_EDID    (1ull << 0)
#define VDS_F_DMABUF2 (1ull << 1)

struct vds_header {
    uint32_t request, flags, bytes; /* bytes: of what follows */
};
BN_SIZE_IS(struct vds_header, 12);

struct vds_position {
    uint32_t scanout, x, y;
};
BN_SIZE_IS(struct vds_position, 12);

#define VDS_CURSOR_SIDE 64u

struct vds_cursor {
    struct vds_position at;
    uint32_t hot_x, hot_y;
    uint32_t pixel[VDS_CURSOR_SIDE * VDS_CURSOR_SIDE]; /* ARGB words */
};
BN_SIZE_IS(struct vds_cursor, 20 + 4 * 64 * 64);

struct vds_scanout { /* width and height 0: off */
    uint32_t scanout, width, height;
};
BN_SIZE_IS(struct vds_scanout, 12);

struct vds_update { /* of the scanout's picture; XRGB words follow line by line */
    uint32_t scanout, x, y, width, height;
};
BN_SIZE_IS(struct vds_update, 20);

struct vds_dmabuf {
    uint32_t scanout, x, y, width, height; /* 0 and no descriptor: off */
    uint32_t fd_width, fd_height, fd_stride, fd_flags;
    int32_t fourcc;       /* of DRM's */
    uint32_t modifier[2]; /* low word first: it is not aligned on the wire */
};
BN_SIZE_IS(struct vds_dmabuf, 48);
#define VDS_DMABUF_BYTES (sizeof(struct vds_dmabuf) - sizeof(uint64_t)) /* without modifier */

#endif
