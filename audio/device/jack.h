/* SPDX-License-Identifier: BSD-3-Clause */
/* Jacks (VIRTIO 1.2 §5.14.6.4): a loudspeaker, a microphone; where a driver has put them, and what
 * the sound service says is plugged in. */
#ifndef AUDIO_DEVICE_JACK_H
#define AUDIO_DEVICE_JACK_H

#include "device/audio.h"

uint8_t jack_first_place(unsigned jack); /* association << 4 | sequence, before any remap */
void jack_info(const struct audio *a, unsigned jack, struct vsnd_jack_info *info);
/* JACK_REMAP; VSND_S_OK, or VSND_S_BAD_MSG: no such jack, or numbers that HDA has not. */
uint32_t jack_remap(struct audio *a, const struct vsnd_jack_remap *r);
/* Something was plugged in or out; the guest is told when that is news. */
void jack_connected(struct audio *a, unsigned jack, bool connected);

#endif
