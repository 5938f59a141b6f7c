/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PipeWire in this process: context, data thread, the card's nodes, and links that we make. There
 * is no socket that a client could connect to, no session manager, no bus.
 *
 * Everything here is called in the main thread.
 */
#ifndef SOUND_GRAPH_H
#define SOUND_GRAPH_H

#include <pipewire/pipewire.h>

#include "node.h"

#define GRAPH_RATE     48000u
#define GRAPH_CHANNELS 2u
/* A quantum of a stream at the highest rate, 192 kHz, and room for what a resampler wants more. */
#define GRAPH_LIMIT       4096u
#define GRAPH_RT_PRIORITY 88

struct graph_card {   /* an ALSA card's PCM device */
    const char *path; /* "hw:0"; NULL: a card that nobody hears, or whose silence is heard */
    unsigned period, periods, headroom; /* frames; 0: PipeWire's choice */
    bool irq;                           /* woken by the card and not by a timer */
};

struct graph {
    struct pw_main_loop *main;
    struct pw_loop *loop, *data_loop;
    struct pw_context *context;
    struct pw_impl_factory *adapter;
};

/* quantum: frames of every cycle. realtime: the data thread is SCHED_FIFO. 0 or -errno. */
int graph_init(struct graph *g, unsigned quantum, bool realtime)
    __attribute__((warn_unused_result));
void graph_finish(struct graph *g);

/* Each gives NULL and sets errno when it fails. */
/* A node of ours with its own DSP ports, which runs in every quantum. */
struct pw_impl_node *graph_add_node(struct graph *g, struct node *n, const char *name);
/* A node of ours with one port of any raw format, behind PipeWire's converter: GRAPH_CHANNELS DSP
 * ports, front left and right. */
struct pw_impl_node *graph_add_stream(struct graph *g, struct node *n, const char *name);
/* The card's node: a sink (playback) or a source. */
struct pw_impl_node *graph_add_card(struct graph *g, const struct graph_card *card, bool playback,
                                    const char *name);
struct pw_impl_link *graph_link(struct graph *g, struct pw_impl_node *from, uint32_t output,
                                struct pw_impl_node *to, uint32_t input);

/* Runs fn(data) in the data thread, between two quanta, and waits for it. */
void graph_in_data_thread(struct graph *g, void (*fn)(void *data), void *data);

#endif
