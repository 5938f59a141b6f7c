/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preloaded into a program that draws with GL: what it reads back is added to the file $PIXELS, and
 * with $PIXELS_FRAMES each whole frame at its glFinish(). Each record is told on its standard
 * output, between its own lines.
 */
#include "pixels.h"

#include <GLES3/gl3.h>
#include <dlfcn.h>
#include <err.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef void *(*dlsym_fn)(void *handle, const char *name);
typedef void (*function)(void);
typedef void (*read_pixels_fn)(GLint, GLint, GLsizei, GLsizei, GLenum, GLenum, void *);

static function (*get_proc)(const char *name);
static read_pixels_fn read_pixels;
static void (*finish)(void);

static void keep(enum pixels_kind kind, uint32_t channels, const void *data)
{
    static int file = -1;
    static unsigned number;
    const struct pixels_record r = {kind, channels};
    const size_t bytes = (size_t)channels * (kind == PIXELS_FLOATS ? 4 : 1);

    if (file < 0)
        file = open(getenv("PIXELS"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0 || write(file, &r, sizeof(r)) != sizeof(r) ||
        write(file, data, bytes) != (ssize_t)bytes)
        err(1, "PIXELS=%s", getenv("PIXELS"));
    printf("\npixels: record %u, %u channels\n", number++, channels);
}

static void get_state(GLenum name, GLint *value)
{
    ((void (*)(GLenum, GLint *))get_proc("glGetIntegerv"))(name, value);
}

static uint32_t channels_of(GLenum format)
{
    switch (format) {
    case GL_RGBA:
        return 4;
    case GL_RGB:
        return 3;
    case GL_RG:
        return 2;
    default: /* red, depth */
        return 1;
    }
}

static void read_and_keep(GLint x, GLint y, GLsizei w, GLsizei h, GLenum format, GLenum type,
                          void *data)
{
    const uint32_t channels = channels_of(format) * (uint32_t)w * (uint32_t)h;
    const bool line_fits = type == GL_FLOAT || format == GL_RGBA || h == 1;
    GLint buffer = 0;

    read_pixels(x, y, w, h, format, type, data);
    get_state(GL_PIXEL_PACK_BUFFER_BINDING, &buffer);
    if (!line_fits || (type != GL_FLOAT && type != GL_UNSIGNED_BYTE) || buffer)
        printf("\npixels: not kept: format %x, type %x\n", format, type);
    else
        keep(type == GL_FLOAT ? PIXELS_FLOATS : PIXELS_BYTES, channels, data);
}

static void finish_and_keep(void)
{
    GLint view[4] = {0}; /* x, y, width, height */
    uint8_t *frame;

    get_state(GL_VIEWPORT, view);
    frame = calloc(4, (size_t)view[2] * (size_t)view[3]);
    if (!frame)
        err(1, "a frame");
    finish();
    read_pixels(0, 0, view[2], view[3], GL_RGBA, GL_UNSIGNED_BYTE, frame);
    keep(PIXELS_BYTES, (uint32_t)(4 * view[2] * view[3]), frame);
    free(frame);
}

static function get_hooked(const char *name);

/* GLVND, too, asks for functions by name: it may get ours, which then goes on to the program. */
static void *instead(void *real, void *ours, void *next)
{
    if (!real || real == ours)
        return real;
    *(void **)next = real;
    return ours;
}

static void *hook(const char *name, void *real)
{
    const bool frames = getenv("PIXELS_FRAMES");

    if (strcmp(name, "eglGetProcAddress") == 0)
        return instead(real, (void *)get_hooked, &get_proc);
    if (strcmp(name, "glReadPixels") == 0) {
        void *const ours = instead(real, (void *)read_and_keep, &read_pixels);

        return frames ? real : ours;
    }
    if (frames && strcmp(name, "glFinish") == 0)
        return instead(real, (void *)finish_and_keep, &finish);
    return real;
}

static function get_hooked(const char *name)
{
    return (function)hook(name, (void *)get_proc(name));
}

static void *find(void *handle, const char *name)
{
    static dlsym_fn real;

    if (!real)
        *(void **)&real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    return real(handle, name);
}

void *dlsym(void *handle, const char *name)
{
    return hook(name, find(handle, name));
}

/* Where piglit asks, whatever its window system. */
function glXGetProcAddressARB(const GLubyte *name);
function glXGetProcAddressARB(const GLubyte *name)
{
    function (*real)(const GLubyte *);

    *(void **)&real = find(RTLD_NEXT, "glXGetProcAddressARB");
    return (function)hook((const char *)name, (void *)real(name));
}
