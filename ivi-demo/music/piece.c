/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns reading a piece and playing it: chords, melody, bass and drums. */
#include "piece.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHORD_NOTES 4

struct chord {
    int root, note[CHORD_NOTES], notes; /* MIDI numbers, the root in the octave of C3 */
};

struct player {
    const struct piece *piece;
    struct mix *mix;
    double beat; /* seconds */
};

/* Semitones above C of "C" to "B" with "#" or "b"; -1: no note. */
static int pitch(const char **s)
{
    static const int semitone[] = {9, 11, 0, 2, 4, 5, 7};
    int p;

    if (**s < 'A' || **s > 'G')
        return -1;
    p = semitone[*(*s)++ - 'A'];
    for (; **s == '#' || **s == 'b'; (*s)++)
        p += **s == '#' ? 1 : -1;
    return (p + 12) % 12;
}

static int read_chord(const char *name, size_t length, struct chord *c)
{
    static const struct {
        const char *name;
        int notes, interval[CHORD_NOTES];
    } kinds[] = {
        {"", 3, {0, 4, 7, 0}},      {"m", 3, {0, 3, 7, 0}},    {"maj7", 4, {0, 4, 7, 11}},
        {"m7", 4, {0, 3, 7, 10}},   {"7", 4, {0, 4, 7, 10}},   {"sus4", 3, {0, 5, 7, 0}},
        {"add9", 4, {0, 4, 7, 14}}, {"m9", 4, {0, 3, 10, 14}}, {"6", 4, {0, 4, 7, 9}},
    };
    const char *s = name;
    const int root = pitch(&s);

    for (size_t k = 0; root >= 0 && k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        if (strlen(kinds[k].name) != (size_t)(name + length - s) ||
            strncmp(kinds[k].name, s, (size_t)(name + length - s)) != 0)
            continue;
        c->root = 48 + root;
        c->notes = kinds[k].notes;
        for (int i = 0; i < c->notes; i++) {
            c->note[i] = c->root + kinds[k].interval[i];
            if (c->note[i] > 67) /* hands stay in the middle */
                c->note[i] -= 12;
        }
        return 0;
    }
    fprintf(stderr, "compose: there is no chord \"%.*s\"\n", (int)length, name);
    return -EINVAL;
}

static void play(struct player *p, enum instrument i, double beat, double beats, int midi,
                 double gain, double pan)
{
    const struct note n = {beat * p->beat, beats * p->beat, 440 * pow(2, (midi - 69) / 12.0), gain,
                           pan};

    synth_play(p->mix, i, &n);
}

static void play_chord(struct player *p, const struct chord *c, int manner, double at)
{
    const int beats = p->piece->beats;

    for (int i = 0; i < c->notes; i++) {
        const double pan = -0.5 + i * 0.33;

        if (manner & BLOCKS) {
            play(p, KEYS, at + i * 0.02, beats / 2.0 - 0.2, c->note[i], 0.55, pan);
            play(p, KEYS, at + beats / 2.0 + 0.5, beats / 2.0 - 0.7, c->note[i], 0.4, pan);
        }
        if (manner & PADS)
            play(p, PAD, at, beats - 0.1, c->note[i], 0.8, -pan);
        for (int b = 1; manner & WALTZ && b < beats; b++)
            play(p, KEYS, at + b, 0.7, c->note[i] + 12, 0.3, pan);
    }
    for (int e = 0; manner & BROKEN && e < 2 * beats; e++)
        play(p, PLUCK, at + e / 2.0, 0.5,
             c->note[(e * 5 / 2 + e) % c->notes] + (e % 4 == 3 ? 24 : 12), e ? 0.5 : 0.65,
             0.6 * sin(e * 1.9));
}

static void play_bass(struct player *p, const struct chord *c, int manner, double at)
{
    const int beats = p->piece->beats;

    if (manner & BASS_LINE) {
        play(p, BASS, at, beats / 2.0 - 0.1, c->root - 12, 0.8, 0);
        play(p, BASS, at + beats / 2.0, beats / 2.0 - 0.6, c->root - 5, 0.6, 0);
        play(p, BASS, at + beats - 0.5, 0.4, c->root - 12, 0.5, 0);
    }
    for (int e = 0; manner & BASS_EIGHTHS && e < 2 * beats; e++)
        play(p, BASS, at + e / 2.0, 0.4, c->root - (e % 8 == 6 ? 0 : 12), e % 2 ? 0.45 : 0.7, 0);
    if (manner & WALTZ)
        play(p, BASS, at, 1.2, c->root - 12, 0.7, 0);
}

static void play_drums(struct player *p, int manner, double at)
{
    const int beats = p->piece->beats;

    if (!(manner & (DRUMS | SOFT_DRUMS)))
        return;
    for (int b = 0; b < beats; b++) {
        if (b % 2 == 0 || manner & DRUMS)
            play(p, KICK, at + b, 1, 36, manner & DRUMS ? 0.75 : 0.5, 0);
        if (b % 2 == 1)
            play(p, BRUSH, at + b, 1, 60, manner & DRUMS ? 0.8 : 0.45, 0.1);
        play(p, HAT, at + b + 0.5, 1, 90, manner & DRUMS ? 0.7 : 0.45, -0.3);
        if (manner & SOFT_DRUMS)
            play(p, HAT, at + b, 1, 90, 0.25, -0.3);
    }
}

/* "A4:1.5" into *midi (0: a rest) and *beats; the end of it, NULL: it is none. */
static const char *read_note(const char *s, int *midi, double *beats)
{
    char *end;
    int p;

    *midi = 0;
    if (*s == 'R')
        s++;
    else if ((p = pitch(&s)) >= 0 && *s >= '2' && *s <= '7')
        *midi = 12 * (*s++ - '0' + 1) + p;
    else
        return NULL;
    if (*s++ != ':')
        return NULL;
    *beats = strtod(s, &end);
    return end != s && *beats > 0 ? end : NULL;
}

/* Returns the beats that it took, negative: an error. */
static double play_melody(struct player *p, const char *melody, double at)
{
    double begin = at, beats;
    int midi;

    for (const char *s = melody + strspn(melody, " |"); *s; s += strspn(s, " |")) {
        const char *end = read_note(s, &midi, &beats);

        if (!end) {
            fprintf(stderr, "compose: no note: \"%s\"\n", s);
            return -1;
        }
        if (midi)
            play(p, p->piece->lead, at, beats * 0.92, midi, 0.85, 0.12);
        at += beats;
        s = end;
    }
    return at - begin;
}

static int bars_of(const char *chords)
{
    int bars = 0;

    for (const char *s = chords + strspn(chords, " "); *s; s += strspn(s, " ")) {
        s += strcspn(s, " ");
        bars++;
    }
    return bars;
}

double piece_seconds(const struct piece *p)
{
    int bars = 0;

    for (int i = 0; i < PIECE_PARTS && p->part[i].chords; i++)
        bars += bars_of(p->part[i].chords);
    return bars * p->beats * 60 / p->bpm;
}

static int play_part(struct player *p, const struct part *part, double at)
{
    const double beats = bars_of(part->chords) * p->piece->beats;
    struct chord c;

    if (part->melody && fabs(play_melody(p, part->melody, at) - beats) > 1e-6) {
        fprintf(stderr, "compose: %s: melody and chords differ in length\n", p->piece->title);
        return -EINVAL;
    }
    for (const char *s = part->chords + strspn(part->chords, " "); *s; s += strspn(s, " ")) {
        const size_t length = strcspn(s, " ");

        if (read_chord(s, length, &c) < 0)
            return -EINVAL;
        play_chord(p, &c, part->manner, at);
        play_bass(p, &c, part->manner, at);
        play_drums(p, part->manner, at);
        at += p->piece->beats;
        s += length;
    }
    return 0;
}

int piece_play(const struct piece *piece, struct mix *m)
{
    struct player p = {piece, m, 60 / piece->bpm};
    double at = 0;
    int rc = 0;

    for (int i = 0; rc == 0 && i < PIECE_PARTS && piece->part[i].chords; i++) {
        rc = play_part(&p, &piece->part[i], at);
        at += bars_of(piece->part[i].chords) * piece->beats;
    }
    return rc;
}
