/* SPDX-License-Identifier: BSD-3-Clause */
/* Paints what is read as figures: speed, gear, distances, clock, the temperature outside. What is
 * not known is dashes. */
#include "fixed.h"

#include "scene.h"

/* A mile is 1.609344 km: 25146 / 15625. */
#define MILE_OVER 25146u
#define MILE_BY   15625u

/* The highest that has room is 999999.9, on a trip 9999.9. */
#define ODOMETER_TURN 10000000u
#define TRIP_TURN     100000u

/* Appends at `to`; returns the new end. */
static char *append(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
    *to = 0;
    return to;
}

/* The same with a value in decimal, of at least `least` digits. */
static char *append_decimal(char *to, uint32_t value, int least)
{
    char digits[11] = {0}, *start = digits + sizeof(digits) - 1;

    do {
        *--start = (char)('0' + value % 10);
        value /= 10;
        least--;
    } while (value || least > 0);
    return append(to, start);
}

static uint32_t in_miles(uint32_t kilometres)
{
    return (uint32_t)udiv64((uint64_t)kilometres * MILE_BY, MILE_OVER);
}

void figures_centred(const struct layout *l, const struct surface *to, struct area clip,
                     enum asset_font font, int cx, int base, const char *text, uint32_t colour)
{
    gfx_text(to, clip, l->set, font, cx - gfx_text_width(l->set, font, text) / 2, base, text,
             colour);
}

static void paint_speed(const struct layout *l, const struct surface *to, struct area clip,
                        const struct scene *scene, const struct palette *p)
{
    char text[12] = "---";
    int cx = l->speed.centre.x >> 8;

    if (scene->speed != SCENE_NONE)
        append_decimal(text, (uint32_t)scene->speed, 1);
    figures_centred(l, to, clip, FONT_SPEED, cx, l->speed.value_base, text, p->text);
    figures_centred(l, to, clip, FONT_LABEL, cx, l->speed.value_base + layout_px(l, 40),
                    scene->miles ? "mph" : "km/h", p->label);
}

static void paint_gear(const struct layout *l, const struct surface *to, struct area clip,
                       int8_t gear, const struct palette *p)
{
    char text[2] = "-";

    if (gear != SCENE_GEAR_NONE)
        text[0] = (char)(gear < 0 ? 'R' : gear == 0 ? 'N' : '0' + gear % 10);
    figures_centred(l, to, clip, FONT_GEAR, l->rpm.centre.x >> 8, l->rpm.value_base, text, p->text);
}

/* A distance in 100 m as km or miles and tenths; it begins anew after `turn` tenths. */
static char *append_distance(char *to, uint32_t distance, bool miles, uint32_t turn)
{
    uint32_t tenths = (miles ? in_miles(distance) : distance) % turn;

    if (distance == SCENE_ODO_NONE)
        return append(to, "---.-");
    to = append(append_decimal(to, tenths / 10, 1), ".");
    return append_decimal(to, tenths % 10, 1);
}

static void paint_distances(const struct layout *l, const struct surface *to, struct area clip,
                            const struct scene *scene, const struct palette *p)
{
    const char *unit = scene->miles ? " mi" : " km";
    char text[32];

    if (area_touch(clip, l->odometer)) {
        append(append_distance(text, scene->odometer, scene->miles, ODOMETER_TURN), unit);
        figures_centred(l, to, clip, FONT_VALUE, l->speed.centre.x >> 8, l->foot_base, text,
                        p->numeral);
    }
    if (area_touch(clip, l->trips)) {
        char *end = append_distance(append(text, "A "), scene->trip_a, scene->miles, TRIP_TURN);

        append_distance(append(end, "  B "), scene->trip_b, scene->miles, TRIP_TURN);
        figures_centred(l, to, clip, FONT_VALUE, l->rpm.centre.x >> 8, l->foot_base, text,
                        p->numeral);
    }
    if (area_touch(clip, l->range)) {
        uint32_t range = (uint32_t)scene->range;
        char *end = scene->range == SCENE_NONE
                        ? append(text, "---")
                        : append_decimal(text, scene->miles ? in_miles(range) : range, 1);

        append(end, unit);
        figures_centred(l, to, clip, FONT_VALUE, (l->range.x0 + l->range.x1) / 2, l->range_base,
                        text, p->numeral);
    }
}

static void paint_clock(const struct layout *l, const struct surface *to, struct area clip,
                        int32_t minutes, const struct palette *p)
{
    char text[24] = "--:--";

    if (minutes != SCENE_NONE)
        append_decimal(append(append_decimal(text, (uint32_t)minutes / 60, 2), ":"),
                       (uint32_t)minutes % 60, 2);
    gfx_text(to, clip, l->set, FONT_STATUS, l->clock.x0 + layout_px(l, 4), l->status_base, text,
             p->text);
}

static void paint_air(const struct layout *l, const struct surface *to, struct area clip,
                      const struct scene *scene, const struct palette *p)
{
    uint32_t halves = (uint32_t)(scene->air < 0 ? -scene->air : scene->air);
    char text[32] = "--.- ", *end = text + 5;
    int size = l->set->mark_size, x;

    if (scene->air != SCENE_AIR_NONE) {
        end = append_decimal(append(text, scene->air < 0 ? "-" : "+"), halves / 2, 1);
        end = append(end, halves % 2 ? ".5 " : ".0 ");
    }
    append(end, ASSET_DEGREE "C");
    x = l->air.x1 - layout_px(l, 4) - gfx_text_width(l->set, FONT_STATUS, text);
    gfx_text(to, clip, l->set, FONT_STATUS, x, l->status_base, text, p->text);
    if (scene->ice)
        gfx_mask(to, clip, x - size - layout_px(l, 10), (l->air.y0 + l->air.y1 - size) / 2,
                 l->set->data + l->set->mark[MARK_ICE], size, size, p->ice);
}

void figures_paint(const struct layout *l, const struct surface *to, struct area clip,
                   const struct scene *scene, const struct palette *p)
{
    if (area_touch(clip, l->speed.value))
        paint_speed(l, to, clip, scene, p);
    if (area_touch(clip, l->rpm.value))
        paint_gear(l, to, clip, scene->gear, p);
    paint_distances(l, to, clip, scene, p);
    if (area_touch(clip, l->clock))
        paint_clock(l, to, clip, scene->clock, p);
    if (area_touch(clip, l->air))
        paint_air(l, to, clip, scene, p);
}
