/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what the card plays and records: titles, the recording, and what to do when a card fails. */
#include "player_engine.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHUNK         960  /* frames at a time: 20 ms */
#define STUCK_MS      2000 /* a card that takes nothing for so long plays nothing */
#define RECORD_FRAMES (PLAYER_RECORD_S * MEDIA_RATE)

static uint64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

const int16_t *engine_what_plays(const struct engine *e, uint32_t *frames)
{
    if (e->s.source == MEDIA_MICROPHONE) {
        *frames = e->recorded_frames;
        return e->recorded;
    }
    *frames = e->s.titles ? e->title[e->s.track].frames : 0;
    return *frames ? e->title[e->s.track].sample : NULL;
}

uint32_t engine_heard(struct engine *e)
{
    const uint32_t delay = sound_delay(&e->sound);

    return e->next > delay ? e->next - delay : 0;
}

void engine_halt(struct engine *e)
{
    if (e->sound.play)
        e->next = engine_heard(e); /* what was written and not heard comes again */
    sound_play_stop(&e->sound);
}

static void fail(struct engine *e, int error)
{
    engine_halt(e);
    sound_record_stop(&e->sound);
    e->s.recording = false;
    sound_lose(&e->sound);
    e->s.card = error == -ENODEV || error == -ENOENT ? MEDIA_NO_CARD : MEDIA_CARD_FAILED;
    snprintf(e->s.problem, sizeof(e->s.problem), "%s%s",
             e->s.card == MEDIA_NO_CARD ? "No sound device" : "Sound device fails: ",
             e->s.card == MEDIA_NO_CARD ? "" : snd_strerror(error));
    e->moved_ms = now_ms();
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

void engine_go_to(struct engine *e, uint32_t frame)
{
    sound_play_stop(&e->sound);
    e->next = frame;
}

void engine_stop_recording(struct engine *e)
{
    sound_record_stop(&e->sound);
    e->s.recording = false;
}

void engine_record(struct engine *e)
{
    int rc;

    if (e->s.recording) { /* and this is what it was */
        engine_stop_recording(e);
        engine_go_to(e, 0);
        e->s.playing = e->recorded_frames > 0;
        return;
    }
    if (e->s.source != MEDIA_MICROPHONE || !e->s.microphone)
        return;
    engine_go_to(e, 0);
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
    engine_go_to(e, 0);
    e->s.playing = false;
}

void engine_play(struct engine *e)
{
    uint32_t frames;
    const int16_t *sample = engine_what_plays(e, &frames);
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
            sample = engine_what_plays(e, &frames);
        }
    }
    if (rc == 0 && e->s.playing && e->next >= frames)
        end_of_it(e);
    else if (rc == 0 && e->s.playing && now_ms() - e->moved_ms > STUCK_MS)
        rc = -ETIMEDOUT;
    if (rc < 0)
        fail(e, rc);
}

void engine_take_recording(struct engine *e)
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
        engine_record(e);
    else if (n < 0 || now_ms() - e->moved_ms > STUCK_MS)
        fail(e, n < 0 ? n : -ETIMEDOUT);
}

void engine_look_for_card(struct engine *e)
{
    if (e->sound.gone)
        fail(e, -ENODEV);
    if (e->sound.card >= 0 || now_ms() - e->moved_ms < ENGINE_LOOK_MS)
        return;
    if (!sound_find(&e->sound)) {
        fail(e, -ENODEV);
        return;
    }
    e->s.card = MEDIA_CARD;
    e->s.problem[0] = 0;
    e->moved_ms = now_ms();
}

void engine_init(struct engine *e)
{
    open_titles(e, e->player->setup.music);
    sound_init(&e->sound, e->player->setup.pcm);
    e->s.playing = e->player->setup.autoplay && e->s.titles;
    fail(e, -ENODEV);
    e->moved_ms = now_ms() - ENGINE_LOOK_MS;
}

void engine_finish(struct engine *e)
{
    engine_halt(e);
    sound_finish(&e->sound);
    for (unsigned i = 0; i < e->s.titles; i++)
        wav_close(&e->title[i]);
    free(e->recorded);
}
