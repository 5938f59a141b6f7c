/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns where a vGPU's pictures go: the compositor, or the front end's own display. */
#include <stdio.h>
#include <stdlib.h>

#include "display/include/display.h"
#include "server.h"

static uint64_t wayland_pictures(const struct server *s)
{
    uint64_t pictures = 0;

    for (unsigned i = 0; i < VGPU_MAX_SCANOUTS; i++)
        pictures += s->wayland.view[i].pictures;
    return pictures;
}

static void flush_wayland(void *data)
{
    wayland_flush(data);
}

static void handle_output(void *data, unsigned n, const struct vgpu_mode *mode)
{
    device_set_mode(data, n, mode);
}

static bool wayland_is_ready(void *data, const union vgpu_request *r, size_t bytes)
{
    return wayland_ready(data, r, bytes);
}

static uint64_t remote_pictures(const struct server *s)
{
    return s->remote.pictures;
}

static void flush_remote(void *data)
{
    remote_flush(data);
}

static bool remote_is_ready(void *data, const union vgpu_request *r, size_t bytes)
{
    return remote_ready(data, r, bytes);
}

static int connect_remote(void *data, int fd)
{
    return remote_connect(data, fd);
}

static const struct screens on_compositor = {
    &wayland_sink, {flush_wayland, wayland_is_ready, NULL}, wayland_pictures};
static const struct screens on_front_end = {
    &remote_sink, {flush_remote, remote_is_ready, connect_remote}, remote_pictures};

static bool screens_ready(void *data, const union vgpu_request *r, size_t bytes)
{
    const struct server *s = data;

    return s->screens->watch.ready(s->screens_data, r, bytes);
}

static int screens_socket(void *data, int fd)
{
    const struct server *s = data;

    return s->screens->watch.socket(s->screens_data, fd);
}

/* The compositor's socket of this VM. */
static const char *wayland_path(const struct arguments *a)
{
    static char path[256];
    const char *runtime = getenv("XDG_RUNTIME_DIR");

    if (a->wayland)
        return a->wayland;
    snprintf(path, sizeof(path), "%s/" BN_DISPLAY_DIR "/%s", runtime ? runtime : "/run", a->vm);
    return path;
}

void screens_choose(struct server *s, const struct arguments *a)
{
    s->screens = a->remote ? &on_front_end : &on_compositor;
    s->screens_data = a->remote ? (void *)&s->remote : &s->wayland;
    s->processing.ready = s->screens->watch.ready ? screens_ready : NULL;
    s->processing.socket = s->screens->watch.socket ? screens_socket : NULL;
}

int screens_init(struct server *s, const struct arguments *a)
{
    struct vgpu *gpu = &s->device.gpu;
    int rc = a->remote ? remote_init(&s->remote, &s->loop, gpu)
                       : wayland_init(&s->wayland, &s->loop, wayland_path(a), &gpu->resources,
                                      gpu->scanouts);

    if (!a->remote) {
        s->wayland.gpu = gpu;
        s->wayland.outputs.changed = handle_output;
        s->wayland.outputs.data = &s->device;
    }
    return rc;
}

void screens_finish(struct server *s, const struct arguments *a)
{
    if (a->remote)
        remote_finish(&s->remote);
    else
        wayland_finish(&s->wayland);
}
