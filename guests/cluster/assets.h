/* SPDX-License-Identifier: BSD-3-Clause */
/* Type, symbols and sines as tables, made at build time by tools/mkassets from B612 and from shapes
 * of our own. */
#ifndef CLUSTER_ASSETS_H
#define CLUSTER_ASSETS_H

#include <stdint.h>

#define ASSET_FIRST_CHAR 32
#define ASSET_CHARS      96
#define ASSET_DEGREE     "\x7F" /* the degree sign has the place of a character that has no shape */
#define ASSET_SCALES     3      /* asset_sets, ascending by scale */
#define ASSET_SYMBOLS    27     /* in the order of enum bn_telltale */
#define ASSET_SINE_STEPS 256    /* of a quarter turn */

enum asset_font {
    FONT_SPEED,
    FONT_GEAR,
    FONT_NUMERAL,
    FONT_VALUE,
    FONT_LABEL,
    FONT_STATUS,
    FONT_MESSAGE,
    FONT_COUNT
};

/* Symbols that are no telltales: what a gauge is of; ice. */
enum asset_mark { MARK_FUEL, MARK_COOLANT, MARK_ICE, MARK_COUNT };

struct asset_glyph {
    uint32_t offset;       /* of its coverage (8 bits a pixel, width * height) in the set's data */
    uint8_t width, height; /* pixels; 0: nothing to draw */
    int8_t left,
        top; /* from the pen to the top left corner; top counts upwards from the base line */
    uint8_t advance;
};

struct asset_font_table {
    uint8_t ascent, cap_height; /* pixels above the base line */
    struct asset_glyph glyph[ASSET_CHARS];
};

struct asset_set {       /* everything at one scale */
    uint16_t scale;      /* 256 = 720 lines */
    uint8_t symbol_size; /* symbols are squares of so many pixels */
    struct asset_font_table font[FONT_COUNT];
    uint8_t mark_size;                                /* and marks of so many */
    uint32_t symbol[ASSET_SYMBOLS], mark[MARK_COUNT]; /* offsets of their coverage */
    const uint8_t *data;
};

extern const struct asset_set asset_sets[ASSET_SCALES];
extern const uint16_t asset_sine[ASSET_SINE_STEPS + 1]; /* 1.0 = 32768 */

#endif
