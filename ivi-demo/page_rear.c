/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the home page of who sits in the back: what is playing, where the car is, when it arrives.
 */
#include <math.h>
#include <stdio.h>

#include "common.h"
#include "units.h"

#define TOP    88
#define PLAY_X 40
#define PLAY_W 560
#define PLAY_H 520
#define COVER  224
#define NAME_X (PLAY_X + 28 + COVER + 28)
#define MAP_X  624
#define MAP_W  616
#define MAP_H  352
#define TRIP_Y 464
#define TRIP_H 144

enum figure { ARRIVAL, TIME_LEFT, WAY_LEFT, SPEED, FIGURES };
static const int figure_x[FIGURES] = {MAP_X + 28, MAP_X + 178, MAP_X + 328, MAP_X + 478};

static void draw(const struct ui *u, cairo_t *cr)
{
    static const char *const name[FIGURES] = {"ARRIVAL", "TIME LEFT", "DISTANCE", "SPEED"};

    frame(u, cr);
    card(cr, PLAY_X, TOP, PLAY_W, PLAY_H);
    card(cr, MAP_X, TRIP_Y, MAP_W, TRIP_H);
    text(&u->theme, cr, "NOW PLAYING", PLAY_X + 28, TOP + 48, 12, BOLD, ink_faint, LEFT);
    for (int i = 0; i < FIGURES; i++)
        text(&u->theme, cr, name[i], figure_x[i], TRIP_Y + 50, 12, BOLD, ink_faint, LEFT);
}

static void title_draw(const struct ui *u, cairo_t *cr)
{
    const struct playing p = now_playing(u);

    cover(cr, p.cover, PLAY_X + 28, TOP + 76, COVER);
    text(&u->theme, cr, p.title, NAME_X, TOP + 172, 29, BOLD, ink, LEFT);
    text(&u->theme, cr, p.artist, NAME_X, TOP + 208, 20, REGULAR, p.trouble ? warm : ink_soft,
         LEFT);
    text(&u->theme, cr, p.album, NAME_X, TOP + 238, 16, REGULAR, ink_faint, LEFT);
}

static void bars_draw(const struct ui *u, cairo_t *cr)
{
    bars(u, cr, PLAY_X + PLAY_W - 76, TOP + 30, 48, 24, 7);
}

static void progress_draw(const struct ui *u, cairo_t *cr)
{
    player_progress(u, cr, PLAY_X + 28, TOP + 350, PLAY_W - 56, 16);
}

static void controls_draw(const struct ui *u, cairo_t *cr)
{
    player_controls(u, cr, PLAY_X + PLAY_W / 2.0, TOP + 444, 124, 44);
}

static uint64_t map_state(const struct ui *u)
{
    const uint64_t place = u->solid ? 1 : map_shows(map_at(&u->map, u->travelled));

    return place << 1 | u->vehicle.valid;
}

/* Where the car is comes from the vehicle: without it the map is of where it was. */
static void map_widget(const struct ui *u, cairo_t *cr)
{
    if (u->solid)
        hole(cr, MAP_X, TOP, MAP_W, MAP_H, 22);
    else
        map_draw(&u->map, cr, map_at(&u->map, u->travelled), MAP_X, TOP, MAP_W, MAP_H, 22);
    destination(u, cr, MAP_X + MAP_W - 20, TOP + MAP_H - 20);
    if (u->vehicle.valid)
        return;
    rounded(cr, MAP_X + 20, TOP + 20, 142, 40, 20);
    use(cr, (struct colour)RGBA(0x0D1319, 0.88));
    cairo_fill(cr);
    text(&u->theme, cr, "Last position", MAP_X + 91, TOP + 45, 15, REGULAR, warm, CENTRE);
}

static uint64_t figures_show(const struct ui *u)
{
    return u->vehicle.valid ? trip_shows(u) << 10 | (uint64_t)units_speed(u) << 1 | 1 : 0;
}

static void figures_draw(const struct ui *u, cairo_t *cr)
{
    const char *const unit[FIGURES] = {"", "min", units_way_name(u), units_speed_name(u)};
    const struct trip trip = trip_left(u);
    char s[FIGURES][16];

    snprintf(s[ARRIVAL], sizeof(s[0]), "%d:%02d", trip.hour, trip.minute);
    snprintf(s[TIME_LEFT], sizeof(s[0]), "%d", trip.minutes);
    snprintf(s[WAY_LEFT], sizeof(s[0]), "%.1f", units_way(u, trip.metres));
    snprintf(s[SPEED], sizeof(s[0]), "%d", units_speed(u));
    for (int i = 0; i < FIGURES; i++) {
        const double y = TRIP_Y + 98;
        double width;

        if (u->vehicle.valid)
            width = figures(&u->theme, cr, s[i], figure_x[i], y, 36, BOLD, i ? ink : accent, LEFT);
        else
            width = text(&u->theme, cr, "–", figure_x[i], y, 36, BOLD, ink_faint, LEFT);
        text(&u->theme, cr, unit[i], figure_x[i] + width + 7, y, 16, REGULAR, ink_soft, LEFT);
    }
}

static const struct widget widgets[] = {
    STATUS_WIDGETS,
    {{PLAY_X + 20, TOP + 70, PLAY_W - 40, 240}, track_shows, title_draw},
    {{PLAY_X + PLAY_W - 80, TOP + 28, 56, 30}, bars_show, bars_draw},
    {{PLAY_X + 18, TOP + 338, PLAY_W - 36, 48}, player_shows, progress_draw},
    {{PLAY_X + 100, TOP + 396, PLAY_W - 200, 96}, controls_show, controls_draw},
    {{MAP_X, TOP, MAP_W, MAP_H}, map_state, map_widget},
    {{MAP_X + 20, TRIP_Y + 60, MAP_W - 40, 56}, figures_show, figures_draw},
};

static const struct button buttons[] = {
    {{PLAY_X + 116, TOP + 404, 80, 80}, media_previous},
    {{PLAY_X + 232, TOP + 396, 96, 96}, media_toggle},
    {{PLAY_X + 364, TOP + 404, 80, 80}, media_next},
    {{PLAY_X, TOP, PLAY_W, PLAY_H}, open_media},
    {{MAP_X, TOP, MAP_W, MAP_H}, open_map},
    {{MAP_X, TRIP_Y, MAP_W, TRIP_H}, open_map},
};

static const struct ui_view view = {UI_TOWN_VIEW, {MAP_X, TOP, MAP_W, MAP_H}};

const struct page page_rear = {ICON_HOME,      "Home",  draw,           widgets,
                               COUNT(widgets), buttons, COUNT(buttons), &view};
