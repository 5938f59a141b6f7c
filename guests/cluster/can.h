/* SPDX-License-Identifier: BSD-3-Clause */
/* CAN frames, their SLCAN framing (LAWICEL "t" commands) and their end-to-end protection. */
#ifndef CLUSTER_CAN_H
#define CLUSTER_CAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAN_MAX_BYTES   8
#define SLCAN_MAX_BYTES 22 /* 't', 3 of identifier, 1 of length, 16 of data, carriage return */

struct can_frame { /* classic, 11-bit identifier */
    uint16_t id;
    uint8_t length;
    uint8_t data[CAN_MAX_BYTES];
};

/* A parser of a byte stream: it resynchronises at every carriage return and never keeps more than
 * one line. */
struct slcan_parser {
    uint8_t line[SLCAN_MAX_BYTES];
    uint8_t used;
    bool overflow;   /* the line is too long: drop it all */
    uint32_t errors; /* lines that were no frame */
};

/* Takes one byte; true: *frame is complete. Lines that are no valid "t" command are counted and
 * dropped, empty ones are ignored. */
bool slcan_feed(struct slcan_parser *p, uint8_t byte, struct can_frame *frame);

/* Writes the frame with its carriage return; returns the number of bytes. length <= 8, id <= 0x7FF.
 */
size_t slcan_format(const struct can_frame *frame, uint8_t out[SLCAN_MAX_BYTES]);

/*
 * AUTOSAR E2E profile 1 in substance: data[0] is CRC-8 SAE J1850 over the identifier (low, high)
 * and data[1..length-1]; data[1] bits 0..3 count 0..15 per message. Frames have at least 2 bytes.
 */
uint8_t e2e_crc8(uint16_t id, const uint8_t *data, size_t length);
void e2e_protect(struct can_frame *frame, uint8_t alive);

enum e2e_status {
    E2E_OK,
    E2E_WRONG_CRC,
    E2E_REPEATED, /* same alive count as the last one */
    E2E_LOST, /* more than E2E_MAX_DELTA apart: frames were lost; this one starts anew and is not
                 used */
};
#define E2E_MAX_DELTA 3

struct e2e_receiver {
    bool started;
    uint8_t alive;
};
enum e2e_status e2e_check(struct e2e_receiver *r, const struct can_frame *frame);

#endif
