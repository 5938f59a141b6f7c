/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The front end's own display: a vGPU's sink over the display socket of vhost-user-gpu. One message
 * is on its way at a time and what has changed meanwhile is gathered, so that a front end that
 * reads slowly costs no memory; one that goes away loses its pictures only, and the next one gets
 * everything anew.
 */
#ifndef GVT_SERVER_REMOTE_H
#define GVT_SERVER_REMOTE_H

#include "core/vgpu.h"
#include "damage.h"
#include "proto/display_socket.h"
#include "vhost/loop.h"

struct remote_view {           /* one scanout */
    struct resource *resource; /* what the guest shows, NULL: nothing */
    struct vgpu_rect rect;
    struct damage damage;
    struct resource *cursor;
    uint32_t cursor_x, cursor_y;
    bool cursor_changed, cursor_moved;
    /* What the front end knows. */
    bool set;               /* resource and rect as they are now */
    uint32_t width, height; /* of the picture that it draws updates into, 0: it has none */
    bool imported;          /* its picture is a dma-buf */
};

struct remote_message { /* on its way out */
    uint8_t *data;      /* REMOTE_ROOM bytes */
    size_t bytes, sent;
    int fd; /* goes with the first byte; owned by the resource; -1: none */
};

struct remote {
    struct vu_loop *loop;
    struct vgpu *gpu;
    struct vu_source socket; /* fd -1: no front end */
    bool writing;            /* the socket was full */
    uint64_t features;       /* VDS_F_* of this front end */
    struct remote_message out;
    struct {
        struct vds_header header;
        union {
            uint64_t features;
            struct vgpu_display_info info;
            struct vgpu_edid edid;
        } body;
        size_t have;
    } in;
    uint32_t awaited;         /* the request whose answer is to come, 0: none */
    uint32_t awaited_scanout; /* of GET_EDID */
    uint32_t question;        /* VDS_GET_* that the guest waits for, 0: none */
    uint32_t question_scanout;
    bool answered; /* it can be had */
    struct vgpu_edid edid[VGPU_MAX_SCANOUTS];
    struct remote_view view[VGPU_MAX_SCANOUTS];
    unsigned next;                 /* view whose turn it is */
    uint64_t pictures, sent_bytes; /* whole damages sent; all bytes written */
};

extern const struct vgpu_sink remote_sink;

/* 0 or -errno. */
int remote_init(struct remote *r, struct vu_loop *loop, struct vgpu *gpu)
    __attribute__((warn_unused_result));
void remote_finish(struct remote *r);

/* A front end gives its socket, in place of the one before; takes the fd. 0 or -errno. */
int remote_connect(struct remote *r, int fd) __attribute__((warn_unused_result));

/* False: the guest asks for what the front end has to be asked first. The vGPU's progress() is
 * called when it is there. q as in vgpu_execute(). */
bool remote_ready(struct remote *r, const union vgpu_request *q, size_t bytes);

/* Sends what there is to send, as far as the front end takes it. */
void remote_flush(struct remote *r);

/*
 * The next message that there is something to say with, into r->out; false: there is none now.
 * (remote_messages.c)
 */
bool remote_next(struct remote *r);
/* The front end has answered; r->in is whole. False: that was no answer to anything. */
bool remote_take_answer(struct remote *r);

#define REMOTE_ROOM (1u << 20) /* an update's lines and their header */

#endif
