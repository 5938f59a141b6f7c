/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the vehicle page: what comes from the cluster, or dashes. */
#include <math.h>
#include <stdio.h>

#include "common.h"
#include "units.h"

#define TOP        88
#define HEIGHT     520
#define DIAL_X     40
#define DIAL_W     540
#define CX         (DIAL_X + DIAL_W / 2.0)
#define CY         (TOP + 276.0)
#define RADIUS     190.0
#define SIDE_X     604
#define SIDE_W     636
#define TILE_W     202
#define CAR_Y      (TOP + 145)
#define CAR_HEIGHT 226
#define MAX_KMH    200
#define MAX_MPH    120
#define FROM       (0.75 * M_PI)
#define SWEEP      (1.5 * M_PI)

/* Of the cluster's telltales those that there is room for. */
static const struct {
    const char *name;
    uint32_t lamps; /* any of these is lit */
} signals[] = {
    {"Parking brake", 1u << BN_TELLTALE_BRAKE | 1u << BN_TELLTALE_PARK_BRAKE},
    {"Seat belt", 1u << BN_TELLTALE_BELT},
    {"Left indicator", 1u << BN_TELLTALE_TURN_LEFT},
    {"Right indicator", 1u << BN_TELLTALE_TURN_RIGHT},
    {"High beam", 1u << BN_TELLTALE_HIGH_BEAM},
    {"Engine check", 1u << BN_TELLTALE_MIL},
};

static int dial_end(const struct ui *u)
{
    return u->miles ? MAX_MPH : MAX_KMH;
}

static void draw(const struct ui *u, cairo_t *cr)
{
    static const char *const tile[3] = {"GEAR", "ENGINE", "ODOMETER"};

    frame(u, cr);
    card(cr, DIAL_X, TOP, DIAL_W, HEIGHT);
    card(cr, SIDE_X, TOP + 144, SIDE_W, HEIGHT - 144);
    if (u->solid)
        hole(cr, SIDE_X + 1, CAR_Y, SIDE_W - 2, CAR_HEIGHT, 20);
    else
        text(&u->theme, cr, "SIGNALS", SIDE_X + 28, TOP + 188, 12, BOLD, ink_faint, LEFT);
    for (int i = 0; i < 3; i++) {
        card(cr, SIDE_X + i * (TILE_W + 15), TOP, TILE_W, 120);
        text(&u->theme, cr, tile[i], SIDE_X + i * (TILE_W + 15) + 24, TOP + 38, 12, BOLD, ink_faint,
             LEFT);
    }
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_width(cr, 14);
    use(cr, (struct colour)RGBA(0xFFFFFF, 0.07));
    cairo_arc(cr, CX, CY, RADIUS, FROM, FROM + SWEEP);
    cairo_stroke(cr);
    for (int v = 0; v <= dial_end(u); v += 20) {
        const double a = FROM + SWEEP * v / dial_end(u);
        char s[12];

        snprintf(s, sizeof(s), "%d", v);
        text(&u->theme, cr, s, CX + (RADIUS - 38) * cos(a), CY + (RADIUS - 38) * sin(a) + 6, 16,
             REGULAR, ink_faint, CENTRE);
    }
    text(&u->theme, cr, units_speed_name(u), CX, CY + 62, 20, REGULAR, ink_soft, CENTRE);
}

static uint64_t dial_shows(const struct ui *u)
{
    return u->vehicle.valid
               ? 2 + ((uint64_t)units_speed(u) << 10 | (uint64_t)(u->vehicle.speed_kmh * 2))
               : 1;
}

static void dial_draw(const struct ui *u, cairo_t *cr)
{
    const double part = fmin(units_way(u, u->vehicle.speed_kmh * 1000) / dial_end(u), 1);
    char s[16];

    if (u->vehicle.valid && part > 0.002) {
        cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
        cairo_set_line_width(cr, 14);
        use(cr, accent);
        cairo_arc(cr, CX, CY, RADIUS, FROM, FROM + SWEEP * part);
        cairo_stroke(cr);
        cairo_arc(cr, CX + RADIUS * cos(FROM + SWEEP * part),
                  CY + RADIUS * sin(FROM + SWEEP * part), 11, 0, 2 * M_PI);
        use(cr, ink);
        cairo_fill(cr);
    }
    value(u, s, sizeof(s), "%.0f", units_speed(u), "– –");
    if (u->vehicle.valid)
        figures(&u->theme, cr, s, CX, CY + 30, 92, BOLD, ink, CENTRE);
    else
        text(&u->theme, cr, s, CX, CY + 26, 80, BOLD, ink_faint, CENTRE);
}

static uint64_t link_shows(const struct ui *u)
{
    return u->vehicle.valid + 1;
}

static void link_draw(const struct ui *u, cairo_t *cr)
{
    const char *s = u->vehicle.valid ? "Live from the vehicle bus" : "No vehicle data";
    const struct colour c = u->vehicle.valid ? accent : warm;
    const double width = text(&u->theme, cr, s, CX + 9, TOP + HEIGHT - 34, 16, REGULAR, c, CENTRE);

    cairo_arc(cr, CX - width / 2 - 7, TOP + HEIGHT - 39, 4.5, 0, 2 * M_PI);
    cairo_fill(cr);
}

static uint64_t tiles_show(const struct ui *u)
{
    const struct vehicle_state *v = &u->vehicle;

    return v->valid ? 1 + ((uint64_t)(v->gear + 2) << 50 | (uint64_t)(v->rpm / 10) << 34 |
                           v->odometer_m / 100)
                    : 0;
}

static void tiles_draw(const struct ui *u, cairo_t *cr)
{
    const struct vehicle_state *v = &u->vehicle;
    const struct colour c = v->valid ? ink : ink_faint;
    char s[3][32];

    if (!v->valid)
        snprintf(s[0], sizeof(s[0]), "–");
    else if (v->gear <= 0)
        snprintf(s[0], sizeof(s[0]), "%s", v->gear < 0 ? "R" : "N");
    else
        snprintf(s[0], sizeof(s[0]), "%d", v->gear);
    value(u, s[1], sizeof(s[1]), "%.0f", floor(v->rpm / 10) * 10, "– –");
    value(u, s[2], sizeof(s[2]), "%.0f", floor(units_way(u, v->odometer_m)), "– –");
    for (int i = 0; i < 3; i++) {
        const char *const unit[3] = {"", "rpm", units_way_name(u)};
        const double x = SIDE_X + i * (TILE_W + 15) + 24;
        const double w = text(&u->theme, cr, s[i], x, TOP + 92, 36, BOLD, c, LEFT);

        text(&u->theme, cr, unit[i], x + w + 8, TOP + 92, 16, REGULAR, ink_soft, LEFT);
    }
}

static uint64_t signals_show(const struct ui *u)
{
    return u->vehicle.valid ? 2 + u->vehicle.telltales : 1;
}

/* Two columns of tall rows; three of low ones where the car has its place above them. */
static struct ui_rect signal_place(const struct ui *u, int i)
{
    if (u->solid)
        return (struct ui_rect){SIDE_X + 28 + i % 3 * 196, TOP + 386 + i / 3 * 64, 188, 56};
    return (struct ui_rect){SIDE_X + 28 + i % 2 * 298, TOP + 216 + i / 2 * 92, 282, 76};
}

static void signals_draw(const struct ui *u, cairo_t *cr)
{
    for (int i = 0; i < (int)COUNT(signals); i++) {
        const struct ui_rect r = signal_place(u, i);
        const double middle = r.y + r.height / 2.0, x = r.x + (u->solid ? 42 : 62);
        const bool lit = u->vehicle.valid && (u->vehicle.telltales & signals[i].lamps);
        const struct colour c = lit ? warm : ink_faint;

        rounded(cr, r.x, r.y, r.width, r.height, 16);
        use(cr, lit ? (struct colour)RGBA(0xFFB65C, 0.13) : (struct colour)RGBA(0xFFFFFF, 0.035));
        cairo_fill(cr);
        cairo_arc(cr, r.x + (u->solid ? 22 : 34), middle, u->solid ? 6 : 8, 0, 2 * M_PI);
        use(cr, c);
        cairo_fill(cr);
        text(&u->theme, cr, signals[i].name, x, middle - 4, u->solid ? 15 : 18, REGULAR,
             lit ? ink : ink_soft, LEFT);
        text(&u->theme, cr,
             !u->vehicle.valid ? "–"
             : lit             ? "On"
                               : "Off",
             x, middle + (u->solid ? 15 : 19), u->solid ? 12 : 14, REGULAR, c, LEFT);
    }
}

static const struct widget widgets[] = {
    STATUS_WIDGETS,
    {{DIAL_X + 66, TOP + 70, DIAL_W - 132, 368}, dial_shows, dial_draw},
    {{DIAL_X + 100, TOP + HEIGHT - 60, DIAL_W - 200, 40}, link_shows, link_draw},
    {{SIDE_X + 10, TOP + 56, SIDE_W - 20, 50}, tiles_show, tiles_draw},
    {{SIDE_X + 20, TOP + 210, SIDE_W - 40, 302}, signals_show, signals_draw},
};

static const struct ui_view view = {UI_CAR_VIEW, {SIDE_X + 1, CAR_Y, SIDE_W - 2, CAR_HEIGHT}};

const struct page page_vehicle = {ICON_VEHICLE,   "Vehicle", draw, widgets,
                                  COUNT(widgets), NULL,      0,    &view};
