/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Drawing primitives in integers: anti-aliased, clipped, on XRGB8888 surfaces. Coordinates named q8
 * are in 1/256 pixel with pixel centres at 128; angles are 65536 to the turn, 0 up, clockwise.
 */
#ifndef CLUSTER_GFX_H
#define CLUSTER_GFX_H

#include <stdbool.h>
#include <stdint.h>

#include "assets.h"

struct surface {
    uint32_t *px;
    int width, height; /* pixels */
    int stride;        /* pixels a line */
};

struct area { /* pixels, x1 and y1 beyond the last */
    int x0, y0, x1, y1;
};

struct point {
    int32_t x, y; /* q8 */
};

#define GFX_MAX_CORNERS 8

static inline bool area_empty(struct area a)
{
    return a.x0 >= a.x1 || a.y0 >= a.y1;
}

static inline struct area area_meet(struct area a, struct area b)
{
    return (struct area){
        a.x0 > b.x0 ? a.x0 : b.x0,
        a.y0 > b.y0 ? a.y0 : b.y0,
        a.x1 < b.x1 ? a.x1 : b.x1,
        a.y1 < b.y1 ? a.y1 : b.y1,
    };
}

static inline bool area_touch(struct area a, struct area b)
{
    return !area_empty(area_meet(a, b));
}

static inline struct area area_join(struct area a, struct area b)
{
    if (area_empty(a))
        return b;
    if (area_empty(b))
        return a;
    return (struct area){
        a.x0 < b.x0 ? a.x0 : b.x0,
        a.y0 < b.y0 ? a.y0 : b.y0,
        a.x1 > b.x1 ? a.x1 : b.x1,
        a.y1 > b.y1 ? a.y1 : b.y1,
    };
}

/* Sine and cosine, 32768 = 1. */
int32_t gfx_sin(uint32_t angle);
int32_t gfx_cos(uint32_t angle);

/* The point at `radius` (q8) from the centre in direction `angle`. */
struct point gfx_polar(struct point centre, int32_t radius, uint32_t angle);

/* floor(sqrt(n)) */
uint32_t gfx_isqrt(uint32_t n);

/* (1 - alpha) * under + alpha * over; alpha 0..256. */
static inline uint32_t gfx_blend(uint32_t under, uint32_t over, uint32_t alpha)
{
    uint32_t rb = under & 0xFF00FFu, g = under & 0x00FF00u;

    rb += (((over & 0xFF00FFu) - rb) * alpha) >> 8;
    g += (((over & 0x00FF00u) - g) * alpha) >> 8;
    return (rb & 0xFF00FFu) | (g & 0x00FF00u);
}

/* under + alpha * light, each channel at most 255: how a lamp behind the dial adds up. */
static inline uint32_t gfx_add(uint32_t under, uint32_t light, uint32_t alpha)
{
    uint32_t rb = (under & 0xFF00FFu) + (((light & 0xFF00FFu) * alpha >> 8) & 0xFF00FFu);
    uint32_t g = (under & 0x00FF00u) + (((light & 0x00FF00u) * alpha >> 8) & 0x00FF00u);

    /* A carry out of a channel sets it to 255. */
    rb |= (rb & 0x01000100u) - ((rb & 0x01000100u) >> 8);
    g |= (g & 0x00010000u) - ((g & 0x00010000u) >> 8);
    return (rb & 0xFF00FFu) | (g & 0x00FF00u);
}

void gfx_fill(const struct surface *s, struct area a, uint32_t colour);

/* Copies area `a` from the same place of another surface. */
void gfx_copy(const struct surface *to, const struct surface *from, struct area a);

/* A coverage mask (8 bits a pixel) with its top left corner at x, y. */
void gfx_mask(const struct surface *s, struct area clip, int x, int y, const uint8_t *mask,
              int width, int height, uint32_t colour);

/* A convex polygon of 3..GFX_MAX_CORNERS corners, clockwise on the screen, at most 256 pixels wide
 * and high. */
void gfx_polygon(const struct surface *s, struct area clip, const struct point *corner, int corners,
                 uint32_t colour);

struct ring {
    struct point centre;
    int32_t inner, outer; /* q8 */
    uint32_t from, sweep; /* angles; sweep up to 5/6 of a turn, or 65536: the whole circle */
    uint32_t colour;
    uint16_t alpha_in, alpha_out; /* 0..256 at the inner and outer edge, linear between */
    bool additive;
};
void gfx_ring(const struct surface *s, struct area clip, const struct ring *r);

/* A disc whose colour goes from centre to rim by the square of the distance. */
void gfx_disc(const struct surface *s, struct area clip, struct point centre, int32_t radius,
              uint32_t colour_centre, uint32_t colour_rim);

/* Text with the pen at x on base line y; returns the advance in pixels. gfx_text_width measures. */
int gfx_text(const struct surface *s, struct area clip, const struct asset_set *set,
             enum asset_font font, int x, int y, const char *text, uint32_t colour);
int gfx_text_width(const struct asset_set *set, enum asset_font font, const char *text);

#endif
