/* SPDX-License-Identifier: BSD-3-Clause */
/* The sound device as a vhost-user back end: four queues, one loop (VIRTIO 1.2 §5.14). */
#ifndef AUDIO_DEVICE_DEVICE_H
#define AUDIO_DEVICE_DEVICE_H

#include "device/audio.h"

/* Told by the back end; `data` is the struct audio. */
extern const struct backend_events device_events;

/*
 * Where state and rings are: the files of a folder, made if they are not there, so that a process
 * that takes the place of this one goes on; or with NULL memory of this process. Before device_init
 * and before a sandbox. *fresh: nothing was found to go on from. 0 or -errno.
 */
int device_open_state(struct audio *a, const char *folder, bool *fresh)
    __attribute__((warn_unused_result));

/* card, state and back end are there. `controls`: offers VSND_F_CTLS. 0 or -errno. */
int device_init(struct audio *a, struct vu_loop *loop, bool controls)
    __attribute__((warn_unused_result));

/* The state's memory is let go of as it is, for whoever comes next. */
void device_finish(struct audio *a);

#endif
