/* SPDX-License-Identifier: BSD-3-Clause */
/* Brings buffers up to date by damage, each from the scene it last held, and the boot framebuffer
 * from the buffer just drawn. */
#include "screen.h"

#define BAND_LINES                                                                                 \
    24 /* of the boot framebuffer, refreshed per frame: scribbles of others last half a second */

static uint32_t background_px[FACE_COUNT][SCREEN_MAX_WIDTH * SCREEN_MAX_HEIGHT]
    __attribute__((aligned(4096)));
static uint32_t own_px[SCREEN_MAX_WIDTH * SCREEN_MAX_HEIGHT] __attribute__((aligned(4096)));

static struct area whole(const struct screen *s)
{
    return (struct area){0, 0, s->layout.width, s->layout.height};
}

void screen_early(struct screen *s, uint32_t *px, int width, int height, int stride,
                  uint32_t telltales)
{
    int w = width < SCREEN_MAX_WIDTH ? width : SCREEN_MAX_WIDTH;
    int h = height < SCREEN_MAX_HEIGHT ? height : SCREEN_MAX_HEIGHT;

    layout_init(&s->layout, w, h);
    if (!px)
        return;
    s->boot.surface = (struct surface){px, w, h, stride};
    for (int i = 0; i < BN_TELLTALE_COUNT; i++)
        if (telltales & 1u << i)
            gfx_fill(&s->boot.surface, s->layout.telltale[i], face_palette(FACE_FIRST)->ground);
    scene_paint_telltales(&s->layout, &s->boot.surface, whole(s), telltales);
}

/* Paints of a face what is not painted yet of the lines above `end`. */
static void prepare(struct screen *s, uint32_t face, int end)
{
    if (s->painted[face] >= end)
        return;
    face_paint(&s->layout, &s->background[face],
               (struct area){0, s->painted[face], s->layout.width, end}, face);
    s->painted[face] = end;
}

void screen_start(struct screen *s, const struct window *w)
{
    int width = s->layout.width, height = s->layout.height;

    for (uint32_t i = 0; i < FACE_COUNT; i++)
        s->background[i] = (struct surface){background_px[i], width, height, width};
    glass_init(&s->glass, &s->layout);
    prepare(s, FACE_FIRST, height);
    s->buffers = w->frames ? BN_FRAME_BUFFERS : 1;
    for (uint32_t i = 0; i < s->buffers; i++)
        s->buffer[i] = (struct target){
            .surface = {w->frames ? window_buffer(w, i) : own_px, width, height, width},
        };
}

void screen_refresh_boot(struct screen *s, uint32_t frames)
{
    s->whole_copies = frames;
}

/*
 * Is a buffer still what was drawn into it? If not, nothing that came from it is believed, nor what
 * it was painted from: the compositor and the boot framebuffer may have copied the pixels, and the
 * fault may be in the face's own.
 */
static void look(struct screen *s, struct target *t)
{
    int telltale = t->look;

    if (!t->valid)
        return;
    t->look = (telltale + 1) % BN_TELLTALE_COUNT;
    if (glass_look(&s->glass, &t->surface, &t->scene, telltale))
        return;
    for (uint32_t face = 0; face < FACE_COUNT; face++)
        if (s->painted[face])
            face_paint(&s->layout, &s->background[face], s->glass.place[telltale], face);
    t->valid = false;
    s->last_valid = false;
    s->boot.valid = false;
}

static void repaint(struct screen *s, struct target *t, const struct scene *scene)
{
    struct damage d = {0};

    prepare(s, scene->face, s->layout.height);
    prepare(s, scene->next, face_painted(&s->layout, scene->step));
    if (t->valid)
        scene_damage(&s->layout, &t->scene, scene, &d);
    else
        damage_add(&d, whole(s));
    for (int i = 0; i < d.count; i++)
        scene_paint(&s->layout, &t->surface, s->background, d.area[i], scene);
    t->scene = *scene;
    t->valid = true;
}

static void copy_to_boot(struct screen *s, const struct target *from)
{
    struct damage d = {0};

    if (!s->boot.valid || s->whole_copies) {
        damage_add(&d, whole(s));
        s->whole_copies -= s->whole_copies > 0;
    } else {
        scene_damage(&s->layout, &s->boot.scene, &from->scene, &d);
        damage_add(&d, (struct area){0, s->band, s->layout.width, s->band + BAND_LINES});
        s->band += BAND_LINES;
        if (s->band >= s->layout.height)
            s->band = 0;
    }
    damage_add(&d, s->layout.code);
    for (int i = 0; i < d.count; i++)
        gfx_copy(&s->boot.surface, &from->surface, d.area[i]);
    s->boot.scene = from->scene;
    s->boot.valid = true;
}

void screen_draw(struct screen *s, uint32_t n, const struct scene *scene, bool to_boot,
                 struct damage *changed)
{
    struct target *t = &s->buffer[n % s->buffers];

    look(s, t);
    repaint(s, t, scene);
    code_paint(&s->layout, &t->surface, n);
    if (to_boot && s->boot.surface.px)
        copy_to_boot(s, t);
    else
        s->boot.valid = false;
    changed->count = 0;
    if (s->last_valid)
        scene_damage(&s->layout, &s->last, scene, changed);
    else
        damage_add(changed, whole(s));
    damage_add(changed, s->layout.code);
    damage_reduce(changed, BN_FRAME_DAMAGE_RECTS);
    s->last = *scene;
    s->last_valid = true;
}
