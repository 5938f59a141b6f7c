/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A microphone that hears a file, again and again: what a guest records is then known to the
 * sample. For tests, and for showing a cockpit whose machine has nothing to listen to.
 */
#ifndef SOUND_RECORDING_H
#define SOUND_RECORDING_H

#include "graph.h"

struct recording {
    const int16_t *sample; /* left, right; NULL: there is none */
    size_t frames, next;   /* the data thread's */
    struct node node;
    struct node_port port[GRAPH_CHANNELS];
};

/* Maps the file, stereo of 16-bit samples at GRAPH_RATE without a header, and makes its node. NULL
 * and errno: EINVAL, it has no whole frame; or what the system says. Main thread. */
struct pw_impl_node *recording_open(struct recording *r, struct graph *g, const char *path);
/* After its node is gone. */
void recording_close(struct recording *r);

#endif
