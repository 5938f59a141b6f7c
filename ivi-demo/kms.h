/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Screens by DRM/KMS: one dumb buffer each, drawn in place, handed over by damage. virtio-gpu keeps
 * a copy of its own on the other side, so what is drawn is seen when it is flushed and not before,
 * and one buffer is enough: a flip to another would send the whole picture every time.
 */
#ifndef IVI_KMS_H
#define IVI_KMS_H

#include <cairo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KMS_SCREENS 2

struct kms_screen {
    uint32_t connector, crtc; /* 0: the card has not so many */
    uint32_t handle, fb;
    int width, height;
    void *pixels;
    size_t bytes;
    cairo_surface_t *surface; /* NULL: it is dark */
};

struct kms {
    int fd;
    int events; /* what the kernel says of its devices, -1: it will not */
    struct kms_screen screen[KMS_SCREENS]; /* in the order of the connectors */
};

/* Lights the first KMS_SCREENS connectors of the first card that has a screen at one of them, each
 * in its preferred mode. 0 or -errno. */
int kms_open(struct kms *k) __attribute__((warn_unused_result));
void kms_close(struct kms *k);

/* Whether screens may have come, gone or changed since the last call: then kms_update() is due. */
bool kms_changed(const struct kms *k);
/* Lights what has come, or has another mode now, and turns off what has gone. A bit for each screen
 * that is not as it was; what was drawn there is lost. */
unsigned kms_update(struct kms *k);

/* A rectangle that has been drawn; 0 or -errno. */
int kms_flush(struct kms *k, unsigned screen, int x, int y, int width, int height)
    __attribute__((warn_unused_result));

#endif
