/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A guest's PCM stream in the graph: a node whose samples are those of the link's ring, behind
 * PipeWire's converter, linked to its strip of the mixer, or from its source.
 *
 * Called in the main thread.
 */
#ifndef SOUND_STREAM_H
#define SOUND_STREAM_H

#include "bell.h"
#include "engine.h"
#include "feed.h"
#include "link/link.h"

enum stream_state { STREAM_CLOSED, STREAM_OPEN, STREAM_STARTED, STREAM_FADING };

struct stream {
    unsigned vm, number; /* as the guest counts it */
    bool capture;
    int strip; /* of the mixer, playback only */
    const struct mixer *mixer;
    _Atomic int state;
    struct link_format format;
    struct feed feed; /* the data thread's while the stream is open */
    struct node node;
    struct node_port port;
    struct pw_impl_node *impl;
    struct pw_impl_link *link[2];
    unsigned source; /* enum link_source */
    struct bell *bell;
    void *map;
    size_t map_bytes;
    int guard, event; /* -1: none */
};

struct stream_place { /* where streams live */
    struct graph *graph;
    struct engine *engine;
    struct pw_impl_node *microphone; /* NULL: there is none, and capture hears silence */
};

/* ring, event: descriptors, which are the stream's from here on, also when this fails. 0, or
 * -EINVAL, -ENOTSUP (format), -EBUSY (open already), or what the system says. */
int stream_open(struct stream *s, const struct stream_place *p, const struct link_format *format,
                int ring, int event) __attribute__((warn_unused_result));
/* 0 or -EBADFD: not open. */
int stream_start(struct stream *s) __attribute__((warn_unused_result));
int stream_stop(struct stream *s) __attribute__((warn_unused_result));
void stream_close(struct stream *s, const struct stream_place *p);
/* Its device has gone: what is left in the ring is heard while it fades out; stream_ended then
 * says that it can be closed. */
void stream_fade(struct stream *s, const struct stream_place *p);
bool stream_ended(const struct stream *s, const struct engine *e);
/* The ring cannot be believed, or is gone. */
bool stream_broken(const struct stream *s);

/* Playback only, -ENOTSUP. Kept while the stream is closed. */
int stream_volume(struct stream *s, const struct stream_place *p, const struct link_volume *v)
    __attribute__((warn_unused_result));
/* Which source a capture stream hears: enum link_source. Kept while the stream is closed. */
int stream_source(struct stream *s, const struct stream_place *p, unsigned source)
    __attribute__((warn_unused_result));

#endif
