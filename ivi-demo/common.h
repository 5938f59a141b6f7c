/* SPDX-License-Identifier: BSD-3-Clause */
/* What several pages show: status bar, dock, player, speed. */
#ifndef IVI_COMMON_H
#define IVI_COMMON_H

#include "ui.h"

/* Rectangles of the dock's buttons, one a page. */
#define DOCK_Y      632
#define DOCK_HEIGHT 72
#define DOCK_X      340
#define DOCK_EACH   150

#define DOCK_BUTTONS                                                                               \
    {{DOCK_X, DOCK_Y, DOCK_EACH, DOCK_HEIGHT}, dock_home},                                         \
        {{DOCK_X + DOCK_EACH, DOCK_Y, DOCK_EACH, DOCK_HEIGHT}, dock_map},                          \
        {{DOCK_X + 2 * DOCK_EACH, DOCK_Y, DOCK_EACH, DOCK_HEIGHT}, dock_media},                    \
    {                                                                                              \
        {DOCK_X + 3 * DOCK_EACH, DOCK_Y, DOCK_EACH, DOCK_HEIGHT}, dock_vehicle                     \
    }

void dock_home(struct ui *u);
void dock_map(struct ui *u);
void dock_media(struct ui *u);
void dock_vehicle(struct ui *u);
void media_toggle(struct ui *u);
void media_next(struct ui *u);
void media_previous(struct ui *u);

/* Background, status bar without the clock, dock with the page's button lit. */
void frame(const struct ui *u, cairo_t *cr, enum ui_page page);

#define CLOCK_WIDGET {{40, 16, 272, 48}, clock_shows, clock_draw}
uint64_t clock_shows(const struct ui *u);
void clock_draw(const struct ui *u, cairo_t *cr);

void cover(cairo_t *cr, unsigned track, double x, double y, double size);
/* "3:05" */
void minutes(char *to, size_t bytes, double seconds);
void progress(cairo_t *cr, double x, double y, double w, double part);
/* Bars that move with the music, in a box. */
void bars(const struct ui *u, cairo_t *cr, double x, double y, double w, double h, unsigned count);
uint64_t bars_show(const struct ui *u);
/* Round button with an icon; pressed: under the finger. */
void round_button(cairo_t *cr, enum icon i, double x, double y, double radius, bool filled,
                  bool pressed);
/* Instruction for the next turn, on a dark glass panel. */
void instruction(const struct ui *u, cairo_t *cr, double x, double y, double w);
uint64_t instruction_shows(const struct ui *u);
/* A number, or dashes if the vehicle says nothing. */
void value(const struct ui *u, char *to, size_t bytes, const char *format, double v,
           const char *dashes);

#endif
