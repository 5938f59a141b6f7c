/* SPDX-License-Identifier: BSD-3-Clause */
/* Flat pictures on the GPU: what cairo has drawn, laid over the 3D views. */
#ifndef IVI_SPRITE_H
#define IVI_SPRITE_H

#include <GLES3/gl3.h>
#include <cairo.h>

struct sprites {
    GLuint program;
    GLint place, part;
};

struct sprite_box {
    double x, y, width, height; /* pixels from the top left */
};

/* 0 or -ENODEV (told on stderr). */
int sprites_init(struct sprites *s) __attribute__((warn_unused_result));
void sprites_finish(struct sprites *s);

/* A texture of the size of that image surface (ARGB32), empty. */
GLuint sprite_texture(cairo_surface_t *from);
/* It will be drawn at another size than its own. */
void sprite_smooth(GLuint texture);
/* Takes a part of the surface over into its texture. */
void sprite_update(GLuint texture, cairo_surface_t *from, int x, int y, int width, int height);
/* Draws a part of a texture (in its pixels, the whole being width x height) to a place of a picture
 * of picture_width x picture_height. */
void sprite_draw(const struct sprites *s, GLuint texture, int width, int height,
                 struct sprite_box part, struct sprite_box place, int picture_width,
                 int picture_height);

#endif
