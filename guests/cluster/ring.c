/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings, arcs and discs of the drawing primitives: everything that is a distance from a centre. */
#include "gfx.h"

#include <stddef.h>

/* Distances here are q6: the sum of two squares of 500 pixels still fits 31 bits. */

struct arc_limits {
    int32_t from_x, from_y, to_x, to_y; /* unit normals of the two end lines, 16384 = 1, inwards */
    bool whole, wide; /* wide: more than half a turn, the ends join instead of meet */
};

static struct arc_limits limits_of(const struct ring *r)
{
    uint32_t to = r->from + r->sweep;

    return (struct arc_limits){
        .from_x = gfx_cos(r->from) / 2,
        .from_y = gfx_sin(r->from) / 2,
        .to_x = -gfx_cos(to) / 2,
        .to_y = -gfx_sin(to) / 2,
        .whole = r->sweep >= 65536,
        .wide = r->sweep > 32768,
    };
}

/* Coverage 0..64 by the ends of an arc, for a point dx, dy (q6) from the centre. */
static int32_t end_cover(const struct arc_limits *l, int32_t dx, int32_t dy)
{
    int32_t a, b, d;

    if (l->whole)
        return 64;
    a = (l->from_x * (dx >> 2) + l->from_y * (dy >> 2)) >> 12;
    b = (l->to_x * (dx >> 2) + l->to_y * (dy >> 2)) >> 12;
    if (l->wide)
        d = a > b ? a : b;
    else
        d = a < b ? a : b;
    d += 32;
    return d < 0 ? 0 : d > 64 ? 64 : d;
}

/*
 * floor(sqrt(square)) from the root of the pixel before: one Newton step and the last bits. Exact,
 * because a pixel must not depend on where its run began.
 */
static uint32_t next_root(uint32_t root, uint32_t square)
{
    if (root < 64)
        return gfx_isqrt(square);
    root = (root + square / root) >> 1;
    while (root * root > square)
        root--;
    while ((root + 1) * (root + 1) <= square)
        root++;
    return root;
}

/* One run of pixels that may touch the ring. What is beyond its edges or its ends costs no root. */
static void ring_run(uint32_t *row, int x0, int x1, int32_t dx, int32_t dy, const struct ring *r,
                     const struct arc_limits *l)
{
    int32_t inner = r->inner >> 2, outer = r->outer >> 2;
    int32_t slope = ((int32_t)(r->alpha_out - r->alpha_in) * 4096) / (outer - inner + 1);
    uint32_t low = inner > 31 ? (uint32_t)(inner - 31) * (uint32_t)(inner - 31) : 0, root = 0;
    uint32_t high = (uint32_t)(outer + 32) * (uint32_t)(outer + 32);

    for (int x = x0; x < x1; x++, dx += 64) {
        uint32_t square = (uint32_t)(dx * dx) + (uint32_t)(dy * dy);
        int32_t in, out, cover, alpha = square < low || square >= high ? 0 : end_cover(l, dx, dy);

        if (alpha == 0) {
            root = 0;
            continue;
        }
        root = next_root(root, square);
        in = (int32_t)root - inner + 32;
        out = outer - (int32_t)root + 32;
        cover = in < out ? in : out;
        cover = (cover > 64 ? 64 : cover) * alpha;
        alpha = r->alpha_in + ((((int32_t)root - inner) * slope) >> 12);
        alpha = alpha < 0 ? 0 : alpha > 256 ? 256 : alpha;
        alpha = (alpha * cover) >> 12;
        row[x] = r->additive ? gfx_add(row[x], r->colour, (uint32_t)alpha)
                             : gfx_blend(row[x], r->colour, (uint32_t)alpha);
    }
}

/* Half the width in whole pixels, rounded up, of a circle of radius (q8) at distance dy (q6) from
 * its centre; -1: none. */
static int half_width(int32_t radius, int32_t dy, int extra)
{
    int32_t r = (radius >> 2) + 64 * extra, a = dy < 0 ? -dy : dy;

    if (r <= a)
        return -1;
    return (int)(gfx_isqrt((uint32_t)(r * r) - (uint32_t)(a * a)) >> 6) + (extra > 0 ? 1 : 0);
}

void gfx_ring(const struct surface *s, struct area clip, const struct ring *r)
{
    struct arc_limits limits = limits_of(r);
    int cx = r->centre.x >> 8, cy = r->centre.y >> 8, reach = (r->outer >> 8) + 2;
    struct area a = area_meet(
        area_meet(clip, (struct area){cx - reach, cy - reach, cx + reach + 1, cy + reach + 1}),
        (struct area){0, 0, s->width, s->height});

    for (int y = a.y0; y < a.y1; y++) {
        uint32_t *row = s->px + (ptrdiff_t)y * s->stride;
        int32_t dy = y * 64 + 32 - (r->centre.y >> 2);
        int wide = half_width(r->outer, dy, 2), hole = half_width(r->inner, dy, -2);
        int left[2] = {cx - wide, hole > 0 ? cx + hole : cx + wide + 1};
        int right[2] = {hole > 0 ? cx - hole + 1 : cx + wide + 1, cx + wide + 1};

        if (wide < 0)
            continue;
        for (int part = 0; part < 2; part++) {
            int x0 = left[part] > a.x0 ? left[part] : a.x0;
            int x1 = right[part] < a.x1 ? right[part] : a.x1;

            if (x0 < x1)
                ring_run(row, x0, x1, x0 * 64 + 32 - (r->centre.x >> 2), dy, r, &limits);
        }
    }
}

void gfx_disc(const struct surface *s, struct area clip, struct point centre, int32_t radius,
              uint32_t colour_centre, uint32_t colour_rim)
{
    struct ring edge = {
        .centre = centre,
        .inner = radius - 512,
        .outer = radius,
        .sweep = 65536,
        .colour = colour_rim,
        .alpha_in = 256,
        .alpha_out = 256,
    };
    uint32_t shade[257];
    int cx = centre.x >> 8, cy = centre.y >> 8, reach = (radius >> 8) + 1;
    uint32_t r2 = (uint32_t)(radius >> 8) * (uint32_t)(radius >> 8), step = (r2 >> 8) + 1;
    struct area a = area_meet(
        area_meet(clip, (struct area){cx - reach, cy - reach, cx + reach + 1, cy + reach + 1}),
        (struct area){0, 0, s->width, s->height});

    for (uint32_t i = 0; i <= 256; i++)
        shade[i] = gfx_blend(colour_centre, colour_rim, i);
    for (int y = a.y0; y < a.y1; y++) {
        uint32_t *row = s->px + (ptrdiff_t)y * s->stride;
        int dy = y - cy, half = half_width(radius, dy * 64, -1);
        int x0 = cx - half > a.x0 ? cx - half : a.x0, x1 = cx + half < a.x1 ? cx + half + 1 : a.x1;

        if (half < 0)
            continue;
        for (int x = x0; x < x1; x++) {
            uint32_t index = (uint32_t)((x - cx) * (x - cx) + dy * dy) / step;

            row[x] = shade[index > 256 ? 256 : index];
        }
    }
    gfx_ring(s, clip, &edge);
}
