/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the compositor's side of the mediator's tests. */
#include "stage.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <wayland-server.h>

#include "xdg-shell-protocol.h"

#define SURFACES 16
#define OUTPUTS  4

struct surface {
    struct wl_resource *resource, *xdg, *toplevel; /* resource NULL: free */
    struct surface *parent;
    char app_id[32];
    struct wl_resource *pending, *callback; /* buffer, frame */
    bool attached, configured;
    int x, y, next_x, next_y; /* of a subsurface */
    uint32_t *pixels;
    bool alpha;
    int width, height;
};

static struct {
    struct wl_display *display;
    struct surface surface[SURFACES];
    struct output {
        struct wl_global *global;
        struct wl_resource *resource;
        const char *name;
        int width, height;
    } output[OUTPUTS];
} stage;

static void destroy_request(struct wl_client *c, struct wl_resource *r)
{
    (void)c;
    wl_resource_destroy(r);
}

static void hide(struct surface *s)
{
    free(s->pixels);
    s->pixels = NULL;
}

static void handle_surface_destroy(struct wl_resource *r)
{
    struct surface *s = wl_resource_get_user_data(r);

    hide(s);
    for (unsigned i = 0; i < SURFACES; i++)
        if (stage.surface[i].parent == s)
            stage.surface[i].parent = NULL;
    *s = (struct surface){0};
}

static void attach(struct wl_client *c, struct wl_resource *r, struct wl_resource *buffer,
                   int32_t x, int32_t y)
{
    struct surface *s = wl_resource_get_user_data(r);

    (void)c, (void)x, (void)y;
    s->pending = buffer;
    s->attached = true;
}

static void damage(struct wl_client *c, struct wl_resource *r, int32_t x, int32_t y, int32_t w,
                   int32_t h)
{
    (void)c, (void)r, (void)x, (void)y, (void)w, (void)h;
}

static void frame(struct wl_client *c, struct wl_resource *r, uint32_t id)
{
    struct surface *s = wl_resource_get_user_data(r);

    assert(!s->callback); /* one commit a frame */
    s->callback = wl_resource_create(c, &wl_callback_interface, 1, id);
}

static void take_picture(struct surface *s)
{
    struct wl_shm_buffer *b = s->pending ? wl_shm_buffer_get(s->pending) : NULL;

    hide(s);
    s->attached = false;
    if (!b)
        return;
    s->width = wl_shm_buffer_get_width(b);
    s->height = wl_shm_buffer_get_height(b);
    s->alpha = wl_shm_buffer_get_format(b) == WL_SHM_FORMAT_ARGB8888;
    s->pixels = calloc((size_t)s->width * (size_t)s->height, 4);
    assert(s->pixels);
    wl_shm_buffer_begin_access(b);
    for (int y = 0; y < s->height; y++)
        memcpy(s->pixels + y * s->width,
               (uint8_t *)wl_shm_buffer_get_data(b) + y * wl_shm_buffer_get_stride(b),
               (size_t)s->width * 4);
    wl_shm_buffer_end_access(b);
    wl_buffer_send_release(s->pending);
}

static void commit(struct wl_client *c, struct wl_resource *r)
{
    struct surface *s = wl_resource_get_user_data(r);
    struct wl_array states;

    (void)c;
    if (s->attached)
        take_picture(s);
    for (unsigned i = 0; i < SURFACES; i++)
        if (stage.surface[i].parent == s) {
            stage.surface[i].x = stage.surface[i].next_x;
            stage.surface[i].y = stage.surface[i].next_y;
        }
    if (!s->toplevel || s->configured)
        return;
    s->configured = true;
    wl_array_init(&states);
    xdg_toplevel_send_configure(s->toplevel, 0, 0, &states);
    xdg_surface_send_configure(s->xdg, 1);
}

static const struct wl_surface_interface surface_requests = {.destroy = destroy_request,
                                                             .attach = attach,
                                                             .damage = damage,
                                                             .frame = frame,
                                                             .commit = commit,
                                                             .damage_buffer = damage};

static void create_surface(struct wl_client *c, struct wl_resource *r, uint32_t id)
{
    struct surface *s = stage.surface;

    (void)r;
    while (s->resource)
        assert(++s < stage.surface + SURFACES);
    s->resource = wl_resource_create(c, &wl_surface_interface, 4, id);
    wl_resource_set_implementation(s->resource, &surface_requests, s, handle_surface_destroy);
}

static const struct wl_compositor_interface compositor_requests = {.create_surface =
                                                                       create_surface};

static void set_position(struct wl_client *c, struct wl_resource *r, int32_t x, int32_t y)
{
    struct surface *s = wl_resource_get_user_data(r);

    (void)c;
    s->next_x = x;
    s->next_y = y;
}

static void set_desync(struct wl_client *c, struct wl_resource *r)
{
    (void)c, (void)r;
}

static const struct wl_subsurface_interface subsurface_requests = {
    .destroy = destroy_request, .set_position = set_position, .set_desync = set_desync};

static void get_subsurface(struct wl_client *c, struct wl_resource *r, uint32_t id,
                           struct wl_resource *surface, struct wl_resource *parent)
{
    struct surface *s = wl_resource_get_user_data(surface);

    (void)r;
    s->parent = wl_resource_get_user_data(parent);
    wl_resource_set_implementation(wl_resource_create(c, &wl_subsurface_interface, 1, id),
                                   &subsurface_requests, s, NULL);
}

static const struct wl_subcompositor_interface subcompositor_requests = {.get_subsurface =
                                                                             get_subsurface};

static void set_app_id(struct wl_client *c, struct wl_resource *r, const char *app_id)
{
    struct surface *s = wl_resource_get_user_data(r);

    (void)c;
    strncpy(s->app_id, app_id, sizeof(s->app_id) - 1);
}

static const struct xdg_toplevel_interface toplevel_requests = {.destroy = destroy_request,
                                                                .set_app_id = set_app_id};

static void get_toplevel(struct wl_client *c, struct wl_resource *r, uint32_t id)
{
    struct surface *s = wl_resource_get_user_data(r);

    s->toplevel = wl_resource_create(c, &xdg_toplevel_interface, 1, id);
    wl_resource_set_implementation(s->toplevel, &toplevel_requests, s, NULL);
}

static void ack_configure(struct wl_client *c, struct wl_resource *r, uint32_t serial)
{
    (void)c, (void)r, (void)serial;
}

static const struct xdg_surface_interface xdg_requests = {
    .destroy = destroy_request, .get_toplevel = get_toplevel, .ack_configure = ack_configure};

static void get_xdg_surface(struct wl_client *c, struct wl_resource *r, uint32_t id,
                            struct wl_resource *surface)
{
    struct surface *s = wl_resource_get_user_data(surface);

    (void)r;
    s->xdg = wl_resource_create(c, &xdg_surface_interface, 1, id);
    wl_resource_set_implementation(s->xdg, &xdg_requests, s, NULL);
}

static const struct xdg_wm_base_interface shell_requests = {.destroy = destroy_request,
                                                            .get_xdg_surface = get_xdg_surface};

static void bind_plain(struct wl_client *c, void *data, uint32_t version, uint32_t id)
{
    static const struct {
        const struct wl_interface *interface;
        const void *requests;
    } of[] = {{&wl_compositor_interface, &compositor_requests},
              {&wl_subcompositor_interface, &subcompositor_requests},
              {&xdg_wm_base_interface, &shell_requests}};

    for (unsigned i = 0; i < sizeof(of) / sizeof(of[0]); i++)
        if (of[i].interface == data)
            wl_resource_set_implementation(wl_resource_create(c, data, (int)version, id),
                                           of[i].requests, NULL, NULL);
}

static void say(const struct output *o)
{
    wl_output_send_mode(o->resource, WL_OUTPUT_MODE_CURRENT, o->width, o->height, 60000);
    wl_output_send_done(o->resource);
}

static void handle_output_destroy(struct wl_resource *r)
{
    for (unsigned i = 0; i < OUTPUTS; i++)
        if (stage.output[i].resource == r)
            stage.output[i].resource = NULL;
}

static void bind_output(struct wl_client *c, void *data, uint32_t version, uint32_t id)
{
    static const struct wl_output_interface requests = {.release = destroy_request};
    struct output *o = data;

    assert(version == 4);
    o->resource = wl_resource_create(c, &wl_output_interface, 4, id);
    wl_resource_set_implementation(o->resource, &requests, NULL, handle_output_destroy);
    wl_output_send_geometry(o->resource, 0, 0, 0, 0, 0, "", "", 0);
    wl_output_send_scale(o->resource, 1);
    wl_output_send_name(o->resource, o->name);
    say(o);
}

void stage_plug(unsigned place, const char *name, int width, int height)
{
    struct output *o = &stage.output[place];

    o->name = name;
    o->width = width;
    o->height = height;
    if (o->resource)
        say(o);
    if (!o->global)
        o->global = wl_global_create(stage.display, &wl_output_interface, 4, o, bind_output);
}

void stage_unplug(unsigned place)
{
    wl_global_destroy(stage.output[place].global);
    stage.output[place].global = NULL;
}

void stage_start(const char *path)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};

    memset(&stage, 0, sizeof(stage));
    stage.display = wl_display_create();
    strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
    unlink(path);
    assert(stage.display && fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
           listen(fd, 1) == 0 && wl_display_add_socket_fd(stage.display, fd) == 0);
    assert(wl_display_init_shm(stage.display) == 0);
    wl_display_add_shm_format(stage.display, WL_SHM_FORMAT_XBGR8888);
    wl_display_add_shm_format(stage.display, WL_SHM_FORMAT_ABGR8888);
    assert(wl_global_create(stage.display, &wl_compositor_interface, 4,
                            (void *)(uintptr_t)&wl_compositor_interface, bind_plain));
    assert(wl_global_create(stage.display, &wl_subcompositor_interface, 1,
                            (void *)(uintptr_t)&wl_subcompositor_interface, bind_plain));
    assert(wl_global_create(stage.display, &xdg_wm_base_interface, 1,
                            (void *)(uintptr_t)&xdg_wm_base_interface, bind_plain));
}

void stage_turn(void)
{
    wl_event_loop_dispatch(wl_display_get_event_loop(stage.display), 0);
    for (unsigned i = 0; i < SURFACES; i++) {
        struct surface *s = &stage.surface[i];

        if (!s->callback)
            continue;
        wl_callback_send_done(s->callback, 0);
        wl_resource_destroy(s->callback);
        s->callback = NULL;
    }
    wl_display_flush_clients(stage.display);
}

void stage_stop(void)
{
    wl_display_destroy_clients(stage.display);
    wl_display_destroy(stage.display);
    stage.display = NULL;
}

static const struct surface *find(const char *app_id)
{
    for (unsigned i = 0; i < SURFACES; i++)
        if (stage.surface[i].pixels && !strcmp(stage.surface[i].app_id, app_id))
            return &stage.surface[i];
    return NULL;
}

/* Whole pixels only: covered or not. */
static bool look(const struct surface *s, int x, int y, uint32_t *pixel)
{
    if (!s->pixels || x < 0 || x >= s->width || y < 0 || y >= s->height ||
        (s->alpha && s->pixels[y * s->width + x] >> 24 != 0xFF))
        return false;
    *pixel = s->pixels[y * s->width + x];
    return true;
}

int64_t stage_pixel(const char *app_id, int x, int y)
{
    const struct surface *root = find(app_id);
    uint32_t pixel;

    if (!root || !look(root, x, y, &pixel))
        return -1;
    for (unsigned i = 0; i < SURFACES; i++) {
        const struct surface *s = &stage.surface[i];

        if (s->parent == root)
            (void)look(s, x - s->x, y - s->y, &pixel);
    }
    return pixel & 0xFFFFFF;
}
