/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Control elements (VIRTIO 1.3 §5.14.6.10): the card's playback volume, its switch, and what a
 * capture stream hears. A guest's volume is what it wants; the cockpit's policy is apart from it.
 */
#ifndef AUDIO_DEVICE_CTL_H
#define AUDIO_DEVICE_CTL_H

#include "device/audio.h"

#define CTL_VOLUME_MAX      120u /* steps; 0: silence */
#define CTL_VOLUME_CENTIBEL 5u   /* a step */

void ctl_info(const struct audio *a, unsigned id, struct vsnd_ctl_info *info);

/* One of VSND_R_CTL_*, but CTL_INFO. `got`: bytes of the request; the answer's payload goes to *to,
 * at most `room` bytes, its length to *bytes. Returns the status. */
uint32_t ctl_request(struct audio *a, const union vsnd_request *r, size_t got, void *to,
                     size_t room, size_t *bytes);

/* Tells the back end about a stream what the elements say. */
void ctl_apply(struct audio *a, unsigned stream);

#define CTL_ANSWER_MAX VSND_CTL_VALUE_BYTES

#endif
