/* SPDX-License-Identifier: BSD-3-Clause */
/* A Wayland client as a guest's back end would be, or as nobody should be, in a process of its own.
 */
#ifndef TEST_DISPLAY_CLIENT_H
#define TEST_DISPLAY_CLIENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CLIENT_OUTPUTS 8

/* What the client was told, in memory that the test shares with it. */
struct client_seen {
    unsigned outputs; /* that have come */
    struct client_output {
        char name[32];
        int width, height, refresh;
        unsigned told; /* how often it was complete */
        bool gone;
    } output[CLIENT_OUTPUTS];
    int width, height; /* as the toplevel was configured last */
};

struct client_plan {
    const char *dir; /* XDG_RUNTIME_DIR of the compositor */
    const char *vm;
    const char *app_id;
    uint32_t colour;         /* 0xRRGGBB of the whole picture */
    uint32_t cursor_colour;  /* a subsurface of 16x16 at 40, 30; 0: none */
    int width, height;       /* of the buffer; 0: as configured */
    bool ask_for_everything; /* maximise, move, title, geometry: nothing of it may have an effect */
    bool flood;              /* commits without waiting */
    bool shrink;             /* takes the memory away from under its buffer */
    bool garbage;            /* bytes that are no protocol */
    struct client_seen *seen; /* NULL: it does not look at outputs */
};

/* Starts it; it stays until it is killed, or ends by itself with 3 when the compositor throws it
 * out. */
pid_t client_start(const struct client_plan *plan);

#endif
