/* SPDX-License-Identifier: BSD-3-Clause */
/* Paints what never changes: ground, dials with their scales, labels, the compass rose behind the
 * map. */
#include "palette.h"
#include "scene.h"

static struct area everything(const struct surface *s)
{
    return (struct area){0, 0, s->width, s->height};
}

static void circle(const struct surface *s, struct point centre, int32_t inner, int32_t outer,
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

    gfx_ring(s, everything(s), &r);
}

static void arc(const struct surface *s, const struct dial *d, int32_t inner, int32_t outer,
                uint32_t from, uint32_t sweep, uint32_t colour)
{
    struct ring r = {
        .centre = d->centre,
        .inner = inner,
        .outer = outer,
        .from = DIAL_FROM + from,
        .sweep = sweep,
        .colour = colour,
        .alpha_in = 256,
        .alpha_out = 256,
    };

    gfx_ring(s, everything(s), &r);
}

static void tick(const struct surface *s, const struct dial *d, uint32_t angle, int32_t inner,
                 int32_t half_width, uint32_t colour)
{
    struct point a = gfx_polar(d->centre, inner, angle), b = gfx_polar(d->centre, d->tick, angle);
    struct point corner[4] = {
        gfx_polar(a, -half_width, angle + 0x4000),
        gfx_polar(b, -half_width, angle + 0x4000),
        gfx_polar(b, half_width, angle + 0x4000),
        gfx_polar(a, half_width, angle + 0x4000),
    };

    gfx_polygon(s, everything(s), corner, 4, colour);
}

static void numeral(const struct layout *l, const struct surface *s, const struct dial *d,
                    uint32_t angle, int value)
{
    struct point at = gfx_polar(d->centre, d->numeral, angle);
    char text[4] = {0}, *c = text;

    if (value >= 100)
        *c++ = (char)('0' + value / 100);
    if (value >= 10)
        *c++ = (char)('0' + value / 10 % 10);
    *c = (char)('0' + value % 10);
    gfx_text(s, everything(s), l->set, FONT_NUMERAL,
             (at.x >> 8) - gfx_text_width(l->set, FONT_NUMERAL, text) / 2,
             (at.y >> 8) + l->set->font[FONT_NUMERAL].cap_height / 2, text, COLOUR_NUMERAL);
}

/* `steps` numbered ticks after the first, each `per` more, `small` small ticks between two. */
static void scale(const struct layout *l, const struct surface *s, const struct dial *d, int steps,
                  int per, int small)
{
    int32_t unit = l->set->scale;

    for (int i = 0; i <= steps * (small + 1); i++) {
        uint32_t angle = DIAL_FROM + (uint32_t)i * DIAL_SWEEP / (uint32_t)(steps * (small + 1));
        bool large = i % (small + 1) == 0;

        tick(s, d, angle, d->tick - (large ? 20 : 10) * unit, large ? unit * 3 / 2 : unit * 3 / 4,
             large ? COLOUR_TICK : COLOUR_TICK_SMALL);
        if (large)
            numeral(l, s, d, angle, i / (small + 1) * per);
    }
}

static void dial_body(const struct layout *l, const struct surface *s, const struct dial *d)
{
    int32_t unit = l->set->scale;

    gfx_disc(s, everything(s), d->centre, d->rim, COLOUR_DIAL_CENTRE, COLOUR_DIAL_RIM);
    circle(s, d->centre, d->rim - 3 * unit, d->rim, COLOUR_BEZEL, 256);
    circle(s, d->centre, d->rim - unit, d->rim, COLOUR_BEZEL_SHINE, 200);
    circle(s, d->centre, d->hub - unit * 3 / 2, d->hub, COLOUR_BEZEL, 256);
    arc(s, d, d->track - 3 * unit, d->track, 0, DIAL_SWEEP, COLOUR_TRACK);
}

static void label(const struct layout *l, const struct surface *s, int cx, int base,
                  const char *text)
{
    gfx_text(s, everything(s), l->set, FONT_LABEL,
             cx - gfx_text_width(l->set, FONT_LABEL, text) / 2, base, text, COLOUR_LABEL);
}

/* The binnacle's compass: seen until the map comes, and whenever it goes. Each point is two
 * triangles, light and dark. */
static void rose(const struct layout *l, const struct surface *s)
{
    struct point c = {(l->tile.x0 + l->tile.x1) * 128, (l->tile.y0 + l->tile.y1) * 128};
    int32_t unit = l->set->scale;

    circle(s, c, 118 * unit, 120 * unit, COLOUR_ROSE_LIGHT, 256);
    circle(s, c, 84 * unit, 85 * unit, COLOUR_ROSE_LIGHT, 256);
    for (uint32_t i = 0; i < 16; i++) {
        /* The half points first, the four main ones last and on top. */
        uint32_t point = i < 8 ? 2 * i + 1 : i < 12 ? 4 * (i - 8) + 2 : 4 * (i - 12);
        uint32_t angle = point * 0x1000;
        int32_t length = (point % 4 == 0 ? 140 : point % 2 == 0 ? 98 : 76) * unit;
        int32_t waist = (point % 4 == 0 ? 30 : point % 2 == 0 ? 25 : 20) * unit;
        struct point tip = gfx_polar(c, length, angle);
        struct point left[3] = {c, gfx_polar(c, waist, angle - 0x1000), tip};
        struct point right[3] = {c, tip, gfx_polar(c, waist, angle + 0x1000)};

        gfx_polygon(s, everything(s), left, 3, COLOUR_ROSE_LIGHT);
        gfx_polygon(s, everything(s), right, 3, COLOUR_ROSE);
    }
}

void face_paint(const struct layout *l, const struct surface *background)
{
    const struct surface *s = background;
    uint32_t red = (uint32_t)RPM_RED * DIAL_SWEEP / RPM_MAX;

    gfx_fill(s, everything(s), COLOUR_BLACK);
    rose(l, s);
    dial_body(l, s, &l->rpm);
    dial_body(l, s, &l->speed);
    arc(s, &l->rpm, l->rpm.track - 6 * l->set->scale, l->rpm.track, red, DIAL_SWEEP - red,
        COLOUR_RED_ZONE);
    scale(l, s, &l->rpm, RPM_MAX / 1000, 1, 3);
    scale(l, s, &l->speed, SPEED_MAX_CENTI / 2000, 20, 1);
    label(l, s, l->speed.centre.x >> 8, l->speed.value_base + layout_px(l, 40), "km/h");
    label(l, s, l->rpm.centre.x >> 8, l->rpm.value_base + layout_px(l, 40), "GEAR");
    label(l, s, l->rpm.centre.x >> 8, (l->rpm.centre.y >> 8) + layout_px(l, LEGEND_BELOW),
          "1000 / min");
}
