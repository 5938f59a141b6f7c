/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the back end that has nothing but a clock. */
#include "backend/null.h"

#include <errno.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "proto/pcm.h"

#define LEAST_NS 1000000u  /* between two ticks */
#define MOST_NS  50000000u /* while something runs: an underrun is noticed then */
#define FLOW_MS  10u       /* of sound in the way back before it flows */

static uint64_t fifo_level(const struct null *n)
{
    return n->in - n->out;
}

/* Keeps the newest. */
static void fifo_put(struct null *n, const uint8_t *pcm, uint64_t bytes)
{
    for (uint64_t done = 0; done < bytes;) {
        const uint64_t place = n->in % NULL_FIFO;
        const uint64_t left = NULL_FIFO - place;
        const uint64_t part = bytes - done < left ? bytes - done : left;

        memcpy(n->fifo + place, pcm + done, part);
        n->in += part;
        done += part;
    }
    if (fifo_level(n) > NULL_FIFO) {
        const struct link_format *f = &n->stream[0].format;
        const uint64_t frame = f->channels * pcm_sample_bytes(f->format);

        n->out = (n->in - NULL_FIFO + frame - 1) / frame * frame;
    }
}

static void fifo_put_silence(struct null *n, uint64_t bytes, unsigned format)
{
    uint8_t silence[1536]; /* whole samples of any size */

    clock_silence(silence, sizeof(silence), format);
    if (bytes > NULL_FIFO)
        bytes = NULL_FIFO + bytes % sizeof(silence);
    for (uint64_t part; bytes; bytes -= part) {
        part = bytes < sizeof(silence) ? bytes : sizeof(silence);
        fifo_put(n, silence, part);
    }
}

static void fifo_get(struct null *n, uint8_t *pcm, uint64_t bytes)
{
    for (uint64_t done = 0; done < bytes;) {
        const uint64_t place = n->out % NULL_FIFO;
        const uint64_t left = NULL_FIFO - place;
        const uint64_t part = bytes - done < left ? bytes - done : left;

        memcpy(pcm + done, n->fifo + place, part);
        n->out += part;
        done += part;
    }
}

/* Goes through the ring's bytes [from, from + bytes) in pieces that do not wrap. */
static void each_piece(const struct ring *r, uint64_t from, uint64_t bytes, struct null *n,
                       void (*work)(struct null *n, uint8_t *pcm, uint64_t bytes))
{
    while (bytes) {
        const uint64_t place = from % r->bytes, left = r->bytes - place;
        const uint64_t part = bytes < left ? bytes : left;

        work(n, ring_data(r) + place, part);
        from += part;
        bytes -= part;
    }
}

static void play_piece(struct null *n, uint8_t *pcm, uint64_t bytes)
{
    fifo_put(n, pcm, bytes);
}

static void play(struct null *n, unsigned stream, const struct clock_step *step)
{
    const struct null_stream *s = &n->stream[stream];

    if (!n->loopback || stream != 0)
        return;
    each_piece(s->ring, step->from, step->bytes, n, play_piece);
    fifo_put_silence(n, step->missing, s->format.format);
}

static bool same_format(const struct link_format *a, const struct link_format *b)
{
    return a->rate == b->rate && a->format == b->format && a->channels == b->channels;
}

/* Does this stream hear stream 0? One does: the first that can. */
static bool hears(const struct null *n, unsigned stream)
{
    const struct null_stream *source = &n->stream[0];

    if (!n->loopback || n->playback == 0 || !source->open)
        return false;
    for (unsigned i = n->playback; i < LINK_STREAMS; i++)
        if (n->stream[i].running && same_format(&n->stream[i].format, &source->format))
            return i == stream;
    return false;
}

static void hear_piece(struct null *n, uint8_t *pcm, uint64_t bytes)
{
    uint64_t there = n->flows ? fifo_level(n) : 0;

    there = there < bytes ? there : bytes;
    fifo_get(n, pcm, there);
    clock_silence(pcm + there, bytes - there, n->stream[0].format.format);
    if (there < bytes)
        n->flows = false;
}

static void hear(struct null *n, unsigned stream, const struct clock_step *step)
{
    const struct null_stream *s = &n->stream[stream];
    const uint64_t some = (uint64_t)s->clock.frame_bytes * s->clock.rate * FLOW_MS / 1000;

    if (!hears(n, stream)) {
        clock_silence_step(s->ring, step, s->format.format);
        return;
    }
    /* the two clocks began at different times: without something in hand the one would now and
     * then be a frame ahead of the other */
    if (!n->stream[0].running || fifo_level(n) >= step->bytes + some)
        n->flows = true;
    each_piece(s->ring, step->from, step->bytes, n, hear_piece);
}

static void arm(struct null *n, uint64_t now)
{
    uint64_t at = UINT64_MAX;
    struct itimerspec t = {0};

    for (unsigned i = 0; i < LINK_STREAMS; i++) {
        const struct null_stream *s = &n->stream[i];
        const uint64_t when = s->running ? clock_when(&s->clock, s->ring) : UINT64_MAX;

        if (s->running && at > now + MOST_NS)
            at = now + MOST_NS;
        at = at < when ? at : when;
    }
    if (at != UINT64_MAX) {
        at = at < now + LEAST_NS ? now + LEAST_NS : at;
        t.it_value.tv_sec = (time_t)(at / 1000000000u);
        t.it_value.tv_nsec = (long)(at % 1000000000u);
    }
    (void)timerfd_settime(n->timer.fd, TFD_TIMER_ABSTIME, &t, NULL);
}

void null_tick(struct null *n, uint64_t now)
{
    /* what is played first, so that capture can hear it in the same tick */
    for (unsigned i = 0; i < LINK_STREAMS; i++) {
        struct null_stream *s = &n->stream[i];
        struct clock_step step;

        if (!s->running)
            continue;
        step = clock_due(&s->clock, s->ring, now);
        if (i < n->playback)
            play(n, i, &step);
        else
            hear(n, i, &step);
        clock_commit(s->ring, &step);
    }
    n->events->progress(n->data);
    arm(n, now);
}

static void on_timer(struct vu_source *source, uint32_t events)
{
    struct null *n = source->priv;
    uint64_t expired;

    (void)events;
    if (read(source->fd, &expired, sizeof(expired)) == sizeof(expired))
        null_tick(n, clock_now());
}

static int null_open(void *b, unsigned stream, const struct link_format *format, struct ring *ring,
                     bool resume)
{
    struct null *n = b;

    n->stream[stream] = (struct null_stream){.open = true, .format = *format, .ring = ring};
    if (!resume)
        ring_clear(ring);
    if (stream == 0) {
        n->in = n->out = 0;
        n->flows = false;
    }
    return 0;
}

static bool null_ready(void *b, unsigned stream)
{
    const struct null *n = b;

    return n->stream[stream].open;
}

static int null_start(void *b, unsigned stream)
{
    struct null *n = b;
    struct null_stream *s = &n->stream[stream];
    const uint64_t now = clock_now();

    clock_start(&s->clock, &s->format, stream < n->playback, now);
    s->running = true;
    arm(n, now);
    return 0;
}

static void null_stop(void *b, unsigned stream)
{
    struct null *n = b;

    n->stream[stream].running = false;
}

static void null_close(void *b, unsigned stream)
{
    struct null *n = b;

    n->stream[stream].open = n->stream[stream].running = false;
}

static void null_volume(void *b, unsigned stream, const struct link_volume *volume)
{
    (void)b, (void)stream, (void)volume; /* nobody hears it */
}

static void null_source(void *b, unsigned stream, unsigned source)
{
    (void)b, (void)stream, (void)source; /* neither has anything to say */
}

static void null_waiting(void *b, unsigned stream)
{
    struct null *n = b;

    if (n->stream[stream].running)
        arm(n, clock_now());
}

const struct backend_ops null_backend = {
    .name = "null",
    .open = null_open,
    .ready = null_ready,
    .start = null_start,
    .stop = null_stop,
    .close = null_close,
    .volume = null_volume,
    .source = null_source,
    .waiting = null_waiting,
};

int null_init(struct null *n, struct vu_loop *loop, const struct backend_events *events, void *data,
              unsigned playback, bool loopback)
{
    int rc;

    memset(n, 0, sizeof(*n));
    n->loop = loop;
    n->events = events;
    n->data = data;
    n->playback = playback;
    n->loopback = loopback;
    n->timer = (struct vu_source){.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                                  .ready = on_timer,
                                  .priv = n};
    if (n->timer.fd < 0)
        return -errno;
    rc = vu_loop_add(loop, &n->timer, EPOLLIN);
    if (rc < 0)
        close(n->timer.fd);
    return rc;
}

void null_finish(struct null *n)
{
    vu_loop_remove(n->loop, &n->timer);
    close(n->timer.fd);
}
