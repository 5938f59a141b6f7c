/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * CRCs of the telltales' places. They come from the symbols painted by themselves, not from the
 * buffers: so a frame's own cost next to nothing, whatever changes in it, and what a buffer holds
 * is compared with something that was made without it.
 */
#include "glass.h"

#include "mem.h"

#define POLYNOMIAL 0xEDB88320u /* of bn_crc32 */
#define COLOURS    0xFFFFFFu   /* of a pixel; its fourth byte is nobody's */

static uint32_t scratch[GLASS_MAX_SIDE * GLASS_MAX_SIDE];

static inline uint32_t map(const struct glass_map *m, uint32_t c)
{
    return m->of[0][c & 0xFF] ^ m->of[1][c >> 8 & 0xFF] ^ m->of[2][c >> 16 & 0xFF] ^
           m->of[3][c >> 24];
}

/* From what becomes of each bit: the rest is sums. */
static void map_fill(struct glass_map *m, const uint32_t image[32])
{
    for (int byte = 0; byte < 4; byte++) {
        m->of[byte][0] = 0;
        for (int bit = 0; bit < 8; bit++)
            for (int i = 0; i < 1 << bit; i++)
                m->of[byte][(1 << bit) + i] = m->of[byte][i] ^ image[8 * byte + bit];
    }
}

/* bn_crc32 by tables: bit by bit a place would cost as much as a frame. */
static void make_maps(struct glass *g, int pixels)
{
    uint32_t image[32];

    for (int bit = 0; bit < 32; bit++) {
        image[bit] = 1u << bit;
        for (int i = 0; i < 32; i++)
            image[bit] = (image[bit] >> 1) ^ (POLYNOMIAL & (0u - (image[bit] & 1u)));
    }
    map_fill(&g->pixel, image);
    for (int bit = 0; bit < 32; bit++) {
        image[bit] = 1u << bit;
        for (int i = 0; i < pixels; i++)
            image[bit] = map(&g->pixel, image[bit]);
    }
    map_fill(&g->line, image);
}

/* Goes on from the CRC of what came before. */
static uint32_t add_pixels(const struct glass *g, uint32_t crc, const uint32_t *px, int n)
{
    crc = ~crc;
    for (int i = 0; i < n; i++)
        crc = map(&g->pixel, crc ^ (px[i] & COLOURS));
    return ~crc;
}

static uint32_t line_of(const struct glass *g, enum theme theme, bool lit, int telltale, int line)
{
    return lit ? g->lit_line[theme][telltale][line] : g->dark_line[theme];
}

/* Of a place whose first `split` lines have one theme and whose others have another. */
static uint32_t join_lines(const struct glass *g, bool lit, int telltale, int split,
                           enum theme above, enum theme below)
{
    int lines = g->place[telltale].y1 - g->place[telltale].y0;
    uint32_t crc = 0;

    for (int i = 0; i < lines; i++)
        crc = map(&g->line, crc) ^ line_of(g, i < split ? above : below, lit, telltale, i);
    return crc;
}

static void learn(struct glass *g, const struct layout *l, int telltale, enum theme theme)
{
    int side = l->set->symbol_size;
    struct surface s = {scratch, side, side, side};
    struct area all = {0, 0, side, side};
    struct layout alone = *l;

    alone.telltale[telltale] = all;
    gfx_fill(&s, all, palettes[theme].ground);
    g->dark_line[theme] = add_pixels(g, 0, scratch, side);
    scene_paint_telltales(&alone, &s, all, 1u << telltale);
    for (int i = 0; i < side; i++)
        g->lit_line[theme][telltale][i] = add_pixels(g, 0, scratch + (ptrdiff_t)i * side, side);
    g->lit[theme][telltale] = join_lines(g, true, telltale, 0, theme, theme);
    g->dark[theme] = join_lines(g, false, telltale, 0, theme, theme);
}

void glass_init(struct glass *g, const struct layout *l)
{
    const struct area screen = {0, 0, l->width, l->height};

    memset(g, 0, sizeof(*g));
    g->layout = l;
    make_maps(g, l->set->symbol_size);
    for (int i = 0; i < BN_TELLTALE_COUNT; i++) {
        struct area a = l->telltale[i], seen = area_meet(a, screen);

        /* Whole, or not at all: one on the edge of too small a screen cannot be told from others.
         */
        if (seen.x0 != a.x0 || seen.y0 != a.y0 || seen.x1 != a.x1 || seen.y1 != a.y1 ||
            l->set->symbol_size > GLASS_MAX_SIDE)
            continue;
        g->place[i] = a;
        for (int theme = 0; theme < THEME_COUNT; theme++)
            learn(g, l, i, (enum theme)theme);
    }
}

static enum theme theme_of(uint32_t face)
{
    return face & FACE_NIGHT ? THEME_NIGHT : THEME_DAY;
}

uint32_t glass_wanted(const struct glass *g, const struct scene *scene, int telltale)
{
    enum theme above = theme_of(scene->next), below = theme_of(scene->face);
    int split = face_edge(g->layout, scene->step) - g->place[telltale].y0;
    bool lit = scene->telltales & 1u << telltale;

    if (area_empty(g->place[telltale]))
        return 0;
    if (split > 0 && split < g->place[telltale].y1 - g->place[telltale].y0)
        return join_lines(g, lit, telltale, split, above, below);
    if (split > 0)
        below = above;
    return lit ? g->lit[below][telltale] : g->dark[below];
}

uint32_t glass_found(const struct glass *g, const struct surface *s, int telltale)
{
    struct area a = g->place[telltale];
    uint32_t crc = 0;

    for (int y = a.y0; y < a.y1; y++)
        crc = add_pixels(g, crc, s->px + (ptrdiff_t)y * s->stride + a.x0, a.x1 - a.x0);
    return crc;
}

bool glass_look(struct glass *g, const struct surface *s, const struct scene *scene, int telltale)
{
    g->looked++;
    if (glass_found(g, s, telltale) == glass_wanted(g, scene, telltale))
        return true;
    g->repaired++;
    return false;
}

static void tell(const struct glass *g, int telltale, uint32_t crc, struct bn_frame_telltales *out)
{
    struct area a = g->place[telltale];

    out->region[telltale] = (struct bn_telltale_region){
        .place = {a.x0, a.y0, a.x1 - a.x0, a.y1 - a.y0},
        .crc = crc,
    };
}

void glass_tell(const struct glass *g, const struct scene *scene, struct bn_frame_telltales *out)
{
    out->telltales = scene->telltales;
    for (int i = 0; i < BN_TELLTALE_COUNT; i++)
        tell(g, i, glass_wanted(g, scene, i), out);
}

void glass_tell_found(const struct glass *g, const struct surface *s, uint32_t telltales,
                      struct bn_frame_telltales *out)
{
    out->telltales = telltales;
    for (int i = 0; i < BN_TELLTALE_COUNT; i++)
        tell(g, i, glass_found(g, s, i), out);
}
