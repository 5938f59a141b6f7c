/* SPDX-License-Identifier: BSD-3-Clause */
/* The back ends by themselves: time that stands in for a card, and the link to a sound service that
 * answers, refuses, talks nonsense, goes away and comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/link.h"
#include "backend/null.h"
#include "proto/virtio_snd.h"

#define MS UINT64_C(1000000)

static struct vu_loop loop;
static struct ring ring[3];
static unsigned progressed;
static uint32_t jacks;
static const struct link_format format = {.rate = 48000,
                                          .format = VSND_FMT_S16,
                                          .channels = 2,
                                          .position = {VSND_CHMAP_FL, VSND_CHMAP_FR},
                                          .ring_bytes = 96000,
                                          .period_bytes = 1920};

static void progress(void *data)
{
    (void)data;
    progressed++;
}
static void jack(void *data, unsigned n, bool connected)
{
    (void)data;
    jacks = (jacks & ~(1u << n)) | (uint32_t)connected << n;
}
static const struct backend_events events = {progress, jack};

static int up(void **state)
{
    (void)state;
    progressed = 0;
    jacks = 0;
    assert_int_equal(vu_loop_init(&loop), 0);
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(ring_init(&ring[i], memfd_create("ring", MFD_CLOEXEC)), 0);
        ring[i].bytes = format.ring_bytes;
    }
    return 0;
}
static int down(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++)
        ring_finish(&ring[i]);
    vu_loop_finish(&loop);
    return 0;
}

static uint64_t service(unsigned stream)
{
    return atomic_load(&ring[stream].words->service);
}

/* ---- null */
static void test_time_takes_and_fills(void **state)
{
    static struct null n;
    uint64_t t0;

    (void)state;
    assert_int_equal(null_init(&n, &loop, &events, NULL, 1, false), 0);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(null_backend.open(&n, i, &format, &ring[i], false), 0);
    memset(ring_data(&ring[1]), 0x55, format.ring_bytes);
    ring_tell(&ring[0], 9600);
    null_tick(&n, clock_now() + 1000 * MS);
    assert_int_equal(service(0), 0); /* not started */
    assert_int_equal(null_backend.start(&n, 0), 0);
    assert_int_equal(null_backend.start(&n, 1), 0);
    t0 = n.stream[0].clock.start_ns;
    n.stream[1].clock.start_ns = t0;
    null_tick(&n, t0 + 10 * MS);
    assert_int_equal(service(0), 1920);
    assert_int_equal(service(1), 1920);
    for (unsigned i = 0; i < 1920; i++)
        assert_int_equal(ring_data(&ring[1])[i], 0);
    assert_int_equal(ring_data(&ring[1])[1920], 0x55);
    null_tick(&n, t0 + 10 * MS);
    assert_int_equal(service(0), 1920);
    assert_int_equal(atomic_load(&ring[0].words->xruns), 0);
    /* 50 ms hold 9600 bytes; 40 ms later there is nothing more, and time went on */
    null_tick(&n, t0 + 90 * MS);
    assert_int_equal(service(0), 9600);
    assert_int_equal(atomic_load(&ring[0].words->xruns), 1);
    assert_int_equal(atomic_load(&ring[0].words->missing), 40 * 192);
    ring_tell(&ring[0], 9600 + 1920);
    null_tick(&n, t0 + 95 * MS);
    assert_int_equal(service(0), 9600 + 960);
    /* capture that nobody takes: the ring is full, the rest is lost */
    null_tick(&n, t0 + 600 * MS);
    assert_int_equal(service(1), format.ring_bytes);
    assert_int_equal(atomic_load(&ring[1].words->missing), 600 * 192 - format.ring_bytes);
    null_backend.stop(&n, 0);
    null_backend.stop(&n, 1);
    null_backend.close(&n, 0);
    null_backend.close(&n, 1);
    null_finish(&n);
}

/* A long time in odd steps: not a frame too many or too few at any rate. */
static void test_no_frame_is_lost_in_rounding(void **state)
{
    static const uint32_t rates[] = {8000, 11025, 22050, 44100, 48000, 88200, 176400, 192000};

    (void)state;
    for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
        struct link_format f = format;
        struct clock c;
        uint64_t total = 0, now = 5 * MS;

        f.rate = rates[i];
        ring_clear(&ring[0]);
        clock_start(&c, &f, false, now);
        for (unsigned step = 0; step < 20000; step++) {
            struct clock_step s;

            now += 777777 + step % 13 * 1001;
            s = clock_due(&c, &ring[0], now);
            total += s.bytes + s.missing;
            clock_commit(&ring[0], &s);
            ring_tell(&ring[0], service(0));
        }
        assert_int_equal(total / 4, (now - 5 * MS) * f.rate / (1000 * MS));
    }
}

static void test_silence_is_the_formats_own(void **state)
{
    static const struct {
        unsigned format;
        uint8_t bytes[8];
    } cases[] = {
        {VSND_FMT_S16, {0}},
        {VSND_FMT_FLOAT64, {0}},
        {VSND_FMT_U8, {0x80, 0x80, 0x80, 0x80}},
        {VSND_FMT_U16, {0, 0x80, 0, 0x80}},
        {VSND_FMT_U24_3, {0, 0, 0x80, 0, 0, 0x80}},
        {VSND_FMT_U24, {0, 0, 0x80, 0, 0, 0, 0x80, 0}},
        {VSND_FMT_U32, {0, 0, 0, 0x80, 0, 0, 0, 0x80}},
        {VSND_FMT_MU_LAW, {0xFF, 0xFF, 0xFF, 0xFF}},
        {VSND_FMT_A_LAW, {0xD5, 0xD5, 0xD5, 0xD5}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t pcm[9] = {1, 1, 1, 1, 1, 1, 1, 1, 0x77};
        const unsigned n = cases[i].format == VSND_FMT_U24_3 ? 6 : 8;

        clock_silence(pcm, n, cases[i].format);
        for (unsigned b = 0; b < n; b++)
            assert_int_equal(pcm[b], cases[i].bytes[n == 6 ? b : b % 4]);
        assert_int_equal(pcm[8], 0x77);
    }
}

static void test_the_timer_is_there_when_the_device_waits(void **state)
{
    static struct null n;
    uint64_t before = clock_now();

    (void)state;
    assert_int_equal(null_init(&n, &loop, &events, NULL, 1, false), 0);
    assert_int_equal(null_backend.open(&n, 0, &format, &ring[0], false), 0);
    ring_tell(&ring[0], 1920);
    ring_wait(&ring[0], 1920);
    assert_int_equal(null_backend.start(&n, 0), 0);
    while (service(0) < 1920)
        assert_true(vu_loop_once(&loop, 10000) > 0);
    assert_true(clock_now() - before >= 10 * MS);
    assert_true(progressed > 0 && progressed <= 3); /* it does not run in between */
    null_finish(&n);
}

static void test_capture_hears_stream_0(void **state)
{
    static struct null n;
    static uint8_t heard[200 * 192];
    uint64_t t0, put = 0, got = 0, first = 0;
    uint32_t value = 0;

    (void)state;
    assert_int_equal(null_init(&n, &loop, &events, NULL, 1, true), 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(null_backend.open(&n, i, &format, &ring[i], false), 0);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(null_backend.start(&n, i), 0);
    t0 = n.stream[2].clock.start_ns + 12345; /* frames of the two do not begin together */
    for (unsigned ms = 1; ms <= 200; ms += 1 + ms % 29) { /* ticks come as they come */
        /* always full: a counter in every frame */
        for (; put < service(0) + format.ring_bytes; put += 4) {
            value++;
            memcpy(ring_data(&ring[0]) + put % format.ring_bytes, &value, 4);
        }
        ring_tell(&ring[0], put);
        null_tick(&n, t0 + ms * MS);
        for (; got < service(1) && got < sizeof(heard); got++)
            heard[got] = ring_data(&ring[1])[got % format.ring_bytes];
        ring_tell(&ring[1], got);
        ring_tell(&ring[2], service(2));
        /* the second capture stream hears nothing */
        assert_int_equal(ring_data(&ring[2])[(service(2) - 1) % format.ring_bytes], 0);
    }
    for (uint64_t at = 0; at + 4 <= got; at += 4) {
        memcpy(&value, heard + at, 4);
        if (!value)
            assert_int_equal(first, 0); /* silence is at the beginning only */
        else
            assert_int_equal(value, first ? ++first : (first = 1));
    }
    assert_true(first > 140 * 48);
    null_finish(&n);
}

/* ---- link */
static struct link l;
static int peer;

static void connected(void)
{
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair),
                     0);
    link_attach(&l, pair[0]);
    peer = pair[1];
}

static int link_up(void **state)
{
    (void)up(state);
    peer = -1;
    assert_int_equal(link_init(&l, &loop, &events, NULL, 2, ""), 0);
    return 0;
}
static int link_down(void **state)
{
    link_finish(&l);
    if (peer >= 0)
        close(peer);
    return down(state);
}

static unsigned fds_came;

/* The next message of the device's, of that kind. */
static struct link_message expect(enum link_kind kind)
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(8 * sizeof(int))];
    } control;
    struct link_message m = {0};
    struct iovec iov = {&m, sizeof(m)};
    struct msghdr h = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = control.bytes,
                       .msg_controllen = sizeof(control.bytes)};
    const ssize_t n = recvmsg(peer, &h, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

    if (kind == 0) {
        assert_int_equal(n, -1);
        return m;
    }
    assert_int_equal(n, sizeof(m));
    assert_int_equal(m.kind, kind);
    assert_int_not_equal(m.serial, 0);
    fds_came = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&h); c; c = CMSG_NXTHDR(&h, c)) {
        int fd[8];

        fds_came = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fd, CMSG_DATA(c), fds_came * sizeof(int));
        for (unsigned i = 0; i < fds_came; i++)
            close(fd[i]);
    }
    return m;
}

static void answer_with(struct link_message m, int32_t status)
{
    m.status = status;
    assert_int_equal(send(peer, &m, sizeof(m), 0), sizeof(m));
    while (vu_loop_once(&loop, 0) > 0)
        ;
}
static void answer(struct link_message m)
{
    answer_with(m, 0);
}

static void greet(uint32_t plugged)
{
    struct link_message m = expect(LINK_HELLO);

    assert_int_equal(m.value, SOUND_LINK_VERSION);
    m.card = (struct link_card){48000, 256, plugged};
    answer(m);
}

static void test_the_service_is_told_everything_in_order(void **state)
{
    const struct link_volume v = {100, 200};
    struct link_message m;

    (void)state;
    connected();
    assert_int_equal(link_backend.open(&l, 0, &format, &ring[0], false), 0);
    link_backend.volume(&l, 0, &v);
    assert_int_equal(link_backend.start(&l, 0), 0);
    greet(2);
    assert_int_equal(jacks, 2);
    m = expect(LINK_OPEN);
    assert_int_equal(fds_came, 2);
    assert_memory_equal(&m.format, &format, sizeof(format));
    expect(0); /* one at a time */
    answer(m);
    m = expect(LINK_VOLUME);
    assert_int_equal(m.volume.right_centibel, 200);
    answer(m);
    answer(expect(LINK_START));
    expect(0);
    link_backend.stop(&l, 0);
    link_backend.close(&l, 0);
    answer(expect(LINK_STOP));
    answer(expect(LINK_CLOSE));
    expect(0);
    assert_int_equal(link_backend.open(&l, 2, &format, &ring[2], true), 0);
    link_backend.source(&l, 2, LINK_SOURCE_MONITOR);
    answer(expect(LINK_OPEN));
    m = expect(LINK_SOURCE);
    assert_int_equal(m.value, LINK_SOURCE_MONITOR);
    /* news while it is busy: the last one counts */
    for (unsigned i = 0; i < 1001; i++)
        link_backend.source(&l, 2, i % 2);
    answer(m);
    m = expect(LINK_SOURCE);
    assert_int_equal(m.value, 0);
    answer(m);
    expect(0);
}

static void test_a_jack_is_plugged(void **state)
{
    struct link_message m = {.kind = LINK_JACK, .stream = 1, .value = 1};

    (void)state;
    connected();
    greet(0);
    answer(m);
    assert_int_equal(jacks, 2);
    m.value = 0;
    answer(m);
    assert_int_equal(jacks, 0);
}

/* The ring is cleared only when the service has let go of it. */
static void test_a_ring_is_not_cleared_under_the_service(void **state)
{
    struct link_message m;

    (void)state;
    connected();
    greet(0);
    assert_int_equal(link_backend.open(&l, 0, &format, &ring[0], false), 0);
    assert_true(link_backend.ready(&l, 0));
    m = expect(LINK_OPEN);
    ring_tell(&ring[0], 4000);
    atomic_store(&ring[0].words->service, 3000);
    for (unsigned i = 0; i < 3; i++) { /* while OPEN is on its way, and while CLOSE is */
        link_backend.close(&l, 0);
        assert_int_equal(link_backend.open(&l, 0, &format, &ring[0], false), 0);
        assert_false(link_backend.ready(&l, 0));
    }
    assert_int_equal(service(0), 3000);
    answer(m);
    m = expect(LINK_CLOSE);
    link_backend.close(&l, 0);
    assert_int_equal(link_backend.open(&l, 0, &format, &ring[0], false), 0);
    assert_false(link_backend.ready(&l, 0));
    assert_int_equal(service(0), 3000);
    progressed = 0;
    answer(m);
    assert_int_equal(service(0), 0);
    assert_int_equal(ring_device(&ring[0]), 0);
    assert_true(link_backend.ready(&l, 0));
    assert_true(progressed > 0);
    answer(expect(LINK_OPEN));
}

static void test_a_refusal_reaches_start(void **state)
{
    (void)state;
    connected();
    greet(0);
    assert_int_equal(link_backend.open(&l, 0, &format, &ring[0], false), 0);
    answer_with(expect(LINK_OPEN), -EINVAL);
    assert_int_equal(link_backend.start(&l, 0), -EIO);
    expect(0);
    /* another try is another answer */
    link_backend.close(&l, 0);
    assert_int_equal(link_backend.open(&l, 0, &format, &ring[0], false), 0);
    answer(expect(LINK_OPEN));
    answer(expect(LINK_VOLUME));
    assert_int_equal(link_backend.start(&l, 0), 0);
    answer_with(expect(LINK_START), -EBUSY);
    answer(expect(LINK_CLOSE));
    assert_int_equal(link_backend.start(&l, 0), -EIO);
    expect(0);
}

static void test_time_goes_on_while_the_service_is_away(void **state)
{
    uint64_t t0, before;

    (void)state;
    assert_int_equal(link_backend.open(&l, 0, &format, &ring[0], false), 0);
    assert_int_equal(link_backend.open(&l, 2, &format, &ring[2], false), 0);
    ring_tell(&ring[0], 19200);
    assert_int_equal(link_backend.start(&l, 0), 0);
    assert_int_equal(link_backend.start(&l, 2), 0);
    t0 = l.stream[0].clock.start_ns;
    l.stream[2].clock.start_ns = t0;
    link_tick(&l, t0 + 50 * MS);
    assert_int_equal(service(0), 9600);
    assert_int_equal(service(2), 9600);
    assert_true(progressed > 0);
    /* it comes, and takes over where time has got to */
    connected();
    greet(0);
    link_tick(&l, clock_now() + 1500 * MS);
    before = service(0);
    assert_true(before >= 9600 && before < 19200);
    /* the streams' requests go side by side */
    for (unsigned i = 0; i < 3; i++) {
        static const enum link_kind kinds[3][2] = {
            {LINK_OPEN, LINK_OPEN}, {LINK_VOLUME, LINK_SOURCE}, {LINK_START, LINK_START}};
        const struct link_message a = expect(kinds[i][0]), b = expect(kinds[i][1]);

        assert_int_equal(a.stream, 0);
        assert_int_equal(b.stream, 2);
        answer(a);
        answer(b);
    }
    expect(0);
}

static void test_a_service_that_comes_back_is_told_again(void **state)
{
    uint64_t t0;

    (void)state;
    connected();
    greet(1);
    assert_int_equal(link_backend.open(&l, 1, &format, &ring[1], false), 0);
    ring_tell(&ring[1], 19200);
    answer(expect(LINK_OPEN));
    answer(expect(LINK_VOLUME));
    assert_int_equal(link_backend.start(&l, 1), 0);
    answer(expect(LINK_START));
    link_tick(&l, clock_now() + 100 * MS);
    assert_int_equal(service(1), 0); /* the service plays, not the clock */
    close(peer);
    assert_true(vu_loop_once(&loop, 1000) > 0);
    assert_true(l.peer.fd < 0);
    t0 = l.stream[1].clock.start_ns;
    link_tick(&l, t0 + 10 * MS);
    assert_int_equal(service(1), 1920);
    connected();
    greet(1);
    answer(expect(LINK_OPEN));
    answer(expect(LINK_VOLUME));
    answer(expect(LINK_START));
    expect(0);
    assert_true(link_backend.ready(&l, 1));
    assert_true(service(1) >= 1920); /* nothing begins anew */
}

static void test_a_service_that_does_not_answer_is_none(void **state)
{
    (void)state;
    connected();
    link_tick(&l, clock_now() + 1000 * MS);
    assert_true(l.peer.fd >= 0);
    link_tick(&l, clock_now() + 3000 * MS);
    assert_true(l.peer.fd < 0);
    close(peer);
    connected();
    greet(0);
    assert_int_equal(link_backend.open(&l, 0, &format, &ring[0], false), 0);
    assert_int_equal(link_backend.start(&l, 0), 0);
    link_tick(&l, clock_now() + 3000 * MS);
    assert_true(l.peer.fd < 0);
    assert_true(l.stream[0].ticks);
}

static void test_nonsense_ends_the_connection_and_nothing_else(void **state)
{
    static const struct link_message nonsense[] = {
        {.kind = LINK_JACK, .stream = 0, .value = 2},
        {.kind = LINK_OPEN, .serial = 0},
        {.kind = LINK_OPEN, .serial = 99},
        {.kind = LINK_OPEN, .stream = 16, .serial = 2},
        {.kind = LINK_OPEN, .stream = 0xFFFF, .serial = 2},
        {.kind = LINK_HELLO, .serial = 1},
        {.kind = LINK_START, .stream = 0, .serial = 2},
        {.kind = 0xFFFF, .stream = 0, .serial = 2},
    };
    const size_t n = sizeof(nonsense) / sizeof(nonsense[0]);

    (void)state;
    for (size_t i = 0; i < n + 2; i++) {
        struct link_message m;

        l.serial = 0;
        connected();
        greet(0);
        assert_int_equal(link_backend.open(&l, 0, &format, &ring[0], false), 0);
        m = expect(LINK_OPEN);
        assert_int_equal(m.serial, 2);
        if (i < n)
            (void)send(peer, &nonsense[i], sizeof(nonsense[i]), 0);
        else
            (void)send(peer, &m, i == n ? sizeof(m) - 1 : 0, 0);
        while (l.peer.fd >= 0 && vu_loop_once(&loop, 1000) > 0)
            ;
        assert_true(l.peer.fd < 0);
        assert_int_equal(l.errors, i < n ? i + 1 : n + 1); /* an empty message is its end */
        link_backend.close(&l, 0);
        close(peer);
        peer = -1;
    }
}

static void test_another_version_is_refused(void **state)
{
    (void)state;
    connected();
    answer_with(expect(LINK_HELLO), -EPROTONOSUPPORT);
    assert_true(l.peer.fd < 0);
}

/* A service that reads nothing: its socket fills up, and it counts as lost. */
static void test_a_service_that_reads_nothing(void **state)
{
    (void)state;
    connected();
    greet(0);
    for (unsigned i = 0; i < 100000 && l.peer.fd >= 0; i++) {
        assert_int_equal(link_backend.open(&l, 0, &format, &ring[0], false), 0);
        link_backend.close(&l, 0);
    }
    /* one request a stream is on its way, however often the guest changes its mind */
    assert_true(l.peer.fd >= 0);
    (void)expect(LINK_OPEN);
    expect(0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, up, down)
#define LINK(name) cmocka_unit_test_setup_teardown(name, link_up, link_down)
    const struct CMUnitTest tests[] = {
        TEST(test_time_takes_and_fills),
        TEST(test_no_frame_is_lost_in_rounding),
        TEST(test_silence_is_the_formats_own),
        TEST(test_the_timer_is_there_when_the_device_waits),
        TEST(test_capture_hears_stream_0),
        LINK(test_the_service_is_told_everything_in_order),
        LINK(test_a_jack_is_plugged),
        LINK(test_a_ring_is_not_cleared_under_the_service),
        LINK(test_a_refusal_reaches_start),
        LINK(test_time_goes_on_while_the_service_is_away),
        LINK(test_a_service_that_comes_back_is_told_again),
        LINK(test_a_service_that_does_not_answer_is_none),
        LINK(test_nonsense_ends_the_connection_and_nothing_else),
        LINK(test_another_version_is_refused),
        LINK(test_a_service_that_reads_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
