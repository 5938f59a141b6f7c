/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the way of PCM from a guest's buffers to the ring and back. */
#include "device/stream.h"

#include <errno.h>
#include <string.h>

#include "device/ctl.h"
#include "device/event.h"

#define LOOKS 4 /* at a ring that moves on while it is worked on */

static uint64_t position(const struct audio *a, unsigned stream)
{
    return atomic_load_explicit(&a->state->stream[stream].put, memory_order_relaxed);
}

/* Order matters to whoever finds the state: the bytes, then our word that they are there, then the
 * service's copy of that word. */
static void set_position(struct audio *a, unsigned stream, uint64_t to)
{
    atomic_store_explicit(&a->state->stream[stream].put, to, memory_order_release);
    ring_tell(&a->ring[stream], to);
}

/* How far the other side of the ring is, in whole frames whatever it says. */
static uint64_t other_side(const struct audio *a, unsigned stream, uint64_t put)
{
    const struct ring *r = &a->ring[stream];
    const uint64_t at =
        card_is_playback(&a->card, stream) ? ring_taken(r, put) : ring_filled(r, put);

    return at - at % pcm_frame_bytes(&a->state->stream[stream].params);
}

int stream_open(struct audio *a, unsigned stream, bool resume)
{
    const struct state_stream *s = &a->state->stream[stream];
    const struct pcm_params *p = &s->params;
    struct link_format format = {.rate = pcm_rate_hz(p->rate),
                                 .format = p->format,
                                 .channels = p->channels,
                                 .ring_bytes = s->ring_bytes,
                                 .period_bytes = p->period_bytes};
    int rc;

    pcm_positions(p->channels, format.position);
    a->ring[stream].bytes = s->ring_bytes;
    if (resume)
        ring_tell(&a->ring[stream], position(a, stream));
    rc = a->ops->open(a->backend, stream, &format, &a->ring[stream], resume);
    if (rc < 0)
        return rc;
    a->stream[stream] = (struct stream){.open = true};
    ctl_apply(a, stream);
    return 0;
}

void stream_close(struct audio *a, unsigned stream)
{
    if (!a->stream[stream].open)
        return;
    a->ops->close(a->backend, stream);
    a->stream[stream].open = false;
}

/* Copies between the ring and the chain's PCM; ring position `at`, in the PCM from `offset`. */
static void copy(const struct ring *r, const struct vq_chain *c, bool playback, uint64_t at,
                 size_t offset, size_t n)
{
    while (n) {
        const size_t place = at % r->bytes, left = r->bytes - place;
        const size_t part = n < left ? n : left;
        uint8_t *pcm = ring_data(r) + place;

        if (playback) {
            const size_t got = chain_read(c, VSND_XFER_BYTES + offset, pcm, part);

            /* the guest has changed the chain meanwhile: what is missing is silence of its own */
            memset(pcm + got, 0, part - got);
        } else {
            (void)chain_write(c, offset, pcm, part);
        }
        at += part;
        offset += part;
        n -= part;
    }
}

/* The chain of a buffer in flight, as the guest's memory is now; false: there is none any more. */
static bool look_up(struct audio *a, unsigned stream, uint16_t head)
{
    if (virtq_again(vu_queue(&a->vhost, audio_queue(a, stream)), head, &a->chain) == 0)
        return true;
    memset(&a->chain, 0, offsetof(struct vq_chain, iov));
    return false;
}

static uint32_t latency(const struct audio *a, unsigned stream, uint64_t end, uint64_t other)
{
    const uint32_t beyond =
        atomic_load_explicit(&a->ring[stream].words->latency, memory_order_relaxed);
    const uint64_t since = other > end ? other - end : 0;

    if (card_is_playback(&a->card, stream))
        return since < beyond ? (uint32_t)(beyond - since) : 0;
    return since + beyond > UINT32_MAX ? UINT32_MAX : (uint32_t)(since + beyond);
}

/* The oldest buffer goes back with its status, behind `filled` bytes of PCM of an rx buffer. */
static void give_back(struct audio *a, unsigned stream, uint32_t status, uint32_t filled,
                      uint64_t other)
{
    struct flight *f = audio_flight(a, stream);
    uint16_t head;
    const struct state_slot *slot = flight_first(f, stream, &head);
    const struct vsnd_pcm_status s = {status, latency(a, stream, slot->end, other)};
    const size_t at = card_is_playback(&a->card, stream) ? 0 : slot->bytes;
    uint32_t written = 0;

    if (look_up(a, stream, head))
        written = (uint32_t)chain_write(&a->chain, at, &s, sizeof(s));
    if (written == sizeof(s))
        written += filled;
    flight_return(f, stream, vu_queue(&a->vhost, audio_queue(a, stream)), written);
    a->n.buffers++;
}

/* PCM of buffers in flight into the ring, as far as there is room. */
static uint64_t put_all(struct audio *a, unsigned stream, uint64_t put, uint64_t taken)
{
    const struct flight *f = audio_flight(a, stream);
    const struct ring *r = &a->ring[stream];

    for (uint16_t head = f->first[stream]; head != FLIGHT_NONE; head = f->next[head]) {
        const struct state_slot *slot = &f->record->slot[head];
        const uint64_t room = r->bytes - (put - taken);
        uint64_t n;

        if (slot->end <= put)
            continue;
        n = slot->end - put < room ? slot->end - put : room;
        if (n == 0)
            break;
        (void)look_up(a, stream, head);
        copy(r, &a->chain, true, put, (size_t)(slot->bytes - (slot->end - put)), n);
        put += n;
        set_position(a, stream, put);
    }
    return put;
}

static uint64_t pump_playback(struct audio *a, unsigned stream, uint64_t taken)
{
    const uint64_t put = put_all(a, stream, position(a, stream), taken);
    const struct state_slot *slot;
    uint16_t head;

    while ((slot = flight_first(audio_flight(a, stream), stream, &head)) && slot->end <= taken)
        give_back(a, stream, VSND_S_OK, 0, taken);
    return put;
}

static uint64_t pump_capture(struct audio *a, unsigned stream, uint64_t filled)
{
    uint64_t got = position(a, stream);
    const struct state_slot *slot;
    uint16_t head;

    while ((slot = flight_first(audio_flight(a, stream), stream, &head))) {
        uint64_t n;

        /* full already where a process died before it could say so */
        if (slot->end <= got) {
            give_back(a, stream, VSND_S_OK, slot->bytes, filled);
            continue;
        }
        n = slot->end < filled ? slot->end - got : filled - got;
        if (n == 0)
            break;
        (void)look_up(a, stream, head);
        copy(&a->ring[stream], &a->chain, false, got, (size_t)(slot->bytes - (slot->end - got)), n);
        got += n;
        set_position(a, stream, got);
    }
    return got;
}

/* What the guest wants to be told of beside its buffers. */
static void report(struct audio *a, unsigned stream, uint64_t other)
{
    const struct state_stream *s = &a->state->stream[stream];
    const uint32_t xruns =
        atomic_load_explicit(&a->ring[stream].words->xruns, memory_order_relaxed);
    const uint64_t period = other / s->params.period_bytes;
    struct stream *v = &a->stream[stream];

    if (v->reported && xruns != v->xruns) {
        a->n.xruns++;
        if (state_pcm(s) == PCM_RUNNING && (s->params.features & VSND_PCM_F_EVT_XRUNS))
            event_xrun(a, stream);
    }
    if (v->reported && period != v->period && (s->params.features & VSND_PCM_F_EVT_SHMEM_PERIODS))
        event_period(a, stream);
    *v = (struct stream){true, true, xruns, period};
}

/* Where the other side's counter is of interest next. */
static uint64_t next_look(const struct audio *a, unsigned stream, uint64_t put, uint64_t other)
{
    const struct state_stream *s = &a->state->stream[stream];
    const struct flight *f = &a->flight[!card_is_playback(&a->card, stream)];
    const uint64_t half = a->ring[stream].bytes / 2;
    uint64_t at = UINT64_MAX;
    uint16_t head;
    const struct state_slot *slot = flight_first(f, stream, &head);

    if (slot)
        at = slot->end;
    /* more buffers than the ring holds */
    if (card_is_playback(&a->card, stream) && flight_end(f, stream, put) > put) {
        const uint64_t some = s->params.period_bytes < half ? s->params.period_bytes : half;

        at = at < other + some ? at : other + some;
    }
    if (s->params.features & VSND_PCM_F_EVT_SHMEM_PERIODS) {
        const uint64_t period = (other / s->params.period_bytes + 1) * s->params.period_bytes;

        at = at < period ? at : period;
    }
    /* a capture buffer greater than the ring is filled by halves */
    if (!card_is_playback(&a->card, stream) && slot && at > put + half)
        at = put + half;
    return at;
}

void stream_pump(struct audio *a, unsigned stream)
{
    const bool playback = card_is_playback(&a->card, stream);
    uint64_t put, other;

    if (!a->stream[stream].open || !a->ops->ready(a->backend, stream) ||
        !vu_queue_running(&a->vhost, audio_queue(a, stream)))
        return;
    for (unsigned i = 0; i < LOOKS; i++) {
        other = other_side(a, stream, position(a, stream));
        put = playback ? pump_playback(a, stream, other) : pump_capture(a, stream, other);
        report(a, stream, other);
        ring_wait(&a->ring[stream], next_look(a, stream, put, other));
        if (other_side(a, stream, put) == other)
            break;
    }
    a->ops->waiting(a->backend, stream);
}

/* A buffer that is none goes back at once. */
static void refuse(struct audio *a, struct virtq *vq, size_t status_at, uint32_t status)
{
    const struct vsnd_pcm_status s = {status, 0};

    a->n.bad_buffers++;
    virtq_push(vq, a->chain.head, (uint32_t)chain_write(&a->chain, status_at, &s, sizeof(s)));
}

static bool prepared(enum pcm_state s)
{
    return s == PCM_PREPARED || s == PCM_RUNNING || s == PCM_STOPPED;
}

/* What is wrong with the chain just popped: VSND_S_OK, or the status that says it. */
static uint32_t judge(const struct audio *a, bool tx, uint32_t id, size_t bytes)
{
    const struct vq_chain *c = &a->chain;
    const struct state_stream *s = &a->state->stream[id < CARD_STREAMS ? id : 0];

    if (id >= card_streams(&a->card) || card_is_playback(&a->card, id) != tx || bytes == 0 ||
        (tx && c->writable_bytes != sizeof(struct vsnd_pcm_status)) ||
        (!tx && c->readable_bytes != VSND_XFER_BYTES))
        return VSND_S_BAD_MSG;
    if (!prepared(state_pcm(s)))
        return VSND_S_IO_ERR;
    return bytes % pcm_frame_bytes(&s->params) ? VSND_S_BAD_MSG : VSND_S_OK;
}

static void accept_buffer(struct audio *a, bool tx, struct virtq *vq)
{
    const struct vq_chain *c = &a->chain;
    const size_t overhead = sizeof(struct vsnd_pcm_status);
    uint32_t id = UINT32_MAX, status;
    size_t bytes = 0, status_at;
    uint64_t end;

    if (chain_read(c, 0, &id, sizeof(id)) != sizeof(id))
        id = UINT32_MAX;
    if (tx && c->readable_bytes > VSND_XFER_BYTES)
        bytes = c->readable_bytes - VSND_XFER_BYTES;
    else if (!tx && c->writable_bytes > overhead)
        bytes = c->writable_bytes - overhead;
    status_at = tx || c->writable_bytes < overhead ? 0 : c->writable_bytes - overhead;
    status = judge(a, tx, id, bytes);
    if (status != VSND_S_OK) {
        refuse(a, vq, status_at, status);
        return;
    }
    end = flight_end(&a->flight[!tx], id, position(a, id)) + bytes;
    if (flight_add(&a->flight[!tx], c->head, id, end, (uint32_t)bytes) < 0) {
        vq->broken = true;
        vq->fault = "a buffer that it has offered already";
    }
}

void stream_process(struct audio *a, unsigned queue)
{
    const bool tx = queue == VSND_QUEUE_TX;
    struct virtq *vq = vu_queue(&a->vhost, queue);

    if (!a->live || !vu_queue_running(&a->vhost, queue))
        return;
    while (!vq->broken && virtq_pop(vq, &a->chain) == 1)
        accept_buffer(a, tx, vq);
    for (unsigned i = 0; i < card_streams(&a->card); i++)
        if (card_is_playback(&a->card, i) == tx)
            stream_pump(a, i);
    vu_notify(&a->vhost, queue);
}

void stream_discard(struct audio *a, unsigned stream)
{
    const bool playback = card_is_playback(&a->card, stream);
    struct flight *f = audio_flight(a, stream);
    const struct state_slot *slot;
    uint64_t put, other;
    uint16_t head;

    stream_process(a, audio_queue(a, stream));
    put = position(a, stream);
    other = a->stream[stream].open ? other_side(a, stream, put) : put;
    while ((slot = flight_first(f, stream, &head))) {
        const uint64_t start = slot->end - slot->bytes;
        const uint32_t filled = !playback && put > start ? (uint32_t)(put - start) : 0;
        const bool done = playback ? slot->end <= other : filled > 0;

        give_back(a, stream, done ? VSND_S_OK : VSND_S_IO_ERR, filled, other);
    }
    vu_notify(&a->vhost, audio_queue(a, stream));
}
