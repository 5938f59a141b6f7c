/* SPDX-License-Identifier: BSD-3-Clause */
/* Light on dark by day too, because amber and green of telltales need a dark ground: brighter and
 * with more light around against the sun, dim and without any glare at night. */
#include "palette.h"

const struct palette palettes[THEME_COUNT] = {
    [THEME_DAY] =
        {
            .ground = 0x101822,
            .dial_centre = 0x31465E,
            .dial_rim = 0x1A2838,
            .bezel = 0x4C6078,
            .bezel_shine = 0x9FB2C8,
            .track = 0x5C738D,
            .rose = 0x1B2736,
            .rose_light = 0x263548,
            .tick = 0xFFFFFF,
            .tick_small = 0xB9C7D6,
            .text = 0xFFFFFF,
            .numeral = 0xF4F8FC,
            .label = 0xD3DEEA,
            .needle = 0xFFFFFF,
            .glow = 0x46A6F5,
            .red_zone = 0xD0474E,
            .ice = 0xA9DCFF,
        },
    [THEME_NIGHT] =
        {
            .ground = 0x05070A,
            .dial_centre = 0x121820,
            .dial_rim = 0x080A0E,
            .bezel = 0x262F3B,
            .bezel_shine = 0x48556A,
            .track = 0x2A3644,
            .rose = 0x0D1218,
            .rose_light = 0x131A23,
            .tick = 0xC6D0DB,
            .tick_small = 0x75818F,
            .text = 0xDFE6ED,
            .numeral = 0xABB7C4,
            .label = 0x8F9DAE,
            .needle = 0xECF0F4,
            .glow = 0x2878C0,
            .red_zone = 0x9E2C33,
            .ice = 0x7FB4DA,
        },
};
