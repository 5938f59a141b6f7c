/* SPDX-License-Identifier: BSD-3-Clause */
/* The PC speaker: a square wave of the 8254's channel 2, for who owns it. */
#include "board.h"
#include "x86.h"

#define SQUARE_WAVE 0xB6 /* channel 2, low byte then high, mode 3 (8254 data sheet) */
#define GATE        0x01u
#define TO_SPEAKER  0x02u

void board_speaker(uint32_t hz)
{
    uint32_t count, gate;

    if (!board.speaker)
        return;
    gate = inb(PIT_GATE) & ~(GATE | TO_SPEAKER);
    if (!hz) {
        outb(PIT_GATE, (uint8_t)gate);
        return;
    }
    count = PIT_HZ / hz;
    outb(PIT_COMMAND, SQUARE_WAVE);
    outb(PIT_CHANNEL_2, count & 0xFF);
    outb(PIT_CHANNEL_2, (uint8_t)(count >> 8));
    outb(PIT_GATE, (uint8_t)(gate | GATE | TO_SPEAKER));
}
