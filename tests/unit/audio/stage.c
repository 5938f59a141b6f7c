/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the guest and the back end of the device under test. */
#include "stage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define RINGS 4096u /* bytes of a queue's rings */
#define CHAIN (STAGE_BUFFER + 1024u)

static void must(bool so, const char *what)
{
    if (!so) {
        fprintf(stderr, "stage: %s\n", what);
        abort();
    }
}

/* ---- the back end */
static int manual_open(void *b, unsigned stream, const struct link_format *format,
                       struct ring *ring, bool resume)
{
    struct manual *m = b;
    struct manual_stream *s = &m->stream[stream];

    must(!s->open, "a stream is opened twice");
    if (m->open_rc < 0)
        return m->open_rc;
    s->open = true;
    s->resumed = resume;
    s->opens++;
    s->format = *format;
    s->ring = ring;
    if (!resume)
        ring_clear(ring);
    return 0;
}
static bool manual_ready(void *b, unsigned stream)
{
    const struct manual *m = b;

    return m->stream[stream].open && !m->stream[stream].not_ready;
}
static int manual_start(void *b, unsigned stream)
{
    struct manual *m = b;

    must(m->stream[stream].open && !m->stream[stream].running, "a stream is started wrongly");
    m->stream[stream].starts++;
    m->stream[stream].running = m->start_rc == 0;
    return m->start_rc;
}
static void manual_stop(void *b, unsigned stream)
{
    struct manual *m = b;

    m->stream[stream].stops++;
    m->stream[stream].running = false;
}
static void manual_close(void *b, unsigned stream)
{
    struct manual *m = b;

    must(m->stream[stream].open, "a stream is closed twice");
    m->stream[stream].closes++;
    m->stream[stream].open = m->stream[stream].running = false;
}
static void manual_volume(void *b, unsigned stream, const struct link_volume *volume)
{
    struct manual *m = b;

    m->stream[stream].volume = *volume;
    m->stream[stream].volumes++;
}
static void manual_source(void *b, unsigned stream, unsigned source)
{
    struct manual *m = b;

    m->stream[stream].source = source;
}
static void manual_waiting(void *b, unsigned stream)
{
    const struct manual *m = b;

    must(m->stream[stream].open, "a ring that nobody has is waited for");
}

const struct backend_ops manual_backend = {
    .name = "manual",
    .open = manual_open,
    .ready = manual_ready,
    .start = manual_start,
    .stop = manual_stop,
    .close = manual_close,
    .volume = manual_volume,
    .source = manual_source,
    .waiting = manual_waiting,
};

/* ---- the process */
static void bring_up(struct stage *s)
{
    bool fresh;

    s->audio.ops = &manual_backend;
    s->audio.backend = &s->manual;
    s->audio.jacks = 0;
    must(vu_loop_init(&s->loop) == 0, "no loop");
    must(device_open_state(&s->audio, s->folder[0] ? s->folder : NULL, &fresh) == 0, "no state");
    must(device_init(&s->audio, &s->loop, true) == 0, "no device");
    s->audio.vhost.quiet = true;
}

/* A process's end, as far as the memory of ours must not leak. */
static void bury(struct stage *s)
{
    for (unsigned i = 0; i < CARD_STREAMS; i++)
        ring_finish(&s->audio.ring[i]);
    state_unmap(s->audio.state);
    vu_loop_finish(&s->loop);
}

void stage_rings(struct stage *s)
{
    for (unsigned i = 0; i < VSND_QUEUES; i++) {
        uint8_t *at = s->memory + i * RINGS;

        s->queue[i].desc = (struct vring_desc *)at;
        s->queue[i].avail = (struct vring_avail *)(at + 1024);
        s->queue[i].used = (struct vring_used *)(at + 2048);
    }
}

void stage_init(struct stage *s, unsigned playback, unsigned capture, bool folder)
{
    memset(s, 0, sizeof(*s));
    must(card_init(&s->audio.card, playback, capture) == 0, "no such card");
    if (folder) {
        strcpy(s->folder, "/tmp/audio-XXXXXX");
        must(mkdtemp(s->folder) != NULL, "no folder");
    }
    s->memory = mmap(NULL, STAGE_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(s->memory != MAP_FAILED, "no memory");
    must(vq_mem_add(&s->map, STAGE_GPA, STAGE_MEMORY, 0, s->memory) == 0, "no map");
    stage_rings(s);
    bring_up(s);
}

void stage_finish(struct stage *s)
{
    char name[96];

    stage_halt(s);
    bury(s);
    munmap(s->memory, STAGE_MEMORY);
    if (!s->folder[0])
        return;
    for (unsigned i = 0; i <= CARD_STREAMS; i++) {
        if (i == CARD_STREAMS)
            (void)snprintf(name, sizeof(name), "%s/state", s->folder);
        else
            (void)snprintf(name, sizeof(name), "%s/ring-%u", s->folder, i);
        (void)unlink(name);
    }
    (void)rmdir(s->folder);
}

void stage_connect(struct stage *s, uint64_t features)
{
    struct vu_device *dev = &s->audio.vhost;

    dev->mem = s->map;
    dev->features = features;
    for (unsigned i = 0; i < VSND_QUEUES; i++) {
        struct stage_queue *q = &s->queue[i];

        must(virtq_start(&dev->queue[i].vq, &dev->mem, STAGE_QUEUE, q->desc, q->avail, q->used,
                         q->used->idx) == 0,
             "no queue");
        dev->queue[i].running = true;
        dev->ops->queue_running(dev, i, true);
        dev->ops->process(dev, i);
    }
}

void stage_driver(struct stage *s, uint64_t features)
{
    memset(s->memory, 0, VSND_QUEUES * RINGS);
    for (unsigned i = 0; i < VSND_QUEUES; i++) {
        s->queue[i].seen = 0;
        memset(s->queue[i].busy, 0, sizeof(s->queue[i].busy));
    }
    stage_connect(s, features);
}

void stage_halt(struct stage *s)
{
    struct vu_device *dev = &s->audio.vhost;

    for (unsigned i = 0; i < VSND_QUEUES; i++) {
        if (!dev->queue[i].running)
            continue;
        dev->queue[i].running = false;
        dev->ops->queue_running(dev, i, false);
        virtq_stop(&dev->queue[i].vq);
    }
}

void stage_kill(struct stage *s)
{
    struct card card = s->audio.card;

    bury(s);
    memset(&s->audio, 0, sizeof(s->audio));
    memset(&s->manual, 0, sizeof(s->manual));
    s->audio.card = card;
    bring_up(s);
}

/* ---- the guest */
static uint64_t buffer_of(unsigned queue, unsigned chain)
{
    return VSND_QUEUES * RINGS + (queue * STAGE_CHAINS + chain) * CHAIN;
}

unsigned stage_offer(struct stage *s, unsigned queue, const void *from, uint32_t readable,
                     uint32_t writable)
{
    struct stage_queue *q = &s->queue[queue];
    unsigned chain = 0, n = 0;
    uint64_t at;

    while (chain < STAGE_CHAINS && q->busy[chain])
        chain++;
    must(chain < STAGE_CHAINS && readable + writable <= CHAIN, "a guest offers too much");
    at = buffer_of(queue, chain);
    memset(s->memory + at, 0xEE, CHAIN);
    if (readable) {
        if (from)
            memcpy(s->memory + at, from, readable);
        q->desc[3 * chain] = (struct vring_desc){STAGE_GPA + at, readable, 0, 0};
        n = 1;
    }
    if (writable) {
        if (n)
            q->desc[3 * chain].flags = VRING_DESC_NEXT;
        q->desc[3 * chain].next = (uint16_t)(3 * chain + 1);
        q->desc[3 * chain + n] =
            (struct vring_desc){STAGE_GPA + at + readable, writable, VRING_DESC_WRITE, 0};
    }
    q->busy[chain] = true;
    q->avail->ring[q->avail->idx % STAGE_QUEUE] = (uint16_t)(3 * chain);
    __atomic_store_n(&q->avail->idx, (uint16_t)(q->avail->idx + 1), __ATOMIC_RELEASE);
    return chain;
}

const uint8_t *stage_answer(const struct stage *s, unsigned queue, unsigned chain)
{
    const struct vring_desc *d = &s->queue[queue].desc[3 * chain];

    if (!(d->flags & VRING_DESC_WRITE))
        d++;
    return s->memory + (d->addr - STAGE_GPA);
}

int stage_back(struct stage *s, unsigned queue, uint32_t *written)
{
    struct stage_queue *q = &s->queue[queue];
    const struct vring_used_elem *e;

    if (q->seen == __atomic_load_n(&q->used->idx, __ATOMIC_ACQUIRE))
        return -1;
    e = &q->used->ring[q->seen++ % STAGE_QUEUE];
    must(e->id % 3 == 0 && e->id / 3 < STAGE_CHAINS && q->busy[e->id / 3],
         "a chain comes back that the device has not got");
    q->busy[e->id / 3] = false;
    if (written)
        *written = e->len;
    return (int)(e->id / 3);
}

void stage_kick(struct stage *s, unsigned queue)
{
    struct vu_device *dev = &s->audio.vhost;

    if (dev->queue[queue].running && !dev->queue[queue].vq.broken)
        dev->ops->process(dev, queue);
}

uint32_t stage_ask(struct stage *s, const void *request, size_t bytes, void *to, size_t room,
                   size_t *got)
{
    const uint32_t space = (uint32_t)(sizeof(uint32_t) + room);
    const unsigned chain = stage_offer(s, VSND_QUEUE_CONTROL, request, (uint32_t)bytes, space);
    uint32_t written = 0, status;

    stage_kick(s, VSND_QUEUE_CONTROL);
    must(stage_back(s, VSND_QUEUE_CONTROL, &written) == (int)chain, "a request is not answered");
    must(written >= sizeof(status) && written <= space, "an answer has no status");
    memcpy(&status, stage_answer(s, VSND_QUEUE_CONTROL, chain), sizeof(status));
    if (to)
        memcpy(to, stage_answer(s, VSND_QUEUE_CONTROL, chain) + sizeof(status),
               written - sizeof(status));
    if (got)
        *got = written - sizeof(status);
    return status;
}

uint32_t stage_pcm(struct stage *s, uint32_t code, unsigned stream)
{
    const struct vsnd_item r = {code, stream};

    return stage_ask(s, &r, sizeof(r), NULL, 0, NULL);
}

uint32_t stage_set(struct stage *s, unsigned stream, unsigned format, unsigned channels,
                   unsigned rate, uint32_t period, uint32_t periods, uint32_t features)
{
    const struct vsnd_pcm_set_params r = {.code = VSND_R_PCM_SET_PARAMS,
                                          .id = stream,
                                          .buffer_bytes = period * periods,
                                          .period_bytes = period,
                                          .features = features,
                                          .channels = (uint8_t)channels,
                                          .format = (uint8_t)format,
                                          .rate = (uint8_t)rate};

    return stage_ask(s, &r, sizeof(r), NULL, 0, NULL);
}

void stage_prepare(struct stage *s, unsigned stream, uint32_t period, uint32_t periods)
{
    must(stage_set(s, stream, VSND_FMT_S16, 2, VSND_RATE_48000, period, periods, PCM_FEATURES) ==
             VSND_S_OK,
         "parameters are refused");
    must(stage_pcm(s, VSND_R_PCM_PREPARE, stream) == VSND_S_OK, "a stream is not prepared");
}

unsigned stage_play(struct stage *s, unsigned stream, const void *pcm, uint32_t bytes)
{
    uint8_t all[CHAIN] = {0};

    memcpy(all, &stream, sizeof(uint32_t));
    if (pcm)
        memcpy(all + VSND_XFER_BYTES, pcm, bytes);
    return stage_offer(s, VSND_QUEUE_TX, all, VSND_XFER_BYTES + bytes,
                       sizeof(struct vsnd_pcm_status));
}

unsigned stage_record(struct stage *s, unsigned stream, uint32_t bytes)
{
    const uint32_t id = stream;

    return stage_offer(s, VSND_QUEUE_RX, &id, sizeof(id),
                       bytes + (uint32_t)sizeof(struct vsnd_pcm_status));
}

struct vsnd_pcm_status stage_status(const struct stage *s, unsigned queue, unsigned chain,
                                    uint32_t bytes)
{
    struct vsnd_pcm_status status;

    memcpy(&status, stage_answer(s, queue, chain) + bytes, sizeof(status));
    return status;
}

void stage_progress(struct stage *s)
{
    device_events.progress(&s->audio);
}

uint32_t stage_take_quietly(struct stage *s, unsigned stream, uint32_t bytes, uint8_t *to)
{
    struct ring *r = &s->audio.ring[stream];
    const uint64_t at = atomic_load(&r->words->service), put = ring_device(r);
    const uint32_t ring_bytes = s->audio.state->stream[stream].ring_bytes;

    if (bytes > put - at)
        bytes = (uint32_t)(put - at);
    for (uint32_t i = 0; to && i < bytes; i++)
        to[i] = ring_data(r)[(at + i) % ring_bytes];
    atomic_store(&r->words->service, at + bytes);
    return bytes;
}

uint32_t stage_put_quietly(struct stage *s, unsigned stream, const uint8_t *from, uint32_t bytes)
{
    struct ring *r = &s->audio.ring[stream];
    const uint64_t at = atomic_load(&r->words->service), taken = ring_device(r);
    const uint64_t room = r->bytes - (at - taken);

    if (bytes > room)
        bytes = (uint32_t)room;
    for (uint32_t i = 0; i < bytes; i++)
        ring_data(r)[(at + i) % r->bytes] = from[i];
    atomic_store(&r->words->service, at + bytes);
    return bytes;
}

uint32_t stage_take(struct stage *s, unsigned stream, uint32_t bytes, uint8_t *to)
{
    bytes = stage_take_quietly(s, stream, bytes, to);
    stage_progress(s);
    return bytes;
}

uint32_t stage_put(struct stage *s, unsigned stream, const uint8_t *from, uint32_t bytes)
{
    bytes = stage_put_quietly(s, stream, from, bytes);
    stage_progress(s);
    return bytes;
}
