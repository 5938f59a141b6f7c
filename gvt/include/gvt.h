/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the device model knows of the mediator's room: the other end of the display socket, for GPU
 * back ends that are not ours and give their pictures to the front end (QEMU's vhost-user-gpu).
 */
#ifndef GVT_H
#define GVT_H

#include "binnacle/scenario.h"

#define GVT_DISPLAY_SCANOUTS 16

struct gvt_display {
    const char *wayland; /* socket of the compositor for this VM */
    unsigned scanouts;
    struct gvt_display_mode {
        uint32_t width, height, refresh_mhz; /* width 0: not there */
    } mode[GVT_DISPLAY_SCANOUTS];
};

/* The scanouts that the scenario gives to VM `vm` (index). */
void gvt_display_scanouts(struct gvt_display *d, const struct bn_scenario *s, unsigned vm);

/*
 * Shows what a back end tells over `socket` as the VM's scanouts on the compositor, in a process
 * that does nothing else and is confined here to what that takes. `changed` (an eventfd) is written
 * whenever a scanout's monitor is another one, has come or gone: the guest has to ask anew. Takes
 * the fds. 0 when the other end has closed the socket, or -errno; -EPROTO: it broke the protocol.
 */
int gvt_display_run(int socket, int changed, const struct gvt_display *d)
    __attribute__((warn_unused_result));

#endif
