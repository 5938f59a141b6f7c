/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the rules of a layout and the default one. */
#include "layout.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MAX_PIXELS 8192
#define TILE_X     480
#define TILE_Y     160
#define TILE_W     320
#define TILE_H     320
#define STRIP_H    48

static bool inside(int32_t at, int32_t size, uint32_t limit)
{
    return at >= 0 && size > 0 && (uint64_t)(uint32_t)at + (uint32_t)size <= limit;
}

static const char *layer_fault(const struct bn_scenario *s, const struct bn_scenario_layer *l)
{
    if (l->source < BN_LAYER_CLUSTER || l->source > BN_LAYER_COPY)
        return "a layer has an unknown source";
    if (l->output >= s->output_count)
        return "a layer names an output that is not there";
    if (!inside(l->x, l->width, s->output[l->output].width) ||
        !inside(l->y, l->height, s->output[l->output].height))
        return "a layer is outside its output";
    if ((l->src_x || l->src_y || l->src_width || l->src_height) &&
        (!inside(l->src_x, l->src_width, MAX_PIXELS) ||
         !inside(l->src_y, l->src_height, MAX_PIXELS)))
        return "a layer's cut makes no sense";
    if (l->source == BN_LAYER_SCANOUT && (l->vm >= s->vm_count || l->scanout >= BN_MAX_SCANOUTS))
        return "a layer names a VM or a scanout that is not there";
    return NULL;
}

const char *layout_fault(const struct bn_scenario *s)
{
    if (s->vm_count > BN_MAX_VMS || s->output_count > BN_MAX_OUTPUTS ||
        s->layer_count > BN_MAX_LAYERS)
        return "more VMs, outputs or layers than there is room for";
    for (uint32_t i = 0; i < s->vm_count; i++) {
        const char *name = s->vm[i].name;

        if (!memchr(name, 0, BN_NAME_BYTES) || !name[0] || name[0] == '.' || strchr(name, '/'))
            return "a VM has no proper name";
    }
    for (uint32_t i = 0; i < s->output_count; i++) {
        const struct bn_scenario_output *o = &s->output[i];

        if (!o->width || o->width > MAX_PIXELS || !o->height || o->height > MAX_PIXELS)
            return "an output has an impossible size";
        for (uint32_t j = 0; j < i; j++)
            if (s->output[j].index == o->index)
                return "two outputs are on one connector";
    }
    for (uint32_t i = 0; i < s->layer_count; i++) {
        const char *fault = layer_fault(s, &s->layer[i]);

        if (fault)
            return fault;
    }
    return NULL;
}

static void add_cluster(struct bn_scenario *s, int32_t x, int32_t y, int32_t width, int32_t height)
{
    s->layer[s->layer_count++] = (struct bn_scenario_layer){
        .source = BN_LAYER_CLUSTER,
        .z = 10,
        .x = x,
        .y = y,
        .width = width,
        .height = height,
        .src_x = x,
        .src_y = y,
        .src_width = width,
        .src_height = height,
    };
}

void layout_default(struct bn_scenario *s)
{
    memset(s, 0, sizeof(*s));
    s->magic = BN_SCENARIO_MAGIC;
    s->version = BN_SCENARIO_VERSION;
    s->bytes = sizeof(*s);
    snprintf(s->vm[0].name, sizeof(s->vm[0].name), "ivi");
    s->vm[0].kind = BN_VM_POSTLAUNCHED;
    s->vm_count = 1;
    s->output_count = 2;
    for (uint32_t i = 0; i < 2; i++) {
        snprintf(s->output[i].name, sizeof(s->output[i].name), "%s", i ? "ivi" : "cluster");
        s->output[i].width = 1280;
        s->output[i].height = 720;
        s->output[i].refresh_mhz = 60000;
        s->output[i].index = i;
    }
    s->layer[0] = (struct bn_scenario_layer){
        .source = BN_LAYER_SCANOUT,
        .scanout = 1,
        .x = TILE_X,
        .y = TILE_Y,
        .width = TILE_W,
        .height = TILE_H,
    };
    s->layer[1] = (struct bn_scenario_layer){
        .source = BN_LAYER_SCANOUT, .output = 1, .width = 1280, .height = 720, .input = 1};
    s->layer_count = 2;
    add_cluster(s, 0, 0, 1280, TILE_Y);
    add_cluster(s, 0, TILE_Y, TILE_X, TILE_H);
    add_cluster(s, TILE_X + TILE_W, TILE_Y, 1280 - TILE_X - TILE_W, TILE_H);
    add_cluster(s, 0, TILE_Y + TILE_H, 1280, 720 - TILE_Y - TILE_H);
    s->layer[s->layer_count++] = (struct bn_scenario_layer){
        .source = BN_LAYER_COPY,
        .output = 1,
        .z = 10,
        .x = 320,
        .width = 640,
        .height = STRIP_H,
        .src_x = 320,
        .src_width = 640,
        .src_height = STRIP_H,
    };
}

static bool below(const struct bn_scenario_layer *a, const struct bn_scenario_layer *b)
{
    const bool ca = layout_shows_cluster(a), cb = layout_shows_cluster(b);

    return ca != cb ? cb : a->z < b->z;
}

unsigned layout_order(const struct bn_scenario *s, unsigned output, unsigned order[BN_MAX_LAYERS])
{
    unsigned n = 0;

    for (unsigned i = 0; i < s->layer_count; i++) {
        unsigned at = n;

        if (s->layer[i].output != output)
            continue;
        while (at > 0 && below(&s->layer[i], &s->layer[order[at - 1]])) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
        n++;
    }
    return n;
}

bool layout_is_cluster_screen(const struct bn_scenario *s, unsigned output)
{
    for (unsigned i = 0; i < s->layer_count; i++)
        if (s->layer[i].output == output && s->layer[i].source == BN_LAYER_CLUSTER)
            return true;
    return false;
}

unsigned bn_scenario_scanouts(const struct bn_scenario *s, unsigned vm, struct bn_scanout_size *out)
{
    unsigned count = 0;

    memset(out, 0, sizeof(*out) * BN_MAX_SCANOUTS);
    for (unsigned i = 0; i < s->layer_count; i++) {
        const struct bn_scenario_layer *l = &s->layer[i];
        const bool cut = l->src_width > 0;

        if (l->source != BN_LAYER_SCANOUT || l->vm != vm || out[l->scanout].width)
            continue;
        /* A cut needs a picture that reaches to its far corner. */
        out[l->scanout].width = (uint32_t)(cut ? l->src_x + l->src_width : l->width);
        out[l->scanout].height = (uint32_t)(cut ? l->src_y + l->src_height : l->height);
        out[l->scanout].refresh_mhz = s->output[l->output].refresh_mhz;
        if (l->scanout + 1u > count)
            count = l->scanout + 1u;
    }
    return count;
}

int bn_scenario_vm_by_name(const struct bn_scenario *s, const char *name)
{
    for (unsigned i = 0; i < s->vm_count; i++)
        if (strncmp(s->vm[i].name, name, BN_NAME_BYTES) == 0)
            return (int)i;
    return -ENOENT;
}
