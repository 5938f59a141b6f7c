/* SPDX-License-Identifier: BSD-3-Clause */
/* Places everything on the screen: a design for 1280x720, scaled by what assets there are and
 * spread to the width. */
#include "layout.h"

#include "binnacle/cluster_frames.h"

#define DESIGN_WIDTH  1280
#define DESIGN_HEIGHT 720

#define DIAL_Y        388
#define DIAL_X        391 /* from the middle */
#define DIAL_X_WIDE   520 /* at most, where the screen is wider than the design */
#define TELLTALE_Y    72
#define TELLTALE_Y2   132
#define TELLTALE_FOOT 664
#define TELLTALE_GAP  82
#define STATUS_Y      597
#define MESSAGE_Y     660

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
        .gauge_root = 182 * unit,
        .hub = 108 * unit,
        .glow = 176 * unit,
        .area = {cx - reach, cy - reach, cx + reach + 1, cy + reach + 1},
    };
    d->value_base = cy + cap / 2;
    d->value = (struct area){cx - px(l, 96), d->value_base - cap - px(l, 6), cx + px(l, 96),
                             d->value_base + px(l, 48)};
    d->gauge = box(cx, cy + px(l, 177), px(l, 292), px(l, 84));
}

/*
 * Columns are TELLTALE_GAP apart, numbered from the middle by odd numbers. The first row's middle
 * is what other screens show: turn signals outside, as in the street, warnings between them. Red is
 * right of the middle, what says how the car is lit left of it; below, what can wait.
 */
enum { STRIP, LIGHT, ENGINE, SAFETY, AID, OPEN };

static const int16_t group_y[LAYOUT_GROUPS] = {
    [STRIP] = TELLTALE_Y,   [LIGHT] = TELLTALE_Y,  [ENGINE] = TELLTALE_Y,
    [SAFETY] = TELLTALE_Y2, [AID] = TELLTALE_FOOT, [OPEN] = TELLTALE_FOOT,
};

static const struct {
    uint8_t group;
    int8_t column;
} telltale_place[BN_TELLTALE_COUNT] = {
    [BN_TELLTALE_LAMP_FAULT] = {LIGHT, -13}, [BN_TELLTALE_FOG_REAR] = {LIGHT, -11},
    [BN_TELLTALE_FOG_FRONT] = {LIGHT, -9},   [BN_TELLTALE_DIPPED_BEAM] = {LIGHT, -7},
    [BN_TELLTALE_TURN_LEFT] = {STRIP, -5},   [BN_TELLTALE_HIGH_BEAM] = {STRIP, -3},
    [BN_TELLTALE_MIL] = {STRIP, -1},         [BN_TELLTALE_BRAKE] = {STRIP, 1},
    [BN_TELLTALE_BELT] = {STRIP, 3},         [BN_TELLTALE_TURN_RIGHT] = {STRIP, 5},
    [BN_TELLTALE_OIL] = {ENGINE, 7},         [BN_TELLTALE_COOLANT] = {ENGINE, 9},
    [BN_TELLTALE_CHARGE] = {ENGINE, 11},     [BN_TELLTALE_FUEL] = {ENGINE, 13},
    [BN_TELLTALE_ESC_OFF] = {SAFETY, -5},    [BN_TELLTALE_ESC] = {SAFETY, -3},
    [BN_TELLTALE_ABS] = {SAFETY, -1},        [BN_TELLTALE_PARK_BRAKE] = {SAFETY, 1},
    [BN_TELLTALE_AIRBAG] = {SAFETY, 3},      [BN_TELLTALE_EPS] = {SAFETY, 5},
    [BN_TELLTALE_LANE] = {AID, -13},         [BN_TELLTALE_ACC] = {AID, -11},
    [BN_TELLTALE_WASHER] = {AID, -9},        [BN_TELLTALE_TPMS] = {AID, -7},
    [BN_TELLTALE_DOOR] = {OPEN, 7},          [BN_TELLTALE_BOOT] = {OPEN, 9},
    [BN_TELLTALE_BONNET] = {OPEN, 11},
};

static void place_telltales(struct layout *l, int cx, int top)
{
    int size = l->set->symbol_size;

    for (int i = 0; i < BN_TELLTALE_COUNT; i++) {
        l->group[i] = telltale_place[i].group;
        l->telltale[i] = box(cx + px(l, TELLTALE_GAP * telltale_place[i].column / 2),
                             top + px(l, group_y[l->group[i]]), size, size);
    }
}

static void place_figures(struct layout *l, int cx, int top)
{
    int speed_x = l->speed.centre.x >> 8, rpm_x = l->rpm.centre.x >> 8, y = top + px(l, DIAL_Y);
    int line = px(l, 28), status = top + px(l, STATUS_Y);

    l->foot_base = y + px(l, FOOT_FIRST);
    l->range_base = y + px(l, FOOT_SECOND);
    l->odometer = box(speed_x, y + px(l, FOOT_FIRST - 8), px(l, 200), line);
    l->trips = box(rpm_x, y + px(l, FOOT_FIRST - 8), px(l, 236), line);
    l->range = box(speed_x + px(l, 16), y + px(l, FOOT_SECOND - 8), px(l, 120), line);
    l->clock = (struct area){l->tile.x0, status, l->tile.x0 + px(l, 110), status + px(l, 34)};
    l->air = (struct area){l->tile.x1 - px(l, 170), status, l->tile.x1, status + px(l, 34)};
    l->status_base = status + px(l, 26);
    l->message = box(cx, top + px(l, MESSAGE_Y), px(l, 484), px(l, 42));
    l->message_base = top + px(l, MESSAGE_Y) + l->set->font[FONT_MESSAGE].cap_height / 2;
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
    place_figures(l, cx, top);
    l->code = (struct area){0, height - BN_FRAME_CODE_CELL, BN_FRAME_CODE_BITS * BN_FRAME_CODE_CELL,
                            height};
}
