/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The sound card by ALSA: one that is looked for until there is one, a stream that plays, one that
 * records, a volume. Nothing here waits for the card but its opening and closing.
 */
#ifndef IVI_SOUND_H
#define IVI_SOUND_H

#include <alsa/asoundlib.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define SOUND_POLLS 24

struct sound {
    const char *named; /* the PCM that tests name; NULL: of the first card that plays */
    int card;          /* -1: none */
    int play_device, record_device; /* -1: it cannot */
    snd_pcm_t *play, *record;
    snd_mixer_t *mixer;
    snd_mixer_elem_t *volume;
    bool gone;     /* the card says so: sound_lose() is next */
    char text[32]; /* of a device */
};

void sound_init(struct sound *s, const char *named);
void sound_finish(struct sound *s);

/* Looks for a card, if there is none. True: there is one. */
bool sound_find(struct sound *s);
/* Closes everything: the card is gone, or is to be tried anew. */
void sound_lose(struct sound *s);

/* Opens and prepares, 48 kHz, stereo, 16 bits. 0 or -errno. */
int sound_play_start(struct sound *s) __attribute__((warn_unused_result));
int sound_record_start(struct sound *s) __attribute__((warn_unused_result));
/* Silence at once; frames that were written and not heard are lost. */
void sound_play_stop(struct sound *s);
void sound_record_stop(struct sound *s);

/* Frames written or read, 0: not now; after an xrun it goes on. -errno: the card is gone or broken.
 */
int sound_write(struct sound *s, const int16_t *frame, uint32_t frames);
int sound_read(struct sound *s, int16_t *frame, uint32_t frames);
/* Frames that were written and are not heard yet. */
uint32_t sound_delay(struct sound *s);
/* All of it was written: what is shorter than the buffer is played too. */
void sound_play_last(struct sound *s);

/* Percent; false: the card has none. Takes what others have set. */
bool sound_volume(struct sound *s, int *percent, bool *muted);
void sound_set_volume(struct sound *s, int percent);
void sound_set_muted(struct sound *s, bool muted);

/* What to wait for; returns how many. */
unsigned sound_polls(struct sound *s, struct pollfd fds[SOUND_POLLS]);

#endif
