/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The back end that hands a guest's streams to the sound service (link/link.h). What the device
 * wants of a stream is kept here, and said to the service one request a stream at a time; a service
 * that comes back after it was gone is told all of it again. While it is away a clock works the
 * rings, so that the guest goes on.
 */
#ifndef AUDIO_BACKEND_LINK_H
#define AUDIO_BACKEND_LINK_H

#include <sys/un.h>

#include "backend/backend.h"
#include "backend/clock.h"
#include "vhost/loop.h"

struct link_stream {
    /* what the device wants */
    bool wanted, running;
    bool ready; /* the ring is as it should be: the device may use it */
    struct link_format format;
    struct ring *ring;
    struct link_volume volume;
    unsigned source;
    /* what the service knows */
    bool opened, started, again; /* again: opened, but as it was before the last open() */
    bool volume_told, source_told;
    bool refused;    /* it said no to this open() */
    uint16_t asked;  /* enum link_kind that is not answered, 0: none */
    uint32_t serial; /* of that */
    uint64_t since;  /* ns: asked at */
    struct clock clock;
    bool ticks; /* the clock has it */
};

struct link {
    struct vu_loop *loop;
    struct vu_source peer, timer, wake; /* peer.fd -1: not connected */
    const struct backend_events *events;
    void *data;
    unsigned playback;
    struct sockaddr_un path;
    bool greeted; /* HELLO is answered: streams are the service's */
    uint32_t hello, serial;
    uint64_t since, retry; /* ns: HELLO asked at, next attempt to connect */
    struct link_card card;
    struct link_stream stream[LINK_STREAMS];
    uint32_t connections, errors; /* errors: answers that made no sense */
};

extern const struct backend_ops link_backend; /* its b is a struct link */

/* 0, -ENAMETOOLONG or -errno. A service that is not there is no error. */
int link_init(struct link *l, struct vu_loop *loop, const struct backend_events *events, void *data,
              unsigned playback, const char *path) __attribute__((warn_unused_result));
void link_finish(struct link *l);

/* Serves that connected socket; takes the fd. For tests, beside connecting by itself. */
void link_attach(struct link *l, int fd);
/* What is due at `now` (ns). */
void link_tick(struct link *l, uint64_t now);

#endif
