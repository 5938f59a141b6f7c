/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the display controller of the VM. */
#include "kms.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define CARDS 4

static int make_buffer(struct kms *k, struct kms_screen *s)
{
    struct drm_mode_create_dumb create = {
        .width = (uint32_t)s->width, .height = (uint32_t)s->height, .bpp = 32};
    struct drm_mode_map_dumb map = {0};
    void *p;

    if (drmIoctl(k->fd, DRM_IOCTL_MODE_CREATE_DUMB, &create) < 0)
        return -errno;
    s->handle = map.handle = create.handle;
    s->bytes = create.size;
    if (drmModeAddFB(k->fd, (uint32_t)s->width, (uint32_t)s->height, 24, 32, create.pitch,
                     create.handle, &s->fb) < 0 ||
        drmIoctl(k->fd, DRM_IOCTL_MODE_MAP_DUMB, &map) < 0)
        return -errno;
    p = mmap(NULL, s->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, k->fd, (off_t)map.offset);
    if (p == MAP_FAILED)
        return -errno;
    s->pixels = p;
    memset(p, 0, s->bytes);
    s->surface = cairo_image_surface_create_for_data(p, CAIRO_FORMAT_RGB24, s->width, s->height,
                                                     (int)create.pitch);
    return cairo_surface_status(s->surface) == CAIRO_STATUS_SUCCESS ? 0 : -ENOMEM;
}

static void drop_buffer(struct kms *k, struct kms_screen *s)
{
    struct drm_mode_destroy_dumb destroy = {.handle = s->handle};

    if (s->surface)
        cairo_surface_destroy(s->surface);
    if (s->pixels)
        munmap(s->pixels, s->bytes);
    if (s->fb)
        drmModeRmFB(k->fd, s->fb);
    if (s->handle)
        drmIoctl(k->fd, DRM_IOCTL_MODE_DESTROY_DUMB, &destroy);
    memset(s, 0, sizeof(*s));
}

static int light(struct kms *k, const drmModeRes *res, drmModeConnector *c)
{
    struct kms_screen *s = &k->screen[k->count];
    int rc;

    *s = (struct kms_screen){.connector = c->connector_id,
                             .width = c->modes[0].hdisplay,
                             .height = c->modes[0].vdisplay};
    /* virtio-gpu: one controller a connector, in the same order */
    for (int i = 0; i < res->count_connectors && i < res->count_crtcs; i++)
        if (res->connectors[i] == c->connector_id)
            s->crtc = res->crtcs[i];
    rc = s->crtc ? make_buffer(k, s) : -ENODEV;
    if (rc == 0 && drmModeSetCrtc(k->fd, s->crtc, s->fb, 0, 0, &s->connector, 1, &c->modes[0]) < 0)
        rc = -errno;
    if (rc)
        drop_buffer(k, s);
    else
        k->count++;
    return rc;
}

static int light_all(struct kms *k)
{
    drmModeRes *res = drmModeGetResources(k->fd);
    int rc = -ENODEV;

    if (!res)
        return -errno;
    for (int i = 0; i < res->count_connectors && k->count < KMS_SCREENS; i++) {
        drmModeConnector *c = drmModeGetConnector(k->fd, res->connectors[i]);

        if (c && c->connection == DRM_MODE_CONNECTED && c->count_modes > 0) {
            rc = light(k, res, c);
            if (rc)
                fprintf(stderr, "ivi: connector %u: %s\n", res->connectors[i], strerror(-rc));
        }
        if (c)
            drmModeFreeConnector(c);
    }
    drmModeFreeResources(res);
    return k->count ? 0 : rc;
}

int kms_open(struct kms *k)
{
    int rc = -ENODEV;

    memset(k, 0, sizeof(*k));
    k->fd = -1;
    for (unsigned i = 0; i < CARDS && rc; i++) {
        char path[32];

        snprintf(path, sizeof(path), "/dev/dri/card%u", i);
        k->fd = open(path, O_RDWR | O_CLOEXEC);
        if (k->fd < 0)
            continue;
        rc = light_all(k);
        if (rc) {
            close(k->fd);
            k->fd = -1;
        }
    }
    return rc;
}

void kms_close(struct kms *k)
{
    for (unsigned i = 0; i < k->count; i++)
        drop_buffer(k, &k->screen[i]);
    if (k->fd >= 0)
        close(k->fd);
    k->fd = -1;
    k->count = 0;
}

int kms_flush(struct kms *k, unsigned screen, int x, int y, int width, int height)
{
    drmModeClip clip = {(uint16_t)x, (uint16_t)y, (uint16_t)(x + width), (uint16_t)(y + height)};

    return drmModeDirtyFB(k->fd, k->screen[screen].fb, &clip, 1) < 0 ? -errno : 0;
}
