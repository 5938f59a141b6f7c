/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sound card: the node that drives the graph, and the microphone. Where there is no card, or it
 * fails, a clock of the system drives the graph instead, nothing is heard, and it is looked for
 * again. Main thread.
 */
#ifndef SOUND_CARD_H
#define SOUND_CARD_H

#include "engine.h"
#include "links.h"
#include "recording.h"

struct status;

#define CARD_FILE   "file:" /* recording.h */
#define CARD_LOOK_S 2       /* how often it is looked for, and looked at */

struct card_config {
    const char *sink;       /* "hw:0" or the like, "auto": the first there is, "null" */
    const char *source;     /* the same; "none": no microphone; CARD_FILE and a path */
    struct graph_card alsa; /* how; path unused */
};

struct card {
    struct card_config config;
    struct graph *graph;
    struct engine *engine;
    struct links *links;
    struct status *status; /* NULL: nobody is told; set before card_init */
    struct pw_impl_node *sink, *source;
    struct recording recording; /* what the source is, if that is a file */
    struct spa_hook sink_listener;
    char name[BN_NAME_BYTES]; /* of what plays */
    bool failed;              /* it has said so */
    uint64_t cycles;          /* at the last look */
    struct spa_source *timer;
};

/* Opens what there is. 0 or -errno: not even a clock. */
int card_init(struct card *c, struct graph *g, struct engine *e, struct links *l,
              const struct card_config *config) __attribute__((warn_unused_result));
void card_finish(struct card *c);

#endif
