/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What happens in every quantum: chimes that are asked for begin, the streams are mixed, the
 * cluster and binnaclectl are told. The mixer is a node of PipeWire's graph, which drives it.
 */
#ifndef SOUND_ENGINE_H
#define SOUND_ENGINE_H

#include <stdatomic.h>

#include "graph.h"
#include "mixer.h"
#include "requests.h"
#include "tap.h"

/* Output ports of the mixer's node, each the first of two. */
#define ENGINE_MAIN        0u
#define ENGINE_SILENCE     2u
#define ENGINE_MONITOR(vm) (4u + 2u * (vm))
#define ENGINE_OUTPUTS     ENGINE_MONITOR(BN_MAX_VMS)
#define ENGINE_INPUTS      (2u * MIXER_STRIPS)

struct engine {
    struct mixer mixer; /* the data thread's, as is the rest but for what is atomic */
    struct requests requests;
    struct tap tap;
    struct node node;
    struct node_port port[ENGINE_INPUTS + ENGINE_OUTPUTS];
    struct pw_impl_node *impl;
    float spare[2][MIXER_QUANTUM]; /* where the sum goes while there is no card */
    atomic_bool audible;           /* there is a loudspeaker */
    _Atomic uint64_t cycles;
    void (*after)(void *data); /* after each quantum, in the data thread */
    void *after_data;
};

/* The scenario's strips; the node joins the graph. e->requests and e->tap are set up. */
int engine_init(struct engine *e, struct graph *g, const struct bn_scenario *s)
    __attribute__((warn_unused_result));
/* After the graph is gone. */
void engine_finish(struct engine *e);

#endif
