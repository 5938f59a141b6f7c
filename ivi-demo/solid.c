/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the order in which a picture in 3D is put together. */
#include "solid.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "town.h"

#define NAME_WIDTH  160
#define NAME_HEIGHT 32
#define NAME_ABOVE  40 /* pixels from its place on the ground */

static void draw_names(struct solid *s, const struct theme *t)
{
    cairo_t *cr = cairo_create(s->names);

    for (int i = 0; i < TOWN_NAMES; i++)
        text(t, cr, town_names[i].name, NAME_WIDTH / 2.0, i * NAME_HEIGHT + 22, town_names[i].size,
             REGULAR, (struct colour)RGBA(0xC9D4E0, 0.9), CENTRE);
    cairo_destroy(cr);
}

int solid_init(struct solid *s, struct ui *u, int width, int height)
{
    int rc;

    *s = (struct solid){.width = width, .height = height};
    rc = scene_create(&s->scene, &u->map);
    if (rc == 0)
        rc = sprites_init(&s->sprites);
    if (rc) {
        scene_destroy(s->scene);
        return rc;
    }
    s->layer = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, UI_WIDTH, UI_HEIGHT);
    s->names =
        cairo_image_surface_create(CAIRO_FORMAT_ARGB32, NAME_WIDTH, NAME_HEIGHT * TOWN_NAMES);
    draw_names(s, &u->theme);
    s->layer_texture = sprite_texture(s->layer);
    s->names_texture = sprite_texture(s->names);
    if (width != UI_WIDTH || height != UI_HEIGHT) {
        sprite_smooth(s->layer_texture);
        sprite_smooth(s->names_texture);
    }
    ui_set_solid(u, true);
    return 0;
}

void solid_finish(struct solid *s)
{
    if (!s->scene)
        return;
    scene_destroy(s->scene);
    sprites_finish(&s->sprites);
    glDeleteTextures(1, &s->layer_texture);
    glDeleteTextures(1, &s->names_texture);
    cairo_surface_destroy(s->layer);
    cairo_surface_destroy(s->names);
    memset(s, 0, sizeof(*s));
}

static double across(const struct solid *s, double x)
{
    return x * s->width / UI_WIDTH;
}

static double down(const struct solid *s, double y)
{
    return y * s->height / UI_HEIGHT;
}

static void name_town(const struct solid *s, const struct scene_view *v, struct map_place car)
{
    for (int i = 0; i < TOWN_NAMES; i++) {
        const struct town_name *n = &town_names[i];
        double x, y, at_x, at_y;

        town_bend(n->u * TOWN_CELL, n->v * TOWN_CELL + TOWN_CELL / 2.0, &x, &y);
        if (!scene_project(v, car, x, y, &at_x, &at_y))
            continue;
        sprite_draw(&s->sprites, s->names_texture, NAME_WIDTH, NAME_HEIGHT * TOWN_NAMES,
                    (struct sprite_box){0, i * NAME_HEIGHT, NAME_WIDTH, NAME_HEIGHT},
                    (struct sprite_box){round(at_x) - across(s, NAME_WIDTH / 2.0),
                                        round(at_y) - down(s, NAME_ABOVE), across(s, NAME_WIDTH),
                                        down(s, NAME_HEIGHT)},
                    s->width, s->height);
    }
}

static void draw_view(struct solid *s, const struct ui *u, const struct ui_view *view)
{
    const int x = (int)round(across(s, view->at.x)), y = (int)round(down(s, view->at.y));
    const struct scene_view v = {x, y, (int)round(across(s, view->at.x + view->at.width)) - x,
                                 (int)round(down(s, view->at.y + view->at.height)) - y, s->height};

    if (view->kind == UI_CAR_VIEW) {
        scene_car(s->scene, &v, u->turned, u->vehicle.valid ? u->vehicle.telltales : 0);
        return;
    }
    const struct map_place car = map_at(&u->map, u->travelled);

    scene_town(s->scene, &v, car);
    glViewport(0, 0, s->width, s->height); /* what the view's scissors cut off stays cut off */
    name_town(s, &v, car);
}

bool solid_draw(struct solid *s, struct ui *u)
{
    const struct sprite_box all = {0, 0, UI_WIDTH, UI_HEIGHT};
    const struct ui_view *view = ui_view(u);
    const uint64_t shows = ui_view_shows(u);
    struct ui_rect damage[UI_DAMAGE];
    const unsigned n = ui_draw(u, s->layer, damage);

    if (n == 0 && shows == s->view_shown)
        return false;
    s->view_shown = shows;
    for (unsigned i = 0; i < n; i++)
        sprite_update(s->layer_texture, s->layer, damage[i].x, damage[i].y, damage[i].width,
                      damage[i].height);
    if (view)
        draw_view(s, u, view);
    glDisable(GL_SCISSOR_TEST);
    glViewport(0, 0, s->width, s->height);
    sprite_draw(&s->sprites, s->layer_texture, UI_WIDTH, UI_HEIGHT, all,
                (struct sprite_box){0, 0, s->width, s->height}, s->width, s->height);
    return true;
}
