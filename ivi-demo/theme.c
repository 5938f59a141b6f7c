/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the look: palette, type, cards. */
#include "theme.h"

#include <errno.h>
#include <ft2build.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include FT_FREETYPE_H
#include <cairo-ft.h>

const struct colour ink = RGB(0xF3F6F8), ink_soft = RGB(0x9AA8B7), ink_faint = RGB(0x566372);
const struct colour warm = RGB(0xFFB65C);
const struct colour night = RGB(0x0A0E13), card_top = RGB(0x1B232D), card_bottom = RGB(0x141A22);
struct colour accent, accent_soft, accent_deep;

void theme_tint(struct colour bright, struct colour deep)
{
    accent = accent_soft = bright;
    accent_soft.a = 0.16;
    accent_deep = deep;
}

int theme_init(struct theme *t, const char *font_dir)
{
    static const char *const name[2] = {"B612-Regular.otf", "B612-Bold.otf"};
    FT_Library library;

    memset(t, 0, sizeof(*t));
    if (FT_Init_FreeType(&library))
        return -ENOMEM;
    t->library = library;
    for (unsigned i = 0; i < 2; i++) {
        char path[256];
        FT_Face face;

        snprintf(path, sizeof(path), "%s/%s", font_dir, name[i]);
        if (FT_New_Face(library, path, 0, &face)) {
            theme_finish(t);
            return -ENOENT;
        }
        t->face[i] = face;
        t->font[i] = cairo_ft_font_face_create_for_ft_face(face, 0);
    }
    return 0;
}

void theme_finish(struct theme *t)
{
    for (unsigned i = 0; i < 2; i++)
        if (t->font[i])
            cairo_font_face_destroy(t->font[i]);
    /* cairo keeps scaled fonts in a cache: they must go before the faces do. */
    cairo_debug_reset_static_data();
    for (unsigned i = 0; i < 2; i++)
        if (t->face[i])
            FT_Done_Face(t->face[i]);
    if (t->library)
        FT_Done_FreeType(t->library);
    memset(t, 0, sizeof(*t));
}

void use(cairo_t *cr, struct colour c)
{
    cairo_set_source_rgba(cr, c.r, c.g, c.b, c.a);
}

static void set_font(const struct theme *t, cairo_t *cr, double size, enum weight w)
{
    cairo_font_options_t *o = cairo_font_options_create();

    cairo_font_options_set_antialias(o, CAIRO_ANTIALIAS_GRAY);
    cairo_font_options_set_hint_style(o, CAIRO_HINT_STYLE_SLIGHT);
    cairo_font_options_set_hint_metrics(o, CAIRO_HINT_METRICS_OFF);
    cairo_set_font_face(cr, t->font[w]);
    cairo_set_font_size(cr, size);
    cairo_set_font_options(cr, o);
    cairo_font_options_destroy(o);
}

static double start(double x, double width, enum align a)
{
    return a == LEFT ? x : a == CENTRE ? x - width / 2 : x - width;
}

double text(const struct theme *t, cairo_t *cr, const char *s, double x, double y, double size,
            enum weight w, struct colour c, enum align a)
{
    cairo_text_extents_t e;

    set_font(t, cr, size, w);
    cairo_text_extents(cr, s, &e);
    use(cr, c);
    cairo_move_to(cr, start(x, e.x_advance, a), y);
    cairo_show_text(cr, s);
    cairo_new_path(cr);
    return e.x_advance;
}

double figures(const struct theme *t, cairo_t *cr, const char *s, double x, double y, double size,
               enum weight w, struct colour c, enum align a)
{
    cairo_text_extents_t e;
    double cell, width = 0;

    set_font(t, cr, size, w);
    use(cr, c);
    cairo_text_extents(cr, "0", &e);
    cell = e.x_advance;
    for (const char *p = s; *p; p++)
        width += *p >= '0' && *p <= '9' ? cell : cell * 0.5;
    x = start(x, width, a);
    for (const char *p = s; *p; p++) {
        const char one[2] = {*p, 0};
        const double wide = *p >= '0' && *p <= '9' ? cell : cell * 0.5;

        cairo_text_extents(cr, one, &e);
        cairo_move_to(cr, x + (wide - e.x_advance) / 2, y);
        cairo_show_text(cr, one);
        x += wide;
    }
    cairo_new_path(cr);
    return width;
}

void rounded(cairo_t *cr, double x, double y, double w, double h, double r)
{
    cairo_new_sub_path(cr);
    cairo_arc(cr, x + w - r, y + r, r, -M_PI / 2, 0);
    cairo_arc(cr, x + w - r, y + h - r, r, 0, M_PI / 2);
    cairo_arc(cr, x + r, y + h - r, r, M_PI / 2, M_PI);
    cairo_arc(cr, x + r, y + r, r, M_PI, 3 * M_PI / 2);
    cairo_close_path(cr);
}

static void fade(cairo_t *cr, double y1, double y2, struct colour a, struct colour b)
{
    cairo_pattern_t *p = cairo_pattern_create_linear(0, y1, 0, y2);

    cairo_pattern_add_color_stop_rgba(p, 0, a.r, a.g, a.b, a.a);
    cairo_pattern_add_color_stop_rgba(p, 1, b.r, b.g, b.b, b.a);
    cairo_set_source(cr, p);
    cairo_pattern_destroy(p);
}

void hole(cairo_t *cr, double x, double y, double w, double h, double radius)
{
    cairo_save(cr);
    cairo_set_operator(cr, CAIRO_OPERATOR_CLEAR);
    rounded(cr, x, y, w, h, radius);
    cairo_fill(cr);
    cairo_restore(cr);
}

void card(cairo_t *cr, double x, double y, double w, double h)
{
    rounded(cr, x, y, w, h, 22);
    fade(cr, y, y + h, card_top, card_bottom);
    cairo_fill(cr);
    rounded(cr, x + 0.5, y + 0.5, w - 1, h - 1, 21.5);
    fade(cr, y, y + h, (struct colour)RGBA(0xFFFFFF, 0.10), (struct colour)RGBA(0xFFFFFF, 0.02));
    cairo_set_line_width(cr, 1);
    cairo_stroke(cr);
}

void background(cairo_t *cr, int width, int height)
{
    cairo_pattern_t *glow;

    fade(cr, 0, height, (struct colour)RGB(0x121922), night);
    cairo_rectangle(cr, 0, 0, width, height);
    cairo_fill(cr);
    glow = cairo_pattern_create_radial(width * 0.2, 0, 0, width * 0.2, 0, width * 0.6);
    cairo_pattern_add_color_stop_rgba(glow, 0, accent.r, accent.g, accent.b, 0.07);
    cairo_pattern_add_color_stop_rgba(glow, 1, accent.r, accent.g, accent.b, 0);
    cairo_set_source(cr, glow);
    cairo_rectangle(cr, 0, 0, width, height);
    cairo_fill(cr);
    cairo_pattern_destroy(glow);
}
