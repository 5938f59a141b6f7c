/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A node of PipeWire's graph that is a function of ours: ports of a fixed format, and one call in
 * every quantum, in the card's data thread. It lives in the server's process, so nothing of the
 * graph crosses a socket.
 */
#ifndef SOUND_NODE_H
#define SOUND_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <pipewire/pipewire.h>
#include <spa/node/io.h>
#include <spa/node/node.h>
#include <spa/param/audio/raw.h>

#define NODE_BUFFERS 8

struct node_port {
    enum spa_direction direction;
    bool dsp;                      /* one channel of float at the graph's rate; else `raw` */
    struct spa_audio_info_raw raw; /* interleaved */
    uint32_t stride;               /* bytes of a frame */
    char name[32], channel[8];
    /* the rest is the node's */
    uint32_t id;
    bool configured;
    struct spa_io_buffers *io;
    struct spa_io_rate_match *match;
    struct spa_buffer *buffer[NODE_BUFFERS];
    uint32_t buffers;
    struct spa_port_info info;
    struct spa_param_info params[4];
    struct spa_dict_item items[4];
    struct spa_dict dict;
};

struct node {
    struct spa_node spa;
    struct spa_hook_list hooks;
    struct pw_loop *data_loop;
    struct spa_io_position *position;
    struct node_port *port; /* inputs first */
    uint32_t inputs, outputs;
    uint32_t limit;             /* frames: no quantum is longer */
    int (*process)(void *data); /* SPA_STATUS_* */
    void *data;
    struct spa_node_info info;
};

/* port[inputs + outputs], of which the caller has filled in the first five members, must stay. */
void node_init(struct node *n, struct pw_loop *data_loop, struct node_port *port, uint32_t inputs,
               uint32_t outputs, uint32_t limit, int (*process)(void *data), void *data);

/* Makes `p` a DSP port, one of two of `what` by its number: even is left, odd is right. */
void node_dsp_port(struct node_port *p, enum spa_direction direction, const char *what,
                   unsigned number);

/* In process: frames of this quantum. */
uint32_t node_quantum(const struct node *n);
/* In process: the bytes that came to an input, and that they have been taken. NULL: nothing. */
const void *node_input(struct node_port *p, uint32_t *bytes);
/* In process: where an output's bytes go, at most *bytes; then node_put says how many there are.
 * NULL: nobody listens, or what was put before has not been taken. */
void *node_output(struct node_port *p, uint32_t *bytes);
void node_put(struct node_port *p, uint32_t bytes);
/* The same of a DSP port: room for so many samples, or NULL. */
float *node_samples(struct node_port *p, uint32_t frames);

#endif
