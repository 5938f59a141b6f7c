/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a guest's user space sees of its sound card, by ALSA's library: devices, maps, jacks,
 * elements; and whether what it plays on stream 0 comes back by capture as it was, in every format,
 * number of channels and rate (the back end loops it back). One line a fact, "audio: ...".
 */
#include <alsa/asoundlib.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CARD "hw:0"

static int failures;

static void check(bool so, const char *what)
{
    if (so)
        return;
    failures++;
    printf("audio: FAILED: %s\n", what);
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- what there is */
static void list_devices(snd_ctl_t *ctl)
{
    snd_pcm_info_t *info;
    int device = -1;

    snd_pcm_info_alloca(&info);
    while (snd_ctl_pcm_next_device(ctl, &device) == 0 && device >= 0) {
        for (int way = 0; way < 2; way++) {
            snd_pcm_chmap_query_t **maps;
            int n = 0;

            snd_pcm_info_set_device(info, (unsigned)device);
            snd_pcm_info_set_stream(info, (snd_pcm_stream_t)way);
            if (snd_ctl_pcm_info(ctl, info) < 0)
                continue;
            maps = snd_pcm_query_chmaps_from_hw(0, device, 0, (snd_pcm_stream_t)way);
            for (; maps && maps[n]; n++)
                check(maps[n]->map.channels == (unsigned)n + 1, "a channel map's channels");
            if (maps)
                snd_pcm_free_chmaps(maps);
            printf("audio: device %d %s, %d maps\n", device, way ? "capture" : "playback", n);
        }
    }
}

static bool get_event(snd_ctl_t *ctl, const char *name)
{
    snd_ctl_event_t *e;

    snd_ctl_event_alloca(&e);
    while (snd_ctl_wait(ctl, 2000) > 0)
        if (snd_ctl_read(ctl, e) > 0 && !strcmp(snd_ctl_event_elem_get_name(e), name))
            return true;
    return false;
}

/* Writes `number` to member 0 of the element, reads it back, and waits for its event. */
static void use_element(snd_ctl_t *ctl, snd_ctl_elem_id_t *id, long number)
{
    const char *name = snd_ctl_elem_id_get_name(id);
    snd_ctl_elem_info_t *info;
    snd_ctl_elem_value_t *v;
    snd_ctl_elem_type_t type;
    unsigned tlv[64];
    long low = 0, high = 0, got;

    snd_ctl_elem_info_alloca(&info);
    snd_ctl_elem_value_alloca(&v);
    snd_ctl_elem_info_set_id(info, id);
    check(snd_ctl_elem_info(ctl, info) == 0, "an element's information");
    type = snd_ctl_elem_info_get_type(info);
    snd_ctl_elem_value_set_id(v, id);
    check(snd_ctl_elem_read(ctl, v) == 0, "an element is read");
    if (type == SND_CTL_ELEM_TYPE_ENUMERATED)
        snd_ctl_elem_value_set_enumerated(v, 0, (unsigned)number);
    else
        snd_ctl_elem_value_set_integer(v, 0, number);
    check(snd_ctl_elem_write(ctl, v) >= 0, "an element is written");
    check(get_event(ctl, name), "an element's event");
    check(snd_ctl_elem_read(ctl, v) == 0, "an element is read again");
    got = type == SND_CTL_ELEM_TYPE_ENUMERATED ? (long)snd_ctl_elem_value_get_enumerated(v, 0)
                                               : snd_ctl_elem_value_get_integer(v, 0);
    check(got == number, "an element keeps what is written");
    if (snd_ctl_elem_info_is_tlv_readable(info)) {
        check(snd_ctl_elem_tlv_read(ctl, id, tlv, sizeof(tlv)) == 0, "a scale is read");
        check(snd_tlv_get_dB_range(tlv, 0, 120, &low, &high) == 0, "a scale makes sense");
    }
    printf("audio: element %s is %ld, scale %ld to %ld\n", name, got, low, high);
}

static void list_elements(snd_ctl_t *ctl)
{
    static const struct {
        const char *name;
        long number;
    } ours[] = {
        {"Master Playback Volume", 77}, {"Master Playback Switch", 0}, {"Capture Source", 1}};
    snd_ctl_elem_id_t *id;

    snd_ctl_elem_id_alloca(&id);
    check(snd_ctl_subscribe_events(ctl, 1) == 0, "events");
    for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
        snd_ctl_elem_id_clear(id);
        snd_ctl_elem_id_set_interface(id, SND_CTL_ELEM_IFACE_MIXER);
        snd_ctl_elem_id_set_name(id, ours[i].name);
        use_element(ctl, id, ours[i].number);
    }
}

static void list_jacks(snd_ctl_t *ctl)
{
    static const char *const names[] = {"Speaker Jack", "Mic Jack"};
    snd_ctl_elem_value_t *v;

    snd_ctl_elem_value_alloca(&v);
    for (size_t i = 0; i < 2; i++) {
        snd_ctl_elem_value_clear(v);
        snd_ctl_elem_value_set_interface(v, SND_CTL_ELEM_IFACE_CARD);
        snd_ctl_elem_value_set_name(v, names[i]);
        if (snd_ctl_elem_read(ctl, v) == 0)
            printf("audio: %s %s\n", names[i],
                   snd_ctl_elem_value_get_boolean(v, 0) ? "connected" : "not connected");
        else
            check(false, names[i]);
    }
}

/* ---- sound */
struct way {
    snd_pcm_t *pcm;
    snd_pcm_format_t format;
    unsigned channels, rate;
    size_t frame, period;
    uint8_t *bytes;
    size_t frames, done;
    unsigned xruns;
    unsigned periods; /* of 10 ms, in the buffer; 0: six of 20 ms */
};

static int set_up(struct way *w, const char *name, snd_pcm_stream_t stream)
{
    snd_pcm_uframes_t period = w->periods ? w->rate / 100 : w->rate / 50;
    snd_pcm_uframes_t buffer = period * (w->periods ? w->periods : 6);
    snd_pcm_hw_params_t *hw;
    snd_pcm_sw_params_t *sw;
    int rc;

    snd_pcm_hw_params_alloca(&hw);
    snd_pcm_sw_params_alloca(&sw);
    if ((rc = snd_pcm_open(&w->pcm, name, stream, 0)) < 0)
        return rc;
    if ((rc = snd_pcm_hw_params_any(w->pcm, hw)) < 0 ||
        (rc = snd_pcm_hw_params_set_access(w->pcm, hw, SND_PCM_ACCESS_RW_INTERLEAVED)) < 0 ||
        (rc = snd_pcm_hw_params_set_format(w->pcm, hw, w->format)) < 0 ||
        (rc = snd_pcm_hw_params_set_channels(w->pcm, hw, w->channels)) < 0 ||
        (rc = snd_pcm_hw_params_set_rate(w->pcm, hw, w->rate, 0)) < 0 ||
        (rc = snd_pcm_hw_params_set_period_size_near(w->pcm, hw, &period, NULL)) < 0 ||
        (rc = snd_pcm_hw_params_set_buffer_size_near(w->pcm, hw, &buffer)) < 0 ||
        (rc = snd_pcm_hw_params(w->pcm, hw)) < 0 ||
        (rc = snd_pcm_sw_params_current(w->pcm, sw)) < 0 ||
        (rc = snd_pcm_sw_params_set_start_threshold(w->pcm, sw, buffer)) < 0 ||
        (rc = snd_pcm_sw_params(w->pcm, sw)) < 0)
        return rc;
    w->period = period;
    w->frame = (size_t)snd_pcm_format_physical_width(w->format) / 8 * w->channels;
    return 0;
}

static void *record(void *data)
{
    struct way *w = data;

    while (w->done < w->frames) {
        const size_t some = w->frames - w->done < 512 ? w->frames - w->done : 512;
        const snd_pcm_sframes_t n = snd_pcm_readi(w->pcm, w->bytes + w->done * w->frame, some);

        if (n > 0) {
            w->done += (size_t)n;
            continue;
        }
        w->xruns++;
        if (w->xruns > 20 || snd_pcm_recover(w->pcm, (int)n, 1) < 0 || snd_pcm_start(w->pcm) < 0)
            break;
    }
    return NULL;
}

static void play(struct way *w)
{
    while (w->done < w->frames) {
        const snd_pcm_sframes_t n =
            snd_pcm_writei(w->pcm, w->bytes + w->done * w->frame, w->frames - w->done);

        if (n > 0) {
            w->done += (size_t)n;
            continue;
        }
        w->xruns++;
        if (w->xruns > 20 || snd_pcm_recover(w->pcm, (int)n, 1) < 0)
            break;
    }
}

/* Every frame is like no other near it, and unlike silence. */
static void number_frames(struct way *w)
{
    for (size_t i = 0; i < w->frames; i++)
        for (size_t b = 0; b < w->frame; b++)
            w->bytes[i * w->frame + b] =
                (uint8_t)(((i * 2654435761u + b * 40503u) >> (7 + b % 3)) | 1u);
}

/* How many frames of `sent` are in `heard`, in one piece. */
static size_t in_one_piece(const struct way *sent, const struct way *heard)
{
    const size_t frame = sent->frame, mark = 16;

    for (size_t at = 0; at + mark < heard->done; at++) {
        size_t n = 0;

        if (memcmp(heard->bytes + at * frame, sent->bytes, mark * frame))
            continue;
        while (n < sent->frames && at + n < heard->done &&
               !memcmp(heard->bytes + (at + n) * frame, sent->bytes + n * frame, frame))
            n++;
        return n;
    }
    return 0;
}

static void loop_back(snd_pcm_format_t format, unsigned channels, unsigned rate)
{
    struct way out = {.format = format, .channels = channels, .rate = rate, .frames = 0};
    struct way in = {.format = format, .channels = channels, .rate = rate, .frames = rate * 3 / 4};
    pthread_t thread;
    size_t n = 0;
    int rc;

    rc = set_up(&in, CARD ",0", SND_PCM_STREAM_CAPTURE);
    if (rc == 0)
        rc = set_up(&out, CARD ",0", SND_PCM_STREAM_PLAYBACK);
    if (rc < 0) {
        printf("audio: %s\n", snd_strerror(rc));
        check(false, "a stream is opened");
        return;
    }
    /* Linux's driver sends whole periods: what is left at the end would never be heard */
    out.frames = 12 * out.period;
    out.bytes = calloc(out.frames, out.frame);
    in.bytes = calloc(in.frames, in.frame);
    number_frames(&out);
    if (snd_pcm_start(in.pcm) == 0 && pthread_create(&thread, NULL, record, &in) == 0) {
        play(&out);
        check(snd_pcm_drain(out.pcm) == 0, "playback drains");
        pthread_join(thread, NULL);
        n = in_one_piece(&out, &in);
    }
    printf("audio: loop %s %u channels %u Hz: %zu of %zu frames, xruns %u %u\n",
           snd_pcm_format_name(format), channels, rate, n, out.frames, out.xruns, in.xruns);
    check(n == out.frames, "what was played is heard");
    snd_pcm_close(out.pcm);
    snd_pcm_close(in.pcm);
    free(out.bytes);
    free(in.bytes);
}

/* It plays for as long as it is, can be paused, and says what is still to be heard. */
static void time_it(void)
{
    struct way w = {.format = SND_PCM_FORMAT_S16_LE, .channels = 2, .rate = 48000, .frames = 48000};
    snd_pcm_sframes_t delay = -1;
    double start, took;

    check(set_up(&w, CARD ",1", SND_PCM_STREAM_PLAYBACK) == 0, "device 1 is opened");
    w.bytes = calloc(w.frames, w.frame);
    start = seconds();
    play(&w);
    check(snd_pcm_delay(w.pcm, &delay) == 0, "a delay");
    check(snd_pcm_pause(w.pcm, 1) == 0, "a pause");
    (void)nanosleep(&(struct timespec){0, 300000000}, NULL);
    check(snd_pcm_pause(w.pcm, 0) == 0, "the end of a pause");
    check(snd_pcm_drain(w.pcm) == 0, "a drain");
    took = seconds() - start;
    printf(
        "audio: a second with 0.3 s of pause took %.2f s, delay before it %ld frames, xruns %u\n",
        took, (long)delay, w.xruns);
    check(delay > 0 && delay <= 6 * 960 + 1024, "the delay is what the buffer holds");
    check(took > 1.25 && took < 3, "time goes on as it should");
    snd_pcm_close(w.pcm);
    free(w.bytes);
}

/* Ten seconds of playing and recording without a pause, whatever becomes of the back end: what ALSA
 * says of it. A stream that stands still is an error after ALSA's ten seconds. */
static void go_on(void)
{
    struct way out = {
        .format = SND_PCM_FORMAT_S16_LE, .channels = 2, .rate = 48000, .frames = 480000};
    struct way in = out;
    pthread_t thread;
    double start;

    check(set_up(&in, CARD ",0", SND_PCM_STREAM_CAPTURE) == 0 &&
              set_up(&out, CARD ",0", SND_PCM_STREAM_PLAYBACK) == 0,
          "streams are opened");
    out.bytes = calloc(out.frames, out.frame);
    in.bytes = calloc(in.frames, in.frame);
    number_frames(&out);
    printf("audio: plays\n");
    start = seconds();
    check(snd_pcm_start(in.pcm) == 0 && pthread_create(&thread, NULL, record, &in) == 0, "a start");
    play(&out);
    pthread_join(thread, NULL);
    printf("audio: went on for %.1f s: %zu and %zu frames, xruns %u %u\n", seconds() - start,
           out.done, in.done, out.xruns, in.xruns);
    check(out.done == out.frames && in.done == in.frames, "everything is played and recorded");
    snd_pcm_close(out.pcm);
    snd_pcm_close(in.pcm);
    free(out.bytes);
    free(in.bytes);
}

static void *play_one(void *data)
{
    struct way *w = data;

    play(w);
    check(snd_pcm_drain(w->pcm) == 0, "one of many drains");
    return NULL;
}

/* Every playback device at once, each with as many buffers as Linux's driver has at most. */
static void play_all(unsigned devices)
{
    struct way ways[8] = {0};
    pthread_t threads[8];
    size_t done = 0, all = 0;
    unsigned xruns = 0;

    for (unsigned i = 0; i < devices; i++) {
        char name[16];

        ways[i] = (struct way){.format = SND_PCM_FORMAT_S16_LE,
                               .channels = 2,
                               .rate = 48000,
                               .frames = 96000,
                               .periods = 16};
        (void)snprintf(name, sizeof(name), CARD ",%u", i);
        check(set_up(&ways[i], name, SND_PCM_STREAM_PLAYBACK) == 0, "one of many is opened");
        ways[i].bytes = calloc(ways[i].frames, ways[i].frame);
    }
    for (unsigned i = 0; i < devices; i++)
        check(pthread_create(&threads[i], NULL, play_one, &ways[i]) == 0, "a thread");
    for (unsigned i = 0; i < devices; i++) {
        pthread_join(threads[i], NULL);
        done += ways[i].done;
        all += ways[i].frames;
        xruns += ways[i].xruns;
        snd_pcm_close(ways[i].pcm);
        free(ways[i].bytes);
    }
    printf("audio: %u streams at once: %zu of %zu frames, xruns %u\n", devices, done, all, xruns);
    check(done == all, "all of them play");
}

int main(int argc, char **argv)
{
    static const snd_pcm_format_t formats[] = {
        SND_PCM_FORMAT_U8,       SND_PCM_FORMAT_S8,        SND_PCM_FORMAT_MU_LAW,
        SND_PCM_FORMAT_A_LAW,    SND_PCM_FORMAT_S16_LE,    SND_PCM_FORMAT_U16_LE,
        SND_PCM_FORMAT_S24_3LE,  SND_PCM_FORMAT_U24_3LE,   SND_PCM_FORMAT_S24_LE,
        SND_PCM_FORMAT_U24_LE,   SND_PCM_FORMAT_S32_LE,    SND_PCM_FORMAT_U32_LE,
        SND_PCM_FORMAT_FLOAT_LE, SND_PCM_FORMAT_FLOAT64_LE};
    static const unsigned rates[] = {8000, 44100, 96000, 192000};
    snd_ctl_t *ctl;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc > 1 && !strcmp(argv[1], "again")) {
        loop_back(SND_PCM_FORMAT_S16_LE, 2, 48000);
        printf("audio: %d failures\n", failures);
        return failures != 0;
    }
    if (argc > 1 && !strcmp(argv[1], "go-on")) {
        go_on();
        play_all(8);
        printf("audio: %d failures\n", failures);
        return failures != 0;
    }
    if (snd_ctl_open(&ctl, CARD, 0) < 0) {
        printf("audio: FAILED: no card\n");
        return 1;
    }
    list_devices(ctl);
    list_jacks(ctl);
    if (argc <= 1)
        list_elements(ctl);
    snd_ctl_close(ctl);
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
        loop_back(formats[i], 2, 48000);
    for (unsigned channels = 1; channels <= 8; channels++)
        loop_back(SND_PCM_FORMAT_S16_LE, channels, 48000);
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
        loop_back(SND_PCM_FORMAT_S32_LE, 1, rates[i]);
    time_it();
    printf("audio: %d failures\n", failures);
    return failures != 0;
}
