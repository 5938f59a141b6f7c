/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the way from GL to a screen: buffers that the GPU has drawn are flipped to, never copied. */
#include "gl.h"

#include <EGL/eglext.h>
#include <GLES3/gl3.h>
#include <errno.h>
#include <gbm.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define FLIP_LIMIT_MS 10000 /* for a flip: then the display is taken for dead */
#define SAMPLES       4     /* a pixel, for smooth edges, where the GPU has them */

static EGLConfig choose(EGLDisplay display, EGLint samples, uint32_t format)
{
    const EGLint want[] = {EGL_SURFACE_TYPE,
                           format ? EGL_WINDOW_BIT : EGL_PBUFFER_BIT,
                           EGL_RENDERABLE_TYPE,
                           EGL_OPENGL_ES3_BIT,
                           EGL_RED_SIZE,
                           8,
                           EGL_GREEN_SIZE,
                           8,
                           EGL_BLUE_SIZE,
                           8,
                           EGL_DEPTH_SIZE,
                           24,
                           EGL_SAMPLES,
                           samples,
                           EGL_NONE};
    EGLConfig all[64];
    EGLint count = 0, visual = 0;

    if (!eglChooseConfig(display, want, all, 64, &count))
        return NULL;
    for (EGLint i = 0; i < count; i++)
        if (!format || (eglGetConfigAttrib(display, all[i], EGL_NATIVE_VISUAL_ID, &visual) &&
                        (uint32_t)visual == format))
            return all[i];
    return NULL;
}

const char *gl_renderer(void)
{
    const char *name = (const char *)glGetString(GL_RENDERER);

    return name ? name : "";
}

/* Pixels are the CPU's work in those: then cairo is quicker. */
static bool drawn_by_cpu(void)
{
    const char *name = gl_renderer();

    return !*name || strncmp(name, "llvmpipe", 8) == 0 || strncmp(name, "softpipe", 8) == 0;
}

static int make_context(struct gl *g, uint32_t format)
{
    static const EGLint version[] = {EGL_CONTEXT_MAJOR_VERSION, 3, EGL_NONE};
    EGLConfig config;

    if (g->display == EGL_NO_DISPLAY || !eglInitialize(g->display, NULL, NULL) ||
        !eglBindAPI(EGL_OPENGL_ES_API))
        return -ENODEV;
    config = choose(g->display, SAMPLES, format);
    if (!config)
        config = choose(g->display, 0, format);
    if (!config)
        return -ENODEV;
    g->context = eglCreateContext(g->display, config, EGL_NO_CONTEXT, version);
    if (g->context == EGL_NO_CONTEXT)
        return -ENODEV;
    if (g->buffers)
        g->surface = eglCreatePlatformWindowSurface(g->display, config, g->buffers, NULL);
    if (g->buffers && g->surface == EGL_NO_SURFACE)
        return -ENODEV;
    return eglMakeCurrent(g->display, g->surface, g->surface, g->context) ? 0 : -ENODEV;
}

int gl_open_screen(struct gl *g, int fd, uint32_t crtc, int width, int height)
{
    int rc = -ENODEV;

    memset(g, 0, sizeof(*g));
    g->fd = fd;
    g->crtc = crtc;
    g->gbm = gbm_create_device(fd);
    if (g->gbm)
        g->buffers =
            gbm_surface_create(g->gbm, (uint32_t)width, (uint32_t)height, GBM_FORMAT_XRGB8888,
                               GBM_BO_USE_SCANOUT | GBM_BO_USE_RENDERING);
    if (g->buffers) {
        g->display = eglGetPlatformDisplay(EGL_PLATFORM_GBM_KHR, g->gbm, NULL);
        rc = make_context(g, GBM_FORMAT_XRGB8888);
    }
    if (rc == 0 && drawn_by_cpu())
        rc = -ENODEV;
    if (rc)
        gl_close(g);
    return rc;
}

int gl_open(struct gl *g)
{
    int rc;

    memset(g, 0, sizeof(*g));
    g->display = eglGetPlatformDisplay(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, NULL);
    rc = make_context(g, 0);
    if (rc)
        gl_close(g);
    return rc;
}

static void forget_frame_buffer(struct gbm_bo *bo, void *data)
{
    const uint32_t id = (uint32_t)(uintptr_t)data;

    drmModeRmFB(gbm_device_get_fd(gbm_bo_get_device(bo)), id);
}

/* The buffer's number as a frame buffer, which it keeps; 0: none. */
static uint32_t frame_buffer(const struct gl *g, struct gbm_bo *bo)
{
    uint32_t id = (uint32_t)(uintptr_t)gbm_bo_get_user_data(bo);

    if (id == 0 && drmModeAddFB(g->fd, gbm_bo_get_width(bo), gbm_bo_get_height(bo), 24, 32,
                                gbm_bo_get_stride(bo), gbm_bo_get_handle(bo).u32, &id) == 0)
        gbm_bo_set_user_data(bo, (void *)(uintptr_t)id, forget_frame_buffer);
    return id;
}

static void flipped(int fd, unsigned frame, unsigned s, unsigned us, void *data)
{
    struct gl *g = data;

    (void)fd, (void)frame, (void)s, (void)us;
    if (g->shown)
        gbm_surface_release_buffer(g->buffers, g->shown);
    g->shown = g->next;
    g->next = NULL;
}

static int wait_for_flip(struct gl *g)
{
    drmEventContext events = {.version = 2, .page_flip_handler = flipped};
    struct pollfd p = {.fd = g->fd, .events = POLLIN};

    while (g->next) {
        const int n = poll(&p, 1, FLIP_LIMIT_MS);

        if (n < 0 && errno != EINTR)
            return -errno;
        if (n == 0)
            return -ETIMEDOUT;
        if (n > 0 && drmHandleEvent(g->fd, &events) < 0)
            return -EIO;
    }
    return 0;
}

void gl_close(struct gl *g)
{
    (void)wait_for_flip(g); /* its event is meant for this life of ours */
    if (g->display) {
        eglMakeCurrent(g->display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
        if (g->surface)
            eglDestroySurface(g->display, g->surface);
        if (g->context)
            eglDestroyContext(g->display, g->context);
        eglTerminate(g->display);
    }
    if (g->next)
        gbm_surface_release_buffer(g->buffers, g->next);
    if (g->shown)
        gbm_surface_release_buffer(g->buffers, g->shown);
    if (g->buffers)
        gbm_surface_destroy(g->buffers);
    if (g->gbm)
        gbm_device_destroy(g->gbm);
    memset(g, 0, sizeof(*g));
}

int gl_show(struct gl *g)
{
    uint32_t id;
    int rc;

    if (!eglSwapBuffers(g->display, g->surface))
        return -EIO;
    rc = wait_for_flip(g);
    if (rc)
        return rc;
    g->next = gbm_surface_lock_front_buffer(g->buffers);
    if (!g->next)
        return -EIO;
    id = frame_buffer(g, g->next);
    if (id == 0)
        rc = -EIO;
    else if (drmModePageFlip(g->fd, g->crtc, id, DRM_MODE_PAGE_FLIP_EVENT, g) < 0)
        rc = -errno;
    if (rc) {
        gbm_surface_release_buffer(g->buffers, g->next);
        g->next = NULL;
    }
    return rc;
}
