/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the state of the home screen and the decision what has to be drawn. */
#include "ui.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NOT_DRAWN  UINT64_MAX
#define TURN_PER_S 0.25 /* radians, of the car on the vehicle page */
#define DAY        1440 /* minutes */

static const struct ui_role roles[] = {
    {"front",
     RGB(0x3DD6C0),
     RGB(0x1C6F66),
     true,
     4,
     {&page_home, &page_map, &page_media, &page_vehicle}},
    {"rear", RGB(0xB39DFF), RGB(0x54459A), false, 3, {&page_rear, &page_map, &page_media}},
};

const struct ui_role *ui_role(const char *name)
{
    for (unsigned i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
        if (strcmp(roles[i].name, name) == 0)
            return &roles[i];
    return NULL;
}

struct ui_rect ui_dock(const struct ui_role *role)
{
    const int width = (int)role->pages * UI_DOCK_EACH;

    return (struct ui_rect){(UI_WIDTH - width) / 2, UI_DOCK_Y, width, 72};
}

int ui_init(struct ui *u, const struct ui_role *role, const char *font_dir)
{
    int rc;

    memset(u, 0, sizeof(*u));
    u->role = role;
    theme_tint(role->accent, role->accent_deep);
    rc = theme_init(&u->theme, font_dir);
    if (rc == 0)
        rc = map_init(&u->map, &u->theme);
    snprintf(u->media.problem, sizeof(u->media.problem), "No sound device");
    u->turned = -0.6;
    u->pressed = -1;
    u->travelled = 420;
    ui_draw_everything_next(u);
    return rc;
}

static void drop_bases(struct ui *u)
{
    for (unsigned i = 0; i < UI_PAGES; i++) {
        if (u->base[i])
            cairo_surface_destroy(u->base[i]);
        u->base[i] = NULL;
    }
}

void ui_finish(struct ui *u)
{
    drop_bases(u);
    map_finish(&u->map);
    theme_finish(&u->theme);
}

void ui_draw_everything_next(struct ui *u)
{
    memset(u->drawn, 0xFF, sizeof(u->drawn));
}

void ui_set_solid(struct ui *u, bool solid)
{
    u->solid = solid;
    drop_bases(u);
    ui_draw_everything_next(u);
}

void ui_show(struct ui *u, enum ui_page page)
{
    if (page == u->page || page >= u->role->pages)
        return;
    u->page = page;
    ui_draw_everything_next(u);
}

void ui_order(struct ui *u, enum media_order_kind kind, int value)
{
    if (u->order)
        u->order(u->player, (struct media_order){kind, value});
}

/* Units are part of what never changes of a page. */
static void choose_unit(struct ui *u, bool miles)
{
    if (u->miles == miles)
        return;
    u->miles = miles;
    drop_bases(u);
    ui_draw_everything_next(u);
}

void ui_advance(struct ui *u, double now, const struct vehicle_state *v)
{
    const double dt = u->now > 0 ? fmin(now - u->now, 1) : 0;
    const time_t wall = time(NULL);
    struct tm tm;
    int minutes;

    u->now = now;
    u->vehicle = *v;
    localtime_r(&wall, &tm);
    minutes = tm.tm_hour * 60 + tm.tm_min;
    if (v->has_cabin) {
        u->ahead = v->hour * 60 + v->minute - minutes;
        choose_unit(u, v->miles);
    }
    minutes = (minutes + u->ahead + DAY) % DAY;
    u->hour = minutes / 60;
    u->minute = minutes % 60;
    strftime(u->date, sizeof(u->date), "%a %e %b", &tm);
    if (v->valid)
        u->travelled += v->speed_kmh / 3.6 * dt;
    u->turned = fmod(u->turned + TURN_PER_S * dt, 2 * M_PI);
}

const struct ui_view *ui_view(const struct ui *u)
{
    return u->solid ? u->role->page[u->page]->view : NULL;
}

uint64_t ui_view_shows(const struct ui *u)
{
    const struct ui_view *v = ui_view(u);
    struct map_place car;

    if (!v)
        return 0;
    if (v->kind == UI_CAR_VIEW)
        return (uint64_t)((u->turned + 2 * M_PI) * 360 / M_PI) << 32 | u->vehicle.telltales << 1 |
               u->vehicle.valid;
    car = map_at(&u->map, u->travelled);
    return (uint64_t)lround(car.x * 8) << 40 | (uint64_t)lround(car.y * 8) << 16 |
           (uint64_t)((car.heading + M_PI) * 360 / M_PI);
}

static cairo_surface_t *base_of(struct ui *u)
{
    cairo_surface_t **base = &u->base[u->page];

    if (!*base) {
        cairo_t *cr;

        *base = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, UI_WIDTH, UI_HEIGHT);
        cr = cairo_create(*base);
        u->role->page[u->page]->draw(u, cr);
        cairo_destroy(cr);
    }
    return *base;
}

static void draw_widget(const struct ui *u, const struct widget *w, cairo_surface_t *base,
                        cairo_t *cr)
{
    cairo_save(cr);
    cairo_rectangle(cr, w->at.x, w->at.y, w->at.width, w->at.height);
    cairo_clip(cr);
    cairo_set_source_surface(cr, base, 0, 0);
    cairo_set_operator(cr, CAIRO_OPERATOR_SOURCE);
    cairo_paint(cr);
    cairo_set_operator(cr, CAIRO_OPERATOR_OVER);
    w->draw(u, cr);
    cairo_restore(cr);
}

unsigned ui_draw(struct ui *u, cairo_surface_t *to, struct ui_rect damage[UI_DAMAGE])
{
    const struct page *p = u->role->page[u->page];
    cairo_surface_t *base = base_of(u);
    uint64_t *drawn = u->drawn[u->page];
    const bool all = drawn[0] == NOT_DRAWN;
    cairo_t *cr = cairo_create(to);
    unsigned n = 0;

    if (all) {
        cairo_set_source_surface(cr, base, 0, 0);
        cairo_set_operator(cr, CAIRO_OPERATOR_SOURCE);
        cairo_paint(cr);
        cairo_set_operator(cr, CAIRO_OPERATOR_OVER);
    }
    for (unsigned i = 0; i < p->widgets; i++) {
        const uint64_t shows = p->widget[i].shows(u);

        if (shows == drawn[i])
            continue;
        drawn[i] = shows;
        draw_widget(u, &p->widget[i], base, cr);
        damage[n++] = p->widget[i].at;
    }
    cairo_destroy(cr);
    cairo_surface_flush(to);
    if (!all)
        return n;
    damage[0] = (struct ui_rect){0, 0, UI_WIDTH, UI_HEIGHT};
    return 1;
}

static bool inside(const struct ui_rect *r, int x, int y)
{
    return x >= r->x && x < r->x + r->width && y >= r->y && y < r->y + r->height;
}

struct ui_rect ui_stretched(struct ui_rect r, int width, int height)
{
    const int x = r.x * width / UI_WIDTH, y = r.y * height / UI_HEIGHT;
    const int right = (r.x + r.width) * width, bottom = (r.y + r.height) * height;

    return (struct ui_rect){x, y, (right + UI_WIDTH - 1) / UI_WIDTH - x,
                            (bottom + UI_HEIGHT - 1) / UI_HEIGHT - y};
}

void ui_press(struct ui *u, int x, int y)
{
    const struct page *p = u->role->page[u->page];
    const struct ui_rect dock = ui_dock(u->role);

    if (inside(&dock, x, y)) {
        ui_show(u, (enum ui_page)((x - dock.x) / UI_DOCK_EACH));
        return;
    }
    for (unsigned i = 0; i < p->buttons; i++) {
        if (!inside(&p->button[i].at, x, y))
            continue;
        u->pressed = (int)i;
        u->press_x = x;
        p->button[i].press(u);
        return;
    }
}

void ui_release(struct ui *u)
{
    u->pressed = -1;
}

void ui_key(struct ui *u, unsigned key)
{
    switch (key) {
    case KEY_1:
    case KEY_2:
    case KEY_3:
    case KEY_4:
        ui_show(u, (enum ui_page)(key - KEY_1));
        break;
    case KEY_LEFT:
        ui_show(u, (u->page + u->role->pages - 1) % u->role->pages);
        break;
    case KEY_RIGHT:
        ui_show(u, (u->page + 1) % u->role->pages);
        break;
    case KEY_SPACE:
    case KEY_PLAYPAUSE:
        ui_order(u, MEDIA_TOGGLE, 0);
        break;
    case KEY_NEXTSONG:
        ui_order(u, MEDIA_SKIP, 1);
        break;
    case KEY_PREVIOUSSONG:
        ui_order(u, MEDIA_SKIP, -1);
        break;
    case KEY_VOLUMEUP:
    case KEY_VOLUMEDOWN:
        ui_order(u, MEDIA_VOLUME, u->media.volume + (key == KEY_VOLUMEUP ? 5 : -5));
        break;
    case KEY_MUTE:
        ui_order(u, MEDIA_MUTE, 0);
        break;
    default:
        break;
    }
}
