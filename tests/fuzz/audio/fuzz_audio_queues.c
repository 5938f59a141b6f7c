/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes the sound device's four queues, by a guest that mostly knows the protocol: the input is a
 * list of steps (requests, buffers, time, deaths of the process), numbers of which are brought into
 * ranges where they meet others unless the input says otherwise; descriptors and rings can be
 * anything too. Whatever comes, no chain returns twice and the state makes sense.
 */
#include <stdlib.h>
#include <string.h>

#include "stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

struct input {
    const uint8_t *data;
    size_t left;
};

static uint8_t byte(struct input *in)
{
    if (!in->left)
        return 0;
    in->left--;
    return *in->data++;
}
static uint32_t word(struct input *in)
{
    uint32_t w = byte(in);

    for (unsigned i = 1; i < 4; i++)
        w |= (uint32_t)byte(in) << 8 * i;
    return w;
}

static bool room(const struct stage *s, unsigned queue)
{
    for (unsigned i = 0; i < STAGE_CHAINS; i++)
        if (!s->queue[queue].busy[i])
            return true;
    return false;
}

static void collect(struct stage *s, bool honest)
{
    uint32_t written;

    for (unsigned queue = 0; queue < VSND_QUEUES; queue++) {
        if (!honest) { /* of rings that the guest has broken nothing is known */
            memset(s->queue[queue].busy, 0, sizeof(s->queue[queue].busy));
            s->queue[queue].seen = s->queue[queue].used->idx;
            continue;
        }
        while (stage_back(s, queue, &written) >= 0)
            if (written > STAGE_BUFFER + 1024)
                abort();
    }
}

static void request(struct stage *s, struct input *in)
{
    static const uint32_t codes[] = {
        VSND_R_PCM_SET_PARAMS, VSND_R_PCM_PREPARE,  VSND_R_PCM_START,    VSND_R_PCM_STOP,
        VSND_R_PCM_RELEASE,    VSND_R_PCM_INFO,     VSND_R_JACK_INFO,    VSND_R_JACK_REMAP,
        VSND_R_CHMAP_INFO,     VSND_R_CTL_INFO,     VSND_R_CTL_READ,     VSND_R_CTL_WRITE,
        VSND_R_CTL_ENUM_ITEMS, VSND_R_CTL_TLV_READ, VSND_R_CTL_TLV_WRITE};
    const uint8_t what = byte(in);
    union vsnd_request r = {0};
    size_t n = sizeof(struct vsnd_pcm_set_params);

    for (size_t i = 0; i < 6; i++)
        ((uint32_t *)&r)[i] = i ? byte(in) : codes[what % 15];
    if (what >= 240) {
        for (size_t i = 0; i < 6; i++)
            ((uint32_t *)&r)[i] = word(in);
        n = byte(in);
    } else if (r.code == VSND_R_PCM_SET_PARAMS) {
        r.params.id %= 5;
        r.params.channels = (uint8_t)(1 + byte(in) % 9);
        r.params.format = (uint8_t)(byte(in) % VSND_FORMATS);
        r.params.rate = VSND_RATE_48000;
        r.params.features &= PCM_FEATURES;
        r.params.period_bytes = (1 + r.params.period_bytes) * r.params.channels * 8;
        r.params.buffer_bytes = r.params.period_bytes * (1 + r.params.buffer_bytes % 8);
    } else if (r.code == VSND_R_CTL_WRITE) {
        r.item.id %= 4;
        n = 8 + 4 * (what % 4);
    } else if (what < 5 * 15) {
        r.item.id %= 5;
        n = sizeof(r.item);
    }
    (void)stage_offer(s, VSND_QUEUE_CONTROL, &r, (uint32_t)n, (uint32_t)byte(in) * 8);
}

/* A buffer, with a stream and a length that may be right. */
static void buffer(struct stage *s, struct input *in, unsigned queue)
{
    const uint8_t what = byte(in);
    uint32_t bytes = (1u + byte(in)) * 48, status = 8;
    uint32_t pcm[(256 * 48) / 4 + 1] = {0};

    pcm[0] = what % 4 + (queue == VSND_QUEUE_RX ? 2 : 0);
    if (what >= 240) {
        pcm[0] = word(in);
        bytes = word(in) % (256 * 48);
        status = byte(in) % 16;
    }
    if (queue == VSND_QUEUE_TX)
        (void)stage_offer(s, queue, pcm, 4 + bytes, status);
    else
        (void)stage_offer(s, queue, pcm, 4, bytes + status);
}

/* The guest writes anything anywhere into its rings. */
static void vandalise(struct stage *s, struct input *in)
{
    const unsigned n = byte(in) % 8;

    for (unsigned i = 0; i < n; i++) {
        const uint32_t at = word(in) % (VSND_QUEUES * 4096u);

        s->memory[at] = byte(in);
    }
}

static void service(struct stage *s, struct input *in)
{
    static const uint8_t sound[4096];
    const unsigned stream = byte(in) % 4;
    const uint8_t how = byte(in);
    const uint32_t n = 16u * byte(in);

    if (!s->audio.stream[stream].open)
        return;
    if (how >= 240) {
        atomic_store(&s->audio.ring[stream].words->service, (uint64_t)word(in) << (how & 15) * 2);
        atomic_store(&s->audio.ring[stream].words->device, word(in));
        stage_progress(s);
    } else if (how >= 230) {
        atomic_fetch_add(&s->audio.ring[stream].words->xruns, 1);
        atomic_store(&s->audio.ring[stream].words->latency, word(in));
        stage_progress(s);
    } else if (ring_device(&s->audio.ring[stream]) <
               atomic_load(&s->audio.ring[stream].words->service) + (1u << 22)) {
        if (stream < 2)
            (void)stage_take(s, stream, n, NULL);
        else if (atomic_load(&s->audio.ring[stream].words->service) -
                     ring_device(&s->audio.ring[stream]) <=
                 s->audio.state->stream[stream].ring_bytes)
            (void)stage_put(s, stream, sound, n);
    }
}

static void step(struct stage *s, struct input *in, bool *honest)
{
    const uint8_t what = byte(in);
    const unsigned queue = what >> 6;

    switch (what % 16) {
    case 0 ... 4:
        if (room(s, VSND_QUEUE_CONTROL))
            request(s, in);
        break;
    case 5 ... 6:
        if (room(s, VSND_QUEUE_TX))
            buffer(s, in, VSND_QUEUE_TX);
        break;
    case 7:
        if (room(s, VSND_QUEUE_RX))
            buffer(s, in, VSND_QUEUE_RX);
        break;
    case 8:
        if (room(s, VSND_QUEUE_EVENT))
            (void)stage_offer(s, VSND_QUEUE_EVENT, NULL, 0, byte(in) % 16);
        break;
    case 9 ... 10:
        service(s, in);
        break;
    case 11:
        device_events.jack(&s->audio, byte(in), what >> 7);
        break;
    case 12:
        if (queue == 0) {
            stage_kill(s);
        } else if (queue == 1) {
            stage_halt(s);
        } else if (queue == 2) {
            stage_halt(s);
            s->audio.vhost.ops->reset(&s->audio.vhost);
            *honest = true;
            stage_driver(s, VSND_F_CTLS);
            return;
        } else {
            s->manual.start_rc = -(byte(in) & 1);
            return;
        }
        stage_connect(s, VSND_F_CTLS);
        break;
    case 13:
        if (byte(in) > 200) {
            *honest = false;
            vandalise(s, in);
        }
        break;
    default:
        stage_kick(s, queue);
        collect(s, *honest);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct stage s;
    struct input in = {data, bytes};
    bool honest = true;

    stage_init(&s, 2, 2, true);
    stage_driver(&s, VSND_F_CTLS);
    while (in.left) {
        step(&s, &in, &honest);
        if (!state_sane(s.audio.state, &s.audio.card))
            abort();
    }
    stage_finish(&s);
    return 0;
}
