/* SPDX-License-Identifier: BSD-3-Clause */
/* How the policy is changed while it works: the socket of binnacle/sound_status.h. */
#ifndef SOUND_CONTROL_H
#define SOUND_CONTROL_H

#include "engine.h"
#include "graph.h"

struct control {
    struct graph *graph;
    struct engine *engine;
    int listener;
    struct spa_source *listening;
};

/* path NULL: there is none. 0 or -errno. */
int control_init(struct control *c, struct graph *g, struct engine *e, const char *path)
    __attribute__((warn_unused_result));
void control_finish(struct control *c);

#endif
