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

/* The box of a needle with its lit arc's end, wide enough for its width and its smoothed edge. */
static struct area needle_box(const struct layout *l, const struct dial *dial, int32_t needle)
{
    uint32_t angle = DIAL_FROM + (uint32_t)needle;
    struct point a = gfx_polar(dial->centre, dial->needle_root, angle);
    struct point b = gfx_polar(dial->centre, dial->track + 512, angle);
    int margin = layout_px(l, 5) + 2;

    return (struct area){
        ((a.x < b.x ? a.x : b.x) >> 8) - margin,
        ((a.y < b.y ? a.y : b.y) >> 8) - margin,
        ((a.x > b.x ? a.x : b.x) >> 8) + margin + 1,
        ((a.y > b.y ? a.y : b.y) >> 8) + margin + 1,
    };
}

static void dial_damage(const struct layout *l, const struct dial *dial, int32_t from, int32_t to,
                        struct damage *d)
{
    int32_t low = from < to ? from : to, high = from < to ? to : from;

    if (from == to)
        return;
    if (low == SCENE_NONE || high - low > MAX_STEPS * STEP) {
        damage_add(d, dial->area);
        return;
    }
    while (low < high) {
        int32_t next = high - low > STEP ? low + STEP : high;

        damage_add(d, area_join(needle_box(l, dial, low), needle_box(l, dial, next)));
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

void scene_damage(const struct layout *l, const struct scene *from, const struct scene *to,
                  struct damage *d)
{
    dial_damage(l, &l->rpm, from->rpm_needle, to->rpm_needle, d);
    dial_damage(l, &l->speed, from->speed_needle, to->speed_needle, d);
    if (from->speed != to->speed)
        damage_add(d, l->speed.value);
    if (from->gear != to->gear)
        damage_add(d, l->rpm.value);
    if (from->odometer != to->odometer)
        damage_add(d, l->odometer);
    if (from->notice != to->notice)
        damage_add(d, l->notice);
    telltale_damage(l, from->telltales ^ to->telltales, d);
}
