/* SPDX-License-Identifier: BSD-3-Clause */
/* The colours of the panel, by theme. Red, amber, green and blue of full strength belong to
 * telltales (UN R121) and to nothing else; they are the same by day and night. */
#ifndef CLUSTER_PALETTE_H
#define CLUSTER_PALETTE_H

#include <stdint.h>

#define COLOUR_SIGNAL_RED   0xFF2A2Au
#define COLOUR_SIGNAL_AMBER 0xFFB000u
#define COLOUR_SIGNAL_GREEN 0x1FDB4Bu
#define COLOUR_SIGNAL_BLUE  0x2E7BFFu

enum theme { THEME_DAY, THEME_NIGHT, THEME_COUNT };

struct palette {
    uint32_t ground, dial_centre, dial_rim, bezel, bezel_shine, track, rose, rose_light;
    uint32_t tick, tick_small, text, numeral, label;
    uint32_t needle, glow; /* glow: light that is added */
    uint32_t red_zone;
    uint32_t ice; /* the mark beside the outside temperature */
};

extern const struct palette palettes[THEME_COUNT];

#endif
