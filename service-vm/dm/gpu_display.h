/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A GPU whose back end gives its pictures to the front end (QEMU's vhost-user-gpu): a process of
 * its own shows them, so that nothing of what a back end says there is read where the VM is.
 */
#ifndef DM_GPU_DISPLAY_H
#define DM_GPU_DISPLAY_H

#include <unistd.h>

#include "gvt.h"

struct gpu_display {
    int socket;  /* of the back end's; -1: there is no such process */
    int changed; /* eventfd: readable when the guest has to ask anew what is plugged in */
};

/*
 * Starts it; it ends when nobody holds the other end of its socket any more, and with us. Before
 * there is anything of the VM in this process: the child inherits it. `d` is read in there. 0 or
 * -errno.
 */
int gpu_display_start(struct gpu_display *g, const struct gvt_display *d)
    __attribute__((warn_unused_result));

static inline void gpu_display_close(struct gpu_display *g)
{
    if (g->socket >= 0)
        close(g->socket);
    if (g->changed >= 0)
        close(g->changed);
    *g = (struct gpu_display){-1, -1};
}

#endif
