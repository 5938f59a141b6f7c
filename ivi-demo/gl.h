/* SPDX-License-Identifier: BSD-3-Clause */
/* OpenGL ES 3 by EGL: on a screen of the VM, through GBM, or off screen. */
#ifndef IVI_GL_H
#define IVI_GL_H

#include <EGL/egl.h>
#include <stdbool.h>
#include <stdint.h>

struct gbm_bo;
struct gbm_device;
struct gbm_surface;

struct gl {
    EGLDisplay display;
    EGLContext context;
    EGLSurface surface;
    int fd;
    uint32_t crtc;
    struct gbm_device *gbm;
    struct gbm_surface *buffers;
    struct gbm_bo *shown, *next; /* on the screen; handed over and not yet there */
};

/* Draws to a controller of the card `fd` that shows a picture already. 0, or -ENODEV: there is no
 * GPU that draws (a driver that computes pixels on the CPU is none). */
int gl_open_screen(struct gl *g, int fd, uint32_t crtc, int width, int height)
    __attribute__((warn_unused_result));
/* Off screen, by whatever driver there is. 0 or -ENODEV. */
int gl_open(struct gl *g) __attribute__((warn_unused_result));
void gl_close(struct gl *g);
/* Who draws in the current context, as its driver names itself. */
const char *gl_renderer(void);

/* Hands the drawn picture to the screen and waits until the one before has left it. 0 or -errno. */
int gl_show(struct gl *g) __attribute__((warn_unused_result));

#endif
