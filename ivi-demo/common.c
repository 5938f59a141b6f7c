/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what several pages share. */
#include "common.h"

#include <math.h>
#include <stdio.h>

#include "units.h"

void open_map(struct ui *u)
{
    ui_show(u, UI_MAP);
}
void open_media(struct ui *u)
{
    ui_show(u, UI_MEDIA);
}
void open_vehicle(struct ui *u)
{
    ui_show(u, UI_VEHICLE);
}

void media_toggle(struct ui *u)
{
    ui_order(u, MEDIA_TOGGLE, 0);
}
void media_next(struct ui *u)
{
    ui_order(u, MEDIA_SKIP, 1);
}
void media_previous(struct ui *u)
{
    if (u->media.source == MEDIA_MICROPHONE)
        ui_order(u, MEDIA_RECORD, 0);
    else
        ui_order(u, MEDIA_SKIP, -1);
}

struct playing now_playing(const struct ui *u)
{
    const struct media_state *m = &u->media;
    struct playing p = {UI_MICROPHONE, "Microphone", "", "", m->card != MEDIA_CARD};

    if (m->source == MEDIA_TITLE && m->titles) {
        const struct media_title *t = &m->title[m->track];

        p = (struct playing){m->track, t->title, t->artist, t->album, p.trouble};
    } else if (m->source == MEDIA_TITLE) {
        p = (struct playing){0, "No music", "", "", p.trouble};
    } else if (!m->microphone) {
        p.artist = "The sound device has none";
    } else {
        p.artist = m->recording     ? "Recording"
                   : m->seconds > 0 ? "What was recorded"
                                    : "Press the red button and speak";
    }
    if (p.trouble)
        p.artist = m->problem;
    return p;
}

static void dock(const struct ui *u, cairo_t *cr)
{
    const struct ui_rect all = ui_dock(u->role);

    rounded(cr, all.x, all.y, all.width, all.height, all.height / 2.0);
    use(cr, (struct colour)RGBA(0xFFFFFF, 0.055));
    cairo_fill(cr);
    for (unsigned i = 0; i < u->role->pages; i++) {
        const struct page *p = u->role->page[i];
        const double x = all.x + (i + 0.5) * UI_DOCK_EACH;
        const bool lit = i == u->page;

        if (lit) {
            rounded(cr, x - UI_DOCK_EACH / 2.0 + 8, all.y + 8, UI_DOCK_EACH - 16, all.height - 16,
                    all.height / 2.0 - 8);
            use(cr, accent_soft);
            cairo_fill(cr);
        }
        icon(cr, p->icon, x, all.y + 27, 28, lit ? accent : ink_soft);
        text(&u->theme, cr, p->label, x, all.y + 58, 13, lit ? BOLD : REGULAR,
             lit ? accent : ink_soft, CENTRE);
    }
}

void frame(const struct ui *u, cairo_t *cr)
{
    background(cr, UI_WIDTH, UI_HEIGHT);
    dock(u, cr);
}

uint64_t clock_shows(const struct ui *u)
{
    return (uint64_t)(u->hour * 60 + u->minute) << 8 | (uint8_t)u->date[4] | 1;
}

void clock_draw(const struct ui *u, cairo_t *cr)
{
    char s[16];
    double width;

    snprintf(s, sizeof(s), "%d:%02d", u->hour, u->minute);
    width = figures(&u->theme, cr, s, 48, 52, 34, BOLD, ink, LEFT);
    text(&u->theme, cr, u->date, 48 + width + 18, 51, 17, REGULAR, ink_soft, LEFT);
}

uint64_t air_shows(const struct ui *u)
{
    return u->vehicle.has_air ? (uint64_t)(u->vehicle.outside_c * 2 + 256) : 1;
}

/* As the cluster has it; a machine without a vehicle has no outside. */
void air_draw(const struct ui *u, cairo_t *cr)
{
    char s[16];

    if (!u->vehicle.has_air)
        return;
    snprintf(s, sizeof(s), "%+.1f °C", u->vehicle.outside_c);
    text(&u->theme, cr, s, 1232, 47, 18, REGULAR, ink, RIGHT);
}

static bool has_seats(const struct ui *u)
{
    return u->role->climate && u->vehicle.has_cabin;
}

uint64_t seats_show(const struct ui *u)
{
    const double *c = u->vehicle.seat_c;

    return has_seats(u) ? (uint64_t)(c[0] * 2) << 10 | (uint64_t)(c[1] * 2) << 2 | 1 : 2;
}

/* As the vehicle has it: the IVI only shows. */
static void seat(const struct ui *u, cairo_t *cr, double degrees, double x, enum align a)
{
    const double y = UI_DOCK_Y + 46;
    double width;
    char s[16];

    if (!has_seats(u))
        return;
    if (degrees <= 0) {
        text(&u->theme, cr, "off", a == LEFT ? x : x + 26, y, 22, REGULAR, ink_soft, a);
        return;
    }
    snprintf(s, sizeof(s), "%.1f", degrees);
    width = figures(&u->theme, cr, s, x, y, 30, REGULAR, ink, a);
    text(&u->theme, cr, "°C", a == LEFT ? x + width + 4 : x + 6, y, 17, REGULAR, ink_soft, LEFT);
}

void driver_seat_draw(const struct ui *u, cairo_t *cr)
{
    seat(u, cr, u->vehicle.seat_c[0], 48, LEFT);
}

void passenger_seat_draw(const struct ui *u, cairo_t *cr)
{
    seat(u, cr, u->vehicle.seat_c[1], 1206, RIGHT);
}

#define COVERS 4
static const struct {
    struct colour a, b;
} covers[COVERS] = {
    {RGB(0xF2994A), RGB(0x6A2C70)},
    {RGB(0x2D9CDB), RGB(0x1B1464)},
    {RGB(0x8FD3E8), RGB(0x2B4A6F)},
    {RGB(0x27AE60), RGB(0x0B3D3A)},
};

static void microphone_cover(cairo_t *cr, double x, double y, double size)
{
    rounded(cr, x, y, size, size, size * 0.09);
    use(cr, accent_deep);
    cairo_fill(cr);
    icon(cr, ICON_MICROPHONE, x + size / 2, y + size / 2, size * 0.5, ink);
}

static void title_cover(cairo_t *cr, unsigned track, double x, double y, double size)
{
    const struct colour a = covers[track % COVERS].a, b = covers[track % COVERS].b;
    cairo_pattern_t *p = cairo_pattern_create_linear(x, y, x + size, y + size);

    cairo_save(cr);
    rounded(cr, x, y, size, size, size * 0.09);
    cairo_clip(cr);
    cairo_pattern_add_color_stop_rgb(p, 0, a.r, a.g, a.b);
    cairo_pattern_add_color_stop_rgb(p, 1, b.r, b.g, b.b);
    cairo_set_source(cr, p);
    cairo_paint(cr);
    cairo_pattern_destroy(p);
    cairo_set_line_width(cr, size * 0.012);
    for (int i = 0; i < 9; i++) { /* rings of a sun going down behind hills */
        use(cr, (struct colour){1, 1, 1, 0.30 - 0.03 * i});
        cairo_arc(cr, x + size * 0.64, y + size * 0.42, size * (0.12 + 0.07 * i), 0, 2 * M_PI);
        cairo_stroke(cr);
    }
    use(cr, (struct colour){1, 1, 1, 0.9});
    cairo_arc(cr, x + size * 0.64, y + size * 0.42, size * 0.115, 0, 2 * M_PI);
    cairo_fill(cr);
    for (int k = 0; k < 3; k++) {
        cairo_move_to(cr, x, y + size);
        for (int i = 0; i <= 40; i++)
            cairo_line_to(cr, x + size * i / 40,
                          y + size * (0.70 + 0.1 * k -
                                      0.06 * sin(i * (0.16 + 0.03 * k) + track * 1.7 + k * 2)));
        cairo_line_to(cr, x + size, y + size);
        cairo_close_path(cr);
        use(cr, (struct colour){0.03, 0.05, 0.08, 0.32 + 0.14 * k});
        cairo_fill(cr);
    }
    cairo_restore(cr);
}

void cover(cairo_t *cr, unsigned track, double x, double y, double size)
{
    if (track == UI_MICROPHONE)
        microphone_cover(cr, x, y, size);
    else
        title_cover(cr, track, x, y, size);
}

void minutes(char *to, size_t bytes, double seconds)
{
    const int s = (int)seconds;

    snprintf(to, bytes, "%d:%02d", s / 60, s % 60);
}

static void progress(cairo_t *cr, double x, double y, double w, double part)
{
    rounded(cr, x, y - 2.5, w, 5, 2.5);
    use(cr, (struct colour)RGBA(0xFFFFFF, 0.13));
    cairo_fill(cr);
    if (w * part > 5) {
        rounded(cr, x, y - 2.5, w * part, 5, 2.5);
        use(cr, accent);
        cairo_fill(cr);
    }
    cairo_arc(cr, x + w * part, y, 6.5, 0, 2 * M_PI);
    use(cr, ink);
    cairo_fill(cr);
}

static void round_button(cairo_t *cr, enum icon i, double x, double y, double radius, bool filled,
                         bool pressed)
{
    cairo_arc(cr, x, y, radius, 0, 2 * M_PI);
    if (filled)
        use(cr, pressed ? ink : accent);
    else
        use(cr, (struct colour)RGBA(0xFFFFFF, pressed ? 0.2 : 0.06));
    cairo_fill(cr);
    icon(cr, i, x, y, radius * 0.95, filled ? night : ink);
}

uint64_t track_shows(const struct ui *u)
{
    const struct media_state *m = &u->media;

    return 1 | m->track << 1 | (uint64_t)m->source << 8 | (uint64_t)m->card << 12 |
           (uint64_t)m->recording << 16 | (uint64_t)m->titles << 20 |
           (uint64_t)m->microphone << 24 | (uint64_t)(m->seconds > 0) << 25 |
           (uint64_t)(uint8_t)m->problem[20] << 32;
}

static double part_played(const struct ui *u)
{
    return u->media.seconds > 0 ? fmin(1, u->media.at / u->media.seconds) : 0;
}

uint64_t player_shows(const struct ui *u)
{
    return (uint64_t)(part_played(u) * 720) << 32 |
           (uint64_t)((unsigned)u->media.at & 0xFFFF) << 16 | ((unsigned)u->media.seconds & 0xFFFF);
}

void player_progress(const struct ui *u, cairo_t *cr, double x, double y, double w, double size)
{
    char s[16];

    progress(cr, x, y, w, part_played(u));
    minutes(s, sizeof(s), u->media.at);
    figures(&u->theme, cr, s, x, y + 28, size, REGULAR, ink_soft, LEFT);
    minutes(s, sizeof(s), u->media.seconds);
    figures(&u->theme, cr, s, x + w, y + 28, size, REGULAR, ink_soft, RIGHT);
}

uint64_t controls_show(const struct ui *u)
{
    return (uint64_t)u->media.source << 12 | (uint64_t)u->media.recording << 11 |
           (uint64_t)u->media.playing << 10 | (uint8_t)(u->pressed + 1);
}

/* Red, and a square while it runs. */
static void record_button(const struct ui *u, cairo_t *cr, double x, double y, double radius)
{
    cairo_arc(cr, x, y, radius, 0, 2 * M_PI);
    use(cr, (struct colour)RGBA(0xFFFFFF, u->pressed == 0 ? 0.2 : 0.06));
    cairo_fill(cr);
    icon(cr, u->media.recording ? ICON_STOP : ICON_RECORD, x, y, radius * 0.95,
         (struct colour)RGB(0xFF5A52));
}

void player_controls(const struct ui *u, cairo_t *cr, double x, double y, double gap, double big)
{
    const bool microphone = u->media.source == MEDIA_MICROPHONE;
    const double small = round(big * 0.77);

    if (microphone)
        record_button(u, cr, x - gap, y, small);
    else
        round_button(cr, ICON_PREVIOUS, x - gap, y, small, false, u->pressed == 0);
    round_button(cr, u->media.playing ? ICON_PAUSE : ICON_PLAY, x, y, big, true, u->pressed == 1);
    if (!microphone)
        round_button(cr, ICON_NEXT, x + gap, y, small, false, u->pressed == 2);
}

static bool sounds(const struct ui *u)
{
    return u->media.card == MEDIA_CARD && (u->media.playing || u->media.recording);
}

uint64_t bars_show(const struct ui *u)
{
    return sounds(u) ? 1 + (uint64_t)(u->now * 30) : 1;
}

/* As high as what is heard is loud; that they differ is only to look at. */
void bars(const struct ui *u, cairo_t *cr, double x, double y, double w, double h, unsigned count)
{
    const double each = w / count;

    use(cr, accent);
    for (unsigned i = 0; i < count; i++) {
        const double t = u->now * (2.1 + 0.37 * (i % 5)) + i * 1.3;
        const double part = 0.35 + 0.65 * fabs(sin(t) * cos(t * 0.61 + i));
        const double level = sounds(u) ? fmin(1, 0.1 + 1.1 * u->media.level * part) : 0.1;

        rounded(cr, x + i * each + each * 0.18, y + h * (1 - level), each * 0.64,
                fmax(h * level, each * 0.64), each * 0.32);
        cairo_fill(cr);
    }
}

uint64_t instruction_shows(const struct ui *u)
{
    unsigned turn;
    const double metres = map_next_turn(&u->map, u->travelled, &turn);

    return (uint64_t)turn << 32 | (uint64_t)(metres / 10);
}

void instruction(const struct ui *u, cairo_t *cr, double x, double y, double w)
{
    unsigned turn;
    const double metres = map_next_turn(&u->map, u->travelled, &turn);
    char s[UNITS_BYTES];

    rounded(cr, x, y, w, 84, 18);
    use(cr, (struct colour)RGBA(0x0D1319, 0.88));
    cairo_fill(cr);
    rounded(cr, x + 14, y + 14, 56, 56, 14);
    use(cr, accent);
    cairo_fill(cr);
    icon(cr, u->map.turn_right[turn] ? ICON_TURN : ICON_TURN_LEFT, x + 42, y + 42, 34, night);
    units_near(u, s, metres);
    text(&u->theme, cr, s, x + 86, y + 40, 25, BOLD, ink, LEFT);
    text(&u->theme, cr, map_street[turn], x + 86, y + 65, 17, REGULAR, ink_soft, LEFT);
}

/* What is left of the loop; the destination is its end. */
struct trip trip_left(const struct ui *u)
{
    const double metres = u->map.length - fmod(u->travelled, u->map.length);
    const int need = (int)ceil(metres / 600); /* 36 km/h through town */
    const int at = (u->hour * 60 + u->minute + need) % 1440;

    return (struct trip){metres, need, at / 60, at % 60};
}

uint64_t trip_shows(const struct ui *u)
{
    return (uint64_t)(trip_left(u).metres / 100) << 16 | (uint64_t)(u->hour * 60 + u->minute);
}

void destination(const struct ui *u, cairo_t *cr, double right, double bottom)
{
    rounded(cr, right - 226, bottom - 46, 226, 46, 23);
    use(cr, (struct colour)RGBA(0x0D1319, 0.88));
    cairo_fill(cr);
    icon(cr, ICON_PIN, right - 202, bottom - 23, 22, accent);
    text(&u->theme, cr, UI_DESTINATION, right - 182, bottom - 17, 17, REGULAR, ink, LEFT);
}

void value(const struct ui *u, char *to, size_t bytes, const char *format, double v,
           const char *dashes)
{
    if (u->vehicle.valid)
        snprintf(to, bytes, format, v);
    else
        snprintf(to, bytes, "%s", dashes);
}
