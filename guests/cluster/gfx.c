/* SPDX-License-Identifier: BSD-3-Clause */
/* Trigonometry, masks, text and polygons of the drawing primitives. */
#include "gfx.h"

#include <stddef.h>

int32_t gfx_sin(uint32_t angle)
{
    uint32_t quarter = angle >> 14 & 3, rest = angle & 0x3FFF, index, part;
    int32_t a, b, value;

    if (quarter & 1)
        rest = 0x4000 - rest;
    index = rest >> 6;
    part = rest & 63;
    a = asset_sine[index];
    b = index < ASSET_SINE_STEPS ? asset_sine[index + 1] : a;
    value = a + (b - a) * (int32_t)part / 64;
    return quarter & 2 ? -value : value;
}

int32_t gfx_cos(uint32_t angle)
{
    return gfx_sin(angle + 0x4000);
}

struct point gfx_polar(struct point centre, int32_t radius, uint32_t angle)
{
    /* radius < 2^16 and the sine at most 2^15: the product fits with the rounding term only as
     * unsigned; split it. */
    int32_t x = (radius >> 1) * gfx_sin(angle), y = (radius >> 1) * gfx_cos(angle);

    return (struct point){centre.x + ((x + (1 << 13)) >> 14), centre.y - ((y + (1 << 13)) >> 14)};
}

uint32_t gfx_isqrt(uint32_t n)
{
    uint32_t root = 0, bit = 1u << 30;

    while (bit > n)
        bit >>= 2;
    for (; bit; bit >>= 2) {
        if (n >= root + bit) {
            n -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return root;
}

void gfx_fill(const struct surface *s, struct area a, uint32_t colour)
{
    a = area_meet(a, (struct area){0, 0, s->width, s->height});
    for (int y = a.y0; y < a.y1; y++) {
        uint32_t *row = s->px + (ptrdiff_t)y * s->stride;

        for (int x = a.x0; x < a.x1; x++)
            row[x] = colour;
    }
}

void gfx_mask(const struct surface *s, struct area clip, int x, int y, const uint8_t *mask,
              int width, int height, uint32_t colour)
{
    struct area a = area_meet(area_meet(clip, (struct area){x, y, x + width, y + height}),
                              (struct area){0, 0, s->width, s->height});

    for (int row = a.y0; row < a.y1; row++) {
        const uint8_t *m = mask + (ptrdiff_t)(row - y) * width - x;
        uint32_t *px = s->px + (ptrdiff_t)row * s->stride;

        for (int col = a.x0; col < a.x1; col++) {
            uint32_t cover = m[col];

            if (cover == 255)
                px[col] = colour;
            else if (cover)
                px[col] = gfx_blend(px[col], colour, cover + (cover >> 7));
        }
    }
}

/* One side of a polygon: distance inwards = (nx * x + ny * y - c) >> 14, all q8. */
struct side {
    int32_t nx, ny; /* unit normal, 16384 = 1 */
    int32_t c;
};

static int make_sides(const struct point *p, int n, struct side *side)
{
    int made = 0;

    for (int i = 0; i < n; i++) {
        const struct point *a = &p[i], *b = &p[(i + 1) % n];
        int32_t dx = b->x - a->x, dy = b->y - a->y;
        int32_t length = (int32_t)gfx_isqrt((uint32_t)(dx >> 4) * (uint32_t)(dx >> 4) +
                                            (uint32_t)(dy >> 4) * (uint32_t)(dy >> 4))
                         << 4;

        if (length < 32) /* a point: no side */
            continue;
        /* Short sides need their length to the last bit. */
        if (length < 0x4000)
            length = (int32_t)gfx_isqrt((uint32_t)(dx * dx) + (uint32_t)(dy * dy));
        side[made].nx = -(dy * 16384 / length);
        side[made].ny = dx * 16384 / length;
        side[made].c =
            (int32_t)(((int64_t)side[made].nx * a->x + (int64_t)side[made].ny * a->y) >> 8);
        made++;
    }
    return made;
}

static struct area bounds(const struct point *p, int n)
{
    struct point low = p[0], high = p[0];

    for (int i = 1; i < n; i++) {
        low.x = p[i].x < low.x ? p[i].x : low.x;
        low.y = p[i].y < low.y ? p[i].y : low.y;
        high.x = p[i].x > high.x ? p[i].x : high.x;
        high.y = p[i].y > high.y ? p[i].y : high.y;
    }
    return (struct area){(low.x >> 8) - 1, (low.y >> 8) - 1, (high.x >> 8) + 2, (high.y >> 8) + 2};
}

/* The columns that the polygon can touch in row y: where its sides pass between half a row above
 * and below. */
static void row_extent(const struct point *p, int n, int y, int *x0, int *x1)
{
    int32_t top = y * 256 - 128, bottom = y * 256 + 384, low = INT32_MAX, high = INT32_MIN;

    for (int i = 0; i < n; i++) {
        struct point a = p[i], b = p[(i + 1) % n];
        int32_t at[2];

        if (a.y > b.y) {
            struct point t = a;

            a = b;
            b = t;
        }
        if (b.y < top || a.y > bottom)
            continue;
        /* A sixteenth of a pixel is exact enough here and keeps the products in 32 bits. */
        at[0] = a.y >= top ? a.x : a.x + ((b.x - a.x) >> 4) * (top - a.y) / (b.y - a.y) * 16;
        at[1] = b.y <= bottom ? b.x : a.x + ((b.x - a.x) >> 4) * (bottom - a.y) / (b.y - a.y) * 16;
        for (int k = 0; k < 2; k++) {
            low = at[k] < low ? at[k] : low;
            high = at[k] > high ? at[k] : high;
        }
    }
    *x0 = low == INT32_MAX ? 0 : (low >> 8) - 1;
    *x1 = low == INT32_MAX ? 0 : (high >> 8) + 2;
}

void gfx_polygon(const struct surface *s, struct area clip, const struct point *corner, int corners,
                 uint32_t colour)
{
    struct side side[GFX_MAX_CORNERS];
    int sides = make_sides(corner, corners, side);
    struct area a = area_meet(area_meet(clip, bounds(corner, corners)),
                              (struct area){0, 0, s->width, s->height});

    if (sides < 3)
        return;
    for (int y = a.y0; y < a.y1; y++) {
        uint32_t *row = s->px + (ptrdiff_t)y * s->stride;
        int32_t d[GFX_MAX_CORNERS];
        int x0, x1;

        row_extent(corner, corners, y, &x0, &x1);
        x0 = x0 > a.x0 ? x0 : a.x0;
        x1 = x1 < a.x1 ? x1 : a.x1;
        /* Distances in 1/16384 pixel at the centre of the first pixel; one step right adds nx. */
        for (int i = 0; i < sides; i++)
            d[i] = side[i].nx * x0 + side[i].ny * y + ((side[i].nx + side[i].ny) >> 1) - side[i].c;
        for (int x = x0; x < x1; x++) {
            int32_t least = 8192;

            for (int i = 0; i < sides; i++) {
                least = d[i] < least ? d[i] : least;
                d[i] += side[i].nx;
            }
            if (least > -8192)
                row[x] = gfx_blend(row[x], colour, (uint32_t)(least + 8192) >> 6);
        }
    }
}

int gfx_text_width(const struct asset_set *set, enum asset_font font, const char *text)
{
    int width = 0;

    for (; *text; text++) {
        unsigned c = (unsigned char)*text - (unsigned)ASSET_FIRST_CHAR;

        if (c < ASSET_CHARS)
            width += set->font[font].glyph[c].advance;
    }
    return width;
}

int gfx_text(const struct surface *s, struct area clip, const struct asset_set *set,
             enum asset_font font, int x, int y, const char *text, uint32_t colour)
{
    int pen = x;

    for (; *text; text++) {
        unsigned c = (unsigned char)*text - (unsigned)ASSET_FIRST_CHAR;
        const struct asset_glyph *g;

        if (c >= ASSET_CHARS)
            continue;
        g = &set->font[font].glyph[c];
        gfx_mask(s, clip, pen + g->left, y - g->top, set->data + g->offset, g->width, g->height,
                 colour);
        pen += g->advance;
    }
    return pen - x;
}
