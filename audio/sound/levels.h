/* SPDX-License-Identifier: BSD-3-Clause */
/* A card's own switches and volumes, which it has muted when it is switched on. */
#ifndef SOUND_LEVELS_H
#define SOUND_LEVELS_H

/* Switches the outputs (or the inputs) of the card of a PCM name like "hw:0,0" on, at 0 dB. How
 * many controls were set, or -errno. */
int levels_set(const char *pcm, int playback) __attribute__((warn_unused_result));

#endif
