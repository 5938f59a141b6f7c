/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the player share: its thread (player.c), what it does with the card
 * (player_engine.c). */
#ifndef IVI_PLAYER_ENGINE_H
#define IVI_PLAYER_ENGINE_H

#include "player.h"
#include "sound.h"
#include "wav.h"

#define ENGINE_LOOK_MS 1000 /* for a card, while there is none, or after it has failed */

struct engine { /* the thread's own */
    struct player *player;
    struct sound sound;
    struct wav title[MEDIA_TITLES];
    struct media_state s;
    uint32_t next;     /* frame of what plays that is written next */
    int16_t *recorded; /* PLAYER_RECORD_S long, when first needed */
    uint32_t recorded_frames;
    uint64_t moved_ms; /* the card took or gave something then */
};

/* e->player is set, all else zero: opens the titles, has no card yet. */
void engine_init(struct engine *e);
void engine_finish(struct engine *e);

/* Samples of the title or the recording, *frames of them; NULL: there is nothing. */
const int16_t *engine_what_plays(const struct engine *e, uint32_t *frames);
/* Where the ear is: a frame of it. */
uint32_t engine_heard(struct engine *e);

/* Silence; what plays goes on where it was heard last, or at `frame`. */
void engine_halt(struct engine *e);
void engine_go_to(struct engine *e, uint32_t frame);

/* Begins a recording, or ends it and plays it; stop_recording only ends it. */
void engine_record(struct engine *e);
void engine_stop_recording(struct engine *e);

/* A turn of the thread: finds a card or loses it; gives it what it has room for; takes what it has
 * recorded. */
void engine_look_for_card(struct engine *e);
void engine_play(struct engine *e);
void engine_take_recording(struct engine *e);

#endif
