/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the decision whom the pointer and the keyboard belong to. */
#include "route.h"

#include <math.h>

static double left_of(const struct bn_scenario *s, unsigned output)
{
    double x = 0;

    for (unsigned i = 0; i < output; i++)
        x += s->output[i].width;
    return x;
}

static bool takes(const struct route *r, const struct bn_scenario_layer *l)
{
    return l->source == BN_LAYER_SCANOUT && l->input && (r->output < 0 || r->output == l->output);
}

/* A layer of the cluster's lies over this point of the output. */
static bool covered(const struct bn_scenario *s, unsigned output, double x, double y)
{
    for (unsigned i = 0; i < s->layer_count; i++) {
        const struct bn_scenario_layer *l = &s->layer[i];

        if (l->output == output && layout_shows_cluster(l) && x >= l->x && x < l->x + l->width &&
            y >= l->y && y < l->y + l->height)
            return true;
    }
    return false;
}

/* Topmost layer at a point of the desktop that takes input, -1: none. */
static int layer_at(const struct route *r, double x, double y)
{
    const struct bn_scenario *s = r->s;
    int best = -1;

    for (unsigned i = 0; i < s->layer_count; i++) {
        const struct bn_scenario_layer *l = &s->layer[i];
        const double lx = x - left_of(s, l->output);

        if (!takes(r, l) || lx < l->x || lx >= l->x + l->width || y < l->y || y >= l->y + l->height)
            continue;
        if (covered(s, l->output, lx, y))
            continue;
        if (best < 0 || l->z >= s->layer[best].z)
            best = (int)i;
    }
    return best;
}

void route_init(struct route *r, const struct bn_scenario *s, int output)
{
    *r = (struct route){.s = s, .output = output, .layer = -1};
    for (unsigned i = 0; i < s->layer_count && r->layer < 0; i++)
        if (takes(r, &s->layer[i])) {
            r->layer = (int)i;
            r->x = s->layer[i].width / 2.0;
            r->y = s->layer[i].height / 2.0;
        }
}

static bool go(struct route *r, double x, double y)
{
    const int at = layer_at(r, x, y);
    const struct bn_scenario_layer *l;

    if (at < 0)
        return false;
    l = &r->s->layer[at];
    r->layer = at;
    r->x = x - left_of(r->s, l->output) - l->x;
    r->y = y - l->y;
    return true;
}

static double clamp(double v, double max)
{
    return v < 0 ? 0 : v > max - 1 ? max - 1 : v;
}

void route_move(struct route *r, double dx, double dy)
{
    const struct bn_scenario_layer *l;
    double ox, oy, x, y;

    if (r->layer < 0 || !isfinite(dx) || !isfinite(dy))
        return;
    l = &r->s->layer[r->layer];
    ox = left_of(r->s, l->output) + l->x;
    oy = l->y;
    x = r->x + dx;
    y = r->y + dy;
    if (go(r, ox + x, oy + y))
        return;
    /* The edge stops it, but it may slide along. */
    x = clamp(x, l->width);
    y = clamp(y, l->height);
    if (!go(r, ox + x, oy + y) && !go(r, ox + x, oy + r->y))
        (void)go(r, ox + r->x, oy + y);
}

/* The only output that has layers which take input, -1: none or several. */
static int only_output(const struct route *r)
{
    const struct bn_scenario *s = r->s;
    int found = -1;

    for (unsigned i = 0; i < s->layer_count; i++) {
        if (!takes(r, &s->layer[i]))
            continue;
        if (found >= 0 && found != s->layer[i].output)
            return -1;
        found = s->layer[i].output;
    }
    return found;
}

bool route_to(struct route *r, double fx, double fy)
{
    const int output = only_output(r);
    double width = 0, height = 0, x = 0;

    if (r->layer < 0 || !(fx >= 0 && fx <= 1 && fy >= 0 && fy <= 1))
        return false;
    if (output >= 0 && (uint32_t)output < r->s->output_count) {
        width = r->s->output[output].width;
        height = r->s->output[output].height;
        x = left_of(r->s, (unsigned)output);
    } else {
        width = left_of(r->s, r->s->output_count);
        for (unsigned i = 0; i < r->s->output_count; i++)
            height = fmax(height, r->s->output[i].height);
    }
    return go(r, x + fmin(fx * width, width - 1), fmin(fy * height, height - 1));
}

static int32_t to_abs(double at, int32_t size, int32_t cut_at, int32_t cut_size, int32_t reach)
{
    /* A layer that shows a cut of the scanout reaches only that part of it. */
    const double pixel = cut_size ? cut_at + at * cut_size / size : at;
    const double whole = cut_size ? reach : size;
    const double v = pixel * BN_INPUT_ABS_MAX / fmax(whole - 1, 1);

    return v < 0 ? 0 : v > BN_INPUT_ABS_MAX ? BN_INPUT_ABS_MAX : (int32_t)lround(v);
}

int32_t route_abs_x(const struct route *r)
{
    const struct bn_scenario_layer *l = &r->s->layer[r->layer];

    return to_abs(r->x, l->width, l->src_x, l->src_width, l->src_x + l->src_width);
}

int32_t route_abs_y(const struct route *r)
{
    const struct bn_scenario_layer *l = &r->s->layer[r->layer];

    return to_abs(r->y, l->height, l->src_y, l->src_height, l->src_y + l->src_height);
}
