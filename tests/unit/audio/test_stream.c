/* SPDX-License-Identifier: BSD-3-Clause */
/* Buffers: when they return, with what, in which order; and those that are none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "stage.h"

#define PERIOD 1024u

static struct stage stage;

static int up(void **state)
{
    (void)state;
    stage_init(&stage, 2, 2, false);
    stage_driver(&stage, VSND_F_CTLS);
    return 0;
}
static int down(void **state)
{
    (void)state;
    stage_finish(&stage);
    return 0;
}

static void pattern(uint8_t *to, uint32_t from, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        to[i] = (uint8_t)((from + i) * 31 + ((from + i) >> 8));
}

static void expect_back(unsigned queue, unsigned chain, uint32_t status, uint32_t pcm)
{
    uint32_t written;

    assert_int_equal(stage_back(&stage, queue, &written), chain);
    assert_int_equal(written, sizeof(struct vsnd_pcm_status) + (queue == VSND_QUEUE_RX ? pcm : 0));
    assert_int_equal(stage_status(&stage, queue, chain, queue == VSND_QUEUE_RX ? pcm : 0).status,
                     status);
}
static void expect_none(unsigned queue)
{
    assert_int_equal(stage_back(&stage, queue, NULL), -1);
}

static void test_a_buffer_returns_when_its_last_byte_was_taken(void **state)
{
    uint8_t pcm[4 * PERIOD], heard[4 * PERIOD];
    unsigned chain[4];

    (void)state;
    pattern(pcm, 0, sizeof(pcm));
    stage_prepare(&stage, 0, PERIOD, 4);
    for (unsigned i = 0; i < 4; i++)
        chain[i] = stage_play(&stage, 0, pcm + i * PERIOD, PERIOD);
    stage_kick(&stage, VSND_QUEUE_TX);
    /* it is all in the ring before START, and comes back by and by */
    assert_int_equal(ring_device(&stage.audio.ring[0]), 4 * PERIOD);
    expect_none(VSND_QUEUE_TX);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
    assert_int_equal(stage_take(&stage, 0, PERIOD - 4, heard), PERIOD - 4);
    expect_none(VSND_QUEUE_TX);
    assert_int_equal(stage_take(&stage, 0, 4, heard + PERIOD - 4), 4);
    expect_back(VSND_QUEUE_TX, chain[0], VSND_S_OK, 0);
    expect_none(VSND_QUEUE_TX);
    assert_int_equal(stage_take(&stage, 0, 3 * PERIOD, heard + PERIOD), 3 * PERIOD);
    for (unsigned i = 1; i < 4; i++)
        expect_back(VSND_QUEUE_TX, chain[i], VSND_S_OK, 0);
    assert_memory_equal(pcm, heard, sizeof(pcm));
}

static void test_more_than_the_ring_holds_follows(void **state)
{
    uint8_t pcm[STAGE_BUFFER], heard[2 * STAGE_BUFFER];
    uint32_t at = 0;
    unsigned chain[2];

    (void)state;
    pattern(pcm, 0, sizeof(pcm));
    stage_prepare(&stage, 0, PERIOD, 2); /* the ring has 4096 bytes */
    assert_int_equal(stage.manual.stream[0].format.ring_bytes, LINK_RING_MIN);
    for (unsigned i = 0; i < 2; i++)
        chain[i] = stage_play(&stage, 0, pcm, STAGE_BUFFER);
    stage_kick(&stage, VSND_QUEUE_TX);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
    while (at < sizeof(heard)) {
        const uint64_t wake = atomic_load(&stage.audio.ring[0].words->wake_at);
        uint32_t n;

        /* the device has asked to be woken before the ring runs dry */
        assert_true(wake > at && wake <= ring_device(&stage.audio.ring[0]));
        n = stage_take(&stage, 0, (uint32_t)(wake - at), heard + at);
        assert_int_equal(n, wake - at);
        at += n;
        assert_int_equal(stage_back(&stage, VSND_QUEUE_TX, NULL), at == STAGE_BUFFER ? (int)chain[0]
                                                                  : at == 2 * STAGE_BUFFER
                                                                      ? (int)chain[1]
                                                                      : -1);
    }
    assert_memory_equal(heard, pcm, STAGE_BUFFER);
    assert_memory_equal(heard + STAGE_BUFFER, pcm, STAGE_BUFFER);
}

static void test_streams_do_not_wait_for_each_other(void **state)
{
    unsigned first, second;

    (void)state;
    stage_prepare(&stage, 0, PERIOD, 4);
    stage_prepare(&stage, 1, PERIOD, 4);
    first = stage_play(&stage, 0, NULL, PERIOD);
    second = stage_play(&stage, 1, NULL, PERIOD);
    stage_kick(&stage, VSND_QUEUE_TX);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 1), VSND_S_OK);
    (void)stage_take(&stage, 1, PERIOD, NULL);
    expect_back(VSND_QUEUE_TX, second, VSND_S_OK, 0);
    expect_none(VSND_QUEUE_TX);
    (void)stage_take(&stage, 0, PERIOD, NULL);
    expect_back(VSND_QUEUE_TX, first, VSND_S_OK, 0);
}

static void test_latency_is_what_lies_before_the_loudspeaker(void **state)
{
    unsigned chain[2];

    (void)state;
    stage_prepare(&stage, 0, PERIOD, 4);
    for (unsigned i = 0; i < 2; i++)
        chain[i] = stage_play(&stage, 0, NULL, PERIOD);
    stage_kick(&stage, VSND_QUEUE_TX);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
    atomic_store(&stage.audio.ring[0].words->latency, 3000);
    /* 200 bytes of the second have been taken as well: the first's end is that much nearer */
    (void)stage_take(&stage, 0, PERIOD + 200, NULL);
    assert_int_equal(stage_back(&stage, VSND_QUEUE_TX, NULL), chain[0]);
    assert_int_equal(stage_status(&stage, VSND_QUEUE_TX, chain[0], 0).latency_bytes, 2800);
    atomic_store(&stage.audio.ring[0].words->latency, 0);
    (void)stage_take(&stage, 0, PERIOD - 200, NULL);
    assert_int_equal(stage_back(&stage, VSND_QUEUE_TX, NULL), chain[1]);
    assert_int_equal(stage_status(&stage, VSND_QUEUE_TX, chain[1], 0).latency_bytes, 0);
}

static void test_capture_fills_buffers_of_any_size(void **state)
{
    /* smaller than a period, a period, greater than the ring: the others' overrun */
    static const uint32_t sizes[] = {4, PERIOD - 4, PERIOD, PERIOD + 4, 3 * PERIOD, 12 * PERIOD};
    uint8_t sound[19 * PERIOD], *got;
    unsigned chain[6];
    uint32_t at = 0, end = 0, checked = 0, n = 0;

    (void)state;
    pattern(sound, 7, sizeof(sound));
    stage_prepare(&stage, 2, PERIOD, 2);
    for (unsigned i = 0; i < 6; i++)
        chain[i] = stage_record(&stage, 2, sizes[i]);
    stage_kick(&stage, VSND_QUEUE_RX);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 2), VSND_S_OK);
    for (unsigned i = 0; i < 6; i++) {
        end += sizes[i];
        while (at < end) {
            uint32_t step = end - at < 700 ? end - at : 700;

            expect_none(VSND_QUEUE_RX);
            n = stage_put(&stage, 2, sound + at, step);
            assert_int_equal(n, step);
            at += n;
        }
        expect_back(VSND_QUEUE_RX, chain[i], VSND_S_OK, sizes[i]);
        got = (uint8_t *)(uintptr_t)stage_answer(&stage, VSND_QUEUE_RX, chain[i]);
        assert_memory_equal(got, sound + checked, sizes[i]);
        checked += sizes[i];
        /* nothing behind the status was touched */
        assert_int_equal(got[sizes[i] + sizeof(struct vsnd_pcm_status)], 0xEE);
    }
}

static void test_capture_keeps_what_the_guest_is_late_for(void **state)
{
    uint8_t sound[2 * LINK_RING_MIN];
    unsigned chain;

    (void)state;
    pattern(sound, 1, sizeof(sound));
    stage_prepare(&stage, 2, PERIOD, 4);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 2), VSND_S_OK);
    assert_int_equal(stage_put(&stage, 2, sound, sizeof(sound)), LINK_RING_MIN);
    chain = stage_record(&stage, 2, PERIOD);
    stage_kick(&stage, VSND_QUEUE_RX);
    expect_back(VSND_QUEUE_RX, chain, VSND_S_OK, PERIOD);
    assert_memory_equal(stage_answer(&stage, VSND_QUEUE_RX, chain), sound, PERIOD);
    assert_int_equal(stage_put(&stage, 2, sound, sizeof(sound)), PERIOD);
}

static void test_release_gives_everything_back_first(void **state)
{
    uint8_t sound[PERIOD];
    unsigned tx[4], rx[3];

    (void)state;
    pattern(sound, 9, sizeof(sound));
    stage_prepare(&stage, 0, PERIOD, 4);
    stage_prepare(&stage, 2, PERIOD, 4);
    for (unsigned i = 0; i < 4; i++)
        tx[i] = stage_play(&stage, 0, NULL, PERIOD);
    for (unsigned i = 0; i < 3; i++)
        rx[i] = stage_record(&stage, 2, PERIOD);
    /* not kicked: what lies in the queue is pending as well */
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 2), VSND_S_OK);
    stage_kick(&stage, VSND_QUEUE_TX);
    (void)stage_take(&stage, 0, PERIOD + 8, NULL);
    (void)stage_put(&stage, 2, sound, PERIOD / 2);
    expect_back(VSND_QUEUE_TX, tx[0], VSND_S_OK, 0);
    stage_kick(&stage, VSND_QUEUE_RX);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_STOP, 0), VSND_S_OK);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_STOP, 2), VSND_S_OK);
    expect_none(VSND_QUEUE_TX);
    expect_none(VSND_QUEUE_RX);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_RELEASE, 0), VSND_S_OK);
    for (unsigned i = 1; i < 4; i++)
        expect_back(VSND_QUEUE_TX, tx[i], VSND_S_IO_ERR, 0); /* nobody heard it */
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_RELEASE, 2), VSND_S_OK);
    /* the end of the stream: half a buffer, and its status where the buffer ends */
    {
        uint32_t written;

        assert_int_equal(stage_back(&stage, VSND_QUEUE_RX, &written), rx[0]);
        assert_int_equal(written, PERIOD / 2 + sizeof(struct vsnd_pcm_status));
        assert_int_equal(stage_status(&stage, VSND_QUEUE_RX, rx[0], PERIOD).status, VSND_S_OK);
        assert_memory_equal(stage_answer(&stage, VSND_QUEUE_RX, rx[0]), sound, PERIOD / 2);
        for (unsigned i = 1; i < 3; i++) {
            assert_int_equal(stage_back(&stage, VSND_QUEUE_RX, &written), rx[i]);
            assert_int_equal(written, sizeof(struct vsnd_pcm_status));
            assert_int_equal(stage_status(&stage, VSND_QUEUE_RX, rx[i], PERIOD).status,
                             VSND_S_IO_ERR);
        }
    }
    /* and the next life begins at 0 */
    stage_prepare(&stage, 0, PERIOD, 4);
    assert_int_equal(ring_device(&stage.audio.ring[0]), 0);
}

static void test_a_pause_loses_nothing(void **state)
{
    uint8_t pcm[2 * PERIOD], heard[2 * PERIOD];
    unsigned chain;

    (void)state;
    pattern(pcm, 3, sizeof(pcm));
    stage_prepare(&stage, 0, 2 * PERIOD, 2);
    chain = stage_play(&stage, 0, pcm, 2 * PERIOD);
    stage_kick(&stage, VSND_QUEUE_TX);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
        assert_int_equal(stage_take(&stage, 0, PERIOD / 2, heard + i * PERIOD / 2), PERIOD / 2);
        assert_int_equal(stage_pcm(&stage, VSND_R_PCM_STOP, 0), VSND_S_OK);
    }
    expect_back(VSND_QUEUE_TX, chain, VSND_S_OK, 0);
    assert_memory_equal(pcm, heard, sizeof(pcm));
}

static void expect_refused(unsigned queue, const void *from, uint32_t readable, uint32_t writable,
                           uint32_t status)
{
    const unsigned chain = stage_offer(&stage, queue, from, readable, writable);
    const uint32_t at = queue == VSND_QUEUE_RX && writable > 8 ? writable - 8 : 0;
    uint32_t written;

    stage_kick(&stage, queue);
    assert_int_equal(stage_back(&stage, queue, &written), chain);
    assert_int_equal(written, writable < 8 ? writable : 8);
    if (writable >= 8)
        assert_int_equal(stage_status(&stage, queue, chain, at).status, status);
}

static void test_what_is_no_buffer_comes_back_and_the_queue_goes_on(void **state)
{
    static const uint32_t nobody[] = {4, 5, 0x7FFFFFFF, 0xFFFFFFFF};
    uint32_t xfer[64] = {0};
    unsigned chain;

    (void)state;
    stage_prepare(&stage, 0, PERIOD, 4);
    stage_prepare(&stage, 2, PERIOD, 4);
    for (unsigned i = 0; i < 4; i++) {
        xfer[0] = nobody[i];
        expect_refused(VSND_QUEUE_TX, xfer, sizeof(xfer), 8, VSND_S_BAD_MSG);
        expect_refused(VSND_QUEUE_RX, xfer, 4, 64, VSND_S_BAD_MSG);
    }
    xfer[0] = 2; /* the other direction's */
    expect_refused(VSND_QUEUE_TX, xfer, sizeof(xfer), 8, VSND_S_BAD_MSG);
    xfer[0] = 0;
    expect_refused(VSND_QUEUE_RX, xfer, 4, 64, VSND_S_BAD_MSG);
    expect_refused(VSND_QUEUE_TX, xfer, 4, 8, VSND_S_BAD_MSG);      /* no PCM */
    expect_refused(VSND_QUEUE_TX, xfer, 3, 8, VSND_S_BAD_MSG);      /* no stream */
    expect_refused(VSND_QUEUE_TX, xfer, 0, 8, VSND_S_BAD_MSG);      /* nothing */
    expect_refused(VSND_QUEUE_TX, xfer, 4 + 7, 8, VSND_S_BAD_MSG);  /* half a frame */
    expect_refused(VSND_QUEUE_TX, xfer, 4 + 8, 12, VSND_S_BAD_MSG); /* a tx buffer to write to */
    expect_refused(VSND_QUEUE_TX, xfer, 4 + 8, 7, 0);               /* no room for a status */
    expect_refused(VSND_QUEUE_TX, xfer, 4 + 8, 0, 0);
    xfer[0] = 2;
    expect_refused(VSND_QUEUE_RX, xfer, 4, 8, VSND_S_BAD_MSG); /* no room for PCM */
    expect_refused(VSND_QUEUE_RX, xfer, 4, 7, 0);
    expect_refused(VSND_QUEUE_RX, xfer, 8, 16, VSND_S_BAD_MSG);    /* an rx buffer to read from */
    expect_refused(VSND_QUEUE_RX, xfer, 4, 8 + 6, VSND_S_BAD_MSG); /* half a frame */
    xfer[0] = 1;                                                   /* not prepared */
    expect_refused(VSND_QUEUE_TX, xfer, 4 + 8, 8, VSND_S_IO_ERR);
    assert_int_equal(ring_device(&stage.audio.ring[0]), 0);
    chain = stage_play(&stage, 0, NULL, PERIOD);
    stage_kick(&stage, VSND_QUEUE_TX);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
    (void)stage_take(&stage, 0, PERIOD, NULL);
    expect_back(VSND_QUEUE_TX, chain, VSND_S_OK, 0);
}

static void test_a_buffer_offered_twice_breaks_the_queue_only(void **state)
{
    struct stage_queue *q = &stage.queue[VSND_QUEUE_TX];

    (void)state;
    stage_prepare(&stage, 0, PERIOD, 4);
    (void)stage_play(&stage, 0, NULL, PERIOD);
    q->avail->ring[q->avail->idx % STAGE_QUEUE] = q->avail->ring[(q->avail->idx - 1) % STAGE_QUEUE];
    q->avail->idx++;
    stage_kick(&stage, VSND_QUEUE_TX);
    assert_true(vu_queue(&stage.audio.vhost, VSND_QUEUE_TX)->broken);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
    stage_progress(&stage);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_STOP, 0), VSND_S_OK);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_RELEASE, 0), VSND_S_OK);
}

static void test_loops_of_descriptors_break_the_queue_only(void **state)
{
    (void)state;
    stage_prepare(&stage, 0, PERIOD, 4);
    for (unsigned queue = VSND_QUEUE_TX; queue <= VSND_QUEUE_RX; queue++) {
        struct stage_queue *q = &stage.queue[queue];
        const unsigned chain = stage_offer(&stage, queue, NULL, 64, 64);

        q->desc[3 * chain].flags = VRING_DESC_NEXT;
        q->desc[3 * chain].next = (uint16_t)(3 * chain);
        stage_kick(&stage, queue);
        assert_true(vu_queue(&stage.audio.vhost, queue)->broken);
    }
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_RELEASE, 0), VSND_S_OK);
}

/* The guest pulls a chain in flight from under the device: it hears its own silence. */
static void test_a_chain_changed_in_flight(void **state)
{
    uint8_t pcm[STAGE_BUFFER], heard[STAGE_BUFFER];
    unsigned chain;
    uint32_t written = 1;

    (void)state;
    memset(pcm, 0x55, sizeof(pcm));
    stage_prepare(&stage, 0, PERIOD, 2);
    chain = stage_play(&stage, 0, pcm, STAGE_BUFFER);
    stage_kick(&stage, VSND_QUEUE_TX);
    stage.queue[VSND_QUEUE_TX].desc[3 * chain].len = 4 + 2000;
    stage.queue[VSND_QUEUE_TX].desc[3 * chain + 1].len = 3;
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
    for (uint32_t at = 0; at < STAGE_BUFFER;)
        at += stage_take(&stage, 0, 4096, heard + at);
    assert_int_equal(stage_back(&stage, VSND_QUEUE_TX, &written), chain);
    assert_int_equal(written, 3);
    assert_memory_equal(heard, pcm, LINK_RING_MIN); /* copied before the change */
    for (uint32_t at = LINK_RING_MIN; at < STAGE_BUFFER; at++)
        assert_int_equal(heard[at], 0);
}

/* A sound service that lies about its counters. */
static void test_counters_that_make_no_sense(void **state)
{
    static const uint64_t lies[] = {1, 3, PERIOD + 1, 4 * PERIOD, UINT64_MAX, UINT64_MAX / 2};
    struct ring *r = &stage.audio.ring[0];

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        stage_prepare(&stage, 0, PERIOD, 4);
        stage_prepare(&stage, 2, PERIOD, 4);
        (void)stage_play(&stage, 0, NULL, PERIOD);
        (void)stage_record(&stage, 2, PERIOD);
        stage_kick(&stage, VSND_QUEUE_TX);
        stage_kick(&stage, VSND_QUEUE_RX);
        assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 0), VSND_S_OK);
        atomic_store(&r->words->service, lies[i]);
        atomic_store(&r->words->device, lies[i]); /* which nobody of us believes */
        atomic_store(&stage.audio.ring[2].words->service, lies[i]);
        stage_progress(&stage);
        assert_true(state_sane(stage.audio.state, &stage.audio.card)); /* whole frames */
        atomic_store(&r->words->service, 0);                           /* backwards */
        atomic_store(&stage.audio.ring[2].words->service, 0);
        stage_progress(&stage);
        assert_int_equal(stage_pcm(&stage, VSND_R_PCM_STOP, 0), VSND_S_OK);
        assert_int_equal(stage_pcm(&stage, VSND_R_PCM_RELEASE, 0), VSND_S_OK);
        assert_int_equal(stage_pcm(&stage, VSND_R_PCM_RELEASE, 2), VSND_S_OK);
        while (stage_back(&stage, VSND_QUEUE_TX, NULL) >= 0 ||
               stage_back(&stage, VSND_QUEUE_RX, NULL) >= 0)
            ;
    }
}

static uint32_t next_event(uint32_t *data)
{
    struct vsnd_event e;
    const int chain = stage_back(&stage, VSND_QUEUE_EVENT, NULL);

    if (chain < 0)
        return 0;
    memcpy(&e, stage_answer(&stage, VSND_QUEUE_EVENT, (unsigned)chain), sizeof(e));
    *data = e.data;
    return e.code;
}

static void test_xruns_and_periods_are_told_when_asked_for(void **state)
{
    uint32_t data;

    (void)state;
    stage_prepare(&stage, 1, PERIOD, 4);
    (void)stage_play(&stage, 1, NULL, 2 * PERIOD);
    stage_kick(&stage, VSND_QUEUE_TX);
    for (unsigned i = 0; i < 4; i++)
        (void)stage_offer(&stage, VSND_QUEUE_EVENT, NULL, 0, 8);
    stage_kick(&stage, VSND_QUEUE_EVENT);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 1), VSND_S_OK);
    (void)stage_take(&stage, 1, PERIOD - 4, NULL);
    assert_int_equal(next_event(&data), 0);
    assert_int_equal(atomic_load(&stage.audio.ring[1].words->wake_at), PERIOD);
    (void)stage_take(&stage, 1, 4, NULL);
    assert_int_equal(next_event(&data), VSND_EVT_PCM_PERIOD_ELAPSED);
    assert_int_equal(data, 1);
    atomic_fetch_add(&stage.audio.ring[1].words->xruns, 1);
    stage_progress(&stage);
    assert_int_equal(next_event(&data), VSND_EVT_PCM_XRUN);
    assert_int_equal(data, 1);
    stage_progress(&stage);
    assert_int_equal(next_event(&data), 0);
    /* who did not ask is not told */
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_STOP, 1), VSND_S_OK);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_RELEASE, 1), VSND_S_OK);
    assert_int_equal(stage_set(&stage, 1, VSND_FMT_U8, 1, VSND_RATE_8000, 64, 4, 0), VSND_S_OK);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_PREPARE, 1), VSND_S_OK);
    (void)stage_play(&stage, 1, NULL, PERIOD);
    stage_kick(&stage, VSND_QUEUE_TX);
    assert_int_equal(stage_pcm(&stage, VSND_R_PCM_START, 1), VSND_S_OK);
    atomic_fetch_add(&stage.audio.ring[1].words->xruns, 1);
    (void)stage_take(&stage, 1, PERIOD, NULL);
    assert_int_equal(next_event(&data), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)
    const struct CMUnitTest tests[] = {
        TEST(test_a_buffer_returns_when_its_last_byte_was_taken),
        TEST(test_more_than_the_ring_holds_follows),
        TEST(test_streams_do_not_wait_for_each_other),
        TEST(test_latency_is_what_lies_before_the_loudspeaker),
        TEST(test_capture_fills_buffers_of_any_size),
        TEST(test_capture_keeps_what_the_guest_is_late_for),
        TEST(test_release_gives_everything_back_first),
        TEST(test_a_pause_loses_nothing),
        TEST(test_what_is_no_buffer_comes_back_and_the_queue_goes_on),
        TEST(test_a_buffer_offered_twice_breaks_the_queue_only),
        TEST(test_loops_of_descriptors_break_the_queue_only),
        TEST(test_a_chain_changed_in_flight),
        TEST(test_counters_that_make_no_sense),
        TEST(test_xruns_and_periods_are_told_when_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
