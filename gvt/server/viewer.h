/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The front end's side of the display socket: what a foreign back end says becomes scanouts of a
 * sink. Nothing it says is trusted: lengths that do not fit end the connection, what a guest can
 * make it say (scanouts and rectangles that are not there) is passed over.
 */
#ifndef GVT_SERVER_VIEWER_H
#define GVT_SERVER_VIEWER_H

#include "core/vgpu.h"
#include "proto/display_socket.h"

struct viewer_scanout {
    struct monitor monitor;
    struct resource *picture; /* NULL: off */
    bool fresh;               /* it is shown with the first update */
    struct resource *cursor;
};

struct viewer;

struct viewer_rule {
    size_t bytes;                     /* of the fixed part */
    int (*execute)(struct viewer *v); /* 0 or -errno, which ends the connection */
};

struct viewer {
    const struct vgpu_sink *sink;
    void *sink_data;
    /* Sends an answer; 0 or -errno. */
    int (*answer)(void *data, const void *bytes, size_t count);
    void *answer_data;
    struct resources resources;
    unsigned scanouts;
    struct viewer_scanout scanout[VGPU_MAX_SCANOUTS];
    uint32_t last_id;
    uint64_t updates, passed_over; /* updates taken; messages about what is not there */
    bool told;                     /* that a dma-buf cannot be shown */
    /* The message that is on its way in. */
    const struct viewer_rule *rule; /* once its header is there */
    struct vds_header in;
    union {
        uint64_t features;
        uint32_t scanout;
        struct vds_position position;
        struct vds_cursor cursor;
        struct vds_scanout set;
        struct vds_update update;
        struct vds_dmabuf dmabuf;
    } body;
    size_t have;          /* bytes of it, pixels of an update not counted */
    uint64_t pixel_bytes; /* of these, how many have come */
    int fd;               /* that came with it, -1: none */
};

/* modes[0 .. scanouts) */
void viewer_init(struct viewer *v, const struct vgpu_sink *sink, void *sink_data,
                 const struct vgpu_mode *modes, unsigned scanouts);
/* Scanout n has another monitor, or none any more. True: its guest has to be told. */
bool viewer_set_mode(struct viewer *v, unsigned n, const struct vgpu_mode *mode);
/* Nothing is shown any more. */
void viewer_finish(struct viewer *v);

/* Where the next bytes belong, at least one; they go there straight from the socket. */
size_t viewer_room(struct viewer *v, void **to);
/* `bytes` of them are there, and a descriptor if fd >= 0, which the viewer takes. 0, -EPROTO: the
 * back end does not keep to the protocol; or what answer() said. */
int viewer_filled(struct viewer *v, size_t bytes, int fd) __attribute__((warn_unused_result));

/* The rest is between viewer.c and viewer_messages.c. NULL: there is no such request. */
const struct viewer_rule *viewer_rule(uint32_t request);
/* The picture that has the update in hand; NULL: there is none. */
struct resource *viewer_target(const struct viewer *v);
void viewer_turn_off(struct viewer *v, uint32_t n);
void viewer_drop(struct viewer *v, struct resource *r);

#endif
