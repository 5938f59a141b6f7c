/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the display controller of the VM. */
#include "kms.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <xf86drm.h>
#include <xf86drmMode.h>

#define CARDS       4
#define EVENT_BYTES 8192 /* the kernel makes none that is longer */

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
    *s = (struct kms_screen){.connector = s->connector, .crtc = s->crtc};
}

static int light(struct kms *k, struct kms_screen *s, drmModeModeInfo *mode)
{
    int rc;

    s->width = mode->hdisplay;
    s->height = mode->vdisplay;
    rc = make_buffer(k, s);
    if (rc == 0 && drmModeSetCrtc(k->fd, s->crtc, s->fb, 0, 0, &s->connector, 1, mode) < 0)
        rc = -errno;
    if (rc) {
        drop_buffer(k, s);
        fprintf(stderr, "ivi: connector %u: %s\n", s->connector, strerror(-rc));
    }
    return rc;
}

static void go_dark(struct kms *k, struct kms_screen *s)
{
    if (drmModeSetCrtc(k->fd, s->crtc, 0, 0, 0, NULL, 0, NULL) < 0)
        fprintf(stderr, "ivi: connector %u stays on: %s\n", s->connector, strerror(errno));
    drop_buffer(k, s);
}

/* True: it is not as it was. */
static bool update(struct kms *k, struct kms_screen *s)
{
    drmModeConnector *c = s->crtc ? drmModeGetConnector(k->fd, s->connector) : NULL;
    drmModeModeInfo *mode =
        c && c->connection == DRM_MODE_CONNECTED && c->count_modes > 0 ? &c->modes[0] : NULL;
    bool changed = false;

    if (s->surface && !mode) {
        go_dark(k, s);
        changed = true;
    } else if (mode && (mode->hdisplay != s->width || mode->vdisplay != s->height)) {
        changed = s->surface;
        drop_buffer(k, s);
        changed = light(k, s, mode) == 0 || changed;
    }
    if (c)
        drmModeFreeConnector(c);
    return changed;
}

unsigned kms_update(struct kms *k)
{
    unsigned changed = 0;

    for (unsigned i = 0; i < KMS_SCREENS; i++)
        changed |= (unsigned)update(k, &k->screen[i]) << i;
    return changed;
}

/* virtio-gpu: one controller a connector, in the same order. */
static int find_screens(struct kms *k)
{
    drmModeRes *res = drmModeGetResources(k->fd);

    if (!res)
        return -errno;
    for (int i = 0; i < KMS_SCREENS && i < res->count_connectors && i < res->count_crtcs; i++)
        k->screen[i] = (struct kms_screen){.connector = res->connectors[i], .crtc = res->crtcs[i]};
    drmModeFreeResources(res);
    return kms_update(k) ? 0 : -ENODEV;
}

/* The kernel's own messages, as udev gets them: there need be no udev. */
static int open_events(void)
{
    const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK, .nl_groups = 1};
    const int fd =
        socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT);

    if (fd >= 0 && bind(fd, (const struct sockaddr *)&kernel, sizeof(kernel)) == 0)
        return fd;
    fprintf(stderr, "ivi: screens that come and go are not noticed: %s\n", strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

int kms_open(struct kms *k)
{
    int rc = -ENODEV;

    memset(k, 0, sizeof(*k));
    k->fd = -1;
    k->events = open_events(); /* first: nothing that happens from here on is missed */
    for (unsigned i = 0; i < CARDS && rc; i++) {
        char path[32];

        snprintf(path, sizeof(path), "/dev/dri/card%u", i);
        k->fd = open(path, O_RDWR | O_CLOEXEC);
        if (k->fd < 0)
            continue;
        rc = find_screens(k);
        if (rc) {
            close(k->fd);
            k->fd = -1;
        }
    }
    if (rc)
        kms_close(k);
    return rc;
}

void kms_close(struct kms *k)
{
    for (unsigned i = 0; i < KMS_SCREENS; i++)
        drop_buffer(k, &k->screen[i]);
    if (k->fd >= 0)
        close(k->fd);
    if (k->events >= 0)
        close(k->events);
    k->fd = k->events = -1;
}

/* A message is strings, one after the other. */
static bool has(const char *message, size_t bytes, const char *wanted)
{
    size_t length;

    for (size_t at = 0; at < bytes; at += length + 1) {
        length = strnlen(message + at, bytes - at);
        if (length == strlen(wanted) && memcmp(message + at, wanted, length) == 0)
            return true;
    }
    return false;
}

bool kms_changed(const struct kms *k)
{
    char message[EVENT_BYTES];
    bool changed = false;
    ssize_t n;

    if (k->events < 0)
        return false;
    while ((n = recv(k->events, message, sizeof(message), 0)) >= 0 || errno == ENOBUFS)
        changed =
            changed || n < 0 || /* some were lost: this may have been among them */
            (has(message, (size_t)n, "SUBSYSTEM=drm") && has(message, (size_t)n, "HOTPLUG=1"));
    return changed;
}

int kms_flush(struct kms *k, unsigned screen, int x, int y, int width, int height)
{
    drmModeClip clip = {(uint16_t)x, (uint16_t)y, (uint16_t)(x + width), (uint16_t)(y + height)};

    return drmModeDirtyFB(k->fd, k->screen[screen].fb, &clip, 1) < 0 ? -errno : 0;
}
