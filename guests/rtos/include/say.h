/* SPDX-License-Identifier: BSD-3-Clause */
/* What images that report by board_say() share: numbers. */
#ifndef RTOS_SAY_H
#define RTOS_SAY_H

#include "board.h"

static inline void say_number(uint32_t value)
{
    char digits[11], *d = digits + 10;

    *d = 0;
    do
        *--d = (char)('0' + value % 10);
    while (value /= 10);
    board_say(d);
}

#endif
