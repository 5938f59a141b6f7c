/* SPDX-License-Identifier: BSD-3-Clause */
/* A 3D resource as a buffer of the compositor's: its dma-buf, no copy. */
#ifndef GVT_SERVER_IMPORT_H
#define GVT_SERVER_IMPORT_H

#include <stdbool.h>

#include "view.h"

/* The compositor's name of a format of VIRTIO's. */
uint32_t shm_format(uint32_t format, bool alpha);

struct import {
    void (*ready)(void *data); /* buffer is there */
    void *data;
    struct zwp_linux_buffer_params_v1 *asked; /* no answer yet */
    struct wl_buffer *buffer;
    bool failed; /* the compositor cannot show it */
};

/*
 * The whole resource in a wl_shm format. NULL: not (yet); i->ready is called when it is, if it ever
 * is: a resource that the compositor's GPU does not take shows nothing and ends nothing.
 */
struct wl_buffer *import_buffer(struct import *i, struct globals *globals, const struct resource *r,
                                uint32_t format);
/* disconnecting: no answer will come to what has been asked. */
void import_finish(struct import *i, bool disconnecting);

#endif
