/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns a screen: from damage to the page flip. */
#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wlr/render/pass.h>
#include <wlr/render/swapchain.h>
#include <wlr/render/wlr_renderer.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/util/log.h>

#include "layer.h"
#include "server.h"

static int32_t stretched(int32_t at, uint32_t planned, int32_t size)
{
    return (int32_t)(((int64_t)at * size + planned / 2) / planned);
}

/* By its edges, so that neighbours stay neighbours. */
struct wlr_box screen_box(const struct screen *s, const struct bn_scenario_layer *p)
{
    const uint32_t width = s->plan->width, height = s->plan->height;
    const int32_t x = stretched(p->x, width, s->width), y = stretched(p->y, height, s->height);

    return (struct wlr_box){x, y, stretched(p->x + p->width, width, s->width) - x,
                            stretched(p->y + p->height, height, s->height) - y};
}

static void finish_layers(struct screen *s)
{
    for (unsigned i = 0; i < s->layers; i++)
        pixman_region32_fini(&s->layer[i].visible);
    pixman_region32_fini(&s->bare);
}

static void init_layers(struct screen *s)
{
    const struct bn_scenario *plan = &s->server->scenario;
    unsigned order[BN_MAX_LAYERS];

    s->layers = layout_order(plan, s->index, order);
    pixman_region32_init_rect(&s->bare, 0, 0, (unsigned)s->width, (unsigned)s->height);
    for (unsigned i = s->layers; i-- > 0;) { /* from the top: what is left is visible */
        struct layer *l = &s->layer[i];

        l->place = &plan->layer[order[i]];
        l->box = screen_box(s, l->place);
        pixman_region32_init(&l->visible);
        pixman_region32_intersect_rect(&l->visible, &s->bare, l->box.x, l->box.y,
                                       (unsigned)l->box.width, (unsigned)l->box.height);
        pixman_region32_subtract(&s->bare, &s->bare, &l->visible);
    }
    wlr_damage_ring_set_bounds(&s->ring, s->width, s->height);
}

/* "Virtual-2" and "HEADLESS-2" are connector 1; others are counted for each kind of plug
 * ("HDMI-A-1", "DP-1"), so they are taken in order of appearance, the first one. */
static unsigned connector_of(struct server *server, const char *name)
{
    static const char *const counted[] = {"Virtual-", "HEADLESS-"};
    unsigned at = 0;

    for (unsigned i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
        const size_t length = strlen(counted[i]);
        const unsigned long n =
            strncmp(name, counted[i], length) ? 0 : strtoul(name + length, NULL, 10);

        if (n)
            return (unsigned)n - 1;
    }
    while (at < server->connectors && strcmp(server->connector[at], name))
        at++;
    if (at == server->connectors && at < BN_MAX_OUTPUTS)
        snprintf(server->connector[server->connectors++], sizeof(server->connector[0]), "%s", name);
    return at;
}

/* The plan's mode if the screen offers it, the nearest in its rate; else the one it prefers: a
 * monitor shows nothing in a mode that it has not. A window (no modes at all) takes any size. */
static void choose_mode(struct screen *s)
{
    const int32_t w = (int32_t)s->plan->width, h = (int32_t)s->plan->height;
    const int rate = (int)s->plan->refresh_mhz;
    struct wlr_output_mode *mode;

    wl_list_for_each(mode, &s->output->modes, link)
    {
        if (mode->width == w && mode->height == h &&
            (!s->mode || abs(mode->refresh - rate) < abs(s->mode->refresh - rate)))
            s->mode = mode;
    }
    if (!s->mode)
        s->mode = wlr_output_preferred_mode(s->output);
    s->width = s->mode ? s->mode->width : w;
    s->height = s->mode ? s->mode->height : h;
}

static void handle_present(struct wl_listener *listener, void *data)
{
    struct screen *s = wl_container_of(listener, s, present);
    const struct wlr_output_event_present *e = data;
    struct server *server = s->server;

    if (!s->cluster_flying || e->commit_seq != s->flying_seq)
        return;
    s->cluster_flying = false;
    if (!e->presented) {
        server->cluster.frames.missed++;
        return;
    }
    status_shown(&server->status, s->flying.counter, s->flying.drawn_ns, s->flying.deadline_ns,
                 frames_now_ns(&server->cluster.frames));
    server->status.now.missed = server->cluster.frames.missed;
    status_publish(&server->status, clock_now_ns());
}

void screen_destroy(struct screen *s)
{
    if (s->drawn)
        wlr_output_state_finish(&s->state);
    wl_list_remove(&s->present.link);
    wl_list_remove(&s->request_state.link);
    wl_list_remove(&s->destroy.link);
    finish_layers(s);
    pixman_region32_fini(&s->damage);
    wlr_damage_ring_finish(&s->ring);
    s->server->screen[s->index] = NULL;
    monitor_update_all(s->server);
    if (s->shows_cluster)
        s->server->status.now.ready = 0;
    free(s);
}

static void handle_destroy(struct wl_listener *listener, void *data)
{
    struct screen *s = wl_container_of(listener, s, destroy);

    (void)data;
    wlr_log(WLR_INFO, "screen %s is gone", s->plan->name);
    screen_destroy(s);
}

/* A window has been given another size. Its first picture in it sets the mode. */
static void handle_request_state(struct wl_listener *listener, void *data)
{
    struct screen *s = wl_container_of(listener, s, request_state);
    const struct wlr_output_event_request_state *e = data;
    const struct wlr_output_state *state = e->state;
    const struct wlr_output_mode *mode = state->mode;
    int32_t width, height;

    if (!(state->committed & WLR_OUTPUT_STATE_MODE))
        return;
    width = mode ? mode->width : state->custom_mode.width;
    height = mode ? mode->height : state->custom_mode.height;
    if (width <= 0 || height <= 0 || (width == s->width && height == s->height))
        return;
    screen_discard(s);
    s->mode = NULL;
    s->width = width;
    s->height = height;
    s->lit = false;
    finish_layers(s);
    init_layers(s);
    wlr_log(WLR_INFO, "screen %s: %dx%d from now on", s->plan->name, width, height);
    monitor_update_all(s->server);
}

void screen_new(struct server *server, struct wlr_output *output)
{
    const unsigned connector = connector_of(server, output->name);
    unsigned index = 0;
    struct screen *s;

    while (index < server->scenario.output_count &&
           server->scenario.output[index].index != connector)
        index++;
    if (index == server->scenario.output_count || server->screen[index]) {
        wlr_log(WLR_INFO, "output %s has no place in the scenario", output->name);
        return;
    }
    s = calloc(1, sizeof(*s));
    if (!s || !wlr_output_init_render(output, server->allocator, server->renderer)) {
        wlr_log(WLR_ERROR, "output %s cannot be used", output->name);
        free(s);
        return;
    }
    s->server = server;
    s->output = output;
    s->index = index;
    s->plan = &server->scenario.output[index];
    s->shows_cluster = layout_is_cluster_screen(&server->scenario, index);
    choose_mode(s);
    wlr_damage_ring_init(&s->ring);
    init_layers(s);
    pixman_region32_init(&s->damage);
    s->present.notify = handle_present;
    wl_signal_add(&output->events.present, &s->present);
    s->request_state.notify = handle_request_state;
    wl_signal_add(&output->events.request_state, &s->request_state);
    s->destroy.notify = handle_destroy;
    wl_signal_add(&output->events.destroy, &s->destroy);
    server->screen[index] = s;
    wlr_log(WLR_INFO, "screen %s: output %s, %dx%d, %u layers", s->plan->name, output->name,
            s->width, s->height, s->layers);
    monitor_update_all(server);
}

bool screen_busy(const struct screen *s)
{
    return s->output->frame_pending;
}

void screen_damage_cluster(struct screen *s, const struct frame_pick *pick)
{
    for (unsigned i = 0; i < s->layers; i++)
        if (layout_shows_cluster(s->layer[i].place))
            layer_damage_cluster(&s->layer[i], pick, &s->server->cluster.frames, &s->ring);
}

void screen_damage_scanout(struct screen *s, unsigned vm, unsigned scanout,
                           const pixman_region32_t *damage, int width, int height)
{
    for (unsigned i = 0; i < s->layers; i++) {
        const struct bn_scenario_layer *p = s->layer[i].place;

        if (p->source == BN_LAYER_SCANOUT && p->vm == vm && p->scanout == scanout)
            layer_damage_scanout(&s->layer[i], damage, width, height, &s->ring);
    }
}

static void set_mode(const struct screen *s, struct wlr_output_state *state)
{
    wlr_output_state_set_enabled(state, true);
    if (s->mode)
        wlr_output_state_set_mode(state, s->mode);
    else
        wlr_output_state_set_custom_mode(state, s->width, s->height, 0);
}

static bool render(struct screen *s, struct wlr_buffer *buffer)
{
    struct wlr_render_pass *pass =
        wlr_renderer_begin_buffer_pass(s->server->renderer, buffer, NULL);
    pixman_region32_t damage;
    bool ok;

    if (!pass)
        return false;
    pixman_region32_init(&damage);
    pixman_region32_copy(&s->damage, &s->ring.current);
    wlr_damage_ring_rotate_buffer(&s->ring, buffer, &damage);
    layer_draw_black(pass, &s->bare, &damage);
    for (unsigned i = 0; i < s->layers; i++)
        layer_draw(&s->layer[i], s->server, pass, &damage);
    ok = wlr_render_pass_submit(pass);
    pixman_region32_fini(&damage);
    return ok;
}

bool screen_draw(struct screen *s)
{
    struct server *server = s->server;
    struct wlr_buffer *buffer;
    bool ok;

    if (screen_busy(s))
        return false;
    if (!s->lit) {
        /* Lighting the screen takes the boot framebuffer away: not before there is a cluster
         * picture to replace it. */
        if (s->shows_cluster && server->cluster.region.base && !server->cluster.current)
            return false;
        wlr_damage_ring_add_whole(&s->ring);
    }
    if (!pixman_region32_not_empty(&s->ring.current))
        return false;
    wlr_output_state_init(&s->state);
    if (!s->lit)
        set_mode(s, &s->state);
    ok = (s->lit && s->output->swapchain) ||
         wlr_output_configure_primary_swapchain(s->output, &s->state, &s->output->swapchain);
    buffer = ok ? wlr_swapchain_acquire(s->output->swapchain, NULL) : NULL;
    if (!buffer || !render(s, buffer)) {
        wlr_log(WLR_ERROR, "screen %s cannot be drawn", s->plan->name);
        wlr_buffer_unlock(buffer);
        wlr_output_state_finish(&s->state);
        wlr_damage_ring_add_whole(&s->ring);
        return false;
    }
    wlr_output_state_set_buffer(&s->state, buffer);
    wlr_output_state_set_damage(&s->state, &s->damage);
    wlr_buffer_unlock(buffer);
    s->drawn = true;
    return true;
}

void screen_discard(struct screen *s)
{
    if (!s->drawn)
        return;
    s->drawn = false;
    wlr_output_state_finish(&s->state);
    wlr_damage_ring_add(&s->ring, &s->damage);
}

void screen_show(struct screen *s, const struct frame_pick *pick)
{
    if (!s->drawn)
        return;
    if (!wlr_output_commit_state(s->output, &s->state)) {
        wlr_log(WLR_ERROR, "screen %s did not take a frame", s->plan->name);
        if (s->shows_cluster && pick)
            s->server->cluster.frames.missed++;
        screen_discard(s);
        return;
    }
    s->drawn = false;
    s->lit = true;
    if (s->shows_cluster && pick) {
        s->cluster_flying = true;
        s->flying_seq = s->output->commit_seq;
        s->flying = *pick;
    }
    wlr_output_state_finish(&s->state);
}
