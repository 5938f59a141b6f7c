/* SPDX-License-Identifier: BSD-3-Clause */
/* A port that switches to nobody, so that one test can speak for whoever runs, and whose clock is a
 * variable. */
#ifndef STILL_PORT_H
#define STILL_PORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kernel/internal.h"

struct still_port {
    uint64_t now, timer_at;
    int switches;
    uint32_t masked;
    bool shut_down;
    StatusType shut_down_with;
};
extern struct still_port still;
extern uint8_t still_stack[256]; /* the port's own, never used */

/* StartOS until its idle loop or ShutdownOS; the port's figures begin anew. */
void still_start(AppModeType mode);
/* ShutdownOS, which does not return. */
void still_shut_down(StatusType error);
/* Whether `call` comes back: false after ShutdownOS. */
bool still_survives(void (*call)(void));
/* What stands for a body. */
void still_never_called(void);

#endif
