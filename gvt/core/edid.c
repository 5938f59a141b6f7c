/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the making of EDIDs. */
#include "edid.h"

#include <stdio.h>
#include <string.h>

#define DPI        120
#define MODE_MAX   4095u
#define CLOCK_UNIT 10000u /* Hz */
#define CLOCK_MAX  0xFFFFu
#define H_BLANK    160u /* reduced blanking as CVT-RB has it */
#define H_FRONT    48u
#define H_SYNC     32u
#define V_BLANK    23u
#define V_FRONT    3u
#define V_SYNC     6u

static uint8_t low(uint32_t v)
{
    return (uint8_t)(v & 0xFF);
}

static uint8_t nibbles(uint32_t high, uint32_t low_part)
{
    return (uint8_t)((high >> 8 & 0xF) << 4 | (low_part >> 8 & 0xF));
}

/* §3.10.2: detailed timing */
static void detailed(uint8_t *d, uint32_t width, uint32_t height, uint32_t refresh_mhz)
{
    const uint64_t hz = (uint64_t)(width + H_BLANK) * (height + V_BLANK) * refresh_mhz / 1000;
    const uint64_t units = (hz + CLOCK_UNIT / 2) / CLOCK_UNIT;
    const uint32_t clock = units > CLOCK_MAX ? CLOCK_MAX : units ? (uint32_t)units : 1;
    const uint32_t mm_w = width * 254 / (DPI * 10), mm_h = height * 254 / (DPI * 10);

    d[0] = low(clock);
    d[1] = low(clock >> 8);
    d[2] = low(width);
    d[3] = low(H_BLANK);
    d[4] = nibbles(width, H_BLANK);
    d[5] = low(height);
    d[6] = low(V_BLANK);
    d[7] = nibbles(height, V_BLANK);
    d[8] = H_FRONT;
    d[9] = H_SYNC;
    d[10] = (uint8_t)(V_FRONT << 4 | V_SYNC);
    d[11] = 0;
    d[12] = low(mm_w);
    d[13] = low(mm_h);
    d[14] = nibbles(mm_w, mm_h);
    d[17] =
        0x1A; /* digital separate sync, horizontal positive, vertical negative: reduced blanking */
}

static void text(uint8_t *d, uint8_t tag, const char *s)
{
    size_t n = strlen(s);

    d[3] = tag;
    memset(d + 5, ' ', 13);
    n = n > 12 ? 12 : n;
    memcpy(d + 5, s, n);
    d[5 + n] = '\n';
}

void edid_make(uint8_t edid[EDID_BYTES], uint32_t width, uint32_t height, uint32_t refresh_mhz,
               unsigned number)
{
    static const uint8_t magic[8] = {0, 255, 255, 255, 255, 255, 255, 0};
    char name[16];
    uint8_t sum = 0;

    width = width > MODE_MAX ? MODE_MAX : width;
    height = height > MODE_MAX ? MODE_MAX : height;
    memset(edid, 0, EDID_BYTES);
    memcpy(edid, magic, sizeof(magic));
    edid[8] = 0x09; /* "BNC": three letters of five bits */
    edid[9] = 0xC3;
    edid[10] = 1;
    edid[12] = (uint8_t)(number + 1);
    edid[17] = 2026 - 1990;
    edid[18] = 1;
    edid[19] = 4;
    edid[20] = 0xA5; /* digital, 8 bits a colour, DisplayPort */
    edid[21] = (uint8_t)(width * 254 / (DPI * 100));
    edid[22] = (uint8_t)(height * 254 / (DPI * 100));
    edid[23] = 120;  /* gamma 2.2 */
    edid[24] = 0x06; /* sRGB is the default, the first timing is the native one */
    memcpy(edid + 25, (const uint8_t[]){0xEE, 0x91, 0xA3, 0x54, 0x4C, 0x99, 0x26, 0x0F, 0x50, 0x54},
           10);
    memset(edid + 38, 1, 16); /* no standard timings */
    detailed(edid + 54, width, height, refresh_mhz);
    snprintf(name, sizeof(name), "Binnacle %u", number);
    text(edid + 72, 0xFC, name);
    edid[90 + 3] = 0x10; /* unused descriptors */
    edid[108 + 3] = 0x10;
    for (unsigned i = 0; i < EDID_BYTES - 1; i++)
        sum = (uint8_t)(sum + edid[i]);
    edid[EDID_BYTES - 1] = (uint8_t)(256 - sum);
}
