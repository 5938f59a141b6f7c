/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the wl_outputs that guests' mediators learn from which of their scanouts can be seen. */
#include "monitor.h"

#include <stdint.h>
#include <stdio.h>
#include <wayland-server-protocol.h>
#include <wlr/types/wlr_xdg_shell.h>
#include <wlr/util/log.h>

#include "scanout.h"
#include "screen.h"
#include "server.h"

#define OUTPUT_VERSION 4 /* with a name */

static void handle_release(struct wl_client *client, struct wl_resource *resource)
{
    (void)client;
    wl_resource_destroy(resource);
}

static const struct wl_output_interface implementation = {.release = handle_release};

static void handle_resource_destroy(struct wl_resource *resource)
{
    wl_list_remove(wl_resource_get_link(resource));
}

static void send_mode(const struct monitor *m, struct wl_resource *r)
{
    wl_output_send_mode(r, WL_OUTPUT_MODE_CURRENT | WL_OUTPUT_MODE_PREFERRED,
                        (int32_t)m->size.width, (int32_t)m->size.height,
                        (int32_t)m->size.refresh_mhz);
    wl_output_send_done(r);
}

static void send_all(const struct monitor *m, struct wl_resource *r)
{
    char name[sizeof(BN_SCANOUT_APP_ID) + 12];

    snprintf(name, sizeof(name), BN_SCANOUT_APP_ID "%u", m->number);
    wl_output_send_geometry(r, 0, 0, 0, 0, WL_OUTPUT_SUBPIXEL_UNKNOWN, "Binnacle", name,
                            WL_OUTPUT_TRANSFORM_NORMAL);
    wl_output_send_scale(r, 1);
    wl_output_send_name(r, name);
    send_mode(m, r);
}

/* It may have been taken back while the request was on its way: then nothing is said of it. */
static void handle_bind(struct wl_client *client, void *data, uint32_t version, uint32_t id)
{
    struct monitor *m = data;
    struct wl_resource *r = wl_resource_create(client, &wl_output_interface, (int)version, id);

    if (!r) {
        wl_client_post_no_memory(client);
        return;
    }
    wl_resource_set_implementation(r, &implementation, NULL, handle_resource_destroy);
    wl_list_init(wl_resource_get_link(r));
    if (!m->global || version < OUTPUT_VERSION)
        return; /* without its name it says nothing */
    wl_list_insert(&m->resources, wl_resource_get_link(r));
    send_all(m, r);
}

static void drop(struct wl_global **global)
{
    if (*global)
        wl_global_destroy(*global);
    *global = NULL;
}

static void forget_resources(struct monitor *m)
{
    struct wl_resource *r, *next;

    wl_resource_for_each_safe(r, next, &m->resources)
    {
        wl_list_remove(wl_resource_get_link(r));
        wl_list_init(wl_resource_get_link(r));
    }
}

static void take_back(struct monitor *m)
{
    forget_resources(m);
    drop(&m->taken_back);
    wl_global_remove(m->global);
    m->taken_back = m->global;
    m->global = NULL;
}

/* The one before is dropped when this one is taken back: who binds it meanwhile has not heard yet.
 */
static void offer(struct monitor *m)
{
    m->global = wl_global_create(m->vm->server->display, &wl_output_interface, OUTPUT_VERSION, m,
                                 handle_bind);
    if (!m->global)
        wlr_log(WLR_ERROR, "no memory for an output");
}

/* The first layer in the scenario's order that shows the scanout on a screen that is there. */
static struct bn_scanout_size size_on_screens(const struct monitor *m)
{
    const struct server *s = m->vm->server;

    for (unsigned i = 0; i < s->scenario.layer_count; i++) {
        const struct bn_scenario_layer *l = &s->scenario.layer[i];
        const struct screen *screen = s->screen[l->output];
        struct wlr_box box;

        if (l->source != BN_LAYER_SCANOUT || l->vm != m->vm->index || l->scanout != m->number ||
            !screen)
            continue;
        box = screen_box(screen, l);
        if (l->src_width) /* a cut is of the guest's pixels, whatever the screen */
            box = (struct wlr_box){.width = l->src_x + l->src_width,
                                   .height = l->src_y + l->src_height};
        return (struct bn_scanout_size){(uint32_t)box.width, (uint32_t)box.height,
                                        screen->plan->refresh_mhz};
    }
    return (struct bn_scanout_size){0};
}

static void update(struct monitor *m)
{
    const struct bn_scanout_size before = m->size;
    struct wl_resource *r;

    m->size = size_on_screens(m);
    if (m->size.width == before.width && m->size.height == before.height)
        return;
    wlr_log(WLR_INFO, "vm %s: scanout %u: %ux%u", m->vm->server->scenario.vm[m->vm->index].name,
            m->number, m->size.width, m->size.height);
    if (m->size.width && m->vm->scanout[m->number])
        wlr_xdg_toplevel_set_size(m->vm->scanout[m->number]->toplevel, (int)m->size.width,
                                  (int)m->size.height);
    if (!m->size.width && m->global)
        take_back(m);
    else if (m->size.width && !m->global)
        offer(m);
    else
        wl_resource_for_each(r, &m->resources) send_mode(m, r);
}

void monitor_init(struct monitor *m, struct vm *vm, unsigned number)
{
    *m = (struct monitor){.vm = vm, .number = number};
    wl_list_init(&m->resources);
}

void monitor_finish(struct monitor *m)
{
    forget_resources(m);
    drop(&m->taken_back);
    drop(&m->global);
}

void monitor_update_all(struct server *s)
{
    for (unsigned i = 0; i < s->scenario.vm_count; i++)
        for (unsigned n = 0; s->vm[i].open && n < BN_MAX_SCANOUTS; n++)
            update(&s->vm[i].monitor[n]);
}

static bool may_see(const struct wl_client *client, const struct wl_global *global, void *data)
{
    const struct monitor *m = wl_global_get_user_data(global);

    (void)data;
    return wl_global_get_interface(global) != &wl_output_interface ||
           m->vm == vm_of_client((struct wl_client *)(uintptr_t)client);
}

void monitor_hide_from_others(struct server *s)
{
    wl_display_set_global_filter(s->display, may_see, NULL);
}
