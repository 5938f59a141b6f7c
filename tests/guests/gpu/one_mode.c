/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preloaded into glmark2-es2-drm, which draws at the size of the largest mode of the first screen,
 * off screen too: each screen has one mode, of glmark2's own size. No mode is set off screen.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <xf86drmMode.h>

#define WIDTH  800
#define HEIGHT 600

drmModeConnectorPtr drmModeGetConnector(int fd, uint32_t id)
{
    static drmModeConnectorPtr (*next)(int, uint32_t);
    drmModeConnectorPtr c;

    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "drmModeGetConnector");
    c = next(fd, id);
    if (c && c->count_modes) {
        c->count_modes = 1;
        c->modes[0].hdisplay = WIDTH;
        c->modes[0].vdisplay = HEIGHT;
    }
    return c;
}
