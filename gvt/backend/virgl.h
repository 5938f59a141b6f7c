/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * 3D by virglrenderer on any GL driver. It is a library of its own beside the mediator's program
 * (gvt-virgl.so), which is loaded where it is wanted: a mediator that hands streams on has no GL
 * driver in its memory.
 */
#ifndef GVT_BACKEND_VIRGL_H
#define GVT_BACKEND_VIRGL_H

#include "backend.h"

struct gvt_virgl {
    const struct gvt_backend *backend;
    /* Starts GL on the render node, or without any if there is no such file: 0 or -errno. Before
     * the sandbox; threads run afterwards. `loop` waits for fences. */
    int (*init)(void **gpu, struct vu_loop *loop, const char *node);
    void (*finish)(void *gpu);
};

#define GVT_VIRGL_LIBRARY "gvt-virgl.so"
#define GVT_VIRGL_SYMBOL  "gvt_virgl"

extern const struct gvt_virgl gvt_virgl; /* in the library */

#endif
