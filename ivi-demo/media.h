/* SPDX-License-Identifier: BSD-3-Clause */
/* The player as a page sees it: what it is doing, and what it may be told. */
#ifndef IVI_MEDIA_H
#define IVI_MEDIA_H

#include <stdbool.h>

#define MEDIA_TITLES 8
#define MEDIA_TEXT   40
#define MEDIA_RATE   48000 /* Hz; two channels of 16 bits */

enum media_card {
    MEDIA_NO_CARD, /* `problem` says so */
    MEDIA_CARD,
    MEDIA_CARD_FAILED, /* there is one, and `problem` says what is wrong with it */
};

enum media_source { MEDIA_TITLE, MEDIA_MICROPHONE };

struct media_title {
    char title[MEDIA_TEXT], artist[MEDIA_TEXT], album[MEDIA_TEXT];
    double seconds;
};

struct media_state {
    enum media_card card;
    char problem[64];
    unsigned titles;
    struct media_title title[MEDIA_TITLES];
    enum media_source source;
    unsigned track;     /* of the titles */
    bool playing;       /* is wanted: true without a card too, which then goes on by itself */
    bool recording;     /* from the microphone */
    double at, seconds; /* what is heard, or recorded, now; all there is, or may be recorded */
    double level;       /* of what is heard, 0..1 */
    bool microphone;    /* the card can record */
    bool has_volume;    /* the card has a volume to set */
    bool muted;
    int volume; /* percent */
};

enum media_order_kind {
    MEDIA_TOGGLE, /* plays, or pauses */
    MEDIA_SKIP,   /* value: so many titles */
    MEDIA_CHOOSE, /* value: this title from its beginning; media_state.titles: the microphone */
    MEDIA_SEEK,   /* value: permille of the title */
    MEDIA_VOLUME, /* value: percent */
    MEDIA_MUTE,   /* or no longer */
    MEDIA_RECORD, /* begins a recording, or ends it and plays it */
};

struct media_order {
    enum media_order_kind kind;
    int value;
};

#endif
