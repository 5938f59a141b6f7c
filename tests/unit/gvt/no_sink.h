/* SPDX-License-Identifier: BSD-3-Clause */
/* A screen that nobody looks at. */
#ifndef BINNACLE_TESTS_GVT_NO_SINK_H
#define BINNACLE_TESTS_GVT_NO_SINK_H

#include "core/vgpu.h"

static void no_scanout(void *sink, unsigned n, struct resource *r, const struct vgpu_rect *rect)
{
    (void)sink, (void)n, (void)r, (void)rect;
}
static void no_cursor(void *sink, unsigned n, struct resource *r, int32_t x, int32_t y, bool update)
{
    (void)sink, (void)n, (void)r, (void)x, (void)y, (void)update;
}
static void no_forget(void *sink, struct resource *r)
{
    (void)sink, (void)r;
}
static const struct vgpu_sink no_sink = {no_scanout, no_scanout, no_cursor, no_forget};

#endif
