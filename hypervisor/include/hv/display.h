/* SPDX-License-Identifier: BSD-3-Clause */
/* Last-resort display restore: puts a display controller back to the mode the loader set. */
#ifndef HV_DISPLAY_H
#define HV_DISPLAY_H

#include "hv/types.h"

struct display_restore { /* one per controller family; const */
    const char *name;
    /* Looks at one PCI function (segment 0) at boot, remembers what restore() needs. */
    bool (*probe)(uint16_t bdf, uint32_t ids); /* vendor in the lower half */
    void (*restore)(void);                     /* any CPU, no lock held; bounded time */
};

extern const struct display_restore display_virtio_vga;

/* Finds the controller of the boot framebuffer and its driver; logs if there is none. Once, at
 * boot. */
void display_init(void);
/* Display state SAFE: takes the controller away from the service VM's driver. false: no driver for
 * it. */
bool display_safe(void);

#endif
