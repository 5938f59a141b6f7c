/* SPDX-License-Identifier: BSD-3-Clause */
/* The home screen in 3D: the page's view, names on it, and the flat layer over both, drawn into the
 * current context's picture; what is UI_WIDTH x UI_HEIGHT by itself is stretched to it. */
#ifndef IVI_SOLID_H
#define IVI_SOLID_H

#include "scene.h"
#include "sprite.h"
#include "ui.h"

struct solid {
    struct scene *scene;
    struct sprites sprites;
    cairo_surface_t *layer; /* the flat part, with a hole where the view is */
    cairo_surface_t *names; /* of the town's parts, one below the other */
    GLuint layer_texture, names_texture;
    int width, height; /* of the picture */
    uint64_t view_shown;
};

/* Needs a current context. 0 or -errno; u is told that it is solid. */
int solid_init(struct solid *s, struct ui *u, int width, int height)
    __attribute__((warn_unused_result));
/* Only without solid_init, or with its context still current. */
void solid_finish(struct solid *s);
/* Draws the picture if anything of it has changed since the last one: true. */
bool solid_draw(struct solid *s, struct ui *u);

#endif
