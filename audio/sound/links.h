/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guests' sound devices: a listening socket for each VM that has one (link/link.h), their
 * requests, their streams. Which VM a device speaks for is the socket's business, and the streams'
 * roles are the scenario's: no message says either.
 */
#ifndef SOUND_LINKS_H
#define SOUND_LINKS_H

#include "stream.h"

#define LINKS_JACK_SPEAKER    0u
#define LINKS_JACK_MICROPHONE 1u

struct links;

struct guest {
    struct links *links;
    unsigned vm, streams;
    struct stream stream[BN_MAX_SOUNDS * 2];
    struct bell bell;
    int listener, socket; /* -1: none */
    struct spa_source *listening, *source;
    bool greeted; /* it has said LINK_HELLO */
};

struct links {
    struct stream_place place;
    unsigned quantum;
    uint32_t jacks; /* bit: connected */
    struct guest guest[BN_MAX_VMS];
    unsigned guests;
};

/* Sockets <folder>/<vm>.link of the VMs of the scenario that have sound. 0 or -errno. */
int links_init(struct links *l, const struct stream_place *place, const struct bn_scenario *s,
               const char *folder, unsigned quantum, bool realtime)
    __attribute__((warn_unused_result));
void links_finish(struct links *l);

/* In the main thread, when the data thread has asked for attention: streams that have faded out are
 * closed, and so is the link of a device whose ring cannot be believed. */
void links_tidy(struct links *l);
/* In the data thread: links_tidy has something to do. */
bool links_untidy(const struct links *l);

/* A jack has been plugged or unplugged: the devices are told. */
void links_jack(struct links *l, unsigned jack, bool connected);
/* Another microphone, or none: capture streams hear it. */
void links_microphone(struct links *l, struct pw_impl_node *microphone);

#endif
