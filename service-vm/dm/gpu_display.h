/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A GPU whose back end gives its pictures to the front end (QEMU's vhost-user-gpu): a process of
 * its own shows them, so that nothing of what a back end says there is read where the VM is.
 */
#ifndef DM_GPU_DISPLAY_H
#define DM_GPU_DISPLAY_H

#include "gvt.h"

/*
 * Starts it; it ends when nobody holds the other end of its socket any more, and with us. Before
 * there is anything of the VM in this process: the child inherits it. `d` is read in there. The
 * socket, or -errno.
 */
int gpu_display_start(const struct gvt_display *d) __attribute__((warn_unused_result));

#endif
