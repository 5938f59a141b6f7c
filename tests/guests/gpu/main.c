/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Draws every case and keeps its pixels: the same program runs in a guest of the GPU mediator and
 * on the physical GPU, and a test compares what both have kept.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gl.h"

#define NODE "/dev/dri/renderD128"

static unsigned drawn, failed;

static bool untouched(const uint8_t frame[FRAME_BYTES])
{
    const uint32_t nothing = UNTOUCHED;

    for (size_t i = 0; i < FRAME_BYTES; i += 4)
        if (memcmp(frame + i, &nothing, 4) != 0)
            return false;
    return true;
}

/* The case's place in the file is its number. */
static void keep(const char *name, bool fine, int file)
{
    static uint8_t frame[FRAME_BYTES];

    fine = gl_end(name, frame) && fine;
    if (fine && untouched(frame)) {
        printf("gl: %s: nothing was drawn\n", name);
        fine = false;
    }
    if (pwrite(file, frame, sizeof(frame), (off_t)drawn * FRAME_BYTES) != sizeof(frame))
        err(1, "%s", name);
    printf("gl: case %u %s %s\n", drawn++, name, fine ? "drawn" : "failed");
    failed += !fine;
}

static int draw(const char *path)
{
    const int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    if (file < 0)
        err(1, "%s", path);
    if (gl_open(NODE) < 0)
        return 1;
    for (size_t i = 0; i < shader_count; i++) {
        gl_begin();
        keep(shaders[i].name, shader_draw(&shaders[i]), file);
    }
    for (size_t i = 0; i < scene_count; i++) {
        gl_begin();
        keep(scenes[i].name, scenes[i].draw(), file);
    }
    if (fsync(file) < 0 || close(file) < 0)
        err(1, "%s", path);
    printf("gl: %u cases, %u failed\n", drawn, failed);
    return failed != 0;
}

/* How many pixels of a case have a channel that differs by more than 1 of 255. */
static unsigned differing(const uint8_t *a, const uint8_t *b, int *worst)
{
    unsigned count = 0;

    *worst = 0;
    for (size_t i = 0; i < FRAME_BYTES; i += 4) {
        int most = 0;

        for (size_t k = i; k < i + 4; k++)
            most = abs(a[k] - b[k]) > most ? abs(a[k] - b[k]) : most;
        count += most > 1;
        *worst = most > *worst ? most : *worst;
    }
    return count;
}

static void read_case(FILE *f, const char *path, uint8_t frame[FRAME_BYTES])
{
    if (!f || fread(frame, FRAME_BYTES, 1, f) != 1)
        err(1, "%s", path);
}

static int compare(const char *one, const char *other)
{
    static uint8_t a[FRAME_BYTES], b[FRAME_BYTES];
    FILE *const f = fopen(one, "r"), *const g = fopen(other, "r");
    unsigned pixels = 0, exact = 0;

    for (size_t i = 0; i < shader_count + scene_count; i++) {
        const char *name = i < shader_count ? shaders[i].name : scenes[i - shader_count].name;
        unsigned here;
        int worst;

        read_case(f, one, a);
        read_case(g, other, b);
        here = differing(a, b, &worst);
        exact += worst == 0;
        pixels += here;
        if (here)
            printf("gl: %s: %u pixels differ, by up to %d\n", name, here, worst);
    }
    printf("gl: %u pixels differ, %u cases are the same to the bit\n", pixels, exact);
    return pixels != 0;
}

int main(int argc, char **argv)
{
    if (argc == 2)
        return draw(argv[1]);
    if (argc == 3)
        return compare(argv[1], argv[2]);
    errx(2,
         "usage: gl-cases FILE    draws; FILE gets %d x %d pixels of four bytes for each case\n"
         "       gl-cases FILE FILE    compares what was drawn",
         SIDE, SIDE);
}
