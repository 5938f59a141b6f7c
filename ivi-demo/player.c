/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the player's thread: orders in, turns of the engine, state out. */
#include "player.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "player_engine.h"

#define BUSY_MS 40               /* position and level are that fresh */
#define NEAR    (3 * MEDIA_RATE) /* "previous" goes to the beginning first, after that */

/* ---- orders */

static void skip(struct engine *e, int by)
{
    if (e->s.source == MEDIA_MICROPHONE || !e->s.titles)
        return;
    if (by == -1 && engine_heard(e) > NEAR)
        by = 0;
    engine_go_to(e, 0);
    e->s.track = (unsigned)((int)(e->s.track + e->s.titles) + by % (int)e->s.titles) % e->s.titles;
}

static void choose(struct engine *e, int what)
{
    if (what < 0 || what > (int)e->s.titles)
        return;
    engine_stop_recording(e);
    engine_go_to(e, 0);
    if (what == (int)e->s.titles) {
        e->s.source = MEDIA_MICROPHONE;
        e->s.playing = false;
        return;
    }
    e->s.source = MEDIA_TITLE;
    e->s.track = (unsigned)what;
    e->s.playing = true;
}

static void obey(struct engine *e, struct media_order o)
{
    uint32_t frames = 0;

    switch (o.kind) {
    case MEDIA_TOGGLE:
        if (e->s.recording)
            engine_record(e);
        else
            e->s.playing = !e->s.playing;
        if (!e->s.playing)
            engine_halt(e);
        break;
    case MEDIA_SKIP:
        skip(e, o.value);
        break;
    case MEDIA_CHOOSE:
        choose(e, o.value);
        break;
    case MEDIA_SEEK:
        (void)engine_what_plays(e, &frames);
        if (!e->s.recording && o.value >= 0 && o.value <= 1000)
            engine_go_to(e, (uint32_t)((uint64_t)frames * (unsigned)o.value / 1000));
        break;
    case MEDIA_VOLUME:
        sound_set_volume(&e->sound, o.value);
        break;
    case MEDIA_MUTE:
        sound_set_muted(&e->sound, !e->s.muted);
        break;
    case MEDIA_RECORD:
        engine_record(e);
        break;
    }
}

static bool take_orders(struct engine *e)
{
    struct player *p = e->player;
    struct media_order order[PLAYER_ORDERS];
    unsigned n;
    bool stop;

    pthread_mutex_lock(&p->lock);
    n = p->orders;
    memcpy(order, p->order, n * sizeof(order[0]));
    p->orders = 0;
    stop = p->stop;
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < n; i++)
        obey(e, order[i]);
    return !stop;
}

/* ---- state */

static double loudness(const int16_t *sample, uint32_t at, uint32_t frames)
{
    double sum = 0;
    uint32_t n = 0;

    for (; n < 800 && at + n < frames; n++)
        sum += (double)sample[2 * (at + n)] * sample[2 * (at + n)];
    return n ? fmin(1, 3 * sqrt(sum / n) / 32768) : 0;
}

static void publish(struct engine *e)
{
    struct media_state *s = &e->s;
    uint32_t frames, at = s->recording ? e->recorded_frames : engine_heard(e);
    const int16_t *sample = engine_what_plays(e, &frames);

    s->microphone = e->sound.record_device >= 0;
    s->has_volume = sound_volume(&e->sound, &s->volume, &s->muted);
    s->at = (double)at / MEDIA_RATE;
    s->seconds = s->recording ? PLAYER_RECORD_S : (double)frames / MEDIA_RATE;
    s->level = 0;
    if (s->recording)
        s->level = loudness(e->recorded, at > 800 ? at - 800 : 0, at);
    else if (s->playing && sample && s->card == MEDIA_CARD)
        s->level = loudness(sample, at, frames);
    pthread_mutex_lock(&e->player->lock);
    e->player->state = *s;
    pthread_mutex_unlock(&e->player->lock);
}

static void rest(struct engine *e)
{
    struct pollfd fds[SOUND_POLLS + 1] = {{e->player->wake, POLLIN, 0}};
    const unsigned n = sound_polls(&e->sound, fds + 1);
    const bool busy = (e->s.playing || e->s.recording) && e->s.card == MEDIA_CARD;
    uint64_t orders;

    (void)!poll(fds, n + 1, busy ? BUSY_MS : ENGINE_LOOK_MS);
    (void)!read(e->player->wake, &orders, sizeof(orders));
    for (unsigned i = 1; i <= n; i++) /* nothing to wait for there: not at once again */
        if (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL)) {
            poll(NULL, 0, BUSY_MS / 2);
            break;
        }
}

static void *run(void *data)
{
    struct engine e = {.player = data};

    engine_init(&e);
    while (take_orders(&e)) {
        engine_look_for_card(&e);
        if (e.s.recording)
            engine_take_recording(&e);
        else if (e.s.playing && e.s.card == MEDIA_CARD)
            engine_play(&e);
        publish(&e);
        rest(&e);
    }
    engine_finish(&e);
    return NULL;
}

/* ---- the other side */

int player_start(struct player *p, const struct player_setup *setup)
{
    int rc;

    memset(p, 0, sizeof(*p));
    p->setup = *setup;
    snprintf(p->state.problem, sizeof(p->state.problem), "No sound device");
    pthread_mutex_init(&p->lock, NULL);
    p->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (p->wake < 0)
        return -errno;
    rc = -pthread_create(&p->thread, NULL, run, p);
    if (rc < 0)
        close(p->wake);
    return rc;
}

void player_stop(struct player *p)
{
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_mutex_unlock(&p->lock);
    eventfd_write(p->wake, 1);
    pthread_join(p->thread, NULL);
    close(p->wake);
    pthread_mutex_destroy(&p->lock);
}

void player_read(struct player *p, struct media_state *state)
{
    pthread_mutex_lock(&p->lock);
    *state = p->state;
    pthread_mutex_unlock(&p->lock);
}

void player_order(void *player, struct media_order order)
{
    struct player *p = player;

    pthread_mutex_lock(&p->lock);
    if (p->orders < PLAYER_ORDERS)
        p->order[p->orders++] = order;
    pthread_mutex_unlock(&p->lock);
    eventfd_write(p->wake, 1);
}
