/* SPDX-License-Identifier: BSD-3-Clause */
/* Which of the VM's scanouts can be seen, as the compositor's wl_outputs say (display.h). */
#ifndef GVT_SERVER_OUTPUTS_H
#define GVT_SERVER_OUTPUTS_H

#include <wayland-client.h>

#include "core/monitor.h"

struct outputs;

struct output {
    struct outputs *all;
    struct wl_output *proxy; /* NULL: free */
    uint32_t name;           /* of the global */
    int number;              /* of the scanout, -1: it has not said yet */
    struct vgpu_mode mode;
};

struct outputs {
    struct output output[VGPU_MAX_SCANOUTS];
    /* Scanout n is seen in that mode, or (width 0) not at all. May be told the same thing twice;
     * NULL: nobody cares. */
    void (*changed)(void *data, unsigned n, const struct vgpu_mode *mode);
    void *data;
};

/* The registry has announced an output, or taken a global back that may have been one. */
void outputs_add(struct outputs *o, struct wl_registry *registry, uint32_t name, uint32_t version);
void outputs_remove(struct outputs *o, uint32_t name);
/* All that were announced at the start of the connection have said what they are. */
void outputs_complete(struct outputs *o);
/* The connection ends. What was said last is true until another one says otherwise: a compositor
 * that is started again is no reason to unplug a guest's screens. */
void outputs_forget(struct outputs *o);

#endif
