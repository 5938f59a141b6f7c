/* SPDX-License-Identifier: BSD-3-Clause */
/* What the sound service says of itself, and what it is told. */
#ifndef CTL_AUDIO_H
#define CTL_AUDIO_H

#include <stdbool.h>

#include "binnacle/sound_status.h"

struct audio_paths {
    const char *status, *control;
};

/* A copy of the status. 0 or -errno; -EPROTO: the file is none of this version. */
int audio_look(const char *path, struct bn_sound_status *s) __attribute__((warn_unused_result));
/* Decibels with at most one digit behind the point, as centibel; false: text is no level. */
bool audio_parse_level(const char *text, int *centibel);

/* binnaclectl audio [gain VM DB | duck ROLE DB | mute VM on|off]; argv begins behind "audio". Exit
 * code. */
int audio_run(const struct audio_paths *paths, int argc, char **argv);

#endif
