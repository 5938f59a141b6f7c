/* SPDX-License-Identifier: BSD-3-Clause */
/* Last words: to the driver through the application, to engineers on the bus UART and, on bare
 * hardware, COM1. */
#include "../kernel/internal.h"
#include "board.h"
#include "x86.h"

#define COM1 0x3F8

void board_say(const char *text)
{
    if (board.bus_port)
        uart_write_polled(board.bus_port, text);
    if (!board.hypervised)
        uart_write_polled(COM1, text);
}

static void say_number(const char *label, uint32_t value, unsigned base)
{
    char digits[12];
    int i = sizeof(digits) - 1;

    digits[i] = 0;
    do {
        digits[--i] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value && i > 0);
    board_say(label);
    if (base == 16)
        board_say("0x");
    board_say(&digits[i]);
}

static void begin(const char *why)
{
    static bool again;

    __asm__ volatile("cli");
    if (again) /* a fault in the report itself: what has been said must do */
        machine_halt();
    again = true;
    board_speaker(0); /* nobody would end the tone */
    board_say("\r\nrtos panic: ");
    board_say(why);
    board_say(os.running == INVALID_TASK ? " in idle" : " in task ");
    if (os.running != INVALID_TASK)
        board_say(os_config.task[os.running].name);
}

void panic(const char *why, const char *file, int line)
{
    begin(why);
    board_say(" at ");
    board_say(file);
    say_number(":", (uint32_t)line, 10);
    board_say("\r\n");
    app_panic(why);
    machine_halt();
}

void panic_trap(const struct trap_frame *frame)
{
    uint32_t cr2;

    __asm__ volatile("movl %%cr2, %0" : "=r"(cr2));
    begin("unexpected trap");
    say_number(", vector ", frame->vector, 10);
    say_number(" error ", frame->error, 16);
    say_number(" eip ", frame->eip, 16);
    say_number(" cr2 ", cr2, 16);
    say_number("\r\n eax ", frame->eax, 16);
    say_number(" ebx ", frame->ebx, 16);
    say_number(" ecx ", frame->ecx, 16);
    say_number(" edx ", frame->edx, 16);
    say_number(" esi ", frame->esi, 16);
    say_number(" edi ", frame->edi, 16);
    say_number(" ebp ", frame->ebp, 16);
    say_number(" esp ", frame->esp, 16);
    say_number(" eflags ", frame->eflags, 16);
    board_say("\r\n");
    app_panic("unexpected trap");
    machine_halt();
}

void double_fault(void)
{
    uint32_t cr2;

    __asm__ volatile("movl %%cr2, %0" : "=r"(cr2));
    begin("double fault (stack overflow?)");
    say_number(" cr2 ", cr2, 16);
    board_say("\r\n");
    app_panic("double fault");
    machine_halt();
}
