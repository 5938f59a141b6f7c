/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the frame clock: when to look for a frame, when to compose, when to report. */
#include "clock.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <wlr/util/log.h>

#include "screen.h"
#include "server.h"

uint64_t clock_now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void arm(struct clock *c, uint64_t now)
{
    const struct cluster *cluster = &c->server->cluster;
    uint64_t wait = CLOCK_IDLE_NS;
    struct itimerspec t = {0};

    if (cluster->region.base) {
        wait = CLOCK_POLL_NS;
        if (now - c->cluster_ns < CLOCK_QUIET_NS)
            wait = c->cluster_ns + CLOCK_QUIET_NS - now;
        else if (now - c->cluster_ns > 10ull * CLOCK_FRAME_NS)
            wait = 2 * CLOCK_POLL_NS; /* it is not running; no hurry until it is */
    }
    t.it_value.tv_nsec = (long)wait;
    if (timerfd_settime(c->timer, 0, &t, NULL) < 0)
        wlr_log_errno(WLR_ERROR, "frame clock");
}

/* A screen whose last page flip is still under way takes no new frame. */
static bool cluster_screens_busy(struct server *s)
{
    for (unsigned i = 0; i < BN_MAX_OUTPUTS; i++)
        if (s->screen[i] && s->screen[i]->shows_cluster && screen_busy(s->screen[i]))
            return true;
    return false;
}

static void damage_cluster(struct server *s, const struct frame_pick *pick)
{
    for (unsigned i = 0; i < BN_MAX_OUTPUTS; i++)
        if (s->screen[i])
            screen_damage_cluster(s->screen[i], pick);
}

/* Draws every screen that needs it, then shows all or, if the cluster's frame was torn meanwhile,
 * none. */
static void compose(struct clock *c, const struct frame_pick *pick)
{
    struct server *s = c->server;
    bool any = false;

    for (unsigned i = 0; i < BN_MAX_OUTPUTS; i++)
        any = (s->screen[i] && screen_draw(s->screen[i])) || any;
    if (!any)
        return;
    if (pick && !frames_still(&s->cluster.frames, pick)) {
        wlr_log(WLR_INFO, "cluster: frame %u was overwritten while it was drawn", pick->counter);
        for (unsigned i = 0; i < BN_MAX_OUTPUTS; i++)
            if (s->screen[i])
                screen_discard(s->screen[i]);
        return;
    }
    for (unsigned i = 0; i < BN_MAX_OUTPUTS; i++)
        if (s->screen[i])
            screen_show(s->screen[i], pick);
    c->composed++;
}

static void tick(struct clock *c, uint64_t now)
{
    struct server *s = c->server;
    struct frame_pick pick;
    bool fresh = false;

    if (!cluster_screens_busy(s))
        fresh = cluster_next(&s->cluster, &pick);
    if (s->cluster.lost) {
        s->cluster.lost = false;
        s->status.now.ready = 0;
        damage_cluster(s, NULL);
    }
    if (fresh) {
        c->cluster_ns = now;
        damage_cluster(s, &pick);
    }
    /* Without a fresh cluster frame the guests' pictures wait for one, but no longer than a frame.
     */
    if (fresh || now - c->composed_ns >= CLOCK_FRAME_NS) {
        c->composed_ns = now;
        compose(c, fresh ? &pick : NULL);
        vm_frame_done(s);
    }
    s->status.now.missed = s->cluster.frames.missed;
    s->status.now.guests_lost = vm_lost(s);
    if (now - s->status.published_ns >= CLOCK_STATUS_NS)
        status_publish(&s->status, now);
}

static int handle_timer(int fd, uint32_t mask, void *data)
{
    struct clock *c = data;
    uint64_t expired, now;

    (void)mask;
    if (read(fd, &expired, sizeof(expired)) != sizeof(expired))
        return 0;
    c->ticks++;
    now = clock_now_ns();
    tick(c, now);
    arm(c, clock_now_ns());
    return 0;
}

int clock_init(struct clock *c, struct server *server)
{
    memset(c, 0, sizeof(*c));
    c->server = server;
    c->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (c->timer < 0)
        return -errno;
    c->source = wl_event_loop_add_fd(server->loop, c->timer, WL_EVENT_READABLE, handle_timer, c);
    if (!c->source) {
        close(c->timer);
        return -ENOMEM;
    }
    arm(c, clock_now_ns());
    return 0;
}

void clock_finish(struct clock *c)
{
    if (!c->source)
        return;
    wl_event_source_remove(c->source);
    close(c->timer);
    c->source = NULL;
}
