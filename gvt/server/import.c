/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns formats, and the asking for such a buffer. It is asked for with an answer to wait for: the
 * other way a refusal is an error of the whole connection, and what is refused is the guest's
 * choice. */
#include "import.h"

#include <drm_fourcc.h>
#include <stdio.h>
#include <unistd.h>

#include "linux-dmabuf-client-protocol.h"

/* Memory order as VIRTIO names it, little-endian words as DRM does; what a screen shows has no
 * alpha. */
uint32_t shm_format(uint32_t format, bool alpha)
{
    switch (format) {
    case VGPU_FORMAT_B8G8R8A8:
        return alpha ? WL_SHM_FORMAT_ARGB8888 : WL_SHM_FORMAT_XRGB8888;
    case VGPU_FORMAT_A8R8G8B8:
        return alpha ? WL_SHM_FORMAT_BGRA8888 : WL_SHM_FORMAT_BGRX8888;
    case VGPU_FORMAT_X8R8G8B8:
        return WL_SHM_FORMAT_BGRX8888;
    case VGPU_FORMAT_R8G8B8A8:
        return alpha ? WL_SHM_FORMAT_ABGR8888 : WL_SHM_FORMAT_XBGR8888;
    case VGPU_FORMAT_R8G8B8X8:
        return WL_SHM_FORMAT_XBGR8888;
    case VGPU_FORMAT_A8B8G8R8:
        return alpha ? WL_SHM_FORMAT_RGBA8888 : WL_SHM_FORMAT_RGBX8888;
    case VGPU_FORMAT_X8B8G8R8:
        return WL_SHM_FORMAT_RGBX8888;
    default:
        return WL_SHM_FORMAT_XRGB8888;
    }
}

/* data NULL: nobody wants the buffer any more, but the compositor has made it. */
static void handle_created(void *data, struct zwp_linux_buffer_params_v1 *params,
                           struct wl_buffer *buffer)
{
    struct import *i = data;

    zwp_linux_buffer_params_v1_destroy(params);
    if (!i) {
        wl_buffer_destroy(buffer);
        return;
    }
    i->asked = NULL;
    i->buffer = buffer;
    i->ready(i->data);
}

static void handle_failed(void *data, struct zwp_linux_buffer_params_v1 *params)
{
    struct import *i = data;

    zwp_linux_buffer_params_v1_destroy(params);
    if (!i)
        return;
    i->asked = NULL;
    i->failed = true;
    fprintf(stderr, "gvt: the compositor cannot show a resource of the GPU\n");
}

static const struct zwp_linux_buffer_params_v1_listener listener = {handle_created, handle_failed};

/* wl_shm numbers two formats by itself; all others are DRM's. */
static uint32_t fourcc(uint32_t format)
{
    switch (format) {
    case WL_SHM_FORMAT_ARGB8888:
        return DRM_FORMAT_ARGB8888;
    case WL_SHM_FORMAT_XRGB8888:
        return DRM_FORMAT_XRGB8888;
    default:
        return format;
    }
}

struct wl_buffer *import_buffer(struct import *i, struct globals *globals, const struct resource *r,
                                uint32_t format)
{
    if (i->buffer || i->asked || i->failed || !globals->dmabuf)
        return i->buffer;
    /* Lines that are not there are an error of the connection too. */
    if (lseek(r->fd, 0, SEEK_END) < (off_t)r->stride * r->height) {
        i->failed = true;
        fprintf(stderr, "gvt: a buffer of the GPU is shorter than its picture\n");
        return NULL;
    }
    i->asked = zwp_linux_dmabuf_v1_create_params(globals->dmabuf);
    zwp_linux_buffer_params_v1_add_listener(i->asked, &listener, i);
    zwp_linux_buffer_params_v1_add(i->asked, r->fd, 0, 0, r->stride, (uint32_t)(r->modifier >> 32),
                                   (uint32_t)r->modifier);
    zwp_linux_buffer_params_v1_create(i->asked, (int32_t)r->width, (int32_t)r->height,
                                      fourcc(format), 0);
    return NULL;
}

void import_finish(struct import *i, bool disconnecting)
{
    if (i->asked && disconnecting)
        zwp_linux_buffer_params_v1_destroy(i->asked);
    else if (i->asked)
        zwp_linux_buffer_params_v1_set_user_data(i->asked, NULL);
    if (i->buffer)
        wl_buffer_destroy(i->buffer);
    *i = (struct import){0};
}
