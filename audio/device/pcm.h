/* SPDX-License-Identifier: BSD-3-Clause */
/* The life of a PCM stream (VIRTIO 1.2 §5.14.6.6.1): which command is legal when, and what it does.
 */
#ifndef AUDIO_DEVICE_PCM_H
#define AUDIO_DEVICE_PCM_H

#include "device/audio.h"

enum pcm_command { PCM_SET_PARAMS, PCM_PREPARE, PCM_START, PCM_STOP, PCM_RELEASE, PCM_COMMANDS };

/* State after the command, -EINVAL: not legal in that state. */
int pcm_next(enum pcm_state state, enum pcm_command command);

/*
 * Carries out VSND_R_PCM_SET_PARAMS to VSND_R_PCM_STOP; the status to answer with. BAD_MSG: too
 * short, no such stream, not legal now, or parameters that contradict themselves; NOT_SUPP: those
 * not offered; IO_ERR: the back end cannot. `tag`: used index that the request is answered at;
 * `again`: it may have been carried out already by a process that died before it answered.
 */
uint32_t pcm_request(struct audio *a, const union vsnd_request *r, size_t got, uint16_t tag,
                     bool again);

#endif
