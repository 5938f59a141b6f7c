/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the connection to the compositor. */
#include "wayland.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "linux-dmabuf-client-protocol.h"
#include "xdg-shell-client-protocol.h"

#define RETRY_NS 200000000L

#define COMPOSITOR_VERSION 4 /* damage_buffer */
#define DMABUF_VERSION     3

static void handle_ping(void *data, struct xdg_wm_base *shell, uint32_t serial)
{
    (void)data;
    xdg_wm_base_pong(shell, serial);
}

static const struct xdg_wm_base_listener shell_listener = {handle_ping};

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
                          const char *interface, uint32_t version)
{
    struct wayland *w = data;
    struct globals *g = &w->globals;

    if (!strcmp(interface, wl_compositor_interface.name) && version >= COMPOSITOR_VERSION &&
        !g->compositor)
        g->compositor =
            wl_registry_bind(registry, name, &wl_compositor_interface, COMPOSITOR_VERSION);
    else if (!strcmp(interface, wl_subcompositor_interface.name) && !g->subcompositor)
        g->subcompositor = wl_registry_bind(registry, name, &wl_subcompositor_interface, 1);
    else if (!strcmp(interface, wl_shm_interface.name) && !g->shm)
        g->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
    else if (!strcmp(interface, zwp_linux_dmabuf_v1_interface.name) && version >= DMABUF_VERSION &&
             !g->dmabuf)
        g->dmabuf =
            wl_registry_bind(registry, name, &zwp_linux_dmabuf_v1_interface, DMABUF_VERSION);
    else if (!strcmp(interface, xdg_wm_base_interface.name) && !g->shell) {
        g->shell = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
        xdg_wm_base_add_listener(g->shell, &shell_listener, data);
    } else if (!strcmp(interface, wl_output_interface.name)) {
        outputs_add(&w->outputs, registry, name, version);
    }
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
    struct wayland *w = data;

    (void)registry;
    outputs_remove(&w->outputs, name);
}

static const struct wl_registry_listener registry_listener = {handle_global, handle_global_remove};

static void forget(struct resource *r, void *data)
{
    (void)data;
    view_forget(r, true);
}

static void retry(struct wayland *w)
{
    const struct itimerspec t = {.it_value.tv_nsec = RETRY_NS};

    (void)timerfd_settime(w->timer.fd, 0, &t, NULL);
}

static void disconnect(struct wayland *w)
{
    struct globals *g = &w->globals;

    if (!g->display)
        return;
    for (unsigned i = 0; i < VGPU_MAX_SCANOUTS; i++)
        view_connect(&w->view[i], NULL);
    resource_each(w->resources, forget, NULL);
    vu_loop_remove(w->loop, &w->source);
    if (w->hello)
        wl_callback_destroy(w->hello);
    outputs_forget(&w->outputs);
    if (g->shell)
        xdg_wm_base_destroy(g->shell);
    if (g->dmabuf)
        zwp_linux_dmabuf_v1_destroy(g->dmabuf);
    if (g->shm)
        wl_shm_destroy(g->shm);
    if (g->subcompositor)
        wl_subcompositor_destroy(g->subcompositor);
    if (g->compositor)
        wl_compositor_destroy(g->compositor);
    wl_registry_destroy(g->registry);
    wl_display_disconnect(g->display);
    *g = (struct globals){.view = w->view, .views = VGPU_MAX_SCANOUTS};
    w->hello = NULL;
    w->writing = false;
}

static void lost(struct wayland *w)
{
    fprintf(stderr, "gvt: the compositor is gone: %s\n",
            strerror(wl_display_get_error(w->globals.display)));
    disconnect(w);
    retry(w);
}

static void handle_outputs(void *data, struct wl_callback *callback, uint32_t serial)
{
    struct wayland *w = data;

    (void)serial;
    wl_callback_destroy(callback);
    w->hello = NULL;
    outputs_complete(&w->outputs);
}

static const struct wl_callback_listener outputs_listener = {handle_outputs};

static void handle_hello(void *data, struct wl_callback *callback, uint32_t serial)
{
    struct wayland *w = data;
    struct globals *g = &w->globals;

    (void)serial;
    wl_callback_destroy(callback);
    w->hello = NULL;
    if (!g->compositor || !g->subcompositor || !g->shm || !g->shell) {
        fprintf(stderr, "gvt: the compositor lacks what a scanout needs\n");
        return;
    }
    printf("gvt: connected to the compositor\n");
    fflush(stdout);
    w->hello = wl_display_sync(g->display);
    wl_callback_add_listener(w->hello, &outputs_listener, w);
    for (unsigned i = 0; i < w->scanouts; i++)
        view_connect(&w->view[i], g);
}

static const struct wl_callback_listener hello_listener = {handle_hello};

void wayland_flush(struct wayland *w)
{
    bool full;

    if (!w->globals.display)
        return;
    full = wl_display_flush(w->globals.display) < 0 && errno == EAGAIN;
    if (full != w->writing &&
        vu_loop_modify(w->loop, &w->source, EPOLLIN | (full ? EPOLLOUT : 0u)) == 0)
        w->writing = full;
}

/* Whatever the request waited for may have come. */
static void try_again(struct wayland *w)
{
    if (!w->waited)
        return;
    w->waited = false;
    if (w->gpu && w->gpu->progress)
        w->gpu->progress(w->gpu->progress_data);
}

static void handle_patience(struct vu_source *source, uint32_t events)
{
    uint64_t expired;

    (void)events;
    if (read(source->fd, &expired, sizeof(expired)) == sizeof(expired))
        try_again(source->priv);
}

/* Whether the flush may go on; else patience is running. */
static bool flush_is_ready(struct wayland *w, uint32_t resource_id)
{
    const struct itimerspec t = {.it_value.tv_nsec = VIEW_PATIENCE_NS};

    for (unsigned i = 0; i < w->scanouts; i++) {
        const struct view *v = &w->view[i];

        if (v->resource && v->resource->id == resource_id && view_full(v)) {
            w->waited = true;
            return timerfd_settime(w->patience.fd, 0, &t, NULL) < 0;
        }
    }
    return true;
}

bool wayland_ready(struct wayland *w, const union vgpu_request *r, size_t bytes)
{
    if (bytes >= sizeof(r->flush) && r->header.type == VGPU_CMD_RESOURCE_FLUSH)
        return flush_is_ready(w, r->flush.resource_id);
    /* Anything else may change a picture that is shown. */
    for (unsigned i = 0; i < w->scanouts; i++)
        w->view[i].fresh = false;
    return true;
}

static void handle_ready(struct vu_source *source, uint32_t events)
{
    struct wayland *w = source->priv;
    struct wl_display *d = w->globals.display;
    int rc = 0;

    while (rc >= 0 && wl_display_prepare_read(d) < 0)
        rc = wl_display_dispatch_pending(d);
    if (rc >= 0 && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
        rc = wl_display_read_events(d);
    else
        wl_display_cancel_read(d);
    if (rc >= 0)
        rc = wl_display_dispatch_pending(d);
    if (rc < 0 || wl_display_get_error(d))
        lost(w);
    try_again(w);
    wayland_flush(w);
}

static int connect_to(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof(a.sun_path))
        return -ENAMETOOLONG;
    strcpy(a.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) < 0) {
        const int rc = -errno;

        close(fd);
        return rc;
    }
    return fd;
}

static void try_to_connect(struct wayland *w)
{
    const int fd = connect_to(w->path);
    struct globals *g = &w->globals;

    g->display = fd < 0 ? NULL : wl_display_connect_to_fd(fd); /* takes the fd */
    if (!g->display) {
        retry(w);
        return;
    }
    w->source =
        (struct vu_source){.fd = wl_display_get_fd(g->display), .ready = handle_ready, .priv = w};
    g->registry = wl_display_get_registry(g->display);
    wl_registry_add_listener(g->registry, &registry_listener, w);
    w->hello = wl_display_sync(g->display);
    wl_callback_add_listener(w->hello, &hello_listener, w);
    if (vu_loop_add(w->loop, &w->source, EPOLLIN) < 0) {
        disconnect(w);
        retry(w);
        return;
    }
    wayland_flush(w);
}

static void handle_timer(struct vu_source *source, uint32_t events)
{
    struct wayland *w = source->priv;
    uint64_t expired;

    (void)events;
    if (read(source->fd, &expired, sizeof(expired)) == sizeof(expired) && !w->globals.display)
        try_to_connect(w);
}

static int add_timer(struct wayland *w, struct vu_source *timer,
                     void (*ready)(struct vu_source *, uint32_t))
{
    *timer =
        (struct vu_source){timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), ready, w};
    return timer->fd < 0 ? -errno : vu_loop_add(w->loop, timer, EPOLLIN);
}

int wayland_init(struct wayland *w, struct vu_loop *loop, const char *path,
                 struct resources *resources, unsigned scanouts)
{
    int rc;

    memset(w, 0, sizeof(*w));
    w->loop = loop;
    w->path = path;
    w->resources = resources;
    w->scanouts = scanouts;
    w->globals = (struct globals){.view = w->view, .views = VGPU_MAX_SCANOUTS};
    for (unsigned i = 0; i < VGPU_MAX_SCANOUTS; i++)
        w->view[i].number = i;
    w->source.fd = -1;
    rc = add_timer(w, &w->timer, handle_timer);
    if (!rc)
        rc = add_timer(w, &w->patience, handle_patience);
    if (rc)
        return rc;
    try_to_connect(w);
    return 0;
}

void wayland_finish(struct wayland *w)
{
    disconnect(w);
    vu_loop_remove(w->loop, &w->timer);
    vu_loop_remove(w->loop, &w->patience);
    close(w->timer.fd);
    close(w->patience.fd);
}

static void sink_scanout(void *sink, unsigned n, struct resource *r, const struct vgpu_rect *rect)
{
    struct wayland *w = sink;

    view_show(&w->view[n], r, rect);
    w->view[n].fresh = w->gpu; /* see wayland_ready() */
}

static void sink_flush(void *sink, unsigned n, struct resource *r, const struct vgpu_rect *damage)
{
    (void)r;
    view_damage(&((struct wayland *)sink)->view[n], damage);
}

static void sink_cursor(void *sink, unsigned n, struct resource *r, int32_t x, int32_t y,
                        bool update)
{
    view_cursor(&((struct wayland *)sink)->view[n], r, x, y, update);
}

static void sink_forget(void *sink, struct resource *r)
{
    (void)sink;
    view_forget(r, false);
}

const struct vgpu_sink wayland_sink = {sink_scanout, sink_flush, sink_cursor, sink_forget};
