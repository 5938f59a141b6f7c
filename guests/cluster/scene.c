/* SPDX-License-Identifier: BSD-3-Clause */
/* Paints what changes: needles with their lit arcs, figures, telltales, notice, frame code. */
#include "scene.h"

#include "binnacle/cluster_frames.h"

#include "palette.h"

/* UN R121, FMVSS 101; the airbag may be red or amber there. */
static const uint32_t telltale_colour[BN_TELLTALE_COUNT] = {
    [BN_TELLTALE_BRAKE] = COLOUR_SIGNAL_RED,         [BN_TELLTALE_PARK_BRAKE] = COLOUR_SIGNAL_RED,
    [BN_TELLTALE_AIRBAG] = COLOUR_SIGNAL_RED,        [BN_TELLTALE_BELT] = COLOUR_SIGNAL_RED,
    [BN_TELLTALE_OIL] = COLOUR_SIGNAL_RED,           [BN_TELLTALE_CHARGE] = COLOUR_SIGNAL_RED,
    [BN_TELLTALE_COOLANT] = COLOUR_SIGNAL_RED,       [BN_TELLTALE_EPS] = COLOUR_SIGNAL_RED,
    [BN_TELLTALE_DOOR] = COLOUR_SIGNAL_RED,          [BN_TELLTALE_BOOT] = COLOUR_SIGNAL_RED,
    [BN_TELLTALE_BONNET] = COLOUR_SIGNAL_RED,        [BN_TELLTALE_MIL] = COLOUR_SIGNAL_AMBER,
    [BN_TELLTALE_ABS] = COLOUR_SIGNAL_AMBER,         [BN_TELLTALE_ESC] = COLOUR_SIGNAL_AMBER,
    [BN_TELLTALE_ESC_OFF] = COLOUR_SIGNAL_AMBER,     [BN_TELLTALE_TPMS] = COLOUR_SIGNAL_AMBER,
    [BN_TELLTALE_LAMP_FAULT] = COLOUR_SIGNAL_AMBER,  [BN_TELLTALE_FUEL] = COLOUR_SIGNAL_AMBER,
    [BN_TELLTALE_WASHER] = COLOUR_SIGNAL_AMBER,      [BN_TELLTALE_FOG_REAR] = COLOUR_SIGNAL_AMBER,
    [BN_TELLTALE_TURN_LEFT] = COLOUR_SIGNAL_GREEN,   [BN_TELLTALE_TURN_RIGHT] = COLOUR_SIGNAL_GREEN,
    [BN_TELLTALE_DIPPED_BEAM] = COLOUR_SIGNAL_GREEN, [BN_TELLTALE_FOG_FRONT] = COLOUR_SIGNAL_GREEN,
    [BN_TELLTALE_ACC] = COLOUR_SIGNAL_GREEN,         [BN_TELLTALE_LANE] = COLOUR_SIGNAL_GREEN,
    [BN_TELLTALE_HIGH_BEAM] = COLOUR_SIGNAL_BLUE,
};

static const char *const notice_text[NOTICE_COUNT] = {
    [NOTICE_NONE] = "",
    [NOTICE_BUS_LOST] = "VEHICLE DATA LOST",
};

static bool touches(struct area a, struct area b)
{
    return !area_empty(area_meet(a, b));
}

/* value in decimal with at least `least` digits into the end of text; returns its start. */
static char *decimal(char *end, uint32_t value, int least)
{
    *end = 0;
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value || --least > 0);
    return end;
}

static void centred(const struct layout *l, const struct surface *to, struct area clip,
                    enum asset_font font, int cx, int base, const char *text, uint32_t colour)
{
    gfx_text(to, clip, l->set, font, cx - gfx_text_width(l->set, font, text) / 2, base, text,
             colour);
}

static void paint_needle(const struct layout *l, const struct surface *to, struct area clip,
                         const struct dial *d, int32_t needle)
{
    uint32_t angle = DIAL_FROM + (uint32_t)needle, right = angle + 0x4000;
    struct point root = gfx_polar(d->centre, d->needle_root, angle);
    struct point tip = gfx_polar(d->centre, d->needle_tip, angle);
    int32_t unit = l->set->scale, wide = 5 * unit, narrow = unit;
    struct ring lit = {
        .centre = d->centre,
        .inner = d->glow,
        .outer = d->track,
        .from = DIAL_FROM,
        .sweep = (uint32_t)needle,
        .colour = COLOUR_GLOW,
        .alpha_in = 0,
        .alpha_out = 230,
        .additive = true,
    };
    struct point corner[4] = {
        gfx_polar(root, -wide, right),
        gfx_polar(tip, -narrow, right),
        gfx_polar(tip, narrow, right),
        gfx_polar(root, wide, right),
    };

    if (needle > 0)
        gfx_ring(to, clip, &lit);
    gfx_polygon(to, clip, corner, 4, COLOUR_NEEDLE);
}

static void paint_dial(const struct layout *l, const struct surface *to, struct area clip,
                       const struct dial *d, int32_t needle)
{
    if (needle != SCENE_NONE && touches(clip, d->area))
        paint_needle(l, to, clip, d, needle);
}

static void paint_figures(const struct layout *l, const struct surface *to, struct area clip,
                          const struct scene *scene)
{
    char text[8], *end = text + sizeof(text) - 1;

    if (touches(clip, l->speed.value))
        centred(l, to, clip, FONT_SPEED, l->speed.centre.x >> 8, l->speed.value_base,
                scene->speed == SCENE_NONE ? "---" : decimal(end, (uint32_t)scene->speed, 1),
                COLOUR_TEXT);
    if (touches(clip, l->rpm.value)) {
        text[0] = scene->gear == SCENE_GEAR_NONE ? '-'
                  : scene->gear < 0              ? 'R'
                  : scene->gear == 0             ? 'N'
                                                 : (char)('0' + scene->gear % 10);
        text[1] = 0;
        centred(l, to, clip, FONT_GEAR, l->rpm.centre.x >> 8, l->rpm.value_base, text, COLOUR_TEXT);
    }
}

static void paint_odometer(const struct layout *l, const struct surface *to, struct area clip,
                           uint32_t odometer)
{
    char text[16] = "------.- km", *start = text;

    if (odometer != SCENE_ODO_NONE) {
        char tail[] = {'.', (char)('0' + odometer % 10), ' ', 'k', 'm', 0};

        start = decimal(text + 9, odometer / 10, 1);
        for (int i = 0; i < (int)sizeof(tail); i++)
            text[9 + i] = tail[i];
    }
    centred(l, to, clip, FONT_VALUE, l->speed.centre.x >> 8, l->odometer_base, start,
            COLOUR_NUMERAL);
}

void scene_paint_telltales(const struct layout *l, const struct surface *to, struct area clip,
                           uint32_t telltales)
{
    int size = l->set->symbol_size;

    for (int i = 0; i < BN_TELLTALE_COUNT; i++)
        if (telltales & 1u << i && touches(clip, l->telltale[i]))
            gfx_mask(to, clip, l->telltale[i].x0, l->telltale[i].y0,
                     l->set->data + l->set->symbol[i], size, size, telltale_colour[i]);
}

void scene_paint(const struct layout *l, const struct surface *to, const struct surface *background,
                 struct area clip, const struct scene *scene)
{
    gfx_copy(to, background, clip);
    paint_dial(l, to, clip, &l->rpm, scene->rpm_needle);
    paint_dial(l, to, clip, &l->speed, scene->speed_needle);
    paint_figures(l, to, clip, scene);
    if (touches(clip, l->odometer))
        paint_odometer(l, to, clip, scene->odometer);
    if (scene->notice && touches(clip, l->notice))
        centred(l, to, clip, FONT_VALUE, l->width / 2, l->notice_base, notice_text[scene->notice],
                COLOUR_SIGNAL_AMBER);
    scene_paint_telltales(l, to, clip, scene->telltales);
}

void code_paint(const struct layout *l, const struct surface *to, uint32_t counter)
{
    uint32_t sum =
        (counter & 0xFF) + (counter >> 8 & 0xFF) + (counter >> 16 & 0xFF) + (counter >> 24);
    uint64_t bits = (uint64_t)(~sum & 0xFF) << 32 | counter;
    struct area cell = l->code;

    for (int i = 0; i < BN_FRAME_CODE_BITS; i++) {
        cell.x0 = l->code.x0 + i * BN_FRAME_CODE_CELL;
        cell.x1 = cell.x0 + BN_FRAME_CODE_CELL;
        gfx_fill(to, cell, bits >> i & 1 ? 0xFFFFFF : 0);
    }
}
