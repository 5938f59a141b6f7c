/* SPDX-License-Identifier: BSD-3-Clause */
/* What several pages show: status bar, dock, player, speed. */
#ifndef IVI_COMMON_H
#define IVI_COMMON_H

#include "ui.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void open_map(struct ui *u);
void open_media(struct ui *u);
void open_vehicle(struct ui *u);
void media_toggle(struct ui *u);
void media_next(struct ui *u);
void media_previous(struct ui *u); /* or the microphone's record button in its place */

/* Background, and the dock with the page's button lit. */
void frame(const struct ui *u, cairo_t *cr);

/* What every page shows: clock and outside temperature above, the front seats' beside the dock. */
#define STATUS_WIDGETS                                                                             \
    {{40, 16, 272, 48}, clock_shows, clock_draw}, {{1124, 20, 112, 44}, air_shows, air_draw},      \
        {{40, UI_DOCK_Y + 12, 130, 48}, seats_show, driver_seat_draw},                             \
    {                                                                                              \
        {1110, UI_DOCK_Y + 12, 130, 48}, seats_show, passenger_seat_draw                           \
    }
uint64_t clock_shows(const struct ui *u);
void clock_draw(const struct ui *u, cairo_t *cr);
uint64_t air_shows(const struct ui *u);
void air_draw(const struct ui *u, cairo_t *cr);
uint64_t seats_show(const struct ui *u);
void driver_seat_draw(const struct ui *u, cairo_t *cr);
void passenger_seat_draw(const struct ui *u, cairo_t *cr);

/* Of a title, or what stands for the microphone (UI_MICROPHONE). */
#define UI_MICROPHONE UINT32_MAX
void cover(cairo_t *cr, unsigned track, double x, double y, double size);
/* What is playing: its cover, title and artist; or, in place of the artist, why nothing can. */
struct playing {
    unsigned cover;
    const char *title, *artist, *album;
    bool trouble; /* `artist` says what is wrong */
};
struct playing now_playing(const struct ui *u);
/* "3:05" */
void minutes(char *to, size_t bytes, double seconds);
uint64_t track_shows(const struct ui *u);
/* How far the track is, with its times in figures of that size below. */
void player_progress(const struct ui *u, cairo_t *cr, double x, double y, double w, double size);
uint64_t player_shows(const struct ui *u);
/* Previous, play or pause, next, around x and y: buttons 0 to 2 of the page. */
void player_controls(const struct ui *u, cairo_t *cr, double x, double y, double gap, double big);
uint64_t controls_show(const struct ui *u);
/* Bars that move with the music, in a box. */
void bars(const struct ui *u, cairo_t *cr, double x, double y, double w, double h, unsigned count);
uint64_t bars_show(const struct ui *u);
/* Instruction for the next turn, on a dark glass panel. */
void instruction(const struct ui *u, cairo_t *cr, double x, double y, double w);
uint64_t instruction_shows(const struct ui *u);
/* What is left of the way, by the car's place on the route, and the time of arrival. */
struct trip {
    double metres;
    int minutes, hour, minute;
};
struct trip trip_left(const struct ui *u);
uint64_t trip_shows(const struct ui *u);
/* Where to, on a dark glass panel with that corner. */
void destination(const struct ui *u, cairo_t *cr, double right, double bottom);
#define UI_DESTINATION "Hafenstraße 12"

/* A number, or dashes if the vehicle says nothing. */
void value(const struct ui *u, char *to, size_t bytes, const char *format, double v,
           const char *dashes);

#endif
