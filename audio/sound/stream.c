/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns a guest's stream between the link's ring and the mixer. */
#include "stream.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>
#include <pipewire/impl.h>

#include "format.h"
#include "guard.h"

/* Bytes between ring and card: what the card has not played yet, this quantum, the resampler's. */
static uint32_t latency(const struct stream *s)
{
    const struct spa_io_position *p = s->node.position;
    const int64_t delay = p && p->clock.delay > 0 ? p->clock.delay : 0;
    const uint64_t frames = (uint64_t)delay + node_quantum(&s->node);
    const uint64_t here = frames * s->format.rate / GRAPH_RATE;

    return (uint32_t)(here + (s->port.match ? s->port.match->delay : 0)) * s->port.stride;
}

static void wake(struct stream *s, bool due)
{
    if (due)
        bell_ring(s->bell, s->number);
}

/* From its first byte on a stream is heard: PipeWire makes its links one by one, and until silence
 * has come through both of them nothing is taken. */
static bool flows(const struct stream *s)
{
    const int state = atomic_load_explicit(&s->state, memory_order_relaxed);

    return (state == STREAM_STARTED || state == STREAM_FADING) &&
           (s->capture || s->mixer->strip[s->strip].arrives);
}

static int play(void *data)
{
    struct stream *s = data;
    uint32_t room, bytes;
    uint8_t *to;

    if (s->port.io && s->port.io->status == SPA_STATUS_HAVE_DATA)
        return SPA_STATUS_HAVE_DATA;
    to = node_output(&s->port, &room);
    if (!to)
        return SPA_STATUS_NEED_DATA;
    /* what the converter needs for one quantum */
    bytes = (s->port.match && s->port.match->size ? s->port.match->size : node_quantum(&s->node)) *
            s->port.stride;
    bytes = bytes < room ? bytes : room - room % s->port.stride;
    wake(s, feed_take(&s->feed, to, bytes, flows(s), latency(s)));
    node_put(&s->port, bytes);
    return SPA_STATUS_HAVE_DATA;
}

static int capture(void *data)
{
    struct stream *s = data;
    uint32_t bytes;
    const uint8_t *from = node_input(&s->port, &bytes);

    if (from)
        wake(s, feed_give(&s->feed, from, bytes - bytes % s->port.stride, flows(s), latency(s)));
    return SPA_STATUS_NEED_DATA;
}

/* The ring's file: memory, so that touching it never waits for a disk or another process. */
static int map_ring(struct stream *s, int fd, uint32_t ring_bytes)
{
    const size_t bytes = link_ring_bytes(ring_bytes);
    struct statfs fs;
    struct stat st;
    void *p;

    if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || fs.f_type != TMPFS_MAGIC || st.st_size < (off_t)bytes)
        return -EINVAL;
    p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return -errno;
    s->guard = guard_add(p, bytes);
    if (s->guard < 0) {
        (void)munmap(p, bytes);
        return -ENOSPC;
    }
    s->map = p;
    s->map_bytes = bytes;
    return 0;
}

static bool is_eventfd(int fd)
{
    static const char kind[] = "anon_inode:[eventfd]";
    char path[32], target[64];
    ssize_t n;

    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    n = readlink(path, target, sizeof(target));
    return n == sizeof(kind) - 1 && memcmp(target, kind, sizeof(kind) - 1) == 0;
}

static int connect_playback(struct stream *s, const struct stream_place *p)
{
    for (uint32_t c = 0; c < 2; c++) {
        s->link[c] = graph_link(p->graph, s->impl, c, p->engine->impl, (uint32_t)s->strip * 2 + c);
        if (!s->link[c])
            return -errno;
    }
    return 0;
}

static int connect_capture(struct stream *s, const struct stream_place *p)
{
    const bool monitor = s->source == LINK_SOURCE_MONITOR;
    struct pw_impl_node *from = monitor || !p->microphone ? p->engine->impl : p->microphone;
    uint32_t port = monitor ? ENGINE_MONITOR(s->vm) : p->microphone ? 0 : ENGINE_SILENCE;

    for (uint32_t c = 0; c < 2; c++) {
        s->link[c] = graph_link(p->graph, from, port + c, s->impl, c);
        if (!s->link[c])
            return -errno;
    }
    return 0;
}

static void disconnect(struct stream *s)
{
    for (unsigned c = 0; c < 2; c++) {
        if (s->link[c])
            pw_impl_link_destroy(s->link[c]);
        s->link[c] = NULL;
    }
}

struct strip_call {
    const struct stream *s;
    struct mixer *m;
    void (*fn)(struct mixer *m, unsigned strip);
};

static void call_strip(void *data)
{
    const struct strip_call *c = data;

    c->fn(c->m, (unsigned)c->s->strip);
}

/* Strips belong to the data thread. */
static void tell_strip(struct stream *s, const struct stream_place *p,
                       void (*fn)(struct mixer *m, unsigned strip))
{
    struct strip_call c = {s, &p->engine->mixer, fn};

    if (!s->capture)
        graph_in_data_thread(p->graph, call_strip, &c);
}

static int join_graph(struct stream *s, const struct stream_place *p,
                      const struct spa_audio_info_raw *raw)
{
    char name[32];

    (void)snprintf(name, sizeof(name), "vm%u-%s%u", s->vm, s->capture ? "capture" : "play",
                   s->number);
    s->port =
        (struct node_port){.direction = s->capture ? SPA_DIRECTION_INPUT : SPA_DIRECTION_OUTPUT,
                           .raw = *raw,
                           .stride = s->feed.frame_bytes,
                           .name = "pcm"};
    node_init(&s->node, p->graph->data_loop, &s->port, s->capture, !s->capture, GRAPH_LIMIT,
              s->capture ? capture : play, s);
    s->impl = graph_add_stream(p->graph, &s->node, name);
    if (!s->impl)
        return -errno;
    tell_strip(s, p, mixer_open);
    return s->capture ? connect_capture(s, p) : connect_playback(s, p);
}

static int set_up(struct stream *s, const struct stream_place *p, const struct link_format *format,
                  int ring)
{
    struct spa_audio_info_raw raw;
    int rc = format_convert(format, &raw);
    const struct format *known = format_find(format->format);

    if (rc == 0)
        rc = map_ring(s, ring, format->ring_bytes);
    if (rc == 0)
        rc = feed_init(&s->feed, s->map, format->ring_bytes,
                       (uint32_t)known->bytes * format->channels, known->bytes, known->silence);
    if (rc)
        return rc;
    s->format = *format;
    bell_set(s->bell, s->number, s->event);
    return join_graph(s, p, &raw);
}

static void release(struct stream *s, const struct stream_place *p)
{
    s->state = STREAM_CLOSED; /* the data thread looks at nothing else of it then */
    disconnect(s);
    if (s->impl)
        pw_impl_node_destroy(s->impl);
    s->impl = NULL;
    tell_strip(s, p, mixer_close);
    bell_forget(s->bell, s->number);
    if (s->guard >= 0)
        guard_remove(s->guard);
    if (s->map)
        (void)munmap(s->map, s->map_bytes);
    s->map = NULL;
    s->guard = -1;
    (void)close(s->event);
    s->event = -1;
}

int stream_open(struct stream *s, const struct stream_place *p, const struct link_format *format,
                int ring, int event)
{
    int rc = -EBUSY;

    if (s->state == STREAM_FADING)
        stream_close(s, p);
    if (s->state == STREAM_CLOSED) {
        s->event = event;
        event = -1;
        rc = is_eventfd(s->event) ? set_up(s, p, format, ring) : -EINVAL;
        if (rc == 0)
            s->state = STREAM_OPEN;
        else
            release(s, p);
    }
    (void)close(ring);
    if (event >= 0)
        (void)close(event);
    return rc;
}

int stream_start(struct stream *s)
{
    if (s->state != STREAM_OPEN && s->state != STREAM_STARTED)
        return -EBADFD;
    s->state = STREAM_STARTED;
    return 0;
}

int stream_stop(struct stream *s)
{
    if (s->state != STREAM_OPEN && s->state != STREAM_STARTED)
        return -EBADFD;
    s->state = STREAM_OPEN;
    return 0;
}

void stream_close(struct stream *s, const struct stream_place *p)
{
    if (s->state != STREAM_CLOSED)
        release(s, p);
}

void stream_fade(struct stream *s, const struct stream_place *p)
{
    if (s->state != STREAM_STARTED || s->capture) {
        stream_close(s, p);
        return;
    }
    s->feed.detached = true;
    s->state = STREAM_FADING;
    tell_strip(s, p, mixer_fade);
}

bool stream_ended(const struct stream *s, const struct engine *e)
{
    return s->state == STREAM_FADING && mixer_faded(&e->mixer, (unsigned)s->strip);
}

bool stream_broken(const struct stream *s)
{
    return s->state != STREAM_CLOSED && s->state != STREAM_FADING &&
           (s->feed.lied || guard_broken(s->guard));
}

static float factor(uint16_t centibel)
{
    return centibel == LINK_MUTED ? 0.0f : powf(10.0f, -(float)centibel / 200.0f);
}

struct volume_call {
    struct mixer *m;
    unsigned strip;
    float left, right;
};

static void call_volume(void *data)
{
    const struct volume_call *c = data;

    mixer_volume(c->m, c->strip, c->left, c->right);
}

int stream_volume(struct stream *s, const struct stream_place *p, const struct link_volume *v)
{
    struct volume_call c = {&p->engine->mixer, (unsigned)s->strip, factor(v->left_centibel),
                            factor(v->right_centibel)};

    if (s->capture)
        return -ENOTSUP; /* the device has the samples in its hand */
    graph_in_data_thread(p->graph, call_volume, &c);
    return 0;
}

int stream_source(struct stream *s, const struct stream_place *p, unsigned source)
{
    if (!s->capture || source >= LINK_SOURCES)
        return -EINVAL;
    s->source = source;
    if (s->state != STREAM_OPEN && s->state != STREAM_STARTED)
        return 0;
    disconnect(s);
    return connect_capture(s, p);
}
