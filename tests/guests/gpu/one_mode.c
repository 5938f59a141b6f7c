/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Preloaded into glmark2-es2-drm, which draws at the size of the largest mode of the first screen,
 * off screen too: each screen has one mode, of glmark2's own size or $ONE_MODE, as in 160x120. No
 * mode is set off screen.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <xf86drmMode.h>

drmModeConnectorPtr drmModeGetConnector(int fd, uint32_t id)
{
    static drmModeConnectorPtr (*next)(int, uint32_t);
    const char *size = getenv("ONE_MODE");
    unsigned width = 800, height = 600;
    drmModeConnectorPtr c;

    if (size && sscanf(size, "%ux%u", &width, &height) != 2)
        return NULL;

    if (!next)
        *(void **)&next = dlsym(RTLD_NEXT, "drmModeGetConnector");
    c = next(fd, id);
    if (c && c->count_modes) {
        c->count_modes = 1;
        c->modes[0].hdisplay = (uint16_t)width;
        c->modes[0].vdisplay = (uint16_t)height;
    }
    return c;
}
