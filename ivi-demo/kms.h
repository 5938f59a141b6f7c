/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Screens by DRM/KMS: one dumb buffer each, drawn in place, handed over by damage. virtio-gpu keeps
 * a copy of its own on the other side, so what is drawn is seen when it is flushed and not before,
 * and one buffer is enough: a flip to another would send the whole picture every time.
 */
#ifndef IVI_KMS_H
#define IVI_KMS_H

#include <cairo.h>
#include <stddef.h>
#include <stdint.h>

#define KMS_SCREENS 2

struct kms_screen {
    uint32_t connector, crtc, handle, fb;
    int width, height;
    void *pixels;
    size_t bytes;
    cairo_surface_t *surface;
};

struct kms {
    int fd;
    unsigned count;
    struct kms_screen screen[KMS_SCREENS]; /* in the order of the connectors */
};

/* Lights up to KMS_SCREENS connectors of the first card that has any, each in its preferred mode. 0
 * or -errno. */
int kms_open(struct kms *k) __attribute__((warn_unused_result));
void kms_close(struct kms *k);

/* A rectangle that has been drawn; 0 or -errno. */
int kms_flush(struct kms *k, unsigned screen, int x, int y, int width, int height)
    __attribute__((warn_unused_result));

#endif
