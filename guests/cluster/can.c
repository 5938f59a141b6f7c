/* SPDX-License-Identifier: BSD-3-Clause */
/* SLCAN lines to CAN frames and back, and the check that a frame is what its sender sent. */
#include "can.h"

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return -1;
}

static bool parse_line(const uint8_t *line, size_t used, struct can_frame *frame)
{
    uint32_t id = 0;

    if (used < 5 || line[0] != 't' || line[4] < '0' || line[4] > '8')
        return false;
    for (int i = 1; i <= 3; i++) {
        int digit = hex_digit(line[i]);

        if (digit < 0)
            return false;
        id = id << 4 | (uint32_t)digit;
    }
    *frame = (struct can_frame){.id = (uint16_t)id, .length = (uint8_t)(line[4] - '0')};
    if (id > 0x7FF || used != 5u + 2u * frame->length)
        return false;
    for (int i = 0; i < frame->length; i++) {
        int high = hex_digit(line[5 + 2 * i]), low = hex_digit(line[6 + 2 * i]);

        if (high < 0 || low < 0)
            return false;
        frame->data[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

bool slcan_feed(struct slcan_parser *p, uint8_t byte, struct can_frame *frame)
{
    bool good = false;

    if (byte != '\r') {
        if (p->used == sizeof(p->line))
            p->overflow = true;
        else
            p->line[p->used++] = byte;
        return false;
    }
    if (p->used || p->overflow) {
        good = !p->overflow && parse_line(p->line, p->used, frame);
        p->errors += !good;
    }
    p->used = 0;
    p->overflow = false;
    return good;
}

size_t slcan_format(const struct can_frame *frame, uint8_t out[SLCAN_MAX_BYTES])
{
    static const char hex[] = "0123456789ABCDEF";
    size_t n = 0;

    out[n++] = 't';
    for (int shift = 8; shift >= 0; shift -= 4)
        out[n++] = (uint8_t)hex[frame->id >> shift & 0xF];
    out[n++] = (uint8_t)('0' + frame->length);
    for (int i = 0; i < frame->length && i < CAN_MAX_BYTES; i++) {
        out[n++] = (uint8_t)hex[frame->data[i] >> 4];
        out[n++] = (uint8_t)hex[frame->data[i] & 0xF];
    }
    out[n++] = '\r';
    return n;
}

static uint8_t crc8_byte(uint8_t crc, uint8_t byte)
{
    uint32_t c = crc ^ byte;

    for (int bit = 0; bit < 8; bit++)
        c = c & 0x80 ? c << 1 ^ 0x1D : c << 1;
    return (uint8_t)c;
}

uint8_t e2e_crc8(uint16_t id, const uint8_t *data, size_t length)
{
    uint8_t crc = crc8_byte(crc8_byte(0xFF, (uint8_t)id), (uint8_t)(id >> 8));

    for (size_t i = 1; i < length; i++)
        crc = crc8_byte(crc, data[i]);
    return crc ^ 0xFF;
}

void e2e_protect(struct can_frame *frame, uint8_t alive)
{
    frame->data[1] = (uint8_t)((frame->data[1] & 0xF0) | (alive & 0xF));
    frame->data[0] = e2e_crc8(frame->id, frame->data, frame->length);
}

enum e2e_status e2e_check(struct e2e_receiver *r, const struct can_frame *frame)
{
    uint8_t alive, delta;

    if (frame->length < 2 || e2e_crc8(frame->id, frame->data, frame->length) != frame->data[0])
        return E2E_WRONG_CRC;
    alive = frame->data[1] & 0xF;
    delta = (uint8_t)((alive - r->alive) & 0xF);
    if (r->started && delta == 0)
        return E2E_REPEATED;
    r->alive = alive;
    if (!r->started || delta > E2E_MAX_DELTA) {
        bool first = !r->started;

        r->started = true;
        return first ? E2E_OK : E2E_LOST;
    }
    return E2E_OK;
}
