/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the media page: cover, player, list. */
#include <stdio.h>

#include "common.h"

#define TOP    88
#define HEIGHT 520
#define PLAY_X 40
#define PLAY_W 780
#define LIST_X 844
#define LIST_W 396
#define ROW_H  100

static void draw(const struct ui *u, cairo_t *cr)
{
    frame(u, cr);
    card(cr, PLAY_X, TOP, PLAY_W, HEIGHT);
    card(cr, LIST_X, TOP, LIST_W, HEIGHT);
    text(&u->theme, cr, "UP NEXT", LIST_X + 28, TOP + 44, 12, BOLD, ink_faint, LEFT);
}

static void title_draw(const struct ui *u, cairo_t *cr)
{
    const struct track *t = &ui_tracks[u->track];

    cover(cr, u->track, PLAY_X + 40, TOP + 40, 300);
    text(&u->theme, cr, t->title, PLAY_X + 376, TOP + 118, 38, BOLD, ink, LEFT);
    text(&u->theme, cr, t->artist, PLAY_X + 376, TOP + 158, 22, REGULAR, ink_soft, LEFT);
    text(&u->theme, cr, t->album, PLAY_X + 376, TOP + 192, 17, REGULAR, ink_faint, LEFT);
}

static void bars_draw(const struct ui *u, cairo_t *cr)
{
    bars(u, cr, PLAY_X + 376, TOP + 250, 360, 80, 24);
}

static void progress_draw(const struct ui *u, cairo_t *cr)
{
    player_progress(u, cr, PLAY_X + 40, TOP + 376, PLAY_W - 80, 16);
}

static void controls_draw(const struct ui *u, cairo_t *cr)
{
    player_controls(u, cr, PLAY_X + PLAY_W / 2.0, TOP + 458, 130, 44);
}

static void list_draw(const struct ui *u, cairo_t *cr)
{
    for (unsigned i = 0; i < UI_TRACKS; i++) {
        const struct track *t = &ui_tracks[i];
        const double y = TOP + 68 + i * (ROW_H + 8);
        const bool lit = i == u->track;
        char s[16];

        if (lit) {
            rounded(cr, LIST_X + 16, y, LIST_W - 32, ROW_H, 16);
            use(cr, accent_soft);
            cairo_fill(cr);
        }
        cover(cr, i, LIST_X + 28, y + 14, 72);
        text(&u->theme, cr, t->title, LIST_X + 118, y + 46, 19, BOLD, lit ? accent : ink, LEFT);
        text(&u->theme, cr, t->artist, LIST_X + 118, y + 72, 15, REGULAR, ink_soft, LEFT);
        minutes(s, sizeof(s), t->seconds);
        figures(&u->theme, cr, s, LIST_X + LIST_W - 32, y + 58, 15, REGULAR, ink_faint, RIGHT);
    }
}

static void choose(struct ui *u, unsigned track)
{
    ui_skip(u, (int)track - (int)u->track);
}
static void choose_0(struct ui *u)
{
    choose(u, 0);
}
static void choose_1(struct ui *u)
{
    choose(u, 1);
}
static void choose_2(struct ui *u)
{
    choose(u, 2);
}
static void choose_3(struct ui *u)
{
    choose(u, 3);
}

static const struct widget widgets[] = {
    CLOCK_WIDGET,
    {{PLAY_X + 30, TOP + 30, PLAY_W - 60, 316}, track_shows, title_draw},
    {{PLAY_X + 370, TOP + 246, 372, 88}, bars_show, bars_draw},
    {{PLAY_X + 30, TOP + 366, PLAY_W - 60, 44}, player_shows, progress_draw},
    {{PLAY_X + 200, TOP + 411, PLAY_W - 400, 96}, controls_show, controls_draw},
    {{LIST_X + 10, TOP + 60, LIST_W - 20, 448}, track_shows, list_draw},
};

#define ROW(i) {LIST_X + 16, TOP + 68 + (i) * (ROW_H + 8), LIST_W - 32, ROW_H}
static const struct button buttons[] = {
    {{PLAY_X + 218, TOP + 410, 84, 84}, media_previous},
    {{PLAY_X + 342, TOP + 406, 96, 96}, media_toggle},
    {{PLAY_X + 478, TOP + 410, 84, 84}, media_next},
    {ROW(0), choose_0},
    {ROW(1), choose_1},
    {ROW(2), choose_2},
    {ROW(3), choose_3},
};

const struct page page_media = {ICON_MEDIA,     "Media", draw,           widgets,
                                COUNT(widgets), buttons, COUNT(buttons), NULL};
