/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns binnacle-ivi-snapshot: the pages as PNG files, for documents and for looking at them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ui.h"

int main(int argc, char **argv)
{
    static struct ui u;
    struct vehicle_state v = {true, 53.4,     1840,
                              3,    12408300, 1u << BN_TELLTALE_BELT | 1u << BN_TELLTALE_TURN_LEFT};
    struct ui_rect damage[UI_DAMAGE];
    cairo_surface_t *s;
    char path[256];

    if (argc < 2 || argc > 4) {
        fprintf(stderr, "usage: binnacle-ivi-snapshot DIRECTORY [FONTS] [stale]\n");
        return 2;
    }
    if (ui_init(&u, argc > 2 ? argv[2] : "/usr/share/fonts/opentype/b612") < 0) {
        fprintf(stderr, "no fonts\n");
        return 1;
    }
    v.valid = argc < 4;
    ui_advance(&u, 10, &v);
    s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, UI_WIDTH, UI_HEIGHT);
    for (int p = 0; p < UI_PAGES; p++) {
        ui_show(&u, (enum ui_page)p);
        ui_draw(&u, s, damage);
        snprintf(path, sizeof(path), "%s/ivi-%d.png", argv[1], p);
        if (cairo_surface_write_to_png(s, path) != CAIRO_STATUS_SUCCESS)
            return 1;
    }
    cairo_surface_destroy(s);
    ui_finish(&u);
    return 0;
}
