/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns binnacle-ivi-snapshot: the pages as PNG files, for documents and for looking at them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gl.h"
#include "solid.h"

/* The pages in 3D, off screen by whatever driver there is. */
struct off_screen {
    struct gl gl;
    struct solid solid;
    GLuint frame, colour, depth, resolved, plain;
};

static bool off_screen_open(struct off_screen *o, struct ui *u)
{
    const GLenum format[2] = {GL_RGBA8, GL_DEPTH_COMPONENT24};
    GLuint *buffer[2] = {&o->colour, &o->depth};

    memset(o, 0, sizeof(*o));
    if (gl_open(&o->gl) < 0)
        return false;
    glGenFramebuffers(1, &o->frame);
    glBindFramebuffer(GL_FRAMEBUFFER, o->frame);
    for (int i = 0; i < 2; i++) {
        glGenRenderbuffers(1, buffer[i]);
        glBindRenderbuffer(GL_RENDERBUFFER, *buffer[i]);
        glRenderbufferStorageMultisample(GL_RENDERBUFFER, 4, format[i], UI_WIDTH, UI_HEIGHT);
        glFramebufferRenderbuffer(GL_FRAMEBUFFER, i ? GL_DEPTH_ATTACHMENT : GL_COLOR_ATTACHMENT0,
                                  GL_RENDERBUFFER, *buffer[i]);
    }
    glGenFramebuffers(1, &o->resolved);
    glBindFramebuffer(GL_FRAMEBUFFER, o->resolved);
    glGenRenderbuffers(1, &o->plain);
    glBindRenderbuffer(GL_RENDERBUFFER, o->plain);
    glRenderbufferStorage(GL_RENDERBUFFER, GL_RGBA8, UI_WIDTH, UI_HEIGHT);
    glFramebufferRenderbuffer(GL_FRAMEBUFFER, GL_COLOR_ATTACHMENT0, GL_RENDERBUFFER, o->plain);
    glBindFramebuffer(GL_FRAMEBUFFER, o->frame);
    return solid_init(&o->solid, u, UI_WIDTH, UI_HEIGHT) == 0;
}

/* GL's lines come from the bottom up, red first. */
static void off_screen_read(struct off_screen *o, cairo_surface_t *to)
{
    static uint8_t pixels[UI_HEIGHT][UI_WIDTH][4];
    uint8_t *out = cairo_image_surface_get_data(to);

    glBindFramebuffer(GL_READ_FRAMEBUFFER, o->frame);
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, o->resolved);
    glBlitFramebuffer(0, 0, UI_WIDTH, UI_HEIGHT, 0, 0, UI_WIDTH, UI_HEIGHT, GL_COLOR_BUFFER_BIT,
                      GL_NEAREST);
    glBindFramebuffer(GL_FRAMEBUFFER, o->resolved);
    glReadPixels(0, 0, UI_WIDTH, UI_HEIGHT, GL_RGBA, GL_UNSIGNED_BYTE, pixels);
    for (int y = 0; y < UI_HEIGHT; y++)
        for (int x = 0; x < UI_WIDTH; x++)
            for (int k = 0; k < 3; k++)
                out[y * cairo_image_surface_get_stride(to) + x * 4 + k] =
                    pixels[UI_HEIGHT - 1 - y][x][2 - k];
    cairo_surface_mark_dirty(to);
    glBindFramebuffer(GL_FRAMEBUFFER, o->frame);
}

/* Music that plays; or, where `stale`, no sound device; or a recording. */
static void set_media(struct media_state *m, const char *how)
{
    *m = (struct media_state){
        .card = MEDIA_CARD,
        .titles = 3,
        .title = {{"Harbour Lights", "Binnacle", "Slow Roads", 70},
                  {"Night Drive", "Binnacle", "Overground", 69.8},
                  {"First Snow", "Binnacle", "After Rain", 68.6}},
        .track = 1,
        .playing = true,
        .at = 25,
        .seconds = 69.8,
        .level = 0.8,
        .microphone = true,
        .has_volume = true,
        .volume = 65,
    };
    if (strcmp(how, "stale") == 0) {
        m->card = MEDIA_NO_CARD;
        snprintf(m->problem, sizeof(m->problem), "No sound device");
        m->playing = m->microphone = m->has_volume = false;
        m->at = 0;
    }
    if (strcmp(how, "microphone") != 0)
        return;
    m->source = MEDIA_MICROPHONE;
    m->playing = false;
    m->recording = true;
    m->at = 7;
    m->seconds = 20;
}

int main(int argc, char **argv)
{
    static struct ui u;
    static struct off_screen off;
    struct vehicle_state v = {
        .valid = true,
        .speed_kmh = 53.4,
        .rpm = 1840,
        .gear = 3,
        .odometer_m = 12408300,
        .telltales = 1u << BN_TELLTALE_BELT | 1u << BN_TELLTALE_TURN_LEFT,
        .has_air = true,
        .outside_c = 9,
        .has_cabin = true,
        .hour = 17,
        .minute = 8,
        .seat_c = {21.5, 0},
    };
    struct ui_rect damage[UI_DAMAGE];
    cairo_surface_t *s;
    char path[256];

    const struct ui_role *role = ui_role(argc > 1 ? argv[1] : "");
    const bool solid = argc > 4 && strcmp(argv[4], "solid") == 0;

    if (argc < 3 || argc > 5 || !role) {
        fprintf(
            stderr,
            "usage: binnacle-ivi-snapshot ROLE DIRECTORY [FONTS] [stale|solid|microphone|miles], "
            "ROLE being one "
            "of: %s\n",
            UI_ROLES);
        return 2;
    }
    if (ui_init(&u, role, argc > 3 ? argv[3] : "/usr/share/fonts/opentype/b612") < 0) {
        fprintf(stderr, "no fonts\n");
        return 1;
    }
    if (solid && !off_screen_open(&off, &u)) {
        fprintf(stderr, "no OpenGL ES 3\n");
        return 1;
    }
    set_media(&u.media, argc > 4 ? argv[4] : "");
    v.valid = v.has_air = v.has_cabin = argc < 5 || strcmp(argv[4], "stale") != 0;
    v.miles = argc > 4 && strcmp(argv[4], "miles") == 0;
    ui_advance(&u, 10, &v);
    s = cairo_image_surface_create(CAIRO_FORMAT_RGB24, UI_WIDTH, UI_HEIGHT);
    for (unsigned p = 0; p < role->pages; p++) {
        ui_show(&u, (enum ui_page)p);
        if (solid && solid_draw(&off.solid, &u))
            off_screen_read(&off, s);
        if (!solid)
            ui_draw(&u, s, damage);
        snprintf(path, sizeof(path), "%s/%s-%u.png", argv[2], role->name, p);
        if (cairo_surface_write_to_png(s, path) != CAIRO_STATUS_SUCCESS)
            return 1;
    }
    cairo_surface_destroy(s);
    ui_finish(&u);
    return 0;
}
