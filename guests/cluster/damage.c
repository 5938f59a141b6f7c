/* SPDX-License-Identifier: BSD-3-Clause */
/* What differs between two scenes, as areas; needles in pieces, because a slanting needle's box is
 * mostly empty. */
#include "scene.h"

#define STEP      0x0600 /* 8 degrees: the arc between two ends bulges less than the boxes' margin */
#define MAX_STEPS 6      /* beyond, the whole dial is cheaper */

void damage_add(struct damage *d, struct area a)
{
    if (area_empty(a))
        return;
    if (d->count == SCENE_MAX_DAMAGE)
        damage_reduce(d, SCENE_MAX_DAMAGE - 1);
    d->area[d->count++] = a;
}

static int64_t pixels(struct area a)
{
    return (int64_t)(a.x1 - a.x0) * (a.y1 - a.y0);
}

void damage_reduce(struct damage *d, int max)
{
    while (d->count > max) {
        int64_t least = INT64_MAX;
        int keep = 0, drop = 1;

        for (int i = 0; i < d->count; i++) {
            for (int j = i + 1; j < d->count; j++) {
                int64_t grown = pixels(area_join(d->area[i], d->area[j])) - pixels(d->area[i]) -
                                pixels(d->area[j]);

                if (grown < least) {
                    least = grown;
                    keep = i;
                    drop = j;
                }
            }
        }
        d->area[keep] = area_join(d->area[keep], d->area[drop]);
        d->area[drop] = d->area[--d->count];
    }
}

/* The box of a needle from radius root to tip, wide enough for its width and its smoothed edge. */
static struct area needle_box(const struct layout *l, const struct dial *dial, int32_t root,
                              int32_t tip, uint32_t angle)
{
    struct point a = gfx_polar(dial->centre, root, angle);
    struct point b = gfx_polar(dial->centre, tip, angle);
    int margin = layout_px(l, 5) + 2;

    return (struct area){
        ((a.x < b.x ? a.x : b.x) >> 8) - margin,
        ((a.y < b.y ? a.y : b.y) >> 8) - margin,
        ((a.x > b.x ? a.x : b.x) >> 8) + margin + 1,
        ((a.y > b.y ? a.y : b.y) >> 8) + margin + 1,
    };
}

/* That of a dial, with its lit arc's end. */
static struct area dial_box(const struct layout *l, const struct dial *dial, int32_t needle)
{
    return needle_box(l, dial, dial->needle_root, dial->track + 512, DIAL_FROM + (uint32_t)needle);
}

static void dial_damage(const struct layout *l, const struct dial *dial, int32_t from, int32_t to,
                        struct damage *d)
{
    int32_t low = from < to ? from : to, high = from < to ? to : from;

    if (from == to)
        return;
    if (low == SCENE_NONE) { /* all from the stop up */
        low = 0;
        damage_add(d, dial_box(l, dial, low));
    }
    if (high - low > MAX_STEPS * STEP) {
        damage_add(d, dial->area);
        return;
    }
    while (low < high) {
        int32_t next = high - low > STEP ? low + STEP : high;

        damage_add(d, area_join(dial_box(l, dial, low), dial_box(l, dial, next)));
        low = next;
    }
}

/* Neighbours as one area: all may change at once, and a list of so many is dearer than its gaps. */
static void telltale_damage(const struct layout *l, uint32_t changed, struct damage *d)
{
    struct area group[LAYOUT_GROUPS] = {0};

    if (!changed)
        return;
    for (int i = 0; i < BN_TELLTALE_COUNT; i++)
        if (changed & 1u << i)
            group[l->group[i]] = area_join(group[l->group[i]], l->telltale[i]);
    for (int i = 0; i < LAYOUT_GROUPS; i++)
        damage_add(d, group[i]);
}

static void gauge_damage(const struct layout *l, const struct dial *dial, int32_t from, int32_t to,
                         struct damage *d)
{
    const int32_t needle[2] = {from, to};

    if (from == to)
        return;
    for (int i = 0; i < 2; i++)
        if (needle[i] != SCENE_NONE)
            damage_add(
                d, needle_box(l, dial, dial->gauge_root, dial->needle_tip, gauge_angle(needle[i])));
}

static uint32_t face_at(const struct layout *l, const struct scene *scene, int line)
{
    return line < face_edge(l, scene->step) ? scene->next : scene->face;
}

/* Between the edges of two curtains each line has one face before and one after. */
static void face_damage(const struct layout *l, const struct scene *from, const struct scene *to,
                        struct damage *d)
{
    int a = face_edge(l, from->step), b = face_edge(l, to->step);
    int line[4] = {0, a < b ? a : b, a < b ? b : a, l->height};

    for (int i = 0; i < 3; i++)
        if (face_at(l, from, line[i]) != face_at(l, to, line[i]))
            damage_add(d, (struct area){0, line[i], l->width, line[i + 1]});
}

static void figures_damage(const struct layout *l, const struct scene *from, const struct scene *to,
                           struct damage *d)
{
    bool unit = from->miles != to->miles;

    if (unit || from->speed != to->speed)
        damage_add(d, l->speed.value);
    if (from->gear != to->gear)
        damage_add(d, l->rpm.value);
    if (unit || from->odometer != to->odometer)
        damage_add(d, l->odometer);
    if (unit || from->trip_a != to->trip_a || from->trip_b != to->trip_b)
        damage_add(d, l->trips);
    if (unit || from->range != to->range)
        damage_add(d, l->range);
    if (from->clock != to->clock)
        damage_add(d, l->clock);
    if (from->air != to->air || from->ice != to->ice)
        damage_add(d, l->air);
}

void scene_damage(const struct layout *l, const struct scene *from, const struct scene *to,
                  struct damage *d)
{
    face_damage(l, from, to, d);
    dial_damage(l, &l->rpm, from->rpm_needle, to->rpm_needle, d);
    dial_damage(l, &l->speed, from->speed_needle, to->speed_needle, d);
    gauge_damage(l, &l->rpm, from->coolant_needle, to->coolant_needle, d);
    gauge_damage(l, &l->speed, from->fuel_needle, to->fuel_needle, d);
    figures_damage(l, from, to, d);
    if (from->message != to->message)
        damage_add(d, l->message);
    telltale_damage(l, from->telltales ^ to->telltales, d);
}
