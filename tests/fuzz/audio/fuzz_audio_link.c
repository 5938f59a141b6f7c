/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzzes what the sound service says to a device: answers that fit, answers that do not, events,
 * ends, while streams are opened, started and closed.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/link.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void progress(void *data)
{
    (void)data;
}
static void jack(void *data, unsigned n, bool connected)
{
    (void)data, (void)n, (void)connected;
}
static const struct backend_events events = {progress, jack};

static struct ring rings[2];
static struct link l;

static void connected(int *peer)
{
    int pair[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        abort();
    if (*peer >= 0)
        close(*peer);
    *peer = pair[1];
    link_attach(&l, pair[0]);
}

/* The service answers what it was asked last, or says something else. */
static void say(int peer, uint8_t how, const uint8_t *raw, size_t left)
{
    static struct link_message last;
    struct link_message m;

    while (recv(peer, &m, sizeof(m), MSG_DONTWAIT) == sizeof(m))
        last = m;
    m = last;
    m.status = how & 8 ? -22 : 0;
    if (how & 16) {
        memset(&m, 0, sizeof(m));
        m.kind = LINK_JACK;
        m.value = how >> 7;
    }
    if ((how & 0x60) == 0x60)
        memcpy(&m, raw, left < sizeof(m) ? left : sizeof(m));
    (void)send(peer, &m, how == 0xFF ? left % sizeof(m) : sizeof(m), MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void step(uint8_t what, uint8_t how, const uint8_t *raw, size_t left, int *peer,
                 uint64_t *now)
{
    const unsigned stream = what >> 7;
    const struct link_format f = {
        .rate = 48000, .format = 5, .channels = 2, .ring_bytes = LINK_RING_MIN, .period_bytes = 64};
    struct link_volume v = {how, how};

    switch (what & 15) {
    case 0 ... 1:
        if (link_backend.open(&l, stream, &f, &rings[stream], how & 1) < 0)
            abort();
        break;
    case 2:
        link_backend.close(&l, stream);
        break;
    case 3 ... 4:
        if (l.stream[stream].wanted)
            (void)link_backend.start(&l, stream);
        break;
    case 5:
        link_backend.stop(&l, stream);
        break;
    case 6:
        if (stream == 0)
            link_backend.volume(&l, stream, &v);
        else
            link_backend.source(&l, stream, how & 1);
        break;
    case 7:
        *now += (uint64_t)how << 20;
        link_tick(&l, *now);
        break;
    case 8:
        if (l.peer.fd < 0)
            connected(peer);
        break;
    case 9:
        if (how > 200 && *peer >= 0) {
            close(*peer);
            *peer = -1;
        }
        break;
    default:
        if (*peer >= 0)
            say(*peer, how, raw, left);
        while (vu_loop_once(l.loop, 0) > 0)
            ;
    }
    for (unsigned i = 0; i < 2; i++)
        if (l.stream[i].ticks && (!l.stream[i].running || !link_backend.ready(&l, i)))
            abort(); /* a clock works a ring that nobody plays */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct vu_loop loop;
    uint64_t now = clock_now();
    int peer = -1;

    if (vu_loop_init(&loop) < 0 || link_init(&l, &loop, &events, NULL, 1, "") < 0)
        abort();
    for (unsigned i = 0; i < 2; i++) {
        if (!rings[i].words && ring_init(&rings[i], memfd_create("ring", MFD_CLOEXEC)) < 0)
            abort();
        rings[i].bytes = LINK_RING_MIN;
    }
    while (bytes >= 2) {
        step(data[0], data[1], data + 2, bytes - 2, &peer, &now);
        data += 2;
        bytes -= 2;
    }
    link_finish(&l);
    if (peer >= 0)
        close(peer);
    vu_loop_finish(&loop);
    return 0;
}
