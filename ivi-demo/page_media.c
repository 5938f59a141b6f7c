/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the media page: cover, player, volume; titles and the microphone to choose from. */
#include <stdio.h>

#include "common.h"

#define TOP        88
#define HEIGHT     520
#define PLAY_X     40
#define PLAY_W     780
#define LIST_X     844
#define LIST_W     396
#define ROW_H      100
#define ROWS       4 /* three titles around the one that plays, and the microphone */
#define PROGRESS_X (PLAY_X + 40)
#define PROGRESS_W (PLAY_W - 80)
#define CONTROLS_X (PLAY_X + 250)
#define CONTROLS_Y (TOP + 456)
#define VOLUME_X   (PLAY_X + 552)
#define VOLUME_W   168

static void draw(const struct ui *u, cairo_t *cr)
{
    frame(u, cr);
    card(cr, PLAY_X, TOP, PLAY_W, HEIGHT);
    card(cr, LIST_X, TOP, LIST_W, HEIGHT);
    text(&u->theme, cr, "SOURCES", LIST_X + 28, TOP + 44, 12, BOLD, ink_faint, LEFT);
}

static void title_draw(const struct ui *u, cairo_t *cr)
{
    const struct playing p = now_playing(u);

    cover(cr, p.cover, PLAY_X + 40, TOP + 40, 300);
    text(&u->theme, cr, p.title, PLAY_X + 376, TOP + 118, 38, BOLD, ink, LEFT);
    text(&u->theme, cr, p.artist, PLAY_X + 376, TOP + 158, 22, REGULAR, p.trouble ? warm : ink_soft,
         LEFT);
    text(&u->theme, cr, p.album, PLAY_X + 376, TOP + 192, 17, REGULAR, ink_faint, LEFT);
}

static void bars_draw(const struct ui *u, cairo_t *cr)
{
    bars(u, cr, PLAY_X + 376, TOP + 250, 360, 80, 24);
}

/* The title's widget lies under them: a new title draws them again. */
static uint64_t moving_bars(const struct ui *u)
{
    return bars_show(u) * 31 ^ track_shows(u) << 20;
}

static void progress_draw(const struct ui *u, cairo_t *cr)
{
    player_progress(u, cr, PROGRESS_X, TOP + 376, PROGRESS_W, 16);
}

static void controls_draw(const struct ui *u, cairo_t *cr)
{
    player_controls(u, cr, CONTROLS_X, CONTROLS_Y, 130, 44);
}

static uint64_t volume_shows(const struct ui *u)
{
    return 1 | (uint64_t)u->media.has_volume << 1 | (uint64_t)u->media.muted << 2 |
           (uint64_t)(unsigned)u->media.volume << 8;
}

/* Grey where the card has no volume to set, or there is no card. */
static void volume_draw(const struct ui *u, cairo_t *cr)
{
    const struct media_state *m = &u->media;
    const bool off = !m->has_volume || m->muted;
    const double part = m->has_volume ? m->volume / 100.0 : 0;

    icon(cr, off ? ICON_MUTED : ICON_VOLUME, VOLUME_X - 34, CONTROLS_Y, 30,
         m->has_volume ? ink : ink_faint);
    rounded(cr, VOLUME_X, CONTROLS_Y - 4, VOLUME_W, 8, 4);
    use(cr, (struct colour)RGBA(0xFFFFFF, 0.13));
    cairo_fill(cr);
    if (!m->has_volume)
        return;
    if (VOLUME_W * part >= 8) {
        rounded(cr, VOLUME_X, CONTROLS_Y - 4, VOLUME_W * part, 8, 4);
        use(cr, m->muted ? ink_faint : accent);
        cairo_fill(cr);
    }
    cairo_arc(cr, VOLUME_X + VOLUME_W * part, CONTROLS_Y, 11, 0, 6.2832);
    use(cr, ink);
    cairo_fill(cr);
}

/* The title in the first row. */
static unsigned first_title(const struct ui *u)
{
    const unsigned rows = ROWS - 1, n = u->media.titles, track = u->media.track;

    return track < rows ? 0 : track + 1 > n ? 0 : track + 1 - rows;
}

static unsigned title_rows(const struct ui *u)
{
    return u->media.titles < ROWS - 1 ? u->media.titles : ROWS - 1;
}

static void row_draw(const struct ui *u, cairo_t *cr, double y, unsigned title, bool lit)
{
    const struct media_title *t = title == UI_MICROPHONE ? NULL : &u->media.title[title];
    const char *below = t ? t->artist : u->media.microphone ? "Record and play" : "Not there";
    char s[16];

    if (lit) {
        rounded(cr, LIST_X + 16, y, LIST_W - 32, ROW_H, 16);
        use(cr, accent_soft);
        cairo_fill(cr);
    }
    cover(cr, title, LIST_X + 28, y + 14, 72);
    text(&u->theme, cr, t ? t->title : "Microphone", LIST_X + 118, y + 46, 19, BOLD,
         lit ? accent : ink, LEFT);
    text(&u->theme, cr, below, LIST_X + 118, y + 72, 15, REGULAR, ink_soft, LEFT);
    if (!t)
        return;
    minutes(s, sizeof(s), t->seconds);
    figures(&u->theme, cr, s, LIST_X + LIST_W - 32, y + 58, 15, REGULAR, ink_faint, RIGHT);
}

#define ROW_Y(i) (TOP + 68 + (int)(i) * (ROW_H + 8))

static void list_draw(const struct ui *u, cairo_t *cr)
{
    const struct media_state *m = &u->media;
    const unsigned first = first_title(u), rows = title_rows(u);

    for (unsigned i = 0; i < rows; i++)
        row_draw(u, cr, ROW_Y(i), first + i, m->source == MEDIA_TITLE && first + i == m->track);
    row_draw(u, cr, ROW_Y(rows), UI_MICROPHONE, m->source == MEDIA_MICROPHONE);
}

static void choose(struct ui *u, unsigned row)
{
    const unsigned rows = title_rows(u);

    if (row < rows)
        ui_order(u, MEDIA_CHOOSE, (int)(first_title(u) + row));
    else if (row == rows)
        ui_order(u, MEDIA_CHOOSE, (int)u->media.titles);
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

static int permille(int x, int from, int width)
{
    const int p = (x - from) * 1000 / width;

    return p < 0 ? 0 : p > 1000 ? 1000 : p;
}

static void seek(struct ui *u)
{
    ui_order(u, MEDIA_SEEK, permille(u->press_x, PROGRESS_X, PROGRESS_W));
}

static void set_volume(struct ui *u)
{
    ui_order(u, MEDIA_VOLUME, permille(u->press_x, VOLUME_X, VOLUME_W) / 10);
}

static void mute(struct ui *u)
{
    ui_order(u, MEDIA_MUTE, 0);
}

static const struct widget widgets[] = {
    STATUS_WIDGETS,
    {{PLAY_X + 30, TOP + 30, PLAY_W - 60, 316}, track_shows, title_draw},
    {{PLAY_X + 370, TOP + 246, 372, 88}, moving_bars, bars_draw},
    {{PLAY_X + 30, TOP + 366, PLAY_W - 60, 44}, player_shows, progress_draw},
    {{CONTROLS_X - 176, CONTROLS_Y - 48, 352, 96}, controls_show, controls_draw},
    {{VOLUME_X - 54, CONTROLS_Y - 24, VOLUME_W + 72, 48}, volume_shows, volume_draw},
    {{LIST_X + 10, TOP + 60, LIST_W - 20, 448}, track_shows, list_draw},
};

#define ROW(i) {LIST_X + 16, ROW_Y(i), LIST_W - 32, ROW_H}
static const struct button buttons[] = {
    {{CONTROLS_X - 172, CONTROLS_Y - 42, 84, 84}, media_previous},
    {{CONTROLS_X - 48, CONTROLS_Y - 48, 96, 96}, media_toggle},
    {{CONTROLS_X + 88, CONTROLS_Y - 42, 84, 84}, media_next},
    {ROW(0), choose_0},
    {ROW(1), choose_1},
    {ROW(2), choose_2},
    {ROW(3), choose_3},
    {{PROGRESS_X - 20, TOP + 356, PROGRESS_W + 40, 44}, seek},
    {{VOLUME_X - 60, CONTROLS_Y - 36, 44, 72}, mute},
    {{VOLUME_X - 16, CONTROLS_Y - 36, VOLUME_W + 40, 72}, set_volume},
};

const struct page page_media = {ICON_MEDIA,     "Media", draw,           widgets,
                                COUNT(widgets), buttons, COUNT(buttons), NULL};
