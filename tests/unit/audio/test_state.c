/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A sound device that is killed, and the next one in its place: nothing is lost, nothing comes
 * twice. Killed between calls, and between any two instructions (stepped through by ptrace, at
 * points spread over the whole of the work). And states that are another's, or nobody's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "device/ctl.h"
#include "stage.h"

#define PERIOD 512u

/* Instructions that it dies at, of each kind of work; AUDIO_KILL_POINTS in the environment for
 * more. */
#define POINTS 10u

static struct stage stage;

static void pattern(uint8_t *to, uint32_t seed, uint32_t from, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)((from + i) * 37 + ((from + i) >> 8) * 11 + seed * 101);
}

/* The guest and the world around it, which go on living. */
struct world {
    uint32_t sent[2], heard[2];  /* bytes of the playback streams */
    uint32_t spoken, got;        /* of the capture stream */
    int tx_stream[STAGE_CHAINS]; /* which stream a chain is of */
    unsigned back[2];            /* buffers returned */
    unsigned rx_back;
};

static void say(struct world *w, unsigned stream)
{
    uint8_t pcm[PERIOD];
    unsigned chain;

    pattern(pcm, stream, w->sent[stream], PERIOD);
    w->sent[stream] += PERIOD;
    chain = stage_play(&stage, stream, pcm, PERIOD);
    w->tx_stream[chain] = (int)stream;
}

static void hear(struct world *w, unsigned stream, uint32_t bytes)
{
    uint8_t pcm[16 * PERIOD], want[16 * PERIOD];
    const uint32_t n = stage_take_quietly(&stage, stream, bytes, pcm);

    pattern(want, stream, w->heard[stream], n);
    assert_memory_equal(pcm, want, n);
    w->heard[stream] += n;
}

static void speak(struct world *w, uint32_t bytes)
{
    uint8_t pcm[16 * PERIOD];

    pattern(pcm, 2, w->spoken, bytes);
    assert_int_equal(stage_put_quietly(&stage, 2, pcm, bytes), bytes);
    w->spoken += bytes;
}

/* What came back, in order per stream, with the status it should have (0: any). */
static void collect(struct world *w, uint32_t status)
{
    uint32_t written;
    int chain;

    while ((chain = stage_back(&stage, VSND_QUEUE_TX, &written)) >= 0) {
        assert_int_equal(written, sizeof(struct vsnd_pcm_status));
        if (status)
            assert_int_equal(stage_status(&stage, VSND_QUEUE_TX, (unsigned)chain, 0).status,
                             status);
        w->back[w->tx_stream[chain]]++;
    }
    while ((chain = stage_back(&stage, VSND_QUEUE_RX, &written)) >= 0) {
        uint8_t want[PERIOD];

        assert_int_equal(written, PERIOD + sizeof(struct vsnd_pcm_status));
        pattern(want, 2, w->got, PERIOD);
        assert_memory_equal(stage_answer(&stage, VSND_QUEUE_RX, (unsigned)chain), want, PERIOD);
        w->got += PERIOD;
        w->rx_back++;
    }
}

/* Streams in the middle of their work: chains in flight that are older than others that came back,
 * half a buffer taken, half a buffer recorded. */
static void in_the_middle(struct world *w)
{
    memset(w, 0, sizeof(*w));
    stage_init(&stage, 2, 1, true);
    stage_driver(&stage, VSND_F_CTLS);
    for (unsigned i = 0; i < 3; i++)
        stage_prepare(&stage, i, PERIOD, 8);
    say(w, 0);
    for (unsigned i = 0; i < 3; i++)
        say(w, 1);
    say(w, 0);
    for (unsigned i = 0; i < 2; i++)
        (void)stage_record(&stage, 2, PERIOD);
    stage_kick(&stage, VSND_QUEUE_TX);
    stage_kick(&stage, VSND_QUEUE_RX);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 1), VSND_S_OK);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 2), VSND_S_OK);
    hear(w, 1, PERIOD + PERIOD / 2);
    speak(w, PERIOD / 2);
    stage_progress(&stage);
    collect(w, VSND_S_OK);
    assert_int_equal(w->back[1], 1);
}

static void leave(void)
{
    stage_finish(&stage);
}

/* Everybody goes on until all that was sent has been heard. */
static void to_the_end(struct world *w)
{
    for (unsigned i = 0; i < 64; i++) {
        if (i == 3)
            say(w, 0);
        if (i == 5)
            say(w, 1);
        stage_kick(&stage, VSND_QUEUE_TX);
        hear(w, 0, 300);
        hear(w, 1, 200);
        if (i < 8)
            (void)stage_record(&stage, 2, PERIOD);
        stage_kick(&stage, VSND_QUEUE_RX);
        if (i < 8)
            speak(w, PERIOD / 2);
        stage_progress(&stage);
        collect(w, VSND_S_OK);
    }
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(w->heard[i], w->sent[i]);
        assert_int_equal(w->back[i] * PERIOD, w->sent[i]);
    }
    assert_int_equal(w->got, w->spoken / PERIOD * PERIOD);
}

static void test_killed_between_two_calls(void **state)
{
    struct world w;

    (void)state;
    in_the_middle(&w);
    for (unsigned i = 0; i < 3; i++) {
        stage_kill(&stage);
        assert_false(stage.manual.stream[1].open);
        hear(&w, 1, 64); /* the sound service goes on without it */
        stage_connect(&stage, VSND_F_CTLS);
        assert_true(stage.manual.stream[1].open && stage.manual.stream[1].resumed);
        assert_true(stage.manual.stream[1].running);
        assert_true(stage.manual.stream[0].open && !stage.manual.stream[0].running);
        assert_true(stage.manual.stream[2].running);
        /* in flight: two of stream 0, two of stream 1, two rx buffers; heard meanwhile is back */
        assert_int_equal(stage.audio.n.restored, 6);
        stage_progress(&stage);
        collect(&w, VSND_S_OK);
    }
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
    to_the_end(&w);
    leave();
}

/* The few instructions in which a chain returns, each state of them put together by hand: 0: it is
 * announced; 1: it is in the used ring; 2: its slot is free as well. */
static void test_killed_while_a_buffer_returns(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 3; way++) {
        struct world w;
        struct vring_used *used;
        struct state_flight *record;
        uint16_t head;

        in_the_middle(&w);
        hear(&w, 1, PERIOD / 2); /* the oldest of stream 1 is due, and no one has said so */
        head = stage.audio.flight[0].first[1];
        stage_kill(&stage);
        used = stage.queue[VSND_QUEUE_TX].used;
        record = &stage.audio.state->flight[0];
        atomic_store(&record->returning, STATE_RETURNING(head, used->idx));
        if (way > 0) {
            const struct vsnd_pcm_status ok = {VSND_S_OK, 0};

            memcpy((uint8_t *)(uintptr_t)stage_answer(&stage, VSND_QUEUE_TX, head / 3), &ok,
                   sizeof(ok));
            used->ring[used->idx % STAGE_QUEUE] = (struct vring_used_elem){head, sizeof(ok)};
            used->idx++;
        }
        if (way > 1)
            atomic_store(&record->slot[head].sequence, 0);
        stage_connect(&stage, VSND_F_CTLS);
        assert_int_equal(stage.audio.n.restored, way ? 5 : 6);
        assert_int_equal(atomic_load(&record->returning), 0);
        stage_progress(&stage);
        collect(&w, VSND_S_OK);
        assert_int_equal(w.back[1], 2);
        assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
        to_the_end(&w);
        leave();
    }
}

/* A request whose answer was on its way: carried out before, it is answered and not repeated. */
static void test_killed_before_an_answer(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 2; way++) {
        const struct vsnd_item r = {VSND_R_PCM_START, 0};
        struct world w;
        unsigned chain;
        uint32_t status;
        uint16_t at;

        in_the_middle(&w);
        at = stage.queue[VSND_QUEUE_CONTROL].used->idx;
        chain = stage_offer(&stage, VSND_QUEUE_CONTROL, &r, sizeof(r), sizeof(status));
        stage_kill(&stage);
        atomic_store(&stage.audio.state->control, STATE_CONTROL_SEEN | at);
        if (way)
            atomic_store(&stage.audio.state->stream[0].word, STATE_WORD(PCM_RUNNING, at));
        stage_connect(&stage, VSND_F_CTLS);
        assert_int_equal(stage_back(&stage, VSND_QUEUE_CONTROL, NULL), chain);
        memcpy(&status, stage_answer(&stage, VSND_QUEUE_CONTROL, chain), sizeof(status));
        assert_int_equal(status, VSND_S_OK);
        assert_int_equal(stage.manual.stream[0].starts, 1);
        /* a second one is wrong, as ever */
        assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_BAD_MSG);
        to_the_end(&w);
        leave();
    }
}

static void test_a_guest_that_stands_still_goes_on(void **state)
{
    struct world w;

    (void)state;
    in_the_middle(&w);
    for (unsigned i = 0; i < 3; i++) {
        stage_halt(&stage);
        assert_false(stage.manual.stream[1].open);
        stage_connect(&stage, VSND_F_CTLS);
        assert_true(stage.manual.stream[1].running);
    }
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
    to_the_end(&w);
    leave();
}

static void expect_new(void)
{
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(state_pcm(&stage.audio.state->stream[i]), PCM_IDLE);
        assert_false(stage.manual.stream[i].open);
    }
    assert_int_equal(stage.audio.flight[0].count + stage.audio.flight[1].count, 0);
    assert_int_equal(stage.audio.state->volume[0], CTL_VOLUME_MAX);
    for (unsigned i = 0; i < VQ_SIZE_MAX; i++)
        assert_int_equal(stage.audio.state->flight[0].slot[i].sequence, 0);
}

static void work_a_little(void)
{
    unsigned chain;

    stage_prepare(&stage, 0, PERIOD, 4);
    chain = stage_play(&stage, 0, NULL, PERIOD);
    stage_kick(&stage, VSND_QUEUE_TX);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
    assert_int_equal(stage_take(&stage, 0, PERIOD, NULL), PERIOD);
    assert_int_equal(stage_back(&stage, VSND_QUEUE_TX, NULL), chain);
}

/* The guest started anew: nothing of before is replayed into its new buffers. */
static void test_a_state_of_a_driver_that_is_gone(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 4; way++) {
        struct world w;

        in_the_middle(&w);
        stage.audio.state->volume[0] = 3;
        if (way == 0) { /* while the process was dead */
            stage_kill(&stage);
        } else if (way == 1) { /* queues stopped and started, as QEMU resets a device */
            stage_halt(&stage);
        } else if (way == 2) { /* as our device model does */
            stage_halt(&stage);
            stage.audio.vhost.ops->reset(&stage.audio.vhost);
        } else { /* while it was dead, and after a reset that it knew of */
            stage.audio.vhost.ops->reset(&stage.audio.vhost);
            stage_kill(&stage);
        }
        stage_driver(&stage, VSND_F_CTLS);
        expect_new();
        work_a_little();
        leave();
    }
}

/* The control queue is as it was, a tx queue is not. */
static void test_a_record_that_is_not_of_the_queue(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 6; way++) {
        struct world w;
        struct state_slot *slot;
        unsigned in_flight = 0;

        in_the_middle(&w);
        stage_kill(&stage);
        slot = stage.audio.state->flight[0].slot;
        for (unsigned i = 0; i < VQ_SIZE_MAX; i++)
            in_flight += slot[i].sequence != 0;
        assert_int_equal(in_flight, 4);
        while (!slot->sequence)
            slot++;
        if (way == 0)
            slot->stream = 2; /* a capture stream */
        else if (way == 1)
            slot->stream = 0xFFFFFFFF;
        else if (way == 2)
            slot->end += 4;
        else if (way == 3)
            slot->bytes = 0;
        else if (way == 4)
            stage.audio.state->flight[0].slot[500].sequence = 77; /* no head of so small a queue */
        else
            slot->sequence = UINT64_MAX;
        stage_connect(&stage, VSND_F_CTLS);
        expect_new();
        leave();
    }
}

static void test_a_file_of_anything(void **state)
{
    uint32_t seed = 1;
    unsigned fresh_ones = 0;

    (void)state;
    for (unsigned round = 0; round < 300; round++) {
        struct world w;
        uint8_t *raw;
        struct state *s;

        in_the_middle(&w);
        stage_kill(&stage);
        s = stage.audio.state;
        raw = (uint8_t *)s;
        for (unsigned i = 0; i <= round % 4; i++) {
            seed = seed * 1664525 + 1013904223;
            raw[(seed >> 8) % (round % 2 ? 512 : sizeof(*s))] ^= (uint8_t)(1u << (seed >> 29));
        }
        stage_kill(&stage); /* which looks at it */
        fresh_ones += !(atomic_load(&stage.audio.state->control) & STATE_CONTROL_SEEN);
        assert_true(state_sane(stage.audio.state, &stage.audio.card));
        stage_connect(&stage, VSND_F_CTLS);
        stage_progress(&stage);
        /* whatever it has found: it serves a driver */
        stage_halt(&stage);
        stage.audio.vhost.ops->reset(&stage.audio.vhost);
        stage_driver(&stage, VSND_F_CTLS);
        expect_new();
        work_a_little();
        leave();
    }
    assert_true(fresh_ones > 50 && fresh_ones < 300);
}

static void test_a_file_of_another_card_or_length(void **state)
{
    (void)state;
    for (unsigned way = 0; way < 3; way++) {
        struct world w;
        char name[96];

        in_the_middle(&w);
        (void)snprintf(name, sizeof(name), "%s/state", stage.folder);
        if (way == 0)
            assert_int_equal(truncate(name, 100), 0);
        else if (way == 1)
            assert_int_equal(truncate(name, sizeof(struct state) + 8), 0);
        else
            assert_int_equal(card_init(&stage.audio.card, 1, 2), 0);
        if (way == 0) /* its mapping has no memory behind it now */
            assert_int_equal(truncate(name, sizeof(struct state) - 1), 0);
        stage_kill(&stage);
        stage_driver(&stage, VSND_F_CTLS);
        assert_int_equal(stage.audio.n.restored, 0);
        expect_new();
        work_a_little();
        leave();
    }
}

/* ---- killed anywhere */
struct deed {
    const char *name;
    uint32_t code[2]; /* control requests offered, 0: none */
    unsigned stream;
    enum pcm_state after;
    bool discards; /* buffers of that stream come back unheard */
};

static const struct deed deeds[] = {
    {"start", {VSND_R_PCM_START}, 0, PCM_RUNNING, false},
    {"stop and release", {VSND_R_PCM_STOP, VSND_R_PCM_RELEASE}, 1, PCM_RELEASED, true},
    {"release and prepare", {VSND_R_PCM_RELEASE, VSND_R_PCM_PREPARE}, 0, PCM_PREPARED, true},
    {"prepare again", {VSND_R_PCM_PREPARE, VSND_R_PCM_START}, 0, PCM_RUNNING, true},
};

/* What the process does that dies. */
static void the_work(void)
{
    stage_kick(&stage, VSND_QUEUE_CONTROL);
    stage_kick(&stage, VSND_QUEUE_TX);
    stage_kick(&stage, VSND_QUEUE_RX);
    stage_progress(&stage);
}

/* A child does the work and is killed after so many instructions; how many it lived for. */
static unsigned long die_after(unsigned long instructions)
{
    unsigned long n = 0;
    int status;
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        (void)raise(SIGSTOP);
        the_work();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSTOPPED(status));
    while (n < instructions && ptrace(PTRACE_SINGLESTEP, child, NULL, NULL) == 0 &&
           waitpid(child, &status, 0) == child && WIFSTOPPED(status))
        n++;
    if (WIFEXITED(status)) {
        assert_int_equal(WEXITSTATUS(status), 0);
        return n;
    }
    assert_true(WIFSTOPPED(status));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return n;
}

static void expect_requests_answered(const struct deed *d, const unsigned chain[2])
{
    for (unsigned i = 0; i < 2 && d->code[i]; i++) {
        uint32_t status;

        assert_int_equal(stage_back(&stage, VSND_QUEUE_CONTROL, NULL), chain[i]);
        memcpy(&status, stage_answer(&stage, VSND_QUEUE_CONTROL, chain[i]), sizeof(status));
        assert_int_equal(status, VSND_S_OK);
    }
    assert_int_equal(stage_back(&stage, VSND_QUEUE_CONTROL, NULL), -1);
    assert_int_equal(state_pcm(&stage.audio.state->stream[d->stream]), d->after);
}

static unsigned long one_death(const struct deed *d, unsigned long instructions)
{
    struct world w;
    unsigned chain[2] = {0};
    unsigned long lived;

    in_the_middle(&w);
    for (unsigned i = 0; i < 2 && d->code[i]; i++) {
        const struct vsnd_item r = {d->code[i], d->stream};

        chain[i] = stage_offer(&stage, VSND_QUEUE_CONTROL, &r, sizeof(r), 4);
    }
    say(&w, 1);
    if (!d->discards)
        say(&w, 0);
    (void)stage_record(&stage, 2, PERIOD);
    hear(&w, 1, PERIOD);
    speak(&w, PERIOD + PERIOD / 2);
    lived = die_after(instructions);
    stage_kill(&stage);
    stage_connect(&stage, VSND_F_CTLS);
    stage_progress(&stage);
    collect(&w, d->discards ? 0 : VSND_S_OK);
    expect_requests_answered(d, chain);
    assert_int_equal(stage.manual.stream[d->stream].running, d->after == PCM_RUNNING);
    assert_true(w.rx_back >= 2);
    if (!d->discards) {
        to_the_end(&w);
    } else {
        /* the other stream has lost nothing, this one's buffers are all back, once each */
        const unsigned other = !d->stream;

        if (other == 0)
            assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
        hear(&w, other, 16 * PERIOD);
        stage_progress(&stage);
        collect(&w, 0);
        assert_int_equal(w.heard[other], w.sent[other]);
        for (unsigned i = 0; i < 2; i++)
            assert_int_equal(w.back[i] * PERIOD, w.sent[i]);
    }
    leave();
    return lived;
}

static void test_killed_between_two_instructions(void **state)
{
    const char *more = getenv("AUDIO_KILL_POINTS");
    const unsigned long points = more ? strtoul(more, NULL, 10) : POINTS;

    (void)state;
    assert_true(points > 0);
    for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++) {
        const unsigned long all = one_death(&deeds[i], ~0ul);
        unsigned n = 0;

        assert_true(all > 1000);
        for (unsigned long at = 1 + 7 * i; at < all; at += all / points + 1, n++)
            (void)one_death(&deeds[i], at);
        print_message("%s: killed at %u of %lu instructions\n", deeds[i].name, n, all);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_killed_between_two_calls),
        cmocka_unit_test(test_killed_while_a_buffer_returns),
        cmocka_unit_test(test_killed_before_an_answer),
        cmocka_unit_test(test_a_guest_that_stands_still_goes_on),
        cmocka_unit_test(test_a_state_of_a_driver_that_is_gone),
        cmocka_unit_test(test_a_record_that_is_not_of_the_queue),
        cmocka_unit_test(test_a_file_of_anything),
        cmocka_unit_test(test_a_file_of_another_card_or_length),
        cmocka_unit_test(test_killed_between_two_instructions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
