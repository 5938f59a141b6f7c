/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of binnacle-gvt, joined with what the scenario says about the VM. */
#ifndef GVT_SERVER_ARGUMENTS_H
#define GVT_SERVER_ARGUMENTS_H

#include "binnacle/scenario.h"
#include "core/vgpu.h"

struct arguments {
    const char *socket, *scenario, *vm, *wayland, *gpu, *node, *arbiter, *arbitrate, *status;
    int fd, statistics;
    bool no_sandbox;
    bool remote; /* pictures go to the front end's display, not to the compositor */
    unsigned scanouts;
    struct vgpu_mode mode[VGPU_MAX_SCANOUTS];
    struct bn_scenario_vgpu type;   /* what the guest may have */
    const struct bn_scenario *plan; /* NULL: none was named */
};

/* Fills *a. 0, or -EINVAL or what reading the scenario said; the reason has been printed. */
int arguments_parse(struct arguments *a, int argc, char **argv) __attribute__((warn_unused_result));

#endif
