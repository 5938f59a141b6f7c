/* SPDX-License-Identifier: BSD-3-Clause */
/* One line of the service's log. */
#ifndef SOUND_NOTE_H
#define SOUND_NOTE_H

#include <stdio.h>

#define note(...)                                                                                  \
    do {                                                                                           \
        (void)fprintf(stderr, "sound: " __VA_ARGS__);                                              \
        (void)fputc('\n', stderr);                                                                 \
    } while (0)

#endif
