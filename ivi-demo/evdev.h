/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pointers, touch screens and keyboards straight from the kernel. libinput would need udev's
 * database in the VM and brings gestures and acceleration that a tablet pointer has no use for.
 */
#ifndef IVI_EVDEV_H
#define IVI_EVDEV_H

#include <stdbool.h>

#define EVDEV_DEVICES 8

struct evdev {
    int width, height; /* of the screen that absolute positions lie over */
    unsigned count;
    struct evdev_device {
        int fd;
        int min[2], max[2]; /* of ABS_X and ABS_Y, or of a touch screen's first finger */
        int at[2];          /* pixels */
        bool down, was_down;
    } device[EVDEV_DEVICES];
};

struct evdev_sink {
    void (*press)(void *data, int x, int y);
    void (*release)(void *data);
    void (*key)(void *data, unsigned key);
};

/* Opens what is there in /dev/input; devices that appear later are found by calling it again. */
void evdev_open(struct evdev *e, int width, int height);
void evdev_close(struct evdev *e);

/* Reads what has come without waiting. */
void evdev_read(struct evdev *e, const struct evdev_sink *sink, void *data);

#endif
