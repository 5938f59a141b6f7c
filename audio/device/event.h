/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The event queue (VIRTIO 1.2 §5.14.6). What has happened waits, one of a kind, until the guest has
 * given a buffer: a guest that gives none makes nothing grow, and learns the present state when it
 * does.
 */
#ifndef AUDIO_DEVICE_EVENT_H
#define AUDIO_DEVICE_EVENT_H

#include "device/audio.h"

void event_jack(struct audio *a, unsigned jack);
void event_xrun(struct audio *a, unsigned stream);
void event_period(struct audio *a, unsigned stream);
void event_control(struct audio *a, unsigned id, uint16_t mask);

/* Fills the buffers that are there, and interrupts the guest. */
void event_deliver(struct audio *a);

#endif
