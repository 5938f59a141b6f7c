/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the picture of the pointer: a white arrow with a dark edge, anti-aliased from its outline.
 */
#include "arrow.h"

#include <drm_fourcc.h>
#include <stdint.h>

#include "pixels.h"

#define GRID 4 /* samples a pixel, each way */

static const double outline[][2] = {{0.5, 0.5},   {0.5, 20.5}, {5.2, 16.2}, {8.6, 24.2},
                                    {12.2, 22.7}, {8.9, 14.9}, {15.2, 14.9}};
#define POINTS (sizeof(outline) / sizeof(outline[0]))

static int inside(double x, double y)
{
    int in = 0;

    for (unsigned i = 0, j = POINTS - 1; i < POINTS; j = i++) {
        const double *a = outline[i], *b = outline[j];

        if ((a[1] > y) != (b[1] > y) && x < (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]) + a[0])
            in = !in;
    }
    return in;
}

/* 0..255: how much of the pixel lies inside the outline grown (or shrunk) to all sides. */
static uint32_t coverage(int px, int py, double grow)
{
    unsigned hits = 0;

    for (int i = 0; i < GRID * GRID; i++) {
        const double x = px + (i % GRID + 0.5) / GRID, y = py + (i / GRID + 0.5) / GRID;

        if (grow > 0)
            hits += inside(x, y) || inside(x - grow, y) || inside(x + grow, y) ||
                    inside(x, y - grow) || inside(x, y + grow);
        else
            hits += inside(x, y) && inside(x + grow, y) && inside(x - grow, y) &&
                    inside(x, y + grow) && inside(x, y - grow);
    }
    return hits * 255 / (GRID * GRID);
}

struct wlr_buffer *arrow_create(void)
{
    static uint32_t pixels[ARROW_WIDTH * ARROW_HEIGHT];

    for (int y = 0; y < ARROW_HEIGHT; y++)
        for (int x = 0; x < ARROW_WIDTH; x++) {
            const uint32_t alpha = coverage(x, y, 0.6), white = coverage(x, y, -0.9);
            const uint32_t c = 20 * (alpha - white * alpha / 255) / 255 + white;

            pixels[y * ARROW_WIDTH + x] = alpha << 24 | (c > alpha ? alpha : c) * 0x010101u;
        }
    return pixels_create(pixels, DRM_FORMAT_ARGB8888, ARROW_WIDTH, ARROW_HEIGHT, ARROW_WIDTH * 4);
}
