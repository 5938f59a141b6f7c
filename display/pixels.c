/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns buffers over plain memory. */
#include "pixels.h"

#include <stdlib.h>
#include <wlr/interfaces/wlr_buffer.h>

struct pixels {
    struct wlr_buffer base;
    const void *data;
    uint32_t format;
    size_t pitch;
};

static void pixels_destroy(struct wlr_buffer *buffer)
{
    struct pixels *p = wl_container_of(buffer, p, base);

    free(p);
}

static bool pixels_begin(struct wlr_buffer *buffer, uint32_t flags, void **data, uint32_t *format,
                         size_t *stride)
{
    struct pixels *p = wl_container_of(buffer, p, base);

    if (flags & WLR_BUFFER_DATA_PTR_ACCESS_WRITE)
        return false;
    *data = (void *)(uintptr_t)p->data;
    *format = p->format;
    *stride = p->pitch;
    return true;
}

static void pixels_end(struct wlr_buffer *buffer)
{
    (void)buffer;
}

static const struct wlr_buffer_impl pixels_impl = {
    .destroy = pixels_destroy,
    .begin_data_ptr_access = pixels_begin,
    .end_data_ptr_access = pixels_end,
};

struct wlr_buffer *pixels_create(const void *data, uint32_t format, int width, int height,
                                 size_t pitch)
{
    struct pixels *p = calloc(1, sizeof(*p));

    if (!p)
        return NULL;
    wlr_buffer_init(&p->base, &pixels_impl, width, height);
    p->data = data;
    p->format = format;
    p->pitch = pitch;
    return &p->base;
}
