/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The player: titles in a folder, and the microphone, on the sound card. It has a thread of its
 * own, so that no card, whatever it does, holds a picture up; orders and state cross between the
 * two.
 */
#ifndef IVI_PLAYER_H
#define IVI_PLAYER_H

#include <pthread.h>

#include "media.h"

#define PLAYER_ORDERS   16
#define PLAYER_RECORD_S 20 /* so long may a recording be */

struct player_setup {
    const char *music; /* folder of *.wav, in the order of their names */
    const char *pcm;   /* ALSA's name of a device; NULL: the first card that plays */
    bool autoplay;
};

struct player {
    struct player_setup setup;
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    struct media_state state;
    struct media_order order[PLAYER_ORDERS];
    unsigned orders;
    bool stop;
    int wake; /* eventfd: there is an order */
};

/* 0 or -errno. The setup's strings are not copied. */
int player_start(struct player *p, const struct player_setup *setup)
    __attribute__((warn_unused_result));
void player_stop(struct player *p);

/* As of now; never waits for the card. */
void player_read(struct player *p, struct media_state *state);
/* When too many wait already, it is dropped. `player` is a struct player. */
void player_order(void *player, struct media_order order);

#endif
