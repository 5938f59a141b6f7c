/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the map page: the route in full, and the turns to come. */
#include <math.h>
#include <stdio.h>

#include "common.h"
#include "units.h"

#define MAP_X   396
#define MAP_Y   88
#define MAP_W   844
#define MAP_H   520
#define PANEL_X 40
#define PANEL_W 332
#define TURNS   4

static void draw(const struct ui *u, cairo_t *cr)
{
    frame(u, cr);
    card(cr, PANEL_X, MAP_Y, PANEL_W, MAP_H);
    text(&u->theme, cr, "DESTINATION", PANEL_X + 28, MAP_Y + 44, 12, BOLD, ink_faint, LEFT);
    text(&u->theme, cr, UI_DESTINATION, PANEL_X + 28, MAP_Y + 76, 24, BOLD, ink, LEFT);
    use(cr, (struct colour)RGBA(0xFFFFFF, 0.08));
    cairo_rectangle(cr, PANEL_X + 28, MAP_Y + 152, PANEL_W - 56, 1);
    cairo_fill(cr);
}

static uint64_t map_state(const struct ui *u)
{
    return u->solid ? 1 : map_shows(map_at(&u->map, u->travelled));
}

static void map_widget(const struct ui *u, cairo_t *cr)
{
    if (u->solid)
        hole(cr, MAP_X, MAP_Y, MAP_W, MAP_H, 22);
    else
        map_draw(&u->map, cr, map_at(&u->map, u->travelled), MAP_X, MAP_Y, MAP_W, MAP_H, 22);
}

static void trip_draw(const struct ui *u, cairo_t *cr)
{
    const struct trip trip = trip_left(u);
    char s[32];

    snprintf(s, sizeof(s), "%d min", trip.minutes);
    text(&u->theme, cr, s, PANEL_X + 28, MAP_Y + 120, 22, BOLD, accent, LEFT);
    snprintf(s, sizeof(s), "%.1f %s", units_way(u, trip.metres), units_way_name(u));
    text(&u->theme, cr, s, PANEL_X + 132, MAP_Y + 120, 18, REGULAR, ink_soft, LEFT);
    snprintf(s, sizeof(s), "%d:%02d", trip.hour, trip.minute);
    text(&u->theme, cr, s, PANEL_X + PANEL_W - 28, MAP_Y + 120, 18, REGULAR, ink_soft, RIGHT);
}

static void turns_draw(const struct ui *u, cairo_t *cr)
{
    unsigned turn;
    double metres = map_next_turn(&u->map, u->travelled, &turn);
    char s[UNITS_BYTES];

    for (unsigned i = 0; i < TURNS; i++) {
        const double y = MAP_Y + 178 + i * 84;
        const unsigned n = (turn + i) % MAP_TURNS;
        double leg;

        rounded(cr, PANEL_X + 28, y, 56, 56, 14);
        use(cr, i ? (struct colour)RGBA(0xFFFFFF, 0.06) : accent);
        cairo_fill(cr);
        icon(cr, u->map.turn_right[n] ? ICON_TURN : ICON_TURN_LEFT, PANEL_X + 56, y + 28, 32,
             i ? ink_soft : night);
        units_near(u, s, metres);
        text(&u->theme, cr, s, PANEL_X + 104, y + 24, i ? 18 : 22, BOLD, i ? ink_soft : ink, LEFT);
        text(&u->theme, cr, map_street[n], PANEL_X + 104, y + 48, 17, REGULAR,
             i ? ink_faint : ink_soft, LEFT);
        leg = u->map.turn[(n + 1) % MAP_TURNS] - u->map.turn[n];
        metres += leg < 0 ? leg + u->map.length : leg;
    }
}

static const struct widget widgets[] = {
    STATUS_WIDGETS,
    {{MAP_X, MAP_Y, MAP_W, MAP_H}, map_state, map_widget},
    {{PANEL_X + 20, MAP_Y + 94, PANEL_W - 40, 40}, trip_shows, trip_draw},
    {{PANEL_X + 20, MAP_Y + 170, PANEL_W - 40, 336}, instruction_shows, turns_draw},
};

static const struct ui_view view = {UI_TOWN_VIEW, {MAP_X, MAP_Y, MAP_W, MAP_H}};

const struct page page_map = {ICON_MAP, "Map", draw, widgets, COUNT(widgets), NULL, 0, &view};
