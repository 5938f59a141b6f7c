/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The home screen as data: pages made of a picture that never changes and of widgets that say, as
 * one number, what they show. A widget is drawn again only when that number changes, so that a
 * quiet screen costs nothing.
 */
#ifndef IVI_UI_H
#define IVI_UI_H

#include <cairo.h>
#include <stdbool.h>
#include <stdint.h>

#include "map.h"
#include "media.h"
#include "theme.h"
#include "vehicle.h"

#define UI_WIDTH  1280
#define UI_HEIGHT 720
#define UI_DAMAGE 16 /* rectangles of one frame */

enum ui_page { UI_HOME, UI_MAP, UI_MEDIA, UI_VEHICLE, UI_PAGES };

/* The dock: a button a page, in the middle of the lower edge. */
#define UI_DOCK_Y    632
#define UI_DOCK_EACH 150

struct ui_rect {
    int x, y, width, height;
};

/* Whom the screen is for: what pages there are, and what it looks like. */
struct ui_role {
    const char *name;
    struct colour accent, accent_deep;
    bool climate; /* the dock has the two front seats' temperatures beside it */
    unsigned pages;
    const struct page *page[UI_PAGES]; /* by enum ui_page */
};
/* The one of that name, NULL: there is none. */
const struct ui_role *ui_role(const char *name);
#define UI_ROLES "front (in front, the default), rear (for who sits in the back)"
struct ui_rect ui_dock(const struct ui_role *role);

struct ui {
    const struct ui_role *role;
    struct theme theme;
    struct map map;
    struct vehicle_state vehicle; /* as of this frame */
    enum ui_page page;
    double now;       /* seconds of monotonic time */
    int hour, minute; /* the vehicle's clock, the machine's until that is known */
    int ahead;        /* minutes by which the vehicle's is ahead of the machine's */
    bool miles;       /* the driver's choice, the last one known */
    char date[32];
    struct media_state media; /* as of this frame */
    /* Whom the player's buttons tell; NULL: nobody. */
    void (*order)(void *player, struct media_order order);
    void *player;
    double travelled;                /* metres on the map's route */
    bool solid;                      /* what can be 3D is: pages leave a hole for it */
    double turned;                   /* radians, of the car on the vehicle page */
    int pressed;                     /* button under the finger, -1: none */
    int press_x;                     /* where it was pressed */
    cairo_surface_t *base[UI_PAGES]; /* what never changes, made when first shown */
    uint64_t drawn[UI_PAGES][24];    /* what each widget showed when it was drawn last */
};

struct widget {
    struct ui_rect at;
    uint64_t (*shows)(const struct ui *u);
    void (*draw)(const struct ui *u, cairo_t *cr);
};

/* Where the 3D view of a page is, when there is one. */
struct ui_view {
    enum { UI_TOWN_VIEW, UI_CAR_VIEW } kind;
    struct ui_rect at;
};

struct button {
    struct ui_rect at;
    void (*press)(struct ui *u);
};

struct page {
    enum icon icon; /* in the dock */
    const char *label;
    void (*draw)(const struct ui *u, cairo_t *cr); /* what never changes */
    const struct widget *widget;
    unsigned widgets;
    const struct button *button;
    unsigned buttons;
    const struct ui_view *view; /* NULL: none */
};

extern const struct page page_home, page_map, page_media, page_vehicle, page_rear;

/* font_dir: where B612 lies. 0 or -errno. */
int ui_init(struct ui *u, const struct ui_role *role, const char *font_dir)
    __attribute__((warn_unused_result));
void ui_finish(struct ui *u);

/* Time goes on: seconds of monotonic time, and the vehicle as it is now. */
void ui_advance(struct ui *u, double now, const struct vehicle_state *v);

/* Draws what has changed since the last call onto a UI_WIDTH x UI_HEIGHT surface; number of
 * rectangles in damage[]. */
unsigned ui_draw(struct ui *u, cairo_surface_t *to, struct ui_rect damage[UI_DAMAGE]);
void ui_draw_everything_next(struct ui *u);
/* Pages are made anew, with a hole where something else draws in 3D, or whole; all is drawn. */
void ui_set_solid(struct ui *u, bool solid);
/* All pixels that such a rectangle touches on a screen of that size, to which the home screen is
 * stretched. */
struct ui_rect ui_stretched(struct ui_rect r, int width, int height);

/* A finger or a pointer at x, y; a press is what counts. Key: KEY_*. */
void ui_press(struct ui *u, int x, int y);
void ui_release(struct ui *u);
void ui_key(struct ui *u, unsigned key);
void ui_show(struct ui *u, enum ui_page page);

/* The page's 3D view; NULL: it has none, or all is flat. */
const struct ui_view *ui_view(const struct ui *u);
/* One number for what the view shows: the same number, the same picture. */
uint64_t ui_view_shows(const struct ui *u);

void ui_order(struct ui *u, enum media_order_kind kind, int value);

#endif
