/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the music: written for this project, and under its licence. */
#include "piece.h"

#include <stddef.h>

#define HARBOUR_A "Fmaj7 Em7 Dm7 Cmaj7 Fmaj7 Em7 Dm7 G7"
#define HARBOUR_B "Am7 Dm7 G7 Cmaj7 Fmaj7 Dm7 Em7 Am7"
#define DRIVE_A   "Am F C G Am F C G"
#define DRIVE_B   "F G Am C F G Am G"

const struct piece pieces[PIECES] = {
    {"Harbour Lights",
     "Binnacle",
     "Slow Roads",
     96,
     4,
     KEYS,
     0.22,
     {{"Fmaj7 Em7 Dm7 Cmaj7", NULL, BLOCKS | PADS},
      {HARBOUR_A,
       "A4:1.5 C5:.5 E5:2 | D5:1 B4:1 G4:2 | F4:1.5 A4:.5 C5:1 D5:1 | E5:3 R:1 |"
       "A4:1.5 C5:.5 E5:1 G5:1 | E5:1 D5:1 B4:2 | A4:1 C5:1 F5:1.5 E5:.5 | D5:3 R:1",
       BLOCKS | BASS_LINE | SOFT_DRUMS},
      {HARBOUR_B,
       "E5:1 C5:1 A4:1 C5:1 | F5:1.5 E5:.5 D5:2 | B4:1 D5:1 F5:1 G5:1 | E5:3 R:1 |"
       "C5:1 A4:1 E5:1 C5:1 | D5:1.5 C5:.5 A4:2 | G4:1 B4:1 D5:1 E5:1 | C5:3 R:1",
       BLOCKS | PADS | BASS_LINE | SOFT_DRUMS},
      {HARBOUR_A,
       "C5:1 A4:.5 C5:.5 E5:2 | B4:1 G4:.5 B4:.5 D5:2 | A4:1 F4:.5 A4:.5 C5:1 E5:1 | G5:2 E5:2 |"
       "A5:1.5 G5:.5 E5:2 | D5:1 E5:1 G5:2 | F5:1 E5:1 D5:1 C5:1 | B4:3 R:1",
       BLOCKS | BROKEN | PADS | BASS_LINE | SOFT_DRUMS}}},
    {"Night Drive",
     "Binnacle",
     "Overground",
     110,
     4,
     LEAD,
     0.18,
     {{"Am F C G", NULL, BROKEN | PADS},
      {DRIVE_A, NULL, BROKEN | PADS | BASS_EIGHTHS | DRUMS},
      {DRIVE_A,
       "E5:1.5 D5:.5 C5:1 A4:1 | C5:3 R:1 | E5:1.5 D5:.5 C5:1 G4:1 | D5:3 R:1 |"
       "E5:1.5 D5:.5 C5:1 E5:1 | F5:2 A5:1 G5:1 | E5:2 C5:1 E5:1 | D5:3 R:1",
       BROKEN | PADS | BASS_EIGHTHS | DRUMS},
      {DRIVE_B,
       "A5:1 G5:.5 F5:.5 C5:2 | B4:1 D5:1 G5:2 | E5:1 D5:.5 C5:.5 A4:2 | G4:1 C5:1 E5:2 |"
       "F5:1 A5:1 C6:2 | B5:1 G5:1 D5:2 | C5:1 E5:1 A5:1.5 G5:.5 | D5:3 R:1",
       BLOCKS | PADS | BASS_EIGHTHS | DRUMS},
      {"Am F C G", NULL, BROKEN | PADS | BASS_LINE}}},
    {"First Snow",
     "Binnacle",
     "After Rain",
     84,
     3,
     BELL,
     0.34,
     {{"C Am7 F G", NULL, WALTZ | PADS},
      {"Cadd9 Am7 Fmaj7 Gsus4 Em7 Am7 Dm7 G7",
       "E5:2 G5:1 | A5:1.5 G5:.5 E5:1 | C5:2 E5:1 | D5:3 | B4:2 E5:1 | C5:1.5 B4:.5 A4:1 |"
       "F5:2 E5:1 | D5:3",
       WALTZ | PADS},
      {"Fmaj7 G6 Em7 Am7 Dm7 G7 Cmaj7 C",
       "A5:2 C6:1 | B5:1.5 A5:.5 G5:1 | G5:2 B5:1 | A5:1.5 G5:.5 E5:1 | F5:1 A5:1 F5:1 |"
       "D5:2 F5:1 | E5:3 | R:3",
       WALTZ | BROKEN | PADS},
      {"Cadd9 Am7 Fmaj7 Gsus4 Em7 Am7 Dm7 G7",
       "G5:1 E5:1 C5:1 | A5:1 E5:1 C5:1 | A5:2 G5:1 | D5:3 | G5:1 B5:1 G5:1 | E5:2 C5:1 |"
       "D5:1 F5:1 A5:1 | G5:3",
       WALTZ | BROKEN | PADS},
      {"F G C C", "A4:1 C5:1 F5:1 | E5:1 D5:1 B4:1 | C5:3 | R:3", WALTZ | PADS}}},
};
