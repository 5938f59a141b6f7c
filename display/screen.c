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

static void init_layers(struct screen *s)
{
    const struct bn_scenario *plan = &s->server->scenario;
    unsigned order[BN_MAX_LAYERS];

    s->layers = layout_order(plan, s->index, order);
    pixman_region32_init_rect(&s->bare, 0, 0, s->plan->width, s->plan->height);
    for (unsigned i = s->layers; i-- > 0;) { /* from the top: what is left is visible */
        struct layer *l = &s->layer[i];

        l->place = &plan->layer[order[i]];
        pixman_region32_init(&l->visible);
        pixman_region32_intersect_rect(&l->visible, &s->bare, l->place->x, l->place->y,
                                       (unsigned)l->place->width, (unsigned)l->place->height);
        pixman_region32_subtract(&s->bare, &s->bare, &l->visible);
    }
}

/* "Virtual-2" and "HEADLESS-2" are connector 1; others are counted for each kind of plug
 * ("HDMI-A-1", "DP-1"), so they are taken in order of appearance. */
static unsigned connector_of(struct server *server, const char *name)
{
    static const char *const counted[] = {"Virtual-", "HEADLESS-"};

    for (unsigned i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
        const size_t length = strlen(counted[i]);
        const unsigned long n =
            strncmp(name, counted[i], length) ? 0 : strtoul(name + length, NULL, 10);

        if (n)
            return (unsigned)n - 1;
    }
    return server->outputs_seen;
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
    wl_list_remove(&s->destroy.link);
    for (unsigned i = 0; i < s->layers; i++)
        pixman_region32_fini(&s->layer[i].visible);
    pixman_region32_fini(&s->bare);
    pixman_region32_fini(&s->damage);
    wlr_damage_ring_finish(&s->ring);
    s->server->screen[s->index] = NULL;
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

void screen_new(struct server *server, struct wlr_output *output)
{
    const unsigned connector = connector_of(server, output->name);
    unsigned index = 0;
    struct screen *s;

    server->outputs_seen++;
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
    init_layers(s);
    wlr_damage_ring_init(&s->ring);
    wlr_damage_ring_set_bounds(&s->ring, (int32_t)s->plan->width, (int32_t)s->plan->height);
    pixman_region32_init(&s->damage);
    s->present.notify = handle_present;
    wl_signal_add(&output->events.present, &s->present);
    s->destroy.notify = handle_destroy;
    wl_signal_add(&output->events.destroy, &s->destroy);
    server->screen[index] = s;
    wlr_log(WLR_INFO, "screen %s: output %s, %ux%u, %u layers", s->plan->name, output->name,
            s->plan->width, s->plan->height, s->layers);
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

/* The mode of the plan: one the screen offers if it can, else one made for it. */
static void set_mode(struct screen *s, struct wlr_output_state *state)
{
    const int32_t w = (int32_t)s->plan->width, h = (int32_t)s->plan->height;
    struct wlr_output_mode *mode, *best = NULL;

    wl_list_for_each(mode, &s->output->modes,
                     link) if (mode->width == w && mode->height == h &&
                               (!best || abs(mode->refresh - (int)s->plan->refresh_mhz) <
                                             abs(best->refresh - (int)s->plan->refresh_mhz))) best =
        mode;
    wlr_output_state_set_enabled(state, true);
    if (best)
        wlr_output_state_set_mode(state, best);
    else
        /* A window (no modes at all) has no refresh rate to choose. */
        wlr_output_state_set_custom_mode(
            state, w, h, wl_list_empty(&s->output->modes) ? 0 : (int32_t)s->plan->refresh_mhz);
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
