/* SPDX-License-Identifier: BSD-3-Clause */
/* Build-time tool: renders B612 and the telltale symbols to tables in C. mkassets REGULAR.otf
 * BOLD.otf OUT.c */
#include "symbols.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYMBOL_SIZE 56 /* at scale 256 */
#define MARK_SIZE   28
#define DEGREE      0xB0 /* in Unicode */
#define MAX_DATA    (4u << 20)

static const char all_chars[] =
    " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
    "abcdefghijklmnopqrstuvwxyz{|}~" ASSET_DEGREE;

static const struct font_spec {
    int bold;
    int pixels; /* at scale 256 */
    const char *chars;
} specs[FONT_COUNT] = {
    [FONT_SPEED] = {1, 92, "0123456789-"},  [FONT_GEAR] = {1, 92, "0123456789RN-"},
    [FONT_NUMERAL] = {0, 22, "0123456789"}, [FONT_VALUE] = {0, 22, all_chars},
    [FONT_LABEL] = {0, 17, all_chars},      [FONT_STATUS] = {0, 26, all_chars},
    [FONT_MESSAGE] = {1, 26, all_chars},
};

static const int scales[ASSET_SCALES] = {205, 256, 384};

static uint8_t data[MAX_DATA];
static size_t data_used;

static void fail(const char *what)
{
    fprintf(stderr, "mkassets: %s\n", what);
    exit(1);
}

static uint32_t reserve(size_t bytes)
{
    size_t at = data_used;

    if (bytes > MAX_DATA - data_used)
        fail("too many assets for the table");
    data_used += bytes;
    return (uint32_t)at;
}

static int scaled(int value, int scale)
{
    return (value * scale + 128) / 256;
}

static void render_glyph(FT_Face face, char c, struct asset_glyph *g)
{
    FT_GlyphSlot slot = face->glyph;
    FT_ULong code = c == *ASSET_DEGREE ? DEGREE : (FT_ULong)c;
    long advance;

    if (FT_Load_Char(face, code, FT_LOAD_RENDER | FT_LOAD_NO_HINTING))
        fail("cannot load a glyph");
    advance = (slot->advance.x + 32) >> 6;
    if (slot->bitmap.width > 255 || slot->bitmap.rows > 255 || advance > 255 ||
        slot->bitmap_top > 127 || slot->bitmap_top < -128)
        fail("a glyph is too large for its table entry");
    g->width = (uint8_t)slot->bitmap.width;
    g->height = (uint8_t)slot->bitmap.rows;
    g->left = (int8_t)slot->bitmap_left;
    g->top = (int8_t)slot->bitmap_top;
    g->advance = (uint8_t)advance;
    g->offset = reserve((size_t)g->width * g->height);
    for (unsigned row = 0; row < g->height; row++)
        memcpy(data + g->offset + row * g->width,
               slot->bitmap.buffer + (int)row * slot->bitmap.pitch, g->width);
}

static void render_font(FT_Face face, const struct font_spec *spec, int scale,
                        struct asset_font_table *t)
{
    if (FT_Set_Pixel_Sizes(face, 0, (FT_UInt)scaled(spec->pixels, scale)))
        fail("cannot set a font size");
    for (const char *c = spec->chars; *c; c++)
        render_glyph(face, *c, &t->glyph[*c - ASSET_FIRST_CHAR]);
    t->ascent = (uint8_t)(face->size->metrics.ascender >> 6);
    if (FT_Load_Char(face, '0', FT_LOAD_RENDER | FT_LOAD_NO_HINTING))
        fail("no digits in the font");
    t->cap_height = (uint8_t)face->glyph->bitmap_top;
}

/* Coverage of a pixel from the distance at its centre: exact for straight edges, and these shapes
 * have no fine detail. */
static uint32_t render_symbol(double (*symbol)(double x, double y), int size)
{
    uint32_t at = reserve((size_t)size * (size_t)size);
    double unit = 64.0 / size;

    for (int y = 0; y < size; y++) {
        for (int x = 0; x < size; x++) {
            double cover = 0.5 - symbol((x + 0.5) * unit, (y + 0.5) * unit) / unit;

            cover = cover < 0 ? 0 : cover > 1 ? 1 : cover;
            data[at + (size_t)(y * size + x)] = (uint8_t)lround(255 * cover);
        }
    }
    return at;
}

static void write_data(FILE *f, int index)
{
    fprintf(f, "static const uint8_t data_%d[%zu] = {", index, data_used);
    for (size_t i = 0; i < data_used; i++)
        fprintf(f, "%s%d,", i % 32 ? "" : "\n", data[i]);
    fprintf(f, "\n};\n");
}

static void write_set(FILE *f, int index, const struct asset_set *s)
{
    fprintf(f, "    {.scale = %d, .symbol_size = %d, .mark_size = %d, .font = {\n", s->scale,
            s->symbol_size, s->mark_size);
    for (int i = 0; i < FONT_COUNT; i++) {
        fprintf(f, "     {%d, %d, {\n", s->font[i].ascent, s->font[i].cap_height);
        for (int c = 0; c < ASSET_CHARS; c++) {
            const struct asset_glyph *g = &s->font[i].glyph[c];

            fprintf(f, "{%u,%d,%d,%d,%d,%d},\n", g->offset, g->width, g->height, g->left, g->top,
                    g->advance);
        }
        fprintf(f, "     }},\n");
    }
    fprintf(f, "    }, .symbol = {");
    for (int i = 0; i < ASSET_SYMBOLS; i++)
        fprintf(f, "%u, ", s->symbol[i]);
    fprintf(f, "}, .mark = {");
    for (int i = 0; i < MARK_COUNT; i++)
        fprintf(f, "%u, ", s->mark[i]);
    fprintf(f, "}, .data = data_%d},\n", index);
}

int main(int argc, char **argv)
{
    static struct asset_set sets[ASSET_SCALES];
    FT_Library library;
    FT_Face face[2];
    FILE *f;

    if (argc != 4)
        fail("usage: mkassets REGULAR.otf BOLD.otf OUT.c");
    if (FT_Init_FreeType(&library) || FT_New_Face(library, argv[1], 0, &face[0]) ||
        FT_New_Face(library, argv[2], 0, &face[1]))
        fail("cannot open the fonts");
    f = fopen(argv[3], "w");
    if (!f)
        fail("cannot write the output");
    fprintf(f, "/* SPDX-License-Identifier: BSD-3-Clause */\n/* Made by mkassets. */\n#include "
               "\"assets.h\"\n");
    for (int i = 0; i < ASSET_SCALES; i++) {
        data_used = 0;
        sets[i].scale = (uint16_t)scales[i];
        sets[i].symbol_size = (uint8_t)scaled(SYMBOL_SIZE, scales[i]);
        for (int s = 0; s < ASSET_SYMBOLS; s++)
            sets[i].symbol[s] = render_symbol(symbols[s], sets[i].symbol_size);
        sets[i].mark_size = (uint8_t)scaled(MARK_SIZE, scales[i]);
        for (int m = 0; m < MARK_COUNT; m++)
            sets[i].mark[m] = render_symbol(marks[m], sets[i].mark_size);
        for (int k = 0; k < FONT_COUNT; k++)
            render_font(face[specs[k].bold], &specs[k], scales[i], &sets[i].font[k]);
        write_data(f, i);
    }
    fprintf(f, "const struct asset_set asset_sets[ASSET_SCALES] = {\n");
    for (int i = 0; i < ASSET_SCALES; i++)
        write_set(f, i, &sets[i]);
    fprintf(f, "};\nconst uint16_t asset_sine[ASSET_SINE_STEPS + 1] = {\n");
    for (int i = 0; i <= ASSET_SINE_STEPS; i++)
        fprintf(f, "%ld,\n", lround(32768 * sin(i * 1.57079632679489662 / ASSET_SINE_STEPS)));
    fprintf(f, "};\n");
    if (fclose(f))
        fail("cannot finish the output");
    return 0;
}
