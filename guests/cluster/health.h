/* SPDX-License-Identifier: BSD-3-Clause */
/* What the cluster does about failures of its own. */
#ifndef CLUSTER_HEALTH_H
#define CLUSTER_HEALTH_H

#include "os.h"

#include "screen.h"
#include "supervision.h"

/* Where last words are painted: to the boot framebuffer and, as a last frame, to the compositor. */
void health_init(const struct screen *screen, const struct window *window);

/* Supervision begins; from the task that draws, between two frames, once all tasks come. */
void health_begin(void);

/* The supervisor is watched by who draws: if it has begun and is silent that is a panic. Who draws
 * is watched by the hypervisor. */
void health_watch_supervisor(void);

/* True once after this task has been ended. */
bool health_was_ended(TaskType task);

/* Times that a task has been ended. */
uint32_t health_ends(void);

#endif
