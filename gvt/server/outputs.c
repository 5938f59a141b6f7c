/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the compositor's outputs on this side. */
#include "outputs.h"

#include <stdio.h>
#include <string.h>

#include "display/include/display.h"

#define OUTPUT_VERSION 4 /* with a name */

static void tell(const struct outputs *o, unsigned n, const struct vgpu_mode *mode)
{
    if (o->changed)
        o->changed(o->data, n, mode);
}

static void handle_geometry(void *data, struct wl_output *proxy, int32_t x, int32_t y,
                            int32_t width_mm, int32_t height_mm, int32_t subpixel, const char *make,
                            const char *model, int32_t transform)
{
    (void)data, (void)proxy, (void)x, (void)y, (void)width_mm, (void)height_mm, (void)subpixel;
    (void)make, (void)model, (void)transform;
}

static void handle_mode(void *data, struct wl_output *proxy, uint32_t flags, int32_t width,
                        int32_t height, int32_t refresh)
{
    struct output *o = data;

    (void)proxy;
    if (!(flags & WL_OUTPUT_MODE_CURRENT) || width <= 0 || width > BN_MAX_PICTURE || height <= 0 ||
        height > BN_MAX_PICTURE)
        return;
    o->mode = (struct vgpu_mode){(uint32_t)width, (uint32_t)height,
                                 refresh > 0 ? (uint32_t)refresh : 60000};
}

static void handle_done(void *data, struct wl_output *proxy)
{
    const struct output *o = data;

    (void)proxy;
    if (o->number >= 0 && o->mode.width)
        tell(o->all, (unsigned)o->number, &o->mode);
}

static void handle_scale(void *data, struct wl_output *proxy, int32_t factor)
{
    (void)data, (void)proxy, (void)factor;
}

static void handle_name(void *data, struct wl_output *proxy, const char *name)
{
    struct output *o = data;
    unsigned n;
    char end;

    (void)proxy;
    if (sscanf(name, BN_SCANOUT_APP_ID "%2u%c", &n, &end) == 1 && n < VGPU_MAX_SCANOUTS)
        o->number = (int)n;
}

static void handle_description(void *data, struct wl_output *proxy, const char *description)
{
    (void)data, (void)proxy, (void)description;
}

static const struct wl_output_listener listener = {
    .geometry = handle_geometry,
    .mode = handle_mode,
    .done = handle_done,
    .scale = handle_scale,
    .name = handle_name,
    .description = handle_description,
};

void outputs_add(struct outputs *o, struct wl_registry *registry, uint32_t name, uint32_t version)
{
    struct output *free = NULL;

    for (unsigned i = 0; i < VGPU_MAX_SCANOUTS && !free; i++)
        free = o->output[i].proxy ? NULL : &o->output[i];
    if (!free || version < OUTPUT_VERSION)
        return;
    *free = (struct output){.all = o, .name = name, .number = -1};
    free->proxy = wl_registry_bind(registry, name, &wl_output_interface, OUTPUT_VERSION);
    if (free->proxy)
        wl_output_add_listener(free->proxy, &listener, free);
}

static void drop(struct output *o)
{
    wl_output_release(o->proxy);
    *o = (struct output){.number = -1};
}

static bool is_seen(const struct outputs *o, unsigned n)
{
    for (unsigned i = 0; i < VGPU_MAX_SCANOUTS; i++)
        if (o->output[i].proxy && o->output[i].number == (int)n)
            return true;
    return false;
}

void outputs_remove(struct outputs *o, uint32_t name)
{
    for (unsigned i = 0; i < VGPU_MAX_SCANOUTS; i++) {
        const int n = o->output[i].number;

        if (!o->output[i].proxy || o->output[i].name != name)
            continue;
        drop(&o->output[i]);
        if (n >= 0 && !is_seen(o, (unsigned)n))
            tell(o, (unsigned)n, &(struct vgpu_mode){0});
    }
}

void outputs_complete(struct outputs *o)
{
    for (unsigned n = 0; n < VGPU_MAX_SCANOUTS; n++)
        if (!is_seen(o, n))
            tell(o, n, &(struct vgpu_mode){0});
}

void outputs_forget(struct outputs *o)
{
    for (unsigned i = 0; i < VGPU_MAX_SCANOUTS; i++)
        if (o->output[i].proxy)
            drop(&o->output[i]);
}
