/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the client's side of the pixel tests. */
#include "client.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <wayland-client.h>

#include "xdg-shell-client-protocol.h"

#define THROWN_OUT 3

struct client {
    const struct client_plan *plan;
    struct wl_display *display;
    struct wl_compositor *compositor;
    struct wl_subcompositor *subcompositor;
    struct wl_shm *shm;
    struct xdg_wm_base *shell;
    struct wl_surface *surface;
    struct xdg_surface *xdg;
    struct xdg_toplevel *toplevel;
    int width, height, pool_fd;
    bool configured;
    uint32_t global[CLIENT_OUTPUTS]; /* of each output that came */
};

static void handle_geometry(void *data, struct wl_output *o, int32_t x, int32_t y, int32_t w,
                            int32_t h, int32_t subpixel, const char *make, const char *model,
                            int32_t transform)
{
    (void)data, (void)o, (void)x, (void)y, (void)w, (void)h, (void)subpixel;
    (void)make, (void)model, (void)transform;
}

static void handle_mode(void *data, struct wl_output *o, uint32_t flags, int32_t width,
                        int32_t height, int32_t refresh)
{
    struct client_output *seen = data;

    (void)o;
    if (flags & WL_OUTPUT_MODE_CURRENT) {
        seen->width = width;
        seen->height = height;
        seen->refresh = refresh;
    }
}

static void handle_done(void *data, struct wl_output *o)
{
    (void)o;
    ((struct client_output *)data)->told++;
}

static void handle_scale(void *data, struct wl_output *o, int32_t factor)
{
    (void)data, (void)o, (void)factor;
}

static void handle_name(void *data, struct wl_output *o, const char *name)
{
    struct client_output *seen = data;

    (void)o;
    snprintf(seen->name, sizeof(seen->name), "%s", name);
}

static const struct wl_output_listener output_listener = {
    .geometry = handle_geometry,
    .mode = handle_mode,
    .done = handle_done,
    .scale = handle_scale,
    .name = handle_name,
};

static void take_output(struct client *c, struct wl_registry *registry, uint32_t name)
{
    struct client_seen *seen = c->plan->seen;
    struct wl_output *o;

    if (!seen || seen->outputs == CLIENT_OUTPUTS)
        return;
    o = wl_registry_bind(registry, name, &wl_output_interface, 4);
    wl_output_add_listener(o, &output_listener, &seen->output[seen->outputs]);
    c->global[seen->outputs++] = name;
}

static void handle_global(void *data, struct wl_registry *registry, uint32_t name,
                          const char *interface, uint32_t version)
{
    struct client *c = data;

    (void)version;
    if (!strcmp(interface, wl_compositor_interface.name))
        c->compositor = wl_registry_bind(registry, name, &wl_compositor_interface, 4);
    else if (!strcmp(interface, wl_subcompositor_interface.name))
        c->subcompositor = wl_registry_bind(registry, name, &wl_subcompositor_interface, 1);
    else if (!strcmp(interface, wl_shm_interface.name))
        c->shm = wl_registry_bind(registry, name, &wl_shm_interface, 1);
    else if (!strcmp(interface, xdg_wm_base_interface.name))
        c->shell = wl_registry_bind(registry, name, &xdg_wm_base_interface, 1);
    else if (!strcmp(interface, wl_output_interface.name))
        take_output(c, registry, name);
    else
        _exit(4); /* a guest must find nothing else */
}

static void handle_global_remove(void *data, struct wl_registry *registry, uint32_t name)
{
    const struct client *c = data;

    (void)registry;
    for (unsigned i = 0; c->plan->seen && i < c->plan->seen->outputs; i++)
        if (c->global[i] == name)
            c->plan->seen->output[i].gone = true;
}

static const struct wl_registry_listener registry_listener = {handle_global, handle_global_remove};

static void handle_toplevel_configure(void *data, struct xdg_toplevel *t, int32_t width,
                                      int32_t height, struct wl_array *states)
{
    struct client *c = data;

    (void)t;
    (void)states;
    c->width = width;
    c->height = height;
    if (c->plan->seen) {
        c->plan->seen->width = width;
        c->plan->seen->height = height;
    }
}

static void handle_close(void *data, struct xdg_toplevel *t)
{
    (void)data;
    (void)t;
}

static const struct xdg_toplevel_listener toplevel_listener = {
    .configure = handle_toplevel_configure,
    .close = handle_close,
};

static void handle_configure(void *data, struct xdg_surface *xdg, uint32_t serial)
{
    struct client *c = data;

    xdg_surface_ack_configure(xdg, serial);
    c->configured = true;
}

static const struct xdg_surface_listener xdg_listener = {handle_configure};

static void must(bool ok)
{
    if (!ok)
        _exit(THROWN_OUT);
}

static struct wl_buffer *make_buffer(struct client *c, int width, int height, uint32_t colour)
{
    const size_t bytes = (size_t)width * (size_t)height * 4;
    const int fd = memfd_create("buffer", MFD_CLOEXEC);
    struct wl_shm_pool *pool;
    struct wl_buffer *buffer;
    uint32_t *p;

    if (fd < 0 || ftruncate(fd, (off_t)bytes) < 0)
        _exit(5);
    p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        _exit(5);
    for (size_t i = 0; i < bytes / 4; i++)
        p[i] = colour;
    pool = wl_shm_create_pool(c->shm, fd, (int32_t)bytes);
    buffer = wl_shm_pool_create_buffer(pool, 0, width, height, width * 4, WL_SHM_FORMAT_XRGB8888);
    c->pool_fd = fd;
    return buffer;
}

static void add_cursor(struct client *c)
{
    struct wl_surface *s = wl_compositor_create_surface(c->compositor);
    struct wl_subsurface *sub = wl_subcompositor_get_subsurface(c->subcompositor, s, c->surface);

    wl_subsurface_set_position(sub, 40, 30);
    wl_subsurface_set_desync(sub);
    wl_surface_attach(s, make_buffer(c, 16, 16, c->plan->cursor_colour), 0, 0);
    wl_surface_damage(s, 0, 0, 16, 16);
    wl_surface_commit(s);
}

static void show(struct client *c)
{
    const struct client_plan *p = c->plan;
    const int width = p->width ? p->width : c->width, height = p->height ? p->height : c->height;

    if (p->cursor_colour)
        add_cursor(c);
    wl_surface_attach(c->surface, make_buffer(c, width, height, p->colour), 0, 0);
    wl_surface_damage(c->surface, 0, 0, width, height);
    if (p->shrink && ftruncate(c->pool_fd, 0) < 0)
        _exit(5);
    wl_surface_commit(c->surface);
    for (int i = 0; p->flood && i < 1000; i++) {
        wl_surface_damage(c->surface, 0, 0, width, height);
        wl_surface_commit(c->surface);
    }
}

static void send_garbage(const struct client_plan *p)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    uint8_t noise[4096];
    uint32_t x = 1;

    snprintf(a.sun_path, sizeof(a.sun_path), "%s/binnacle/%s", p->dir, p->vm);
    must(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0);
    for (size_t i = 0; i < sizeof(noise); i++)
        noise[i] = (uint8_t)((x = x * 1103515245 + 12345) >> 16);
    while (send(fd, noise, sizeof(noise), MSG_NOSIGNAL) > 0)
        ;
    _exit(THROWN_OUT);
}

static void run(const struct client_plan *plan)
{
    struct client c = {.plan = plan};
    struct wl_registry *registry;
    char path[128];

    if (plan->garbage)
        send_garbage(plan);
    snprintf(path, sizeof(path), "%s/binnacle/%s", plan->dir, plan->vm);
    c.display = wl_display_connect(path);
    must(c.display);
    registry = wl_display_get_registry(c.display);
    wl_registry_add_listener(registry, &registry_listener, &c);
    must(wl_display_roundtrip(c.display) >= 0);
    must(c.compositor && c.shm && c.shell && c.subcompositor);
    c.surface = wl_compositor_create_surface(c.compositor);
    c.xdg = xdg_wm_base_get_xdg_surface(c.shell, c.surface);
    xdg_surface_add_listener(c.xdg, &xdg_listener, &c);
    c.toplevel = xdg_surface_get_toplevel(c.xdg);
    xdg_toplevel_add_listener(c.toplevel, &toplevel_listener, &c);
    xdg_toplevel_set_app_id(c.toplevel, plan->app_id);
    wl_surface_commit(c.surface);
    while (!c.configured)
        must(wl_display_dispatch(c.display) >= 0);
    if (plan->ask_for_everything) {
        xdg_toplevel_set_title(c.toplevel, "cluster");
        xdg_toplevel_set_maximized(c.toplevel);
        xdg_toplevel_set_fullscreen(c.toplevel, NULL);
        xdg_surface_set_window_geometry(c.xdg, 0, 0, 5000, 5000);
    }
    show(&c);
    for (;;)
        must(wl_display_dispatch(c.display) >= 0);
}

/* libwayland aborts when the connection goes in the middle of a request. */
static void handle_abort(int number)
{
    (void)number;
    _exit(THROWN_OUT);
}

pid_t client_start(const struct client_plan *plan)
{
    const pid_t pid = fork();

    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        signal(SIGABRT, handle_abort);
        run(plan);
        _exit(0);
    }
    return pid;
}
