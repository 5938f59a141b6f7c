/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes the state file: a good one, with words of it changed as the input says (its checksum made
 * right again), is what a new process finds while a guest's queues are in the middle of their work.
 * Whatever it takes from it, it can be reset and serves the next driver.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

#define must(so) must_(so, #so)
static void must_(bool so, const char *what)
{
    if (so)
        return;
    fprintf(stderr, "not so: %s\n", what);
    abort();
}

static void in_the_middle(struct stage *s)
{
    stage_init(s, 2, 1, true);
    stage_driver(s, VSND_F_CTLS);
    for (unsigned i = 0; i < 3; i++)
        stage_prepare(s, i, 512, 8);
    for (unsigned i = 0; i < 5; i++)
        (void)stage_play(s, i & 1, NULL, 512);
    (void)stage_record(s, 2, 512);
    stage_kick(s, VSND_QUEUE_TX);
    stage_kick(s, VSND_QUEUE_RX);
    must(stage_pcm(s, VSND_R_PCM_START, 1) == VSND_S_OK);
    (void)stage_take(s, 1, 700, NULL);
}

/* Places worth changing, rather than the empty ones of a large structure. */
static void change(struct state *st, uint8_t where, uint8_t what, uint32_t value)
{
    struct state_stream *s = &st->stream[where % 4];
    struct state_slot *slot = &st->flight[where >> 7].slot[what % 64];

    switch (where >> 2 & 15) {
    case 0:
        atomic_store(&s->word, what & 1 ? STATE_WORD(value % PCM_STATES, value >> 16) : value);
        break;
    case 1:
        atomic_store(&s->put, what & 1 ? value % 8192 : (uint64_t)value << (what & 31));
        break;
    case 2:
        s->ring_bytes = value;
        break;
    case 3:
        ((uint32_t *)&s->params)[what % 4] = value;
        break;
    case 4:
        atomic_store(&st->control, what & 1 ? STATE_CONTROL_SEEN | value % 16 : value);
        break;
    case 5:
        atomic_store(&slot->sequence, what & 1 ? value % 16 : (uint64_t)value << (what & 31));
        break;
    case 6:
        slot->end = what & 64 ? value % 8192 : (uint64_t)value << (what & 31);
        break;
    case 7:
        slot->bytes = what & 64 ? value % 8192 : value;
        break;
    case 8:
        slot->stream = what & 64 ? value % 4 : value;
        break;
    case 9:
        atomic_store(&st->flight[where >> 7].returning,
                     what & 1 ? STATE_RETURNING(value % 64, value >> 16 & 7) : value);
        break;
    case 10:
        (&st->events.jacks)[what % 6] = value;
        break;
    default:
        ((uint8_t *)st)[value % sizeof(*st)] ^= what;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static struct stage s;
    uint32_t value;

    in_the_middle(&s);
    stage_kill(&s);
    for (; bytes >= 6; data += 6, bytes -= 6) {
        memcpy(&value, data + 2, sizeof(value));
        change(s.audio.state, data[0], data[1], value);
    }
    s.audio.state->crc = bn_crc32(0, s.audio.state, offsetof(struct state, crc));
    stage_kill(&s);
    stage_connect(&s, VSND_F_CTLS);
    for (unsigned i = 0; i < 3; i++) {
        stage_progress(&s);
        for (unsigned j = 0; j < VSND_QUEUES; j++)
            stage_kick(&s, j);
        if (s.audio.stream[i].open)
            atomic_fetch_add(&s.audio.ring[i].words->service, 512);
    }
    must(state_sane(s.audio.state, &s.audio.card));
    stage_halt(&s);
    s.audio.vhost.ops->reset(&s.audio.vhost);
    stage_driver(&s, VSND_F_CTLS);
    stage_prepare(&s, 0, 512, 4);
    (void)stage_play(&s, 0, NULL, 512);
    stage_kick(&s, VSND_QUEUE_TX);
    must(stage_pcm(&s, VSND_R_PCM_START, 0) == VSND_S_OK);
    must(stage_take(&s, 0, 512, NULL) == 512 && stage_back(&s, VSND_QUEUE_TX, NULL) >= 0);
    stage_finish(&s);
    return 0;
}
