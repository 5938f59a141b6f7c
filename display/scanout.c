/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what a guest's client may put on the screens, and tells the screens what of it changed. */
#include "scanout.h"

#include <stdlib.h>
#include <string.h>
#include <wlr/types/wlr_compositor.h>
#include <wlr/types/wlr_subcompositor.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/log.h>

#include "screen.h"
#include "server.h"

struct vm_surface { /* any surface of a VM's client */
    struct vm *vm;
    struct wlr_surface *surface;
    struct wlr_box seen; /* a subsurface's place at its last commit */
    struct wl_listener client_commit, commit, destroy;
};

struct wlr_surface *scanout_surface(const struct scanout *s)
{
    return s->toplevel->base->surface;
}

static struct scanout *find_scanout(struct vm *vm, struct wlr_surface *root)
{
    for (unsigned i = 0; i < BN_MAX_SCANOUTS; i++)
        if (vm->scanout[i] && scanout_surface(vm->scanout[i]) == root)
            return vm->scanout[i];
    return NULL;
}

/* damage in coordinates of the root surface; NULL: all */
static void tell_screens(struct scanout *o, const pixman_region32_t *damage)
{
    const struct wlr_surface *root = scanout_surface(o);
    struct server *s = o->vm->server;

    for (unsigned i = 0; i < BN_MAX_OUTPUTS; i++)
        if (s->screen[i])
            screen_damage_scanout(s->screen[i], o->vm->index, (unsigned)o->number, damage,
                                  root->current.width, root->current.height);
}

struct place {
    struct wlr_surface *wanted;
    struct wlr_box box;
};

static void find_place(struct wlr_surface *surface, int x, int y, void *data)
{
    struct place *p = data;

    if (surface == p->wanted)
        p->box = (struct wlr_box){x, y, surface->current.width, surface->current.height};
}

/* Damage of a subsurface is small (a cursor): its old and its new place, whatever changed inside.
 */
static void damage_subsurface(struct wlr_surface *root, struct vm_surface *v, struct scanout *o)
{
    struct place p = {.wanted = v->surface};
    pixman_region32_t damage;

    wlr_surface_for_each_surface(root, find_place, &p);
    pixman_region32_init(&damage);
    if (!wlr_box_empty(&v->seen))
        pixman_region32_union_rect(&damage, &damage, v->seen.x, v->seen.y, (unsigned)v->seen.width,
                                   (unsigned)v->seen.height);
    if (!wlr_box_empty(&p.box))
        pixman_region32_union_rect(&damage, &damage, p.box.x, p.box.y, (unsigned)p.box.width,
                                   (unsigned)p.box.height);
    v->seen = p.box;
    tell_screens(o, &damage);
    pixman_region32_fini(&damage);
}

/* A root's commit may have moved its children. */
static void damage_children(struct wlr_surface *root, struct scanout *o)
{
    struct wlr_subsurface *sub;

    wl_list_for_each(sub, &root->current.subsurfaces_above, current.link) if (sub->surface->data)
        damage_subsurface(root, sub->surface->data, o);
    wl_list_for_each(sub, &root->current.subsurfaces_below, current.link) if (sub->surface->data)
        damage_subsurface(root, sub->surface->data, o);
}

static void handle_commit(struct wl_listener *listener, void *data)
{
    struct vm_surface *v = wl_container_of(listener, v, commit);
    struct wlr_surface *root = wlr_surface_get_root_surface(v->surface);
    struct scanout *o = find_scanout(v->vm, root);
    pixman_region32_t damage;

    (void)data;
    if (!o)
        return;
    if (root != v->surface) {
        damage_subsurface(root, v, o);
        return;
    }
    if (v->seen.width != root->current.width || v->seen.height != root->current.height) {
        v->seen.width = root->current.width;
        v->seen.height = root->current.height;
        tell_screens(o, NULL);
        return;
    }
    pixman_region32_init(&damage);
    wlr_surface_get_effective_damage(root, &damage);
    tell_screens(o, &damage);
    pixman_region32_fini(&damage);
    damage_children(root, o);
}

/* Before the state is taken over: what would cost us more than a scanout may is refused. */
static void handle_client_commit(struct wl_listener *listener, void *data)
{
    struct vm_surface *v = wl_container_of(listener, v, client_commit);
    const struct wlr_surface_state *p = &v->surface->pending;
    struct wl_resource *resource = v->surface->resource;
    const char *why = NULL;

    (void)data;
    if (p->buffer && (p->buffer->width > BN_MAX_PICTURE || p->buffer->height > BN_MAX_PICTURE))
        why = "a buffer is larger than any scanout may be";
    else if (v->vm->commits++ > VM_MAX_COMMITS)
        why = "too many commits in one frame";
    if (!why)
        return;
    wlr_surface_reject_pending(v->surface, resource, 0, "%s", why);
    vm_throw_out(v->vm, wl_resource_get_client(resource), why);
}

static void handle_surface_destroy(struct wl_listener *listener, void *data)
{
    struct vm_surface *v = wl_container_of(listener, v, destroy);
    struct scanout *o = find_scanout(v->vm, wlr_surface_get_root_surface(v->surface));

    (void)data;
    if (o)
        tell_screens(o, NULL);
    v->vm->surfaces--;
    v->surface->data = NULL;
    wl_list_remove(&v->client_commit.link);
    wl_list_remove(&v->commit.link);
    wl_list_remove(&v->destroy.link);
    free(v);
}

void scanout_handle_new_surface(struct server *s, struct wlr_surface *surface)
{
    struct wl_client *client = wl_resource_get_client(surface->resource);
    struct vm *vm = vm_of_client(client);
    struct vm_surface *v = vm ? calloc(1, sizeof(*v)) : NULL;

    (void)s;
    if (!v) {
        wl_client_post_no_memory(client);
        return;
    }
    v->vm = vm;
    v->surface = surface;
    surface->data = v;
    v->client_commit.notify = handle_client_commit;
    wl_signal_add(&surface->events.client_commit, &v->client_commit);
    v->commit.notify = handle_commit;
    wl_signal_add(&surface->events.commit, &v->commit);
    v->destroy.notify = handle_surface_destroy;
    wl_signal_add(&surface->events.destroy, &v->destroy);
    if (vm->surfaces++ >= VM_MAX_SURFACES)
        vm_throw_out(vm, client, "too many surfaces");
}

/* "scanout-N" with N one of those the scenario gives the VM, else -1. */
static int number_of(const struct vm *vm, const char *app_id)
{
    const size_t prefix = strlen(BN_SCANOUT_APP_ID);
    char *end;
    unsigned long n;

    if (!app_id || strncmp(app_id, BN_SCANOUT_APP_ID, prefix) || app_id[prefix] < '0' ||
        app_id[prefix] > '9')
        return -1;
    n = strtoul(app_id + prefix, &end, 10);
    return *end == 0 && n < BN_MAX_SCANOUTS && vm->size[n].width ? (int)n : -1;
}

static void handle_toplevel_commit(struct wl_listener *listener, void *data)
{
    struct scanout *o = wl_container_of(listener, o, commit);
    struct wlr_xdg_toplevel *t = o->toplevel;
    const struct bn_scanout_size *size;

    (void)data;
    if (!t->base->initial_commit)
        return;
    o->number = number_of(o->vm, t->app_id);
    if (o->number < 0) {
        wlr_log(WLR_ERROR, "vm %s: a window that is no scanout of it stays invisible",
                o->vm->server->scenario.vm[o->vm->index].name);
        wlr_xdg_surface_schedule_configure(t->base);
        return;
    }
    wlr_xdg_toplevel_set_fullscreen(t, true);
    size = &o->vm->monitor[o->number].size;
    if (!size->width)
        size = &o->vm->size[o->number];
    wlr_xdg_toplevel_set_size(t, (int)size->width, (int)size->height);
}

/* A request to be placed otherwise is answered with what is so. */
static void handle_fullscreen(struct wl_listener *listener, void *data)
{
    struct scanout *o = wl_container_of(listener, o, fullscreen);

    (void)data;
    if (o->toplevel->base->initialized)
        wlr_xdg_surface_schedule_configure(o->toplevel->base);
}

static void handle_maximize(struct wl_listener *listener, void *data)
{
    struct scanout *o = wl_container_of(listener, o, maximize);

    (void)data;
    if (o->toplevel->base->initialized)
        wlr_xdg_surface_schedule_configure(o->toplevel->base);
}

/* The newest wins: a VM's back end that was started again shows its picture before the old socket
 * is gone. */
static void handle_map(struct wl_listener *listener, void *data)
{
    struct scanout *o = wl_container_of(listener, o, map);

    (void)data;
    if (o->number < 0)
        return;
    o->vm->scanout[o->number] = o;
    o->vm->pictured = true;
    tell_screens(o, NULL);
}

static void handle_unmap(struct wl_listener *listener, void *data)
{
    struct scanout *o = wl_container_of(listener, o, unmap);

    (void)data;
    if (o->number < 0 || o->vm->scanout[o->number] != o)
        return;
    o->vm->scanout[o->number] = NULL;
    tell_screens(o, NULL);
}

static void handle_toplevel_destroy(struct wl_listener *listener, void *data)
{
    struct scanout *o = wl_container_of(listener, o, destroy);

    (void)data;
    handle_unmap(&o->unmap, NULL);
    wl_list_remove(&o->commit.link);
    wl_list_remove(&o->map.link);
    wl_list_remove(&o->unmap.link);
    wl_list_remove(&o->destroy.link);
    wl_list_remove(&o->fullscreen.link);
    wl_list_remove(&o->maximize.link);
    free(o);
}

void scanout_handle_new_toplevel(struct server *s, struct wlr_xdg_toplevel *toplevel)
{
    struct wl_client *client = wl_resource_get_client(toplevel->resource);
    struct vm *vm = vm_of_client(client);
    struct scanout *o = vm ? calloc(1, sizeof(*o)) : NULL;

    (void)s;
    if (!o) {
        wl_client_post_no_memory(client);
        return;
    }
    o->vm = vm;
    o->number = -1;
    o->toplevel = toplevel;
    o->commit.notify = handle_toplevel_commit;
    wl_signal_add(&toplevel->base->surface->events.commit, &o->commit);
    o->map.notify = handle_map;
    wl_signal_add(&toplevel->base->surface->events.map, &o->map);
    o->unmap.notify = handle_unmap;
    wl_signal_add(&toplevel->base->surface->events.unmap, &o->unmap);
    o->destroy.notify = handle_toplevel_destroy;
    wl_signal_add(&toplevel->events.destroy, &o->destroy);
    o->fullscreen.notify = handle_fullscreen;
    wl_signal_add(&toplevel->events.request_fullscreen, &o->fullscreen);
    o->maximize.notify = handle_maximize;
    wl_signal_add(&toplevel->events.request_maximize, &o->maximize);
}
