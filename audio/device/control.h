/* SPDX-License-Identifier: BSD-3-Clause */
/* The control queue (VIRTIO 1.2 §5.14.6): requests are carried out and answered one by one. */
#ifndef AUDIO_DEVICE_CONTROL_H
#define AUDIO_DEVICE_CONTROL_H

#include "device/audio.h"

/* Answers what is on the queue, and tells the guest. */
void control_process(struct audio *a);

/*
 * The queue has been started. True when it is the one that the state is about, so that streams go
 * on; false: another driver's, or a driver's that started anew.
 */
bool control_adopt(struct audio *a);

#endif
