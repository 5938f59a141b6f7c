/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the input devices of the VM. */
#include "evdev.h"

#include <fcntl.h>
#include <linux/input.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define EVENTS 32

void evdev_open(struct evdev *e, int width, int height)
{
    memset(e, 0, sizeof(*e));
    e->width = width;
    e->height = height;
    for (unsigned i = 0; i < EVDEV_DEVICES; i++) {
        struct evdev_device *d = &e->device[e->count];
        char path[32];

        snprintf(path, sizeof(path), "/dev/input/event%u", i);
        d->fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (d->fd < 0)
            continue;
        for (unsigned axis = 0; axis < 2; axis++) {
            struct input_absinfo a = {0};

            if (ioctl(d->fd, EVIOCGABS(ABS_X + axis), &a) == 0 && a.maximum > a.minimum) {
                d->min[axis] = a.minimum;
                d->max[axis] = a.maximum;
            }
        }
        e->count++;
    }
}

void evdev_close(struct evdev *e)
{
    for (unsigned i = 0; i < e->count; i++)
        close(e->device[i].fd);
    e->count = 0;
}

static void place(struct evdev_device *d, unsigned axis, int value, int size)
{
    const long range = d->max[axis] - d->min[axis];
    long at;

    if (range <= 0)
        return;
    at = (long)(value - d->min[axis]) * (size - 1) / range;
    d->at[axis] = at < 0 ? 0 : at >= size ? size - 1 : (int)at;
}

static void handle(struct evdev *e, struct evdev_device *d, const struct input_event *ev,
                   const struct evdev_sink *sink, void *data)
{
    if (ev->type == EV_ABS && (ev->code == ABS_X || ev->code == ABS_Y))
        place(d, ev->code - ABS_X, ev->value, ev->code == ABS_X ? e->width : e->height);
    else if (ev->type == EV_KEY && (ev->code == BTN_LEFT || ev->code == BTN_TOUCH))
        d->down = ev->value;
    else if (ev->type == EV_KEY && ev->code < BTN_MISC && ev->value == 1)
        sink->key(data, ev->code);
    if (ev->type != EV_SYN || ev->code != SYN_REPORT || d->down == d->was_down)
        return;
    d->was_down = d->down;
    if (d->down)
        sink->press(data, d->at[0], d->at[1]);
    else
        sink->release(data);
}

void evdev_read(struct evdev *e, const struct evdev_sink *sink, void *data)
{
    for (unsigned i = 0; i < e->count; i++) {
        struct input_event ev[EVENTS];
        ssize_t n;

        while ((n = read(e->device[i].fd, ev, sizeof(ev))) > 0)
            for (size_t k = 0; k < (size_t)n / sizeof(ev[0]); k++)
                handle(e, &e->device[i], &ev[k], sink, data);
    }
}
