/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the player's thread: orders in, sound to the card, state out. */
#include "player.h"

#include <errno.h>
#include <glob.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "sound.h"
#include "wav.h"

#define CHUNK         960              /* frames at a time: 20 ms */
#define LOOK_MS       1000             /* for a card, while there is none, or after it has failed */
#define BUSY_MS       40               /* position and level are that fresh */
#define STUCK_MS      2000             /* a card that takes nothing for so long plays nothing */
#define NEAR          (3 * MEDIA_RATE) /* "previous" goes to the beginning first, after that */
#define RECORD_FRAMES (PLAYER_RECORD_S * MEDIA_RATE)

struct engine { /* the thread's own */
    struct player *player;
    struct sound sound;
    struct wav title[MEDIA_TITLES];
    struct media_state s;
    uint32_t next;     /* frame of what plays that is written next */
    int16_t *recorded; /* RECORD_FRAMES, when first needed */
    uint32_t recorded_frames;
    uint64_t moved_ms; /* the card took or gave something then */
};

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static const int16_t *what_plays(const struct engine *e, uint32_t *frames)
{
    if (e->s.source == MEDIA_MICROPHONE) {
        *frames = e->recorded_frames;
        return e->recorded;
    }
    *frames = e->s.titles ? e->title[e->s.track].frames : 0;
    return *frames ? e->title[e->s.track].sample : NULL;
}

/* Where the ear is. */
static uint32_t heard(struct engine *e)
{
    const uint32_t delay = sound_delay(&e->sound);

    return e->next > delay ? e->next - delay : 0;
}

static void halt(struct engine *e)
{
    if (e->sound.play)
        e->next = heard(e); /* what was written and not heard comes again */
    sound_play_stop(&e->sound);
}

static void fail(struct engine *e, int error)
{
    halt(e);
    sound_record_stop(&e->sound);
    e->s.recording = false;
    sound_lose(&e->sound);
    e->s.card = error == -ENODEV || error == -ENOENT ? MEDIA_NO_CARD : MEDIA_CARD_FAILED;
    snprintf(e->s.problem, sizeof(e->s.problem), "%s%s",
             e->s.card == MEDIA_NO_CARD ? "No sound device" : "Sound device fails: ",
             e->s.card == MEDIA_NO_CARD ? "" : snd_strerror(error));
    e->moved_ms = now_ms();
}

/* ---- orders */

static void go_to(struct engine *e, uint32_t frame)
{
    sound_play_stop(&e->sound);
    e->next = frame;
}

static void skip(struct engine *e, int by)
{
    if (e->s.source == MEDIA_MICROPHONE || !e->s.titles)
        return;
    if (by == -1 && heard(e) > NEAR)
        by = 0;
    go_to(e, 0);
    e->s.track = (unsigned)((int)(e->s.track + e->s.titles) + by % (int)e->s.titles) % e->s.titles;
}

static void stop_recording(struct engine *e)
{
    sound_record_stop(&e->sound);
    e->s.recording = false;
}

static void choose(struct engine *e, int what)
{
    if (what < 0 || what > (int)e->s.titles)
        return;
    stop_recording(e);
    go_to(e, 0);
    if (what == (int)e->s.titles) {
        e->s.source = MEDIA_MICROPHONE;
        e->s.playing = false;
        return;
    }
    e->s.source = MEDIA_TITLE;
    e->s.track = (unsigned)what;
    e->s.playing = true;
}

static void record(struct engine *e)
{
    int rc;

    if (e->s.recording) { /* and this is what it was */
        stop_recording(e);
        go_to(e, 0);
        e->s.playing = e->recorded_frames > 0;
        return;
    }
    if (e->s.source != MEDIA_MICROPHONE || !e->s.microphone)
        return;
    go_to(e, 0);
    e->s.playing = false;
    if (!e->recorded)
        e->recorded = malloc((size_t)RECORD_FRAMES * 4);
    rc = e->recorded ? sound_record_start(&e->sound) : -ENOMEM;
    e->recorded_frames = 0;
    e->moved_ms = now_ms();
    if (rc < 0)
        fail(e, rc);
    else
        e->s.recording = true;
}

static void obey(struct engine *e, struct media_order o)
{
    uint32_t frames = 0;

    switch (o.kind) {
    case MEDIA_TOGGLE:
        if (e->s.recording)
            record(e);
        else
            e->s.playing = !e->s.playing;
        if (!e->s.playing)
            halt(e);
        break;
    case MEDIA_SKIP:
        skip(e, o.value);
        break;
    case MEDIA_CHOOSE:
        choose(e, o.value);
        break;
    case MEDIA_SEEK:
        (void)what_plays(e, &frames);
        if (!e->s.recording && o.value >= 0 && o.value <= 1000)
            go_to(e, (uint32_t)((uint64_t)frames * (unsigned)o.value / 1000));
        break;
    case MEDIA_VOLUME:
        sound_set_volume(&e->sound, o.value);
        break;
    case MEDIA_MUTE:
        sound_set_muted(&e->sound, !e->s.muted);
        break;
    case MEDIA_RECORD:
        record(e);
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

/* ---- sound */

/* A title is followed by the next without a gap, the last by the first; a recording ends. */
static void end_of_it(struct engine *e)
{
    if (e->s.source == MEDIA_TITLE) {
        e->next = 0;
        e->s.track = (e->s.track + 1) % e->s.titles;
        return;
    }
    sound_play_last(&e->sound);
    if (sound_delay(&e->sound) > 0)
        return; /* the rest is still on its way */
    go_to(e, 0);
    e->s.playing = false;
}

static void play(struct engine *e)
{
    uint32_t frames;
    const int16_t *sample = what_plays(e, &frames);
    int rc = sample ? sound_play_start(&e->sound) : 0, n;

    if (!sample)
        e->s.playing = false;
    for (int i = 0; rc == 0 && e->s.playing && i < 16; i++) {
        uint32_t some = frames - e->next;

        if (some > CHUNK)
            some = CHUNK;
        n = some ? sound_write(&e->sound, sample + (size_t)e->next * 2, some) : 0;
        if (n < 0)
            rc = n;
        if (n <= 0)
            break;
        e->moved_ms = now_ms();
        e->next += (uint32_t)n;
        if (e->next == frames && e->s.source == MEDIA_TITLE) {
            end_of_it(e);
            sample = what_plays(e, &frames);
        }
    }
    if (rc == 0 && e->s.playing && e->next >= frames)
        end_of_it(e);
    else if (rc == 0 && e->s.playing && now_ms() - e->moved_ms > STUCK_MS)
        rc = -ETIMEDOUT;
    if (rc < 0)
        fail(e, rc);
}

static void take_recording(struct engine *e)
{
    int n = 1;

    while (n > 0 && e->recorded_frames < RECORD_FRAMES) {
        const uint32_t left = RECORD_FRAMES - e->recorded_frames;

        n = sound_read(&e->sound, e->recorded + (size_t)e->recorded_frames * 2,
                       left < CHUNK ? left : CHUNK);
        if (n > 0) {
            e->recorded_frames += (uint32_t)n;
            e->moved_ms = now_ms();
        }
    }
    if (e->recorded_frames == RECORD_FRAMES)
        record(e);
    else if (n < 0 || now_ms() - e->moved_ms > STUCK_MS)
        fail(e, n < 0 ? n : -ETIMEDOUT);
}

static void look_for_card(struct engine *e)
{
    if (e->sound.gone)
        fail(e, -ENODEV);
    if (e->sound.card >= 0 || now_ms() - e->moved_ms < LOOK_MS)
        return;
    if (!sound_find(&e->sound)) {
        fail(e, -ENODEV);
        return;
    }
    e->s.card = MEDIA_CARD;
    e->s.problem[0] = 0;
    e->moved_ms = now_ms();
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
    uint32_t frames, at = s->recording ? e->recorded_frames : heard(e);
    const int16_t *sample = what_plays(e, &frames);

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

    (void)!poll(fds, n + 1, busy ? BUSY_MS : LOOK_MS);
    (void)!read(e->player->wake, &orders, sizeof(orders));
    for (unsigned i = 1; i <= n; i++) /* nothing to wait for there: not at once again */
        if (fds[i].revents & (POLLERR | POLLHUP | POLLNVAL)) {
            poll(NULL, 0, BUSY_MS / 2);
            break;
        }
}

static void open_titles(struct engine *e, const char *folder)
{
    char pattern[256];
    glob_t found;

    snprintf(pattern, sizeof(pattern), "%s/*.wav", folder);
    if (glob(pattern, 0, NULL, &found) != 0)
        return;
    for (size_t i = 0; i < found.gl_pathc && e->s.titles < MEDIA_TITLES; i++) {
        const int rc = wav_open(&e->title[e->s.titles], found.gl_pathv[i]);

        if (rc < 0)
            fprintf(stderr, "ivi: %s: %s\n", found.gl_pathv[i],
                    rc == -EINVAL ? "not 48 kHz, stereo, 16 bits" : strerror(-rc));
        else
            e->s.title[e->s.titles] = e->title[e->s.titles].about;
        e->s.titles += rc == 0;
    }
    globfree(&found);
}

static void *run(void *data)
{
    struct engine e = {.player = data};

    open_titles(&e, e.player->setup.music);
    sound_init(&e.sound, e.player->setup.pcm);
    e.s.playing = e.player->setup.autoplay && e.s.titles;
    fail(&e, -ENODEV);
    e.moved_ms = now_ms() - LOOK_MS;
    while (take_orders(&e)) {
        look_for_card(&e);
        if (e.s.recording)
            take_recording(&e);
        else if (e.s.playing && e.s.card == MEDIA_CARD)
            play(&e);
        publish(&e);
        rest(&e);
    }
    halt(&e);
    sound_finish(&e.sound);
    for (unsigned i = 0; i < e.s.titles; i++)
        wav_close(&e.title[i]);
    free(e.recorded);
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
