/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the home page: map, what is playing, and the vehicle at a glance. */
#include <math.h>
#include <stdio.h>

#include "common.h"
#include "units.h"

#define MAP_X     40
#define MAP_Y     88
#define MAP_W     760
#define MAP_H     520
#define SIDE_X    824
#define SIDE_W    416
#define MEDIA_H   300
#define VEHICLE_Y 412
#define VEHICLE_H 196

static void draw(const struct ui *u, cairo_t *cr)
{
    frame(u, cr);
    card(cr, SIDE_X, MAP_Y, SIDE_W, MEDIA_H);
    card(cr, SIDE_X, VEHICLE_Y, SIDE_W, VEHICLE_H);
    use(cr, (struct colour)RGBA(0xFFFFFF, 0.08));
    cairo_rectangle(cr, SIDE_X + 28, VEHICLE_Y + 126, SIDE_W - 56, 1);
    cairo_fill(cr);
    text(&u->theme, cr, "GEAR", SIDE_X + 28, VEHICLE_Y + 152, 12, BOLD, ink_faint, LEFT);
    text(&u->theme, cr, "ENGINE", SIDE_X + 124, VEHICLE_Y + 152, 12, BOLD, ink_faint, LEFT);
    text(&u->theme, cr, "ODOMETER", SIDE_X + 262, VEHICLE_Y + 152, 12, BOLD, ink_faint, LEFT);
}

static uint64_t map_state(const struct ui *u)
{
    return (u->solid ? 1 : map_shows(map_at(&u->map, u->travelled))) ^ instruction_shows(u) << 20;
}

static void map_widget(const struct ui *u, cairo_t *cr)
{
    if (u->solid)
        hole(cr, MAP_X, MAP_Y, MAP_W, MAP_H, 22);
    else
        map_draw(&u->map, cr, map_at(&u->map, u->travelled), MAP_X, MAP_Y, MAP_W, MAP_H, 22);
    instruction(u, cr, MAP_X + 20, MAP_Y + 20, 286);
    destination(u, cr, MAP_X + MAP_W - 20, MAP_Y + MAP_H - 20);
}

static void title_draw(const struct ui *u, cairo_t *cr)
{
    const struct playing p = now_playing(u);

    cover(cr, p.cover, SIDE_X + 28, MAP_Y + 28, 116);
    text(&u->theme, cr, "NOW PLAYING", SIDE_X + 168, MAP_Y + 48, 12, BOLD, ink_faint, LEFT);
    text(&u->theme, cr, p.title, SIDE_X + 168, MAP_Y + 86, 24, BOLD, ink, LEFT);
    text(&u->theme, cr, p.artist, SIDE_X + 168, MAP_Y + 116, 17, REGULAR,
         p.trouble ? warm : ink_soft, LEFT);
}

static void bars_draw(const struct ui *u, cairo_t *cr)
{
    bars(u, cr, SIDE_X + SIDE_W - 62, MAP_Y + 30, 34, 20, 5);
}

/* The title's widget lies under them: a new title draws them again. */
static uint64_t moving_bars(const struct ui *u)
{
    return bars_show(u) * 31 ^ track_shows(u) << 20;
}

static void progress_draw(const struct ui *u, cairo_t *cr)
{
    player_progress(u, cr, SIDE_X + 28, MAP_Y + 178, SIDE_W - 56, 14);
}

static void controls_draw(const struct ui *u, cairo_t *cr)
{
    player_controls(u, cr, SIDE_X + SIDE_W / 2.0, MAP_Y + 246, 92, 34);
}

static uint64_t speed_shows(const struct ui *u)
{
    return u->vehicle.valid ? 2 + (uint64_t)units_speed(u) : 1;
}

static void speed_draw(const struct ui *u, cairo_t *cr)
{
    const double x = SIDE_X + 28, y = VEHICLE_Y + 97;
    double width;
    char s[16];

    value(u, s, sizeof(s), "%.0f", units_speed(u), "– –");
    if (u->vehicle.valid)
        width = figures(&u->theme, cr, s, x, y, 76, BOLD, ink, LEFT);
    else
        width = text(&u->theme, cr, s, x, y - 6, 62, BOLD, ink_faint, LEFT);
    text(&u->theme, cr, units_speed_name(u), x + width + 12, y, 18, REGULAR, ink_soft, LEFT);
}

static uint64_t details_show(const struct ui *u)
{
    const struct vehicle_state *v = &u->vehicle;

    return v->valid ? 1 + ((uint64_t)(v->gear + 2) << 50 | (uint64_t)(v->rpm / 10) << 34 |
                           v->odometer_m / 100)
                    : 0;
}

static void details_draw(const struct ui *u, cairo_t *cr)
{
    const struct vehicle_state *v = &u->vehicle;
    const struct colour c = v->valid ? ink : ink_faint;
    char s[32];

    if (!v->valid)
        snprintf(s, sizeof(s), "–");
    else if (v->gear <= 0)
        snprintf(s, sizeof(s), "%s", v->gear < 0 ? "R" : "N");
    else
        snprintf(s, sizeof(s), "%d", v->gear);
    text(&u->theme, cr, s, SIDE_X + 28, VEHICLE_Y + 178, 20, BOLD, c, LEFT);
    value(u, s, sizeof(s), "%.0f rpm", floor(v->rpm / 10) * 10, "– rpm");
    text(&u->theme, cr, s, SIDE_X + 124, VEHICLE_Y + 178, 20, REGULAR, c, LEFT);
    if (v->valid)
        snprintf(s, sizeof(s), "%.1f %s", floor(units_way(u, v->odometer_m) * 10) / 10,
                 units_way_name(u));
    else
        snprintf(s, sizeof(s), "– %s", units_way_name(u));
    text(&u->theme, cr, s, SIDE_X + 262, VEHICLE_Y + 178, 20, REGULAR, c, LEFT);
}

static uint64_t link_shows(const struct ui *u)
{
    return u->vehicle.valid + 1;
}

static void link_draw(const struct ui *u, cairo_t *cr)
{
    const struct colour c = u->vehicle.valid ? accent : warm;
    const double right = SIDE_X + SIDE_W - 28, y = VEHICLE_Y + 43;
    const double width =
        text(&u->theme, cr, u->vehicle.valid ? "Live" : "No data", right, y, 14, REGULAR, c, RIGHT);

    cairo_arc(cr, right - width - 11, y - 5, 4, 0, 2 * M_PI);
    cairo_fill(cr);
}

static const struct widget widgets[] = {
    STATUS_WIDGETS,
    {{MAP_X, MAP_Y, MAP_W, MAP_H}, map_state, map_widget},
    {{SIDE_X + 20, MAP_Y + 20, SIDE_W - 40, 132}, track_shows, title_draw},
    {{SIDE_X + SIDE_W - 64, MAP_Y + 28, 40, 26}, moving_bars, bars_draw},
    {{SIDE_X + 18, MAP_Y + 166, SIDE_W - 36, 46}, player_shows, progress_draw},
    {{SIDE_X + 80, MAP_Y + 210, SIDE_W - 160, 74}, controls_show, controls_draw},
    {{SIDE_X + 20, VEHICLE_Y + 30, 270, 76}, speed_shows, speed_draw},
    {{SIDE_X + 20, VEHICLE_Y + 160, SIDE_W - 40, 26}, details_show, details_draw},
    {{SIDE_X + SIDE_W - 118, VEHICLE_Y + 26, 100, 24}, link_shows, link_draw},
};

static const struct button buttons[] = {
    {{SIDE_X + 84, MAP_Y + 214, 64, 64}, media_previous},
    {{SIDE_X + 172, MAP_Y + 210, 72, 72}, media_toggle},
    {{SIDE_X + 268, MAP_Y + 214, 64, 64}, media_next},
    {{MAP_X, MAP_Y, MAP_W, MAP_H}, open_map},
    {{SIDE_X, MAP_Y, SIDE_W, MEDIA_H}, open_media},
    {{SIDE_X, VEHICLE_Y, SIDE_W, VEHICLE_H}, open_vehicle},
};

static const struct ui_view view = {UI_TOWN_VIEW, {MAP_X, MAP_Y, MAP_W, MAP_H}};

const struct page page_home = {ICON_HOME,      "Home",  draw,           widgets,
                               COUNT(widgets), buttons, COUNT(buttons), &view};
