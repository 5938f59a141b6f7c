/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the order in which the compositor comes up and goes down. */
#include "server.h"

#include <errno.h>
#include <string.h>
#include <wlr/backend.h>
#include <wlr/render/allocator.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_linux_dmabuf_v1.h>
#include <wlr/types/wlr_output.h>
#include <wlr/types/wlr_shm.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/log.h>

#include "scanout.h"
#include "screen.h"

#define COMPOSITOR_VERSION 6
#define XDG_SHELL_VERSION  3
#define SHM_VERSION        1
#define DMABUF_VERSION     3
/*
 * A message can claim 64 KiB. With libwayland's 4 KiB the rest of one that does could never be
 * read, and the loop would find its socket readable for ever.
 */
#define CLIENT_BUFFER 131072

static void handle_new_output(struct wl_listener *listener, void *data)
{
    struct server *s = wl_container_of(listener, s, new_output);

    screen_new(s, data);
}

static void handle_new_input(struct wl_listener *listener, void *data)
{
    struct server *s = wl_container_of(listener, s, new_input);

    seat_add(s, data);
}

static void handle_new_surface(struct wl_listener *listener, void *data)
{
    struct server *s = wl_container_of(listener, s, new_surface);

    scanout_handle_new_surface(s, data);
}

static void handle_new_toplevel(struct wl_listener *listener, void *data)
{
    struct server *s = wl_container_of(listener, s, new_toplevel);

    scanout_handle_new_toplevel(s, data);
}

/* The scenario given by name, else the window's, else the default. A broken one is an error, a
 * missing one is not. */
static int load_scenario(struct server *s, const struct server_options *o)
{
    const char *path = o->scenario ? o->scenario : o->shm, *why;
    const int rc = path ? bn_scenario_load(path, &s->scenario, &why) : -ENOENT;

    if (rc == 0)
        return 0;
    if (o->scenario || (rc != -ENOENT && rc != -EACCES)) {
        wlr_log(WLR_ERROR, "%s: %s (%s)", path, why, strerror(-rc));
        return rc;
    }
    wlr_log(WLR_INFO, "no scenario: default layout");
    layout_default(&s->scenario);
    return 0;
}

static int open_window(struct server *s, const struct server_options *o)
{
    const char *why;
    int rc;

    s->window.fd = -1;
    if (!o->shm)
        return 0;
    rc = window_open(&s->window, o->shm, &why);
    if (rc)
        wlr_log(WLR_ERROR, "%s: %s (%s)", o->shm, why, strerror(-rc));
    return rc;
}

/* What clients find beside the outputs that their scanouts are on (monitor.c), and nothing else: no
 * seat, no way to read the screen. */
static int init_globals(struct server *s)
{
    struct wlr_compositor *compositor =
        wlr_compositor_create(s->display, COMPOSITOR_VERSION, s->renderer);
    struct wlr_xdg_shell *shell = wlr_xdg_shell_create(s->display, XDG_SHELL_VERSION);

    if (!compositor || !shell || !wlr_subcompositor_create(s->display) ||
        !wlr_shm_create_with_renderer(s->display, SHM_VERSION, s->renderer))
        return -ENOMEM;
    /* Pictures that the GPU has already, where one draws. */
    if (wlr_renderer_get_texture_formats(s->renderer, WLR_BUFFER_CAP_DMABUF) &&
        !wlr_linux_dmabuf_v1_create_with_renderer(s->display, DMABUF_VERSION, s->renderer))
        return -ENOMEM;
    monitor_hide_from_others(s);
    s->new_surface.notify = handle_new_surface;
    wl_signal_add(&compositor->events.new_surface, &s->new_surface);
    s->new_toplevel.notify = handle_new_toplevel;
    wl_signal_add(&shell->events.new_toplevel, &s->new_toplevel);
    return 0;
}

static int init_graphics(struct server *s, const struct server_options *o)
{
    s->backend = o->backend ? o->backend(s->loop, &s->session)
                            : wlr_backend_autocreate(s->loop, &s->session);
    if (!s->backend) {
        wlr_log(WLR_ERROR, "no display controller that can be used");
        return -ENODEV;
    }
    s->renderer = wlr_renderer_autocreate(s->backend);
    s->allocator = s->renderer ? wlr_allocator_autocreate(s->backend, s->renderer) : NULL;
    if (!s->allocator) {
        wlr_log(WLR_ERROR, "no renderer for the display controller");
        return -ENODEV;
    }
    s->new_output.notify = handle_new_output;
    wl_signal_add(&s->backend->events.new_output, &s->new_output);
    s->new_input.notify = handle_new_input;
    wl_signal_add(&s->backend->events.new_input, &s->new_input);
    return 0;
}

static int init_all(struct server *s, const struct server_options *o)
{
    int rc;

    if ((rc = load_scenario(s, o)) || (rc = open_window(s, o)) || (rc = init_graphics(s, o)) ||
        (rc = init_globals(s)) || (rc = seat_init_all(s)) || (rc = vm_init_all(s)))
        return rc;
    cluster_init(&s->cluster, s->renderer, &s->window);
    status_open(&s->status, &s->window);
    if ((rc = clock_init(&s->clock, s)))
        return rc;
    return wlr_backend_start(s->backend) ? 0 : -ENODEV;
}

int server_init(struct server *s, const struct server_options *o)
{
    int rc;

    memset(s, 0, sizeof(*s));
    wl_list_init(&s->new_output.link);
    wl_list_init(&s->new_input.link);
    wl_list_init(&s->new_surface.link);
    wl_list_init(&s->new_toplevel.link);
    s->window.fd = -1;
    s->display = wl_display_create();
    if (!s->display)
        return -ENOMEM;
    wl_display_set_default_max_buffer_size(s->display, CLIENT_BUFFER);
    s->loop = wl_display_get_event_loop(s->display);
    rc = init_all(s, o);
    if (rc)
        server_finish(s);
    return rc;
}

void server_finish(struct server *s)
{
    clock_finish(&s->clock);
    wl_display_destroy_clients(s->display);
    vm_finish_all(s);
    for (unsigned i = 0; i < BN_MAX_OUTPUTS; i++)
        if (s->screen[i])
            screen_destroy(s->screen[i]);
    if (s->clock.server) { /* the cluster learns at once that nobody shows it any more */
        s->status.now.ready = 0;
        status_publish(&s->status, clock_now_ns());
    }
    seat_finish_all(s);
    cluster_finish(&s->cluster);
    status_close(&s->status);
    window_close(&s->window);
    wl_list_remove(&s->new_output.link);
    wl_list_remove(&s->new_input.link);
    wl_list_remove(&s->new_surface.link);
    wl_list_remove(&s->new_toplevel.link);
    if (s->backend)
        wlr_backend_destroy(s->backend);
    if (s->allocator)
        wlr_allocator_destroy(s->allocator);
    if (s->renderer)
        wlr_renderer_destroy(s->renderer);
    wl_display_destroy(s->display);
}
