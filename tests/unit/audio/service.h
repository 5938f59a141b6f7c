/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sound service in a thread, as link/link.h has it, whose sound card is time: 48 kHz, S16, two
 * channels. The frame at byte p of a playback stream must be p / 4 + 1; so is what it records.
 */
#ifndef TESTS_AUDIO_SERVICE_H
#define TESTS_AUDIO_SERVICE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct service_counts {
    _Atomic uint64_t taken, wrong, put; /* frames */
    _Atomic uint32_t opens, starts, connections;
};
extern struct service_counts service_counts;

/* Streams below `playback` play. Listens at once; service_stop() is its sudden end. */
void service_start(const char *path, unsigned playback);
void service_stop(void);

#endif
