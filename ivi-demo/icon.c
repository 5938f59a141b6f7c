/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the pictograms: drawn on a grid of 24 units, lines 1.8 units wide, like one family. */
#include <math.h>
#include <stdbool.h>

#include "theme.h"

static void line(cairo_t *cr, double x1, double y1, double x2, double y2)
{
    cairo_move_to(cr, x1, y1);
    cairo_line_to(cr, x2, y2);
}

static void home(cairo_t *cr)
{
    cairo_move_to(cr, 3.5, 11.5);
    cairo_line_to(cr, 12, 4);
    cairo_line_to(cr, 20.5, 11.5);
    cairo_move_to(cr, 5.8, 10);
    cairo_line_to(cr, 5.8, 20);
    cairo_line_to(cr, 18.2, 20);
    cairo_line_to(cr, 18.2, 10);
    cairo_stroke(cr);
}

static void map(cairo_t *cr) /* a navigation arrow */
{
    cairo_move_to(cr, 12, 3);
    cairo_line_to(cr, 19, 20.5);
    cairo_line_to(cr, 12, 16.6);
    cairo_line_to(cr, 5, 20.5);
    cairo_close_path(cr);
    cairo_stroke(cr);
}

static void media(cairo_t *cr)
{
    cairo_arc(cr, 7, 18, 2.6, 0, 2 * M_PI);
    cairo_stroke(cr);
    cairo_arc(cr, 17.4, 16, 2.6, 0, 2 * M_PI);
    cairo_stroke(cr);
    cairo_move_to(cr, 9.6, 18);
    cairo_line_to(cr, 9.6, 6.4);
    cairo_line_to(cr, 20, 4.2);
    cairo_line_to(cr, 20, 16);
    cairo_stroke(cr);
}

static void vehicle(cairo_t *cr) /* a car from the front */
{
    cairo_move_to(cr, 4, 12.4);
    cairo_line_to(cr, 6.4, 6.8);
    cairo_curve_to(cr, 6.8, 5.9, 7.4, 5.5, 8.3, 5.5);
    cairo_line_to(cr, 15.7, 5.5);
    cairo_curve_to(cr, 16.6, 5.5, 17.2, 5.9, 17.6, 6.8);
    cairo_line_to(cr, 20, 12.4);
    cairo_stroke(cr);
    rounded(cr, 3.2, 11.6, 17.6, 6.4, 2);
    cairo_stroke(cr);
    line(cr, 5.8, 18.2, 5.8, 20);
    line(cr, 18.2, 18.2, 18.2, 20);
    line(cr, 6.8, 14.8, 8.6, 14.8);
    line(cr, 15.4, 14.8, 17.2, 14.8);
    cairo_stroke(cr);
}

static void triangle(cairo_t *cr, double x1, double x2)
{
    cairo_move_to(cr, x1, 5);
    cairo_line_to(cr, x2, 12);
    cairo_line_to(cr, x1, 19);
    cairo_close_path(cr);
    cairo_fill_preserve(cr);
    cairo_stroke(cr);
}

static void pause_bars(cairo_t *cr)
{
    cairo_set_line_width(cr, 4);
    line(cr, 8.2, 6.5, 8.2, 17.5);
    line(cr, 15.8, 6.5, 15.8, 17.5);
    cairo_stroke(cr);
}

static void turn(cairo_t *cr) /* right ahead */
{
    cairo_set_line_width(cr, 2.8);
    cairo_move_to(cr, 7, 20.5);
    cairo_line_to(cr, 7, 12.5);
    cairo_curve_to(cr, 7, 9.6, 8.6, 8.2, 11.2, 8.2);
    cairo_line_to(cr, 19, 8.2);
    cairo_move_to(cr, 14.6, 3.8);
    cairo_line_to(cr, 19, 8.2);
    cairo_line_to(cr, 14.6, 12.6);
    cairo_stroke(cr);
}

static void pin(cairo_t *cr)
{
    cairo_move_to(cr, 12, 21);
    cairo_curve_to(cr, 7.5, 15.5, 5.5, 12.6, 5.5, 9.6);
    cairo_arc(cr, 12, 9.6, 6.5, M_PI, 0);
    cairo_curve_to(cr, 18.5, 12.6, 16.5, 15.5, 12, 21);
    cairo_close_path(cr);
    cairo_stroke(cr);
    cairo_arc(cr, 12, 9.6, 2.2, 0, 2 * M_PI);
    cairo_fill(cr);
}

static void microphone(cairo_t *cr)
{
    rounded(cr, 8.6, 2.8, 6.8, 11.6, 3.4);
    cairo_stroke(cr);
    cairo_arc_negative(cr, 12, 11.2, 6.8, M_PI, 0);
    cairo_stroke(cr);
    line(cr, 12, 18, 12, 21.2);
    line(cr, 8.4, 21.2, 15.6, 21.2);
    cairo_stroke(cr);
}

static void filled(cairo_t *cr, double half, double radius) /* round, or a square */
{
    rounded(cr, 12 - half, 12 - half, 2 * half, 2 * half, radius);
    cairo_fill(cr);
}

static void speaker(cairo_t *cr, bool muted)
{
    cairo_move_to(cr, 3.2, 9.2);
    cairo_line_to(cr, 6.6, 9.2);
    cairo_line_to(cr, 11.2, 5);
    cairo_line_to(cr, 11.2, 19);
    cairo_line_to(cr, 6.6, 14.8);
    cairo_line_to(cr, 3.2, 14.8);
    cairo_close_path(cr);
    cairo_stroke(cr);
    if (muted) {
        line(cr, 15.4, 9.2, 21, 14.8);
        line(cr, 21, 9.2, 15.4, 14.8);
        cairo_stroke(cr);
        return;
    }
    cairo_arc(cr, 11.4, 12, 4.4, -M_PI / 4, M_PI / 4);
    cairo_stroke(cr);
    cairo_arc(cr, 11.4, 12, 8.4, -M_PI / 4, M_PI / 4);
    cairo_stroke(cr);
}

void icon(cairo_t *cr, enum icon i, double x, double y, double size, struct colour c)
{
    cairo_save(cr);
    cairo_translate(cr, x - size / 2, y - size / 2);
    cairo_scale(cr, size / 24, size / 24);
    cairo_set_line_width(cr, 1.8);
    cairo_set_line_cap(cr, CAIRO_LINE_CAP_ROUND);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    use(cr, c);
    switch (i) {
    case ICON_HOME:
        home(cr);
        break;
    case ICON_MAP:
        map(cr);
        break;
    case ICON_MEDIA:
        media(cr);
        break;
    case ICON_VEHICLE:
        vehicle(cr);
        break;
    case ICON_PLAY:
        triangle(cr, 7.5, 19);
        break;
    case ICON_PAUSE:
        pause_bars(cr);
        break;
    case ICON_NEXT:
        triangle(cr, 6, 15.5);
        line(cr, 18.5, 5.5, 18.5, 18.5);
        cairo_stroke(cr);
        break;
    case ICON_PREVIOUS:
        triangle(cr, 18, 8.5);
        line(cr, 5.5, 5.5, 5.5, 18.5);
        cairo_stroke(cr);
        break;
    case ICON_TURN:
        turn(cr);
        break;
    case ICON_TURN_LEFT:
        cairo_translate(cr, 24, 0);
        cairo_scale(cr, -1, 1);
        turn(cr);
        break;
    case ICON_PIN:
        pin(cr);
        break;
    case ICON_MICROPHONE:
        microphone(cr);
        break;
    case ICON_RECORD:
        filled(cr, 6.5, 6.5);
        break;
    case ICON_STOP:
        filled(cr, 5.6, 1.6);
        break;
    case ICON_VOLUME:
    case ICON_MUTED:
        speaker(cr, i == ICON_MUTED);
        break;
    }
    cairo_restore(cr);
}
