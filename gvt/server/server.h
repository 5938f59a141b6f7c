/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the mediator's process share: the order of its start (main.c), where pictures
 * go (screens.c), the back end (choice.c). */
#ifndef GVT_SERVER_SERVER_H
#define GVT_SERVER_SERVER_H

#include "arbiter.h"
#include "arguments.h"
#include "backend/virgl.h"
#include "backend/virtgpu.h"
#include "device.h"
#include "remote.h"
#include "status.h"
#include "turns.h"
#include "wayland.h"

struct server;

/* The two places that pictures can go to. */
struct screens {
    const struct vgpu_sink *sink;
    struct device_watch watch;
    uint64_t (*pictures)(const struct server *s);
};

struct server {
    struct vu_loop loop;
    struct device device;
    const struct screens *screens; /* where pictures go, and its end */
    void *screens_data;
    struct device_watch processing; /* theirs, and what is ours to do */
    struct wayland wayland;
    struct remote remote;
    struct turns turns;
    struct status status;
    struct arbiter arbiter;
    struct vu_source signals, timer, watch; /* watch: over the physical GPU */
    bool watching;
    uint32_t lost; /* contexts, told of */
    int failure;
    const struct gvt_backend *backend;
    void *render; /* what its 3D part works with */
    struct virtgpu virtgpu;
    const struct gvt_virgl *virgl; /* NULL: it is not that */
};

/* Fills s->screens, and s->processing but for processed(). */
void screens_choose(struct server *s, const struct arguments *a);
/* Connects them; the device has been initialised. 0 or -errno. */
int screens_init(struct server *s, const struct arguments *a) __attribute__((warn_unused_result));
void screens_finish(struct server *s, const struct arguments *a);

/* Which back end, and with it what the guest may have. 0 or -errno. Before the sandbox. */
int choice_init(struct server *s, const struct arguments *a, struct vgpu_limits *limits)
    __attribute__((warn_unused_result));
void choice_finish(struct server *s);
/* The sandbox that this back end can work in. 0 or -errno. */
int choice_confine(const struct server *s) __attribute__((warn_unused_result));

#endif
