/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the sockets of the guest VMs and the bookkeeping of who is connected. */
#include "vm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/util/log.h>

#include "scanout.h"
#include "server.h"

struct client { /* of a VM; lives as long as the wl_client */
    struct vm *vm;
    struct wl_listener destroy;
};

static void handle_client_destroy(struct wl_listener *listener, void *data)
{
    struct client *c = wl_container_of(listener, c, destroy);

    (void)data;
    c->vm->clients--;
    free(c);
}

struct vm *vm_of_client(struct wl_client *client)
{
    struct wl_listener *l = wl_client_get_destroy_listener(client, handle_client_destroy);
    struct client *c = wl_container_of(l, c, destroy);

    return l ? c->vm : NULL;
}

static int handle_connection(int fd, uint32_t mask, void *data)
{
    struct vm *vm = data;
    const int peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
    struct client *c = NULL;
    struct wl_client *client;

    (void)mask;
    if (peer < 0)
        return 0;
    if (vm->clients < VM_MAX_CLIENTS)
        c = calloc(1, sizeof(*c));
    client = c ? wl_client_create(vm->server->display, peer) : NULL;
    if (!client) {
        wlr_log(WLR_ERROR, "vm %s: connection refused", vm->server->scenario.vm[vm->index].name);
        free(c);
        close(peer);
        return 0;
    }
    c->vm = vm;
    c->destroy.notify = handle_client_destroy;
    wl_client_add_destroy_listener(client, &c->destroy);
    vm->clients++;
    return 0;
}

int socket_listen(const char *dir, const char *name, const char *suffix, int type)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const int n = snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s%s", dir, name, suffix);
    int fd, rc = 0;

    if (n < 0 || (size_t)n >= sizeof(a.sun_path))
        return -ENAMETOOLONG;
    fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    unlink(a.sun_path);
    if (bind(fd, (struct sockaddr *)&a, sizeof(a)) < 0 || chmod(a.sun_path, 0660) < 0 ||
        listen(fd, 4) < 0)
        rc = -errno;
    if (rc)
        close(fd);
    return rc ? rc : fd;
}

static int vm_init(struct vm *vm, struct server *s, unsigned index, const char *dir)
{
    const char *name = s->scenario.vm[index].name;
    int rc;

    vm->server = s;
    vm->index = index;
    if (bn_scenario_scanouts(&s->scenario, index, vm->size) == 0)
        return 0;
    vm->listener = socket_listen(dir, name, "", SOCK_STREAM);
    if (vm->listener < 0)
        return vm->listener;
    vm->source =
        wl_event_loop_add_fd(s->loop, vm->listener, WL_EVENT_READABLE, handle_connection, vm);
    rc = vm->source ? input_port_init(&vm->input, s->loop, dir, name) : -ENOMEM;
    if (rc) {
        if (vm->source)
            wl_event_source_remove(vm->source);
        close(vm->listener);
        return rc;
    }
    vm->open = true;
    for (unsigned n = 0; n < BN_MAX_SCANOUTS; n++)
        monitor_init(&vm->monitor[n], vm, n);
    wlr_log(WLR_INFO, "vm %s: listening on %s/%s", name, dir, name);
    return 0;
}

int vm_init_all(struct server *s)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    char dir[100];

    if (!runtime || snprintf(dir, sizeof(dir), "%s/" BN_DISPLAY_DIR, runtime) >= (int)sizeof(dir)) {
        wlr_log(WLR_ERROR, "XDG_RUNTIME_DIR is not set, or too long");
        return -EINVAL;
    }
    if (mkdir(dir, 0750) < 0 && errno != EEXIST) {
        wlr_log_errno(WLR_ERROR, "%s", dir);
        return -errno;
    }
    for (unsigned i = 0; i < s->scenario.vm_count; i++) {
        const int rc = vm_init(&s->vm[i], s, i, dir);

        if (rc) {
            wlr_log(WLR_ERROR, "vm %s: socket: %s", s->scenario.vm[i].name, strerror(-rc));
            return rc;
        }
    }
    return 0;
}

void vm_finish_all(struct server *s)
{
    for (unsigned i = 0; i < s->scenario.vm_count; i++) {
        struct vm *vm = &s->vm[i];

        if (!vm->open)
            continue;
        wl_event_source_remove(vm->source);
        close(vm->listener);
        input_port_finish(&vm->input);
        for (unsigned n = 0; n < BN_MAX_SCANOUTS; n++)
            monitor_finish(&vm->monitor[n]);
        vm->open = false;
    }
}

struct wlr_surface *vm_surface(struct server *s, unsigned vm, unsigned scanout)
{
    const struct scanout *o = s->vm[vm].scanout[scanout];

    return o ? scanout_surface(o) : NULL;
}

void vm_throw_out(struct vm *vm, struct wl_client *client, const char *why)
{
    vm->thrown_out++;
    wlr_log(WLR_ERROR, "vm %s: client thrown out: %s", vm->server->scenario.vm[vm->index].name,
            why);
    wl_client_post_implementation_error(client, "%s", why);
}

/* A guest without any screen shows nothing and misses nothing. */
static bool is_lost(const struct vm *vm)
{
    bool screen = false;

    for (unsigned n = 0; n < BN_MAX_SCANOUTS; n++) {
        if (vm->scanout[n])
            return false;
        screen = screen || vm->monitor[n].size.width;
    }
    return vm->pictured && screen;
}

uint32_t vm_lost(const struct server *s)
{
    uint32_t bits = 0;

    for (unsigned i = 0; i < s->scenario.vm_count; i++)
        bits |= (uint32_t)is_lost(&s->vm[i]) << i;
    return bits;
}

static void send_done(struct wlr_surface *surface, int x, int y, void *data)
{
    (void)x;
    (void)y;
    wlr_surface_send_frame_done(surface, data);
}

void vm_frame_done(struct server *s)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    for (unsigned i = 0; i < s->scenario.vm_count; i++) {
        s->vm[i].commits = 0;
        for (unsigned k = 0; k < BN_MAX_SCANOUTS; k++)
            if (s->vm[i].scanout[k])
                wlr_surface_for_each_surface(scanout_surface(s->vm[i].scanout[k]), send_done, &now);
    }
}
