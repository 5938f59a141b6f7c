/* SPDX-License-Identifier: BSD-3-Clause */
/* Places everything on the screen: a design for 1280x720, scaled by what assets there are and
 * spread to the width. */
#include "layout.h"

#include "binnacle/cluster_frames.h"

#define DESIGN_WIDTH  1280
#define DESIGN_HEIGHT 720

#define DIAL_Y       388
#define DIAL_X       391 /* from the middle */
#define DIAL_X_WIDE  520 /* at most, where the screen is wider than the design */
#define TELLTALE_Y   72
#define TELLTALE_GAP 82

static int px(const struct layout *l, int v)
{
    return layout_px(l, v);
}

static struct area box(int cx, int cy, int width, int height)
{
    return (struct area){cx - width / 2, cy - height / 2, cx - width / 2 + width,
                         cy - height / 2 + height};
}

static const struct asset_set *choose_set(int width, int height)
{
    const struct asset_set *set = &asset_sets[0];

    for (int i = 1; i < ASSET_SCALES; i++)
        if (DESIGN_WIDTH * asset_sets[i].scale / 256 <= width &&
            DESIGN_HEIGHT * asset_sets[i].scale / 256 <= height)
            set = &asset_sets[i];
    return set;
}

static void place_dial(const struct layout *l, struct dial *d, int cx, int cy, int numeral)
{
    int32_t unit = l->set->scale; /* q8 of one design pixel */
    int reach = px(l, 224);
    int cap = l->set->font[FONT_SPEED].cap_height;

    *d = (struct dial){
        .centre = {cx * 256 + 128, cy * 256 + 128},
        .rim = 220 * unit,
        .track = 209 * unit,
        .tick = 200 * unit,
        .numeral = numeral * unit,
        .needle_tip = 207 * unit,
        .needle_root = 168 * unit,
        .hub = 108 * unit,
        .glow = 176 * unit,
        .area = {cx - reach, cy - reach, cx + reach + 1, cy + reach + 1},
    };
    d->value_base = cy + cap / 2;
    d->value = (struct area){cx - px(l, 96), d->value_base - cap - px(l, 6), cx + px(l, 96),
                             d->value_base + px(l, 6)};
}

/* Left to right: the turn signals outside, as in the street; between them the rest, warnings in the
 * middle. */
static void place_telltales(struct layout *l, int cx, int top)
{
    static const enum bn_telltale order[BN_TELLTALE_COUNT] = {
        BN_TELLTALE_TURN_LEFT, BN_TELLTALE_HIGH_BEAM, BN_TELLTALE_MIL,
        BN_TELLTALE_BRAKE,     BN_TELLTALE_BELT,      BN_TELLTALE_TURN_RIGHT,
    };
    int size = l->set->symbol_size;

    for (int i = 0; i < BN_TELLTALE_COUNT; i++)
        l->telltale[order[i]] =
            box(cx + px(l, TELLTALE_GAP * (2 * i - 5) / 2), top + px(l, TELLTALE_Y), size, size);
}

void layout_init(struct layout *l, int width, int height)
{
    int cx = width / 2, spread, top;

    *l = (struct layout){.width = width, .height = height};
    l->set = choose_set(width, height);
    top = (height - px(l, DESIGN_HEIGHT)) / 2;
    top = top > 0 ? top : 0;
    spread = px(l, DIAL_X) + (width - px(l, DESIGN_WIDTH)) / 4;
    spread = spread > px(l, DIAL_X_WIDE) ? px(l, DIAL_X_WIDE) : spread;
    place_dial(l, &l->rpm, cx - spread, top + px(l, DIAL_Y), 156);
    place_dial(l, &l->speed, cx + spread, top + px(l, DIAL_Y), 150);
    place_telltales(l, cx, top);
    l->tile = (struct area){l->rpm.area.x1 + px(l, 4), top + px(l, DIAL_Y - 204),
                            l->speed.area.x0 - px(l, 4), top + px(l, DIAL_Y + 204)};
    l->odometer_base = top + px(l, DIAL_Y + LEGEND_BELOW);
    l->odometer = box(l->speed.centre.x >> 8, l->odometer_base - px(l, 8), px(l, 170), px(l, 32));
    l->notice_base = top + px(l, 662);
    l->notice = box(cx, top + px(l, 654), px(l, 400), px(l, 36));
    l->code = (struct area){0, height - BN_FRAME_CODE_CELL, BN_FRAME_CODE_BITS * BN_FRAME_CODE_CELL,
                            height};
}
