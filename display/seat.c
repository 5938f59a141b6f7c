/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the way of an input event from the machine's devices to the VM whose picture is under the
 * pointer. */
#include "seat.h"

#include <errno.h>
#include <linux/input-event-codes.h>
#include <math.h>
#include <string.h>
#include <wlr/render/pass.h>
#include <wlr/render/wlr_texture.h>
#include <wlr/util/log.h>

#include "arrow.h"
#include "screen.h"
#include "server.h"

#define PRESSED  1
#define RELEASED 0

/* Where there is no screen, nobody can see what they touch. */
static const struct bn_scenario_layer *focus(const struct seat *seat)
{
    const struct bn_scenario_layer *l =
        seat->route.layer < 0 ? NULL : &seat->server->scenario.layer[seat->route.layer];

    return l && seat->server->screen[l->output] ? l : NULL;
}

static void send_to(struct seat *seat, unsigned vm, const struct bn_input_event *e, unsigned count)
{
    if (seat->server->vm[vm].open)
        input_port_send(&seat->server->vm[vm].input, e, count);
}

static void queue(struct seat *seat, uint16_t type, uint16_t code, int32_t value)
{
    const struct bn_scenario_layer *l = focus(seat);

    if (!l || seat->reported >= BN_INPUT_BATCH - 1)
        return; /* one place stays for the report's end */
    seat->report[seat->reported++] =
        (struct bn_input_event){BN_INPUT_TABLET, l->scanout, type, code, value};
}

void seat_frame(struct seat *seat)
{
    const struct bn_scenario_layer *l = focus(seat);

    if (!l || !seat->reported)
        return;
    seat->report[seat->reported++] =
        (struct bn_input_event){BN_INPUT_TABLET, l->scanout, EV_SYN, SYN_REPORT, 0};
    send_to(seat, l->vm, seat->report, seat->reported);
    seat->reported = 0;
}

/* Remembers what is down; on release tells whom the press went to. False: nobody saw it go down. */
static bool hold(struct seat *seat, uint16_t device, uint16_t code, bool pressed, struct held *to)
{
    const struct bn_scenario_layer *l = focus(seat);

    for (unsigned i = 0; i < seat->held_count; i++) {
        struct held *h = &seat->held[i];

        if (h->e.device != device || h->e.code != code)
            continue;
        *to = *h;
        if (!pressed)
            *h = seat->held[--seat->held_count];
        return !pressed;
    }
    if (!pressed || !l || seat->held_count == SEAT_MAX_HELD)
        return false;
    *to = (struct held){.vm = l->vm, .e = {device, l->scanout, EV_KEY, code, PRESSED}};
    seat->held[seat->held_count++] = *to;
    return true;
}

static void send_key(struct seat *seat, uint16_t device, uint16_t code, bool pressed)
{
    struct bn_input_event e[2];
    struct held h;

    if (!hold(seat, device, code, pressed, &h))
        return;
    e[0] = h.e;
    e[0].value = pressed ? PRESSED : RELEASED;
    e[1] = (struct bn_input_event){device, h.e.scanout, EV_SYN, SYN_REPORT, 0};
    send_to(seat, h.vm, e, 2);
}

void seat_key(struct seat *seat, uint16_t code, bool pressed)
{
    send_key(seat, BN_INPUT_KEYBOARD, code, pressed);
}

void seat_button(struct seat *seat, uint16_t code, bool pressed)
{
    seat_frame(seat); /* where it was pressed comes first */
    send_key(seat, BN_INPUT_TABLET, code, pressed);
}

void seat_wheel(struct seat *seat, bool horizontal, int32_t clicks)
{
    if (clicks)
        queue(seat, EV_REL, horizontal ? REL_HWHEEL : REL_WHEEL, horizontal ? clicks : -clicks);
}

/* Of the pointer on a layer that is at `box` on its screen. */
static struct wlr_box arrow_box(const struct seat *seat, const struct bn_scenario_layer *l,
                                const struct wlr_box *box)
{
    return (struct wlr_box){box->x + (int)(seat->route.x * box->width / l->width),
                            box->y + (int)(seat->route.y * box->height / l->height), ARROW_WIDTH,
                            ARROW_HEIGHT};
}

static void damage_arrow(struct seat *seat)
{
    const struct bn_scenario_layer *l = focus(seat);
    struct screen *screen = l ? seat->server->screen[l->output] : NULL;
    struct wlr_box box;

    if (!screen || !seat->pointing)
        return;
    box = screen_box(screen, l);
    box = arrow_box(seat, l, &box);
    wlr_damage_ring_add_box(&screen->ring, &box);
}

static void moved(struct seat *seat, int layer_before)
{
    const struct bn_scenario_layer *before =
        layer_before < 0 ? NULL : &seat->server->scenario.layer[layer_before];

    if (!focus(seat))
        return;
    if (before && (before->vm != focus(seat)->vm || before->scanout != focus(seat)->scanout))
        seat->reported = 0; /* what was queued was meant for another */
    seat->pointing = true;
    damage_arrow(seat);
    queue(seat, EV_ABS, ABS_X, route_abs_x(&seat->route));
    queue(seat, EV_ABS, ABS_Y, route_abs_y(&seat->route));
}

void seat_motion(struct seat *seat, double dx, double dy)
{
    const int before = seat->route.layer;

    damage_arrow(seat);
    route_move(&seat->route, dx, dy);
    moved(seat, before);
}

bool seat_motion_absolute(struct seat *seat, double fx, double fy)
{
    const int before = seat->route.layer;

    damage_arrow(seat);
    if (!route_to(&seat->route, fx, fy))
        return false;
    moved(seat, before);
    return true;
}

void seat_draw(const struct seat *seat, const struct layer *layer, struct wlr_render_pass *pass,
               const pixman_region32_t *clip)
{
    if (!seat->pointing || !seat->texture || focus(seat) != layer->place)
        return;
    wlr_render_pass_add_texture(pass, &(struct wlr_render_texture_options){
                                          .texture = seat->texture,
                                          .dst_box = arrow_box(seat, layer->place, &layer->box),
                                          .clip = clip,
                                          .blend_mode = WLR_RENDER_BLEND_MODE_PREMULTIPLIED,
                                      });
}

static int seat_init(struct seat *seat, struct server *server, int output)
{
    memset(seat, 0, sizeof(*seat));
    seat->server = server;
    route_init(&seat->route, &server->scenario, output);
    seat->arrow = arrow_create();
    if (!seat->arrow)
        return -ENOMEM;
    seat->texture = wlr_texture_from_buffer(server->renderer, seat->arrow);
    return seat->texture ? 0 : -ENOMEM;
}

int seat_init_all(struct server *server)
{
    int rc = 0;

    for (int i = 0; i < SEATS && rc == 0; i++)
        rc = seat_init(&server->seat[i], server, i == SEAT_OTHER ? -1 : i);
    return rc;
}

static void seat_finish(struct seat *seat)
{
    wlr_texture_destroy(seat->texture);
    if (seat->arrow)
        wlr_buffer_drop(seat->arrow);
    seat->texture = NULL;
    seat->arrow = NULL;
}

void seat_finish_all(struct server *server)
{
    for (int i = 0; i < SEATS; i++)
        seat_finish(&server->seat[i]);
}
