/* SPDX-License-Identifier: BSD-3-Clause */
/* Pieces as text: chords by their names, melodies as notes and beats. */
#ifndef MUSIC_PIECE_H
#define MUSIC_PIECE_H

#include "synth.h"

#define PIECE_PARTS 6

/* How the chords of a part are played, and which of the others play along. */
enum manner {
    BLOCKS = 1,    /* keys, twice a bar */
    BROKEN = 2,    /* plucked one after the other, in eighths */
    PADS = 4,      /* held by the pad */
    BASS_LINE = 8, /* root and fifth */
    BASS_EIGHTHS = 16,
    DRUMS = 32,
    SOFT_DRUMS = 64,
    WALTZ = 128, /* bass, chord, chord */
};

struct part {
    const char *chords; /* one a bar: "Fmaj7 Em7 Dm7 C" */
    const char *melody; /* "A4:1 C5:.5 R:2", NULL: none */
    int manner;         /* enum manner, several */
};

struct piece {
    const char *title, *artist, *album;
    double bpm;
    int beats; /* of a bar */
    enum instrument lead;
    double room;
    struct part part[PIECE_PARTS]; /* up to the one without chords */
};

#define PIECES 3
extern const struct piece pieces[PIECES];

double piece_seconds(const struct piece *p);
/* Plays all of it; an error in its text is told on stderr. 0 or -EINVAL. */
int piece_play(const struct piece *p, struct mix *m) __attribute__((warn_unused_result));

#endif
