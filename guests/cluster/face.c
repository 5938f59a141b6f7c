/* SPDX-License-Identifier: BSD-3-Clause */
/* Paints what never changes: ground, dials and gauges with their scales, labels, the compass rose
 * behind the map. */
#include "scene.h"

/* Letters stand so many steps beyond a gauge's ends. */
#define GAUGE_LETTER 30

/* What a part of the face is painted with. */
struct brush {
    const struct layout *l;
    const struct surface *s;
    struct area clip;
    const struct palette *p;
};

static void circle(const struct brush *b, struct point centre, int32_t inner, int32_t outer,
                   uint32_t colour, uint16_t alpha)
{
    struct ring r = {
        .centre = centre,
        .inner = inner,
        .outer = outer,
        .sweep = 65536,
        .colour = colour,
        .alpha_in = alpha,
        .alpha_out = alpha,
    };

    gfx_ring(b->s, b->clip, &r);
}

/* `thick` inwards from the dial's track. */
static void arc(const struct brush *b, const struct dial *d, int thick, uint32_t from,
                uint32_t sweep, uint32_t colour)
{
    struct ring r = {
        .centre = d->centre,
        .inner = d->track - thick * b->l->set->scale,
        .outer = d->track,
        .from = from,
        .sweep = sweep,
        .colour = colour,
        .alpha_in = 256,
        .alpha_out = 256,
    };

    gfx_ring(b->s, b->clip, &r);
}

/* From `length` below the circle of ticks up to it. */
static void tick(const struct brush *b, const struct dial *d, uint32_t angle, bool large)
{
    int32_t unit = b->l->set->scale, half = large ? unit * 3 / 2 : unit * 3 / 4;
    struct point from = gfx_polar(d->centre, d->tick - (large ? 20 : 10) * unit, angle);
    struct point to = gfx_polar(d->centre, d->tick, angle);
    struct point corner[4] = {
        gfx_polar(from, -half, angle + 0x4000),
        gfx_polar(to, -half, angle + 0x4000),
        gfx_polar(to, half, angle + 0x4000),
        gfx_polar(from, half, angle + 0x4000),
    };

    gfx_polygon(b->s, b->clip, corner, 4, large ? b->p->tick : b->p->tick_small);
}

/* Text around the point at this radius and angle. */
static void text_at(const struct brush *b, const struct dial *d, int32_t radius, uint32_t angle,
                    enum asset_font font, const char *text, uint32_t colour)
{
    struct point at = gfx_polar(d->centre, radius, angle);

    figures_centred(b->l, b->s, b->clip, font, at.x >> 8,
                    (at.y >> 8) + b->l->set->font[font].cap_height / 2, text, colour);
}

static void numeral(const struct brush *b, const struct dial *d, uint32_t angle, int value)
{
    char text[4] = {0}, *c = text;

    if (value >= 100)
        *c++ = (char)('0' + value / 100);
    if (value >= 10)
        *c++ = (char)('0' + value / 10 % 10);
    *c = (char)('0' + value % 10);
    text_at(b, d, d->numeral, angle, FONT_NUMERAL, text, b->p->numeral);
}

/* `steps` numbered ticks after the first, each `per` more, `small` small ticks between two. */
static void scale(const struct brush *b, const struct dial *d, int steps, int per, int small)
{
    for (int i = 0; i <= steps * (small + 1); i++) {
        uint32_t angle = DIAL_FROM + (uint32_t)i * DIAL_SWEEP / (uint32_t)(steps * (small + 1));
        bool large = i % (small + 1) == 0;

        tick(b, d, angle, large);
        if (large)
            numeral(b, d, angle, i / (small + 1) * per);
    }
}

static void dial_body(const struct brush *b, const struct dial *d)
{
    int32_t unit = b->l->set->scale;

    gfx_disc(b->s, b->clip, d->centre, d->rim, b->p->dial_centre, b->p->dial_rim);
    circle(b, d->centre, d->rim - 3 * unit, d->rim, b->p->bezel, 256);
    circle(b, d->centre, d->rim - unit, d->rim, b->p->bezel_shine, 200);
    circle(b, d->centre, d->hub - unit * 3 / 2, d->hub, b->p->bezel, 256);
    arc(b, d, 3, DIAL_FROM, DIAL_SWEEP, b->p->track);
}

static void label(const struct brush *b, int cx, int base, const char *text)
{
    figures_centred(b->l, b->s, b->clip, FONT_LABEL, cx, base, text, b->p->label);
}

/* Quarters from `low` to `high`, with the mark of what it is of beside `mark_x` of the dial's
 * middle; red between two steps. */
static void gauge(const struct brush *b, const struct dial *d, const char *const ends[2],
                  enum asset_mark mark, int mark_x, const int32_t red[2])
{
    const struct asset_set *set = b->l->set;
    int32_t radius = 192 * set->scale;
    int size = set->mark_size;

    arc(b, d, 3, gauge_angle(GAUGE_STEPS), GAUGE_SWEEP, b->p->track);
    arc(b, d, 6, gauge_angle(red[1]), gauge_angle(red[0]) - gauge_angle(red[1]), b->p->red_zone);
    for (int i = 0; i <= 4; i++)
        tick(b, d, gauge_angle(i * GAUGE_STEPS / 4), i % 2 == 0);
    text_at(b, d, radius, gauge_angle(-GAUGE_LETTER), FONT_LABEL, ends[0], b->p->label);
    text_at(b, d, radius, gauge_angle(GAUGE_STEPS + GAUGE_LETTER), FONT_LABEL, ends[1],
            b->p->label);
    gfx_mask(b->s, b->clip, (d->centre.x >> 8) + layout_px(b->l, mark_x) - size / 2,
             (d->centre.y >> 8) + layout_px(b->l, FOOT_MARK) - size / 2,
             set->data + set->mark[mark], size, size, b->p->label);
}

/* The binnacle's compass: seen until the map comes, and whenever it goes. Each point is two
 * triangles, light and dark. */
static void rose(const struct brush *b)
{
    const struct area *tile = &b->l->tile;
    struct point c = {(tile->x0 + tile->x1) * 128, (tile->y0 + tile->y1) * 128};
    int32_t unit = b->l->set->scale;

    circle(b, c, 118 * unit, 120 * unit, b->p->rose_light, 256);
    circle(b, c, 84 * unit, 85 * unit, b->p->rose_light, 256);
    for (uint32_t i = 0; i < 16; i++) {
        /* The half points first, the four main ones last and on top. */
        uint32_t point = i < 8 ? 2 * i + 1 : i < 12 ? 4 * (i - 8) + 2 : 4 * (i - 12);
        uint32_t angle = point * 0x1000;
        int32_t length = (point % 4 == 0 ? 140 : point % 2 == 0 ? 98 : 76) * unit;
        int32_t waist = (point % 4 == 0 ? 30 : point % 2 == 0 ? 25 : 20) * unit;
        struct point tip = gfx_polar(c, length, angle);
        struct point left[3] = {c, gfx_polar(c, waist, angle - 0x1000), tip};
        struct point right[3] = {c, tip, gfx_polar(c, waist, angle + 0x1000)};

        gfx_polygon(b->s, b->clip, left, 3, b->p->rose_light);
        gfx_polygon(b->s, b->clip, right, 3, b->p->rose);
    }
}

void face_paint(const struct layout *l, const struct surface *background, struct area clip,
                uint32_t face)
{
    static const char *const fuel_ends[2] = {"E", "F"}, *const coolant_ends[2] = {"C", "H"};
    static const int32_t reserve[2] = {0, GAUGE_STEPS * FUEL_RESERVE / 100};
    static const int32_t hot[2] = {
        GAUGE_STEPS * (COOLANT_HOT - COOLANT_MIN) / (COOLANT_MAX - COOLANT_MIN), GAUGE_STEPS};
    const struct brush brush = {l, background, clip, face_palette(face)}, *b = &brush;
    uint32_t red = (uint32_t)RPM_RED * DIAL_SWEEP / RPM_MAX;
    int rpm_x = l->rpm.centre.x >> 8;

    gfx_fill(b->s, clip, b->p->ground);
    rose(b);
    dial_body(b, &l->rpm);
    dial_body(b, &l->speed);
    arc(b, &l->rpm, 6, DIAL_FROM + red, DIAL_SWEEP - red, b->p->red_zone);
    scale(b, &l->rpm, RPM_MAX / 1000, 1, 3);
    if (face & FACE_MILES)
        scale(b, &l->speed, SPEED_MAX_CENTI_MPH / 2000, 20, 3);
    else
        scale(b, &l->speed, SPEED_MAX_CENTI / 2000, 20, 1);
    gauge(b, &l->rpm, coolant_ends, MARK_COOLANT, 0, hot);
    gauge(b, &l->speed, fuel_ends, MARK_FUEL, FUEL_MARK_X, reserve);
    label(b, rpm_x, l->rpm.value_base + layout_px(l, 40), "GEAR");
    label(b, rpm_x, (l->rpm.centre.y >> 8) - layout_px(l, LEGEND_UP), "1000 / min");
}
