/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the sound card: finding it, streams, volume. */
#include "sound.h"

#include <errno.h>
#include <string.h>

#include "media.h"

#define BUFFER_US 160000
#define PERIOD_US 20000

/* ALSA's own words on stderr would be a line a second while there is no card. */
static void say_nothing(const char *file, int line, const char *function, int error,
                        const char *format, ...)
{
    (void)file;
    (void)line;
    (void)function;
    (void)error;
    (void)format;
}

void sound_init(struct sound *s, const char *named)
{
    *s = (struct sound){.named = named, .card = -1, .play_device = -1, .record_device = -1};
    snd_lib_error_set_handler(say_nothing);
}

void sound_finish(struct sound *s)
{
    sound_lose(s);
    snd_config_update_free_global();
}

/* The first device of a card that has a stream in that direction; -1: none. */
static int find_device(snd_ctl_t *ctl, snd_pcm_stream_t direction)
{
    snd_pcm_info_t *info;
    int device = -1;

    snd_pcm_info_alloca(&info);
    while (snd_ctl_pcm_next_device(ctl, &device) == 0 && device >= 0) {
        snd_pcm_info_set_device(info, (unsigned)device);
        snd_pcm_info_set_subdevice(info, 0);
        snd_pcm_info_set_stream(info, direction);
        if (snd_ctl_pcm_info(ctl, info) == 0)
            return device;
    }
    return -1;
}

/* Of several volumes the one over all, else that of what is played. */
static void find_volume(struct sound *s)
{
    static const char *const preferred[] = {"Master", "PCM", "Speaker", "Media"};
    size_t best = sizeof(preferred) / sizeof(preferred[0]);

    s->volume = NULL;
    for (snd_mixer_elem_t *e = snd_mixer_first_elem(s->mixer); e; e = snd_mixer_elem_next(e)) {
        size_t rank = 0;

        if (!snd_mixer_selem_has_playback_volume(e))
            continue;
        while (rank < sizeof(preferred) / sizeof(preferred[0]) &&
               strcmp(snd_mixer_selem_get_name(e), preferred[rank]) != 0)
            rank++;
        if (!s->volume || rank < best) {
            s->volume = e;
            best = rank;
        }
    }
}

static void open_mixer(struct sound *s)
{
    snprintf(s->text, sizeof(s->text), "hw:%d", s->card);
    if (snd_mixer_open(&s->mixer, 0) < 0) {
        s->mixer = NULL;
        return;
    }
    if (snd_mixer_attach(s->mixer, s->text) < 0 ||
        snd_mixer_selem_register(s->mixer, NULL, NULL) < 0 || snd_mixer_load(s->mixer) < 0) {
        snd_mixer_close(s->mixer);
        s->mixer = NULL;
        return;
    }
    find_volume(s);
}

bool sound_find(struct sound *s)
{
    snd_ctl_t *ctl;
    int card = -1;

    if (s->card >= 0)
        return true;
    if (s->named) {
        s->card = s->play_device = s->record_device = 0;
        return true;
    }
    while (s->card < 0 && snd_card_next(&card) == 0 && card >= 0) {
        snprintf(s->text, sizeof(s->text), "hw:%d", card);
        if (snd_ctl_open(&ctl, s->text, 0) < 0)
            continue;
        s->play_device = find_device(ctl, SND_PCM_STREAM_PLAYBACK);
        s->record_device = find_device(ctl, SND_PCM_STREAM_CAPTURE);
        snd_ctl_close(ctl);
        if (s->play_device >= 0)
            s->card = card;
    }
    if (s->card >= 0)
        open_mixer(s);
    return s->card >= 0;
}

static void close_stream(snd_pcm_t **stream)
{
    if (*stream)
        snd_pcm_close(*stream);
    *stream = NULL;
}

void sound_lose(struct sound *s)
{
    close_stream(&s->play);
    close_stream(&s->record);
    if (s->mixer)
        snd_mixer_close(s->mixer);
    s->mixer = NULL;
    s->volume = NULL;
    s->gone = false;
    s->card = s->play_device = s->record_device = -1;
}

static int set_up(snd_pcm_t *p, bool plays)
{
    unsigned buffer = BUFFER_US, period = PERIOD_US;
    snd_pcm_uframes_t buffer_frames, period_frames;
    snd_pcm_hw_params_t *hw;
    snd_pcm_sw_params_t *sw;
    int rc;

    snd_pcm_hw_params_alloca(&hw);
    snd_pcm_sw_params_alloca(&sw);
    rc = snd_pcm_hw_params_any(p, hw);
    if (rc >= 0)
        rc = snd_pcm_hw_params_set_access(p, hw, SND_PCM_ACCESS_RW_INTERLEAVED);
    if (rc >= 0)
        rc = snd_pcm_hw_params_set_format(p, hw, SND_PCM_FORMAT_S16_LE);
    if (rc >= 0)
        rc = snd_pcm_hw_params_set_channels(p, hw, 2);
    if (rc >= 0)
        rc = snd_pcm_hw_params_set_rate(p, hw, MEDIA_RATE, 0);
    if (rc >= 0)
        rc = snd_pcm_hw_params_set_period_time_near(p, hw, &period, NULL);
    if (rc >= 0)
        rc = snd_pcm_hw_params_set_buffer_time_near(p, hw, &buffer, NULL);
    if (rc >= 0)
        rc = snd_pcm_hw_params(p, hw);
    if (rc >= 0)
        rc = snd_pcm_get_params(p, &buffer_frames, &period_frames);
    if (rc >= 0)
        rc = snd_pcm_sw_params_current(p, sw);
    if (rc >= 0 && plays) /* it starts when the buffer is full but for one period */
        rc = snd_pcm_sw_params_set_start_threshold(p, sw, buffer_frames - period_frames);
    if (rc >= 0)
        rc = snd_pcm_sw_params_set_avail_min(p, sw, period_frames);
    return rc < 0 ? rc : snd_pcm_sw_params(p, sw);
}

static int open_stream(struct sound *s, snd_pcm_t **stream, snd_pcm_stream_t direction, int device)
{
    int rc;

    if (s->card < 0 || device < 0)
        return -ENODEV;
    snprintf(s->text, sizeof(s->text), "plughw:%d,%d", s->card, device);
    rc = snd_pcm_open(stream, s->named ? s->named : s->text, direction, SND_PCM_NONBLOCK);
    if (rc < 0) {
        *stream = NULL;
        return rc;
    }
    rc = set_up(*stream, direction == SND_PCM_STREAM_PLAYBACK);
    if (rc < 0)
        close_stream(stream);
    return rc;
}

int sound_play_start(struct sound *s)
{
    return s->play ? 0 : open_stream(s, &s->play, SND_PCM_STREAM_PLAYBACK, s->play_device);
}

int sound_record_start(struct sound *s)
{
    int rc = s->record ? 0 : open_stream(s, &s->record, SND_PCM_STREAM_CAPTURE, s->record_device);

    if (rc == 0)
        rc = snd_pcm_start(s->record);
    if (rc < 0)
        close_stream(&s->record);
    return rc;
}

void sound_play_stop(struct sound *s)
{
    if (s->play)
        snd_pcm_drop(s->play);
    close_stream(&s->play);
}

void sound_record_stop(struct sound *s)
{
    if (s->record)
        snd_pcm_drop(s->record);
    close_stream(&s->record);
}

/* What a transfer said: frames, 0 where there is nothing to do now. */
static int recovered(snd_pcm_t *p, snd_pcm_sframes_t n)
{
    int rc;

    if (n == -EAGAIN)
        return 0;
    if (n == -EPIPE || n == -ESTRPIPE || n == -EINTR) {
        rc = snd_pcm_recover(p, (int)n, 1);
        if (rc == 0 && snd_pcm_stream(p) == SND_PCM_STREAM_CAPTURE)
            rc = snd_pcm_start(p);
        return rc;
    }
    return n == -EBADFD ? -ENODEV : (int)n;
}

int sound_write(struct sound *s, const int16_t *frame, uint32_t frames)
{
    return s->play ? recovered(s->play, snd_pcm_writei(s->play, frame, frames)) : -ENODEV;
}

int sound_read(struct sound *s, int16_t *frame, uint32_t frames)
{
    return s->record ? recovered(s->record, snd_pcm_readi(s->record, frame, frames)) : -ENODEV;
}

uint32_t sound_delay(struct sound *s)
{
    snd_pcm_sframes_t delay = 0;

    return s->play && snd_pcm_delay(s->play, &delay) == 0 && delay > 0 ? (uint32_t)delay : 0;
}

void sound_play_last(struct sound *s)
{
    if (s->play && snd_pcm_state(s->play) == SND_PCM_STATE_PREPARED)
        snd_pcm_start(s->play);
}

/* Takes what the mixer has to tell, without waiting: its elements may come and go. */
static void hear_mixer(struct sound *s)
{
    struct pollfd fds[8];
    int n = s->mixer ? snd_mixer_poll_descriptors(s->mixer, fds, 8) : 0, events;

    if (n <= 0 || poll(fds, (nfds_t)(n < 8 ? n : 8), 0) <= 0)
        return;
    events = snd_mixer_handle_events(s->mixer);
    s->gone = events < 0;
    if (events > 0)
        find_volume(s);
    else if (events < 0)
        s->volume = NULL;
}

bool sound_volume(struct sound *s, int *percent, bool *muted)
{
    long low = 0, high = 0, value = 0;
    int on = 1;

    hear_mixer(s);
    if (!s->volume || snd_mixer_selem_get_playback_volume_range(s->volume, &low, &high) < 0 ||
        high <= low ||
        snd_mixer_selem_get_playback_volume(s->volume, SND_MIXER_SCHN_FRONT_LEFT, &value) < 0)
        return false;
    if (snd_mixer_selem_has_playback_switch(s->volume))
        snd_mixer_selem_get_playback_switch(s->volume, SND_MIXER_SCHN_FRONT_LEFT, &on);
    *percent = (int)(((value - low) * 100 + (high - low) / 2) / (high - low));
    *muted = !on;
    return true;
}

void sound_set_volume(struct sound *s, int percent)
{
    long low, high;

    percent = percent < 0 ? 0 : percent > 100 ? 100 : percent;
    if (s->volume && snd_mixer_selem_get_playback_volume_range(s->volume, &low, &high) == 0)
        snd_mixer_selem_set_playback_volume_all(s->volume,
                                                low + ((high - low) * percent + 50) / 100);
}

void sound_set_muted(struct sound *s, bool muted)
{
    if (s->volume && snd_mixer_selem_has_playback_switch(s->volume))
        snd_mixer_selem_set_playback_switch_all(s->volume, !muted);
}

unsigned sound_polls(struct sound *s, struct pollfd fds[SOUND_POLLS])
{
    snd_pcm_t *const stream[] = {s->play, s->record};
    unsigned n = 0;

    for (size_t i = 0; i < 2; i++) {
        int more = stream[i] ? snd_pcm_poll_descriptors(stream[i], fds + n, SOUND_POLLS - n) : 0;

        n += more > 0 ? (unsigned)more : 0;
    }
    if (s->mixer) {
        int more = snd_mixer_poll_descriptors(s->mixer, fds + n, SOUND_POLLS - n);

        n += more > 0 ? (unsigned)more : 0;
    }
    return n;
}
