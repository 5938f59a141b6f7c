/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns what happens when: queues that start and stop, resets, the back end's news. */
#include "device/device.h"

#include <errno.h>
#include <string.h>

#include "device/control.h"
#include "device/ctl.h"
#include "device/event.h"
#include "device/jack.h"
#include "device/stream.h"

static bool prepared(const struct audio *a, unsigned stream)
{
    const enum pcm_state s = state_pcm(&a->state->stream[stream]);

    return s == PCM_PREPARED || s == PCM_RUNNING || s == PCM_STOPPED;
}

/* The streams go to the back end as the state has them. */
static void resume(struct audio *a)
{
    for (unsigned i = 0; i < card_streams(&a->card); i++) {
        struct state_stream *s = &a->state->stream[i];

        if (!prepared(a, i))
            continue;
        /* what cannot go on is to the guest like a card that plays nothing: it times out */
        if (stream_open(a, i, true) == 0 && state_pcm(s) == PCM_RUNNING)
            (void)a->ops->start(a->backend, i);
    }
    a->live = true;
    stream_process(a, VSND_QUEUE_TX);
    stream_process(a, VSND_QUEUE_RX);
}

/* The guest stands still or is gone: no sound, but the state stays. */
static void suspend(struct audio *a)
{
    for (unsigned i = 0; i < card_streams(&a->card); i++) {
        if (a->stream[i].open && state_pcm(&a->state->stream[i]) == PCM_RUNNING)
            a->ops->stop(a->backend, i);
        stream_close(a, i);
    }
    a->live = false;
}

/* The device as a driver finds it that comes for the first time. */
static void forget(struct audio *a)
{
    suspend(a);
    state_clear(a->state, &a->card);
    flight_init(&a->flight[0], &a->state->flight[0]);
    flight_init(&a->flight[1], &a->state->flight[1]);
    a->replay = false;
}

static void process(struct vu_device *dev, unsigned queue)
{
    struct audio *a = dev->priv;

    switch (queue) {
    case VSND_QUEUE_CONTROL:
        control_process(a);
        break;
    case VSND_QUEUE_EVENT:
        event_deliver(a);
        break;
    default:
        stream_process(a, queue);
        event_deliver(a);
    }
}

/* Were these chains in flight when the queue last ran? Else whatever streams there are are not this
 * driver's. */
static void adopt_flight(struct audio *a, unsigned queue)
{
    const bool tx = queue == VSND_QUEUE_TX, live = a->live;
    struct flight *f = &a->flight[!tx];
    uint32_t streams = 0;

    for (unsigned i = 0; i < card_streams(&a->card); i++)
        streams |= (uint32_t)(prepared(a, i) && card_is_playback(&a->card, i) == tx) << i;
    if (!flight_adopt(f, vu_queue(&a->vhost, queue), a->state->stream, streams)) {
        forget(a);
        a->live = live;
    }
    a->n.restored += f->count;
}

static void queue_running(struct vu_device *dev, unsigned queue, bool running)
{
    struct audio *a = dev->priv;

    if (queue == VSND_QUEUE_CONTROL && !running) {
        suspend(a);
    } else if (queue == VSND_QUEUE_CONTROL) {
        if (!control_adopt(a))
            forget(a);
        resume(a);
    } else if (running && queue != VSND_QUEUE_EVENT) {
        adopt_flight(a, queue);
        control_process(a); /* which may have waited for these buffers */
    }
}

static int get_config(struct vu_device *dev, uint32_t offset, uint32_t bytes, void *to)
{
    const struct audio *a = dev->priv;
    const struct vsnd_config c = {a->card.jacks, card_streams(&a->card), card_chmaps(&a->card),
                                  dev->ops->features & VSND_F_CTLS ? a->card.controls : 0};

    if (offset > sizeof(c) || bytes > sizeof(c) - offset)
        return -EINVAL;
    memcpy(to, (const uint8_t *)&c + offset, bytes);
    return 0;
}

static void reset(struct vu_device *dev)
{
    forget(dev->priv);
}

static void progress(void *data)
{
    struct audio *a = data;

    if (!a->live)
        return;
    for (unsigned i = 0; i < card_streams(&a->card); i++)
        stream_pump(a, i);
    vu_notify(&a->vhost, VSND_QUEUE_TX);
    vu_notify(&a->vhost, VSND_QUEUE_RX);
    event_deliver(a);
}

static void jack(void *data, unsigned jack, bool connected)
{
    jack_connected(data, jack, connected);
    event_deliver(data);
}

const struct backend_events device_events = {.progress = progress, .jack = jack};

#define OPS(features_)                                                                             \
    {.queues = VSND_QUEUES,                                                                        \
     .features = (features_),                                                                      \
     .process = process,                                                                           \
     .get_config = get_config,                                                                     \
     .reset = reset,                                                                               \
     .queue_running = queue_running}
static const struct vu_ops with_controls = OPS(VSND_F_CTLS), without_controls = OPS(0);

int device_init(struct audio *a, struct vu_loop *loop, bool controls)
{
    flight_init(&a->flight[0], &a->state->flight[0]);
    flight_init(&a->flight[1], &a->state->flight[1]);
    return vu_device_init(&a->vhost, loop, controls ? &with_controls : &without_controls, a);
}

void device_finish(struct audio *a)
{
    suspend(a);
    vu_device_finish(&a->vhost);
    for (unsigned i = 0; i < CARD_STREAMS; i++)
        ring_finish(&a->ring[i]);
    state_unmap(a->state);
    a->state = NULL;
}
