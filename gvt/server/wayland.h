/* SPDX-License-Identifier: BSD-3-Clause */
/* The connection to the compositor: a vGPU's sink that survives the compositor's restart. */
#ifndef GVT_SERVER_WAYLAND_H
#define GVT_SERVER_WAYLAND_H

#include "outputs.h"
#include "vhost/loop.h"
#include "view.h"

struct wayland {
    struct vu_loop *loop;
    const char *path;            /* socket of our VM */
    struct resources *resources; /* what may be shown */
    unsigned scanouts;
    struct vgpu *gpu; /* whose requests wait for the screen, NULL: nobody's */
    struct globals globals;
    struct outputs outputs;    /* .changed is the owner's to set */
    struct wl_callback *hello; /* all globals have been announced, all outputs have said what they
                                  are, when it is done */
    struct vu_source source, timer, patience;
    bool writing; /* the socket was full */
    bool waited;  /* a request waits until a picture is on the screen */
    struct view view[VGPU_MAX_SCANOUTS];
};

extern const struct vgpu_sink wayland_sink;

/* Starts connecting, now and until it succeeds. 0 or -errno. */
int wayland_init(struct wayland *w, struct vu_loop *loop, const char *path,
                 struct resources *resources, unsigned scanouts)
    __attribute__((warn_unused_result));
void wayland_finish(struct wayland *w);

/*
 * False: the request is a flush that has to wait, and what is behind it, until gpu->progress() is
 * called. So a guest shows no more pictures than the screen does, and draws into none that the
 * screen still needs: its flip is over, by its queue's order, when the next picture has been taken.
 */
bool wayland_ready(struct wayland *w, const union vgpu_request *r, size_t bytes);

/* Sends what the sink's callbacks have queued. */
void wayland_flush(struct wayland *w);

#endif
