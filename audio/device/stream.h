/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * PCM between a guest's buffers and a stream's ring (VIRTIO 1.2 §5.14.6.8). Buffers of a stream
 * return in order: a tx buffer when its last byte was taken from the ring, an rx buffer when it is
 * full.
 */
#ifndef AUDIO_DEVICE_STREAM_H
#define AUDIO_DEVICE_STREAM_H

#include "device/audio.h"

/* Gives the stream to the back end; `resume`: its ring goes on where it is. 0 or -errno. */
int stream_open(struct audio *a, unsigned stream, bool resume) __attribute__((warn_unused_result));
void stream_close(struct audio *a, unsigned stream);

/* Takes the buffers that the guest has put on that queue. */
void stream_process(struct audio *a, unsigned queue);

/* Moves what can be moved now, and returns the buffers that are done. */
void stream_pump(struct audio *a, unsigned stream);

/* Every buffer of the stream goes back as it is, those on the queue as well: a tx buffer that was
 * not played, an rx buffer that got nothing, with IO_ERR. */
void stream_discard(struct audio *a, unsigned stream);

#endif
