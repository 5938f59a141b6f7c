/* SPDX-License-Identifier: BSD-3-Clause */
/* The mediator's status file (include/binnacle/gpu_status.h). */
#ifndef GVT_SERVER_STATUS_H
#define GVT_SERVER_STATUS_H

#include "binnacle/gpu_status.h"
#include "binnacle/scenario.h"
#include "core/vgpu.h"
#include "turns.h"

struct status {
    struct bn_gpu_status *file; /* NULL: nobody asked for one */
    const struct vgpu *gpu;
    const struct turns *turns;
};

/* Makes the file, with the folder that it lies in. 0 or -errno. Before the sandbox. */
int status_init(struct status *s, const char *path, const char *vm,
                const struct bn_scenario_vgpu *type, const struct vgpu *gpu,
                const struct turns *turns) __attribute__((warn_unused_result));
void status_update(struct status *s);

#endif
