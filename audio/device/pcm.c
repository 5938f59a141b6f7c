/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the PCM state machine: one table, and what each transition does. */
#include "device/pcm.h"

#include <errno.h>

#include "device/stream.h"

/* A transition's deed; its status, and the state changes only with VSND_S_OK. */
typedef uint32_t deed(struct audio *a, unsigned stream, const struct vsnd_pcm_set_params *r);

static deed set_params, prepare, start, stop, release;

struct transition {
    deed *deed; /* NULL: not legal */
    uint8_t to;
};

#define SET     {set_params, PCM_SET}
#define PREPARE {prepare, PCM_PREPARED}
#define START   {start, PCM_RUNNING}
#define STOP    {stop, PCM_STOPPED}
#define RELEASE {release, PCM_RELEASED}

static const struct transition table[PCM_STATES][PCM_COMMANDS] = {
    [PCM_IDLE] = {[PCM_SET_PARAMS] = SET},
    [PCM_SET] = {[PCM_SET_PARAMS] = SET, [PCM_PREPARE] = PREPARE},
    [PCM_PREPARED] = {[PCM_SET_PARAMS] = SET,
                      [PCM_PREPARE] = PREPARE,
                      [PCM_START] = START,
                      [PCM_RELEASE] = RELEASE},
    [PCM_RUNNING] = {[PCM_STOP] = STOP},
    [PCM_STOPPED] = {[PCM_START] = START, [PCM_RELEASE] = RELEASE},
    [PCM_RELEASED] = {[PCM_SET_PARAMS] = SET, [PCM_PREPARE] = PREPARE},
};

int pcm_next(enum pcm_state state, enum pcm_command command)
{
    const struct transition *t = &table[state][command];

    return t->deed ? t->to : -EINVAL;
}

/* What was prepared is no more, and nothing of it stays with anybody. */
static void undo_prepare(struct audio *a, unsigned stream)
{
    stream_discard(a, stream);
    stream_close(a, stream);
}

static uint32_t set_params(struct audio *a, unsigned stream, const struct vsnd_pcm_set_params *r)
{
    const struct pcm_params p = {.buffer_bytes = r->buffer_bytes,
                                 .period_bytes = r->period_bytes,
                                 .features = r->features,
                                 .channels = r->channels,
                                 .format = r->format,
                                 .rate = r->rate};
    const uint32_t status = pcm_check(&p);

    if (status != VSND_S_OK)
        return status;
    undo_prepare(a, stream);
    /* whoever dies between the two leaves parameters that nobody has prepared */
    atomic_store(&a->state->stream[stream].word, PCM_IDLE);
    a->state->stream[stream].params = p;
    return VSND_S_OK;
}

static uint32_t prepare(struct audio *a, unsigned stream, const struct vsnd_pcm_set_params *r)
{
    struct state_stream *s = &a->state->stream[stream];

    (void)r;
    undo_prepare(a, stream);
    s->ring_bytes = ring_size(s->params.buffer_bytes, pcm_frame_bytes(&s->params));
    atomic_store(&s->put, 0);
    return stream_open(a, stream, false) < 0 ? VSND_S_IO_ERR : VSND_S_OK;
}

static uint32_t start(struct audio *a, unsigned stream, const struct vsnd_pcm_set_params *r)
{
    (void)r;
    return a->ops->start(a->backend, stream) < 0 ? VSND_S_IO_ERR : VSND_S_OK;
}

static uint32_t stop(struct audio *a, unsigned stream, const struct vsnd_pcm_set_params *r)
{
    (void)r;
    a->ops->stop(a->backend, stream);
    return VSND_S_OK;
}

/* §5.14.6.6.5.1: the buffers first, then the answer. */
static uint32_t release(struct audio *a, unsigned stream, const struct vsnd_pcm_set_params *r)
{
    (void)r;
    undo_prepare(a, stream);
    return VSND_S_OK;
}

static enum pcm_command command_of(uint32_t code)
{
    static const uint8_t commands[] = {PCM_SET_PARAMS, PCM_PREPARE, PCM_RELEASE, PCM_START,
                                       PCM_STOP};

    return (enum pcm_command)commands[code - VSND_R_PCM_SET_PARAMS];
}

uint32_t pcm_request(struct audio *a, const union vsnd_request *r, size_t got, uint16_t tag,
                     bool again)
{
    const enum pcm_command command = command_of(r->code);
    const struct transition *t;
    struct state_stream *s;
    uint32_t word, status;

    if (got < (command == PCM_SET_PARAMS ? sizeof(r->params) : sizeof(r->item)) ||
        r->item.id >= card_streams(&a->card))
        return VSND_S_BAD_MSG;
    s = &a->state->stream[r->item.id];
    word = atomic_load(&s->word);
    if (again && STATE_HAS_TAG(word) && STATE_TAG(word) == tag)
        return VSND_S_OK;
    t = &table[STATE_PCM(word)][command];
    if (!t->deed)
        return VSND_S_BAD_MSG;
    status = t->deed(a, r->item.id, &r->params);
    if (status == VSND_S_OK)
        atomic_store(&s->word, STATE_WORD(t->to, tag));
    /* the buffers of a stream that was prepared may have come before its PREPARE was answered */
    return status;
}
