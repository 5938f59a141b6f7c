/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line of binnacle-audio, joined with what the scenario says about the VM. */
#ifndef AUDIO_DEVICE_ARGUMENTS_H
#define AUDIO_DEVICE_ARGUMENTS_H

#include <stdbool.h>

struct arguments {
    const char *socket, *scenario, *vm, *link, *state;
    int fd, statistics;
    unsigned playback, capture;
    bool null, loopback, no_controls, no_sandbox, help;
};

/* Fills *a. 0, or -EINVAL or what reading the scenario said; the reason has been printed. */
int arguments_parse(struct arguments *a, int argc, char **argv) __attribute__((warn_unused_result));

#endif
