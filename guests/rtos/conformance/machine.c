/* SPDX-License-Identifier: BSD-3-Clause */
/* The conformance test on the machine itself: results go to COM1; the last word of the command line
 * is the application mode. */
#include "board.h"
#include "mem.h"

#include "conformance.h"

void conf_say(const char *text)
{
    board_say(text);
}

/* The same way through gate and dispatcher as an interrupt of a device. */
void conf_raise_routine(void)
{
    __asm__ volatile("int $80" : : : "memory");
}

void conf_raise_plain(void)
{
    __asm__ volatile("int $81" : : : "memory");
}

void conf_pass_us(uint32_t us)
{
    uint64_t until = board_now_us() + us;

    while (board_now_us() < until)
        ;
}

void app_early(void)
{
}

static bool asked_for(const char *word, size_t n)
{
    for (size_t i = 0; i + n <= sizeof(board.cmdline); i++)
        if (memcmp(&board.cmdline[i], word, n) == 0)
            return true;
    return false;
}

void app_main(void)
{
    if (asked_for("mode-other", 10))
        StartOS(OtherMode);
    if (asked_for("mode-none", 9))
        StartOS(7);
    StartOS(OSDEFAULTAPPMODE);
}

void app_panic(const char *why)
{
    (void)why;
}
