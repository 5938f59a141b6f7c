/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the listeners on wlroots' input devices and turns their events into the seat's. */
#include <libinput.h>
#include <linux/input-event-codes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/backend/libinput.h>
#include <wlr/types/wlr_input_device.h>
#include <wlr/types/wlr_keyboard.h>
#include <wlr/types/wlr_pointer.h>
#include <wlr/types/wlr_touch.h>
#include <wlr/util/log.h>

#include "seat.h"
#include "server.h"

#define WHEEL_CLICK 120 /* wlroots' and libinput's discrete unit */

struct device {
    struct seat *seat;
    int32_t touch_id; /* the finger that stands for the pointer, -1: none */
    struct wl_listener destroy, key, motion, motion_absolute, button, axis, frame;
    struct wl_listener touch_down, touch_up, touch_motion, touch_frame;
};

static void handle_destroy(struct wl_listener *listener, void *data)
{
    struct device *d = wl_container_of(listener, d, destroy);
    struct wl_listener *all[] = {
        &d->destroy, &d->key,        &d->motion,   &d->motion_absolute, &d->button,     &d->axis,
        &d->frame,   &d->touch_down, &d->touch_up, &d->touch_motion,    &d->touch_frame};

    (void)data;
    for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++)
        wl_list_remove(&all[i]->link);
    free(d);
}

static void handle_key(struct wl_listener *listener, void *data)
{
    struct device *d = wl_container_of(listener, d, key);
    const struct wlr_keyboard_key_event *e = data;

    if (e->keycode <= KEY_MAX)
        seat_key(d->seat, (uint16_t)e->keycode, e->state == WL_KEYBOARD_KEY_STATE_PRESSED);
}

static void handle_motion(struct wl_listener *listener, void *data)
{
    struct device *d = wl_container_of(listener, d, motion);
    const struct wlr_pointer_motion_event *e = data;

    seat_motion(d->seat, e->delta_x, e->delta_y);
}

static void handle_motion_absolute(struct wl_listener *listener, void *data)
{
    struct device *d = wl_container_of(listener, d, motion_absolute);
    const struct wlr_pointer_motion_absolute_event *e = data;

    (void)seat_motion_absolute(d->seat, e->x, e->y);
}

static void handle_button(struct wl_listener *listener, void *data)
{
    struct device *d = wl_container_of(listener, d, button);
    const struct wlr_pointer_button_event *e = data;

    if (e->button <= KEY_MAX)
        seat_button(d->seat, (uint16_t)e->button, e->state == WL_POINTER_BUTTON_STATE_PRESSED);
}

static void handle_axis(struct wl_listener *listener, void *data)
{
    struct device *d = wl_container_of(listener, d, axis);
    const struct wlr_pointer_axis_event *e = data;

    seat_wheel(d->seat, e->orientation == WL_POINTER_AXIS_HORIZONTAL_SCROLL,
               e->delta_discrete / WHEEL_CLICK);
}

static void handle_frame(struct wl_listener *listener, void *data)
{
    struct device *d = wl_container_of(listener, d, frame);

    (void)data;
    seat_frame(d->seat);
}

static void handle_touch_down(struct wl_listener *listener, void *data)
{
    struct device *d = wl_container_of(listener, d, touch_down);
    const struct wlr_touch_down_event *e = data;

    if (d->touch_id >= 0 || !seat_motion_absolute(d->seat, e->x, e->y))
        return;
    d->touch_id = e->touch_id;
    seat_button(d->seat, BTN_LEFT, true);
}

static void handle_touch_motion(struct wl_listener *listener, void *data)
{
    struct device *d = wl_container_of(listener, d, touch_motion);
    const struct wlr_touch_motion_event *e = data;

    if (e->touch_id == d->touch_id)
        (void)seat_motion_absolute(d->seat, e->x, e->y);
}

static void handle_touch_up(struct wl_listener *listener, void *data)
{
    struct device *d = wl_container_of(listener, d, touch_up);
    const struct wlr_touch_up_event *e = data;

    if (e->touch_id != d->touch_id)
        return;
    d->touch_id = -1;
    seat_button(d->seat, BTN_LEFT, false);
}

static void handle_touch_frame(struct wl_listener *listener, void *data)
{
    struct device *d = wl_container_of(listener, d, touch_frame);

    (void)data;
    seat_frame(d->seat);
}

static void listen(struct wl_signal *signal, struct wl_listener *l, wl_notify_func_t notify)
{
    l->notify = notify;
    if (signal)
        wl_signal_add(signal, l);
    else
        wl_list_init(&l->link);
}

/* NULL after saying why: a device of a screen that is not there must not reach another one. */
static struct seat *seat_of(struct server *server, const char *device, const char *screen)
{
    if (!screen)
        return &server->seat[SEAT_OTHER];
    for (unsigned i = 0; i < server->scenario.output_count; i++)
        if (strncmp(server->scenario.output[i].name, screen, BN_NAME_BYTES) == 0)
            return &server->seat[i];
    wlr_log(WLR_ERROR,
            "input: %s belongs to output \"%s\", which the scenario does not have: not used; "
            "its WL_OUTPUT (udev) must be the name of one",
            device, screen);
    return NULL;
}

void seat_add(struct server *server, struct wlr_input_device *device)
{
    struct wlr_keyboard *k =
        device->type == WLR_INPUT_DEVICE_KEYBOARD ? wlr_keyboard_from_input_device(device) : NULL;
    struct wlr_pointer *p =
        device->type == WLR_INPUT_DEVICE_POINTER ? wlr_pointer_from_input_device(device) : NULL;
    struct wlr_touch *t =
        device->type == WLR_INPUT_DEVICE_TOUCH ? wlr_touch_from_input_device(device) : NULL;
    const char *name = device->name ? device->name : "unnamed";
    const char *screen =
        wlr_input_device_is_libinput(device)
            ? libinput_device_get_output_name(wlr_libinput_get_device_handle(device))
            : NULL;
    struct seat *seat = k || p || t ? seat_of(server, name, screen) : NULL;
    struct device *d = seat ? calloc(1, sizeof(*d)) : NULL;

    if (!d)
        return;
    d->seat = seat;
    d->touch_id = -1;
    listen(&device->events.destroy, &d->destroy, handle_destroy);
    listen(k ? &k->events.key : NULL, &d->key, handle_key);
    listen(p ? &p->events.motion : NULL, &d->motion, handle_motion);
    listen(p ? &p->events.motion_absolute : NULL, &d->motion_absolute, handle_motion_absolute);
    listen(p ? &p->events.button : NULL, &d->button, handle_button);
    listen(p ? &p->events.axis : NULL, &d->axis, handle_axis);
    listen(p ? &p->events.frame : NULL, &d->frame, handle_frame);
    listen(t ? &t->events.down : NULL, &d->touch_down, handle_touch_down);
    listen(t ? &t->events.up : NULL, &d->touch_up, handle_touch_up);
    listen(t ? &t->events.motion : NULL, &d->touch_motion, handle_touch_motion);
    listen(t ? &t->events.frame : NULL, &d->touch_frame, handle_touch_frame);
    wlr_log(WLR_INFO, "input: %s%s%s", name, screen ? " of " : "", screen ? screen : "");
}
