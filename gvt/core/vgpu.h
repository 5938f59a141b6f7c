/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One vGPU: the device of one guest. Requests come in as bytes, answers go out as bytes; pixels are
 * the back end's, pictures the sink's. Nothing a guest sends is fatal: it gets the error of
 * VIRTIO 1.2 §5.7.6.8, and the device goes on.
 */
#ifndef GVT_CORE_VGPU_H
#define GVT_CORE_VGPU_H

#include <sys/uio.h>

#include "backend/backend.h"
#include "core/resource.h"
#include "proto/command.h"

#define VGPU_OFFERED VGPU_F_EDID /* features; commands of others do not exist */

struct vgpu;

/* Where the scanouts go. All callbacks may be told the same thing twice. */
struct vgpu_sink {
    /* Scanout n now shows `rect` of the resource; NULL: nothing. */
    void (*scanout)(void *sink, unsigned n, struct resource *r, const struct vgpu_rect *rect);
    /* `damage` of the resource has changed and is to be seen. */
    void (*flush)(void *sink, unsigned n, struct resource *r, const struct vgpu_rect *damage);
    /* Cursor of scanout n: picture (NULL: none) and its top left corner. update: the picture is
     * new. */
    void (*cursor)(void *sink, unsigned n, struct resource *r, int32_t x, int32_t y, bool update);
    /* The resource is about to go. */
    void (*forget)(void *sink, struct resource *r);
};

struct vgpu_mode { /* of one scanout, from the scenario; width 0: not there */
    uint32_t width, height, refresh_mhz;
};

struct vgpu_scanout {
    struct vgpu_mode mode;
    struct resource *resource; /* shown now, NULL: off */
    struct vgpu_rect rect;
    struct resource *cursor;
};

struct vgpu_statistics {
    uint64_t commands, errors, scanouts, flushes; /* scanouts: how often one was set */
    uint64_t copies, copied_bytes;                /* guest memory to pixels: the only copy */
};

struct vgpu {
    const struct gvt_backend *backend;
    const struct vgpu_sink *sink;
    void *sink_data;
    struct resources resources;
    unsigned scanouts;
    struct vgpu_scanout scanout[VGPU_MAX_SCANOUTS];
    struct vgpu_config config;
    struct vgpu_statistics statistics;
};

struct vgpu_answer { /* header plus what follows it */
    union {
        struct vgpu_header header;
        struct vgpu_display_info display_info;
        struct vgpu_edid edid;
    } u;
    size_t bytes;
};

/* modes[0 .. scanouts) */
void vgpu_init(struct vgpu *g, const struct gvt_backend *backend, const struct vgpu_sink *sink,
               void *sink_data, const struct vgpu_mode *modes, unsigned scanouts,
               const struct quota *quota);
void vgpu_reset(struct vgpu *g); /* device reset: nothing of the guest's is left */

/*
 * Executes one request. `r` holds its first vgpu_fixed_bytes(bytes) bytes, `entries` the memory
 * entries of an ATTACH_BACKING (entry_count of them, already read), NULL for every other command.
 * The answer is always filled.
 */
void vgpu_execute(struct vgpu *g, const struct vq_mem *mem, unsigned queue,
                  const union vgpu_request *r, size_t bytes, const struct vgpu_mem_entry *entries,
                  uint32_t entry_count, struct vgpu_answer *a);

/* Entries that follow this request's fixed part, 0 if it is none that has any (or a bad one). */
uint32_t vgpu_entries(const union vgpu_request *r, size_t bytes);

#endif
