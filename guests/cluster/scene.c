/* SPDX-License-Identifier: BSD-3-Clause */
/* Paints what changes: needles with their lit arcs, telltales, the message, frame code, each line
 * in the colours of its face. */
#include "scene.h"

#include "binnacle/cluster_frames.h"

#include "message.h"

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

/* A message's panel and its edge. Its words are white: the strongest contrast there is. */
static const struct {
    uint32_t panel, edge;
} message_colour[SEVERITY_COUNT] = {
    [SEVERITY_DANGER] = {0x7C1219, 0xC4565C},
    [SEVERITY_CAUTION] = {0x5E3F00, 0xB08A3C},
    [SEVERITY_NOTE] = {0x1E3048, 0x5F7D9F},
};
#define COLOUR_WORDS 0xFFFFFFu

/* A pointer from root to tip, `wide` (q8) to each side at its root. */
static void paint_pointer(const struct layout *l, const struct surface *to, struct area clip,
                          const struct point ends[2], uint32_t angle, int32_t wide, uint32_t colour)
{
    uint32_t right = angle + 0x4000;
    int32_t narrow = l->set->scale;
    struct point corner[4] = {
        gfx_polar(ends[0], -wide, right),
        gfx_polar(ends[1], -narrow, right),
        gfx_polar(ends[1], narrow, right),
        gfx_polar(ends[0], wide, right),
    };

    gfx_polygon(to, clip, corner, 4, colour);
}

static void paint_dial(const struct layout *l, const struct surface *to, struct area clip,
                       const struct dial *d, int32_t needle, const struct palette *p)
{
    uint32_t angle = DIAL_FROM + (uint32_t)needle;
    struct point ends[2] = {gfx_polar(d->centre, d->needle_root, angle),
                            gfx_polar(d->centre, d->needle_tip, angle)};
    struct ring lit = {
        .centre = d->centre,
        .inner = d->glow,
        .outer = d->track,
        .from = DIAL_FROM,
        .sweep = (uint32_t)needle,
        .colour = p->glow,
        .alpha_in = 0,
        .alpha_out = 230,
        .additive = true,
    };

    if (needle == SCENE_NONE || !area_touch(clip, d->area))
        return;
    if (needle > 0)
        gfx_ring(to, clip, &lit);
    paint_pointer(l, to, clip, ends, angle, 5 * l->set->scale, p->needle);
}

static void paint_gauge(const struct layout *l, const struct surface *to, struct area clip,
                        const struct dial *d, int32_t needle, const struct palette *p)
{
    uint32_t angle = gauge_angle(needle);
    struct point ends[2] = {gfx_polar(d->centre, d->gauge_root, angle),
                            gfx_polar(d->centre, d->needle_tip, angle)};

    if (needle != SCENE_NONE && area_touch(clip, d->gauge))
        paint_pointer(l, to, clip, ends, angle, 4 * l->set->scale, p->needle);
}

void scene_paint_telltales(const struct layout *l, const struct surface *to, struct area clip,
                           uint32_t telltales)
{
    int size = l->set->symbol_size;

    for (int i = 0; i < BN_TELLTALE_COUNT; i++)
        if (telltales & 1u << i && area_touch(clip, l->telltale[i]))
            gfx_mask(to, clip, l->telltale[i].x0, l->telltale[i].y0,
                     l->set->data + l->set->symbol[i], size, size, telltale_colour[i]);
}

static void paint_message(const struct layout *l, const struct surface *to, struct area clip,
                          enum message message)
{
    enum message_severity severity = message_table[message].severity;
    struct area a = l->message;
    int edge = layout_px(l, 2);

    if (!message || !area_touch(clip, a))
        return;
    gfx_fill(to, area_meet(clip, a), message_colour[severity].edge);
    a = (struct area){a.x0 + edge, a.y0 + edge, a.x1 - edge, a.y1 - edge};
    gfx_fill(to, area_meet(clip, a), message_colour[severity].panel);
    figures_centred(l, to, clip, FONT_MESSAGE, l->width / 2, l->message_base,
                    message_table[message].text, COLOUR_WORDS);
}

/* Lines that have the same face. */
static void paint_part(const struct layout *l, const struct surface *to,
                       const struct surface *background, struct area clip,
                       const struct scene *scene, const struct palette *p)
{
    if (area_empty(clip))
        return;
    gfx_copy(to, background, clip);
    paint_dial(l, to, clip, &l->rpm, scene->rpm_needle, p);
    paint_dial(l, to, clip, &l->speed, scene->speed_needle, p);
    paint_gauge(l, to, clip, &l->rpm, scene->coolant_needle, p);
    paint_gauge(l, to, clip, &l->speed, scene->fuel_needle, p);
    figures_paint(l, to, clip, scene, p);
    paint_message(l, to, clip, (enum message)scene->message);
    scene_paint_telltales(l, to, clip, scene->telltales);
}

void scene_paint(const struct layout *l, const struct surface *to,
                 const struct surface background[FACE_COUNT], struct area clip,
                 const struct scene *scene)
{
    int edge = face_edge(l, scene->step);
    struct area above = area_meet(clip, (struct area){0, 0, l->width, edge});
    struct area below = area_meet(clip, (struct area){0, edge, l->width, l->height});

    paint_part(l, to, &background[scene->next], above, scene, face_palette(scene->next));
    paint_part(l, to, &background[scene->face], below, scene, face_palette(scene->face));
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
