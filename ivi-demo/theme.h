/* SPDX-License-Identifier: BSD-3-Clause */
/* Colours, type and the shapes every page is made of. */
#ifndef IVI_THEME_H
#define IVI_THEME_H

#include <cairo.h>
#include <stdint.h>

struct colour {
    double r, g, b, a;
};

#define RGB(hex) {((hex) >> 16 & 255) / 255.0, ((hex) >> 8 & 255) / 255.0, ((hex) & 255) / 255.0, 1}
#define RGBA(hex, o)                                                                               \
    {((hex) >> 16 & 255) / 255.0, ((hex) >> 8 & 255) / 255.0, ((hex) & 255) / 255.0, o}

extern const struct colour ink, ink_soft, ink_faint, warm, night, card_top, card_bottom;
/* What is lit and leads: one colour, see-through, and dark. Set once, before anything is drawn. */
extern struct colour accent, accent_soft, accent_deep;
void theme_tint(struct colour bright, struct colour deep);

enum weight { REGULAR, BOLD };
enum align { LEFT, CENTRE, RIGHT };

struct theme {
    void *library, *face[2]; /* FreeType */
    cairo_font_face_t *font[2];
};

int theme_init(struct theme *t, const char *font_dir)
    __attribute__((warn_unused_result)); /* 0 or -errno */
void theme_finish(struct theme *t);

void use(cairo_t *cr, struct colour c);
/* y is the base line. Returns the width. */
double text(const struct theme *t, cairo_t *cr, const char *s, double x, double y, double size,
            enum weight w, struct colour c, enum align a);
/* Figures of equal width, so that numbers that change do not jitter: each in a cell of the widest
 * one. */
double figures(const struct theme *t, cairo_t *cr, const char *s, double x, double y, double size,
               enum weight w, struct colour c, enum align a);
void rounded(cairo_t *cr, double x, double y, double w, double h, double radius); /* a path */
void hole(cairo_t *cr, double x, double y, double w, double h, double radius);    /* see-through */
void card(cairo_t *cr, double x, double y, double w, double h);
void background(cairo_t *cr, int width, int height);

/* Pictograms in a square of `size` around x, y. */
enum icon {
    ICON_HOME,
    ICON_MAP,
    ICON_MEDIA,
    ICON_VEHICLE,
    ICON_PLAY,
    ICON_PAUSE,
    ICON_NEXT,
    ICON_PREVIOUS,
    ICON_TURN,
    ICON_TURN_LEFT,
    ICON_PIN,
    ICON_MICROPHONE,
    ICON_RECORD,
    ICON_STOP,
    ICON_VOLUME,
    ICON_MUTED
};
void icon(cairo_t *cr, enum icon i, double x, double y, double size, struct colour c);

#endif
