/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Whoever can write to the bus can try every fault there may be in what reads it: so that is an
 * untrusted task, which has its own memory and nothing else. What it says it has heard is copied,
 * then checked, then used. If it is ended, what it knew goes with it: signals that do not come any
 * more are lost after their time.
 */
#include "listen.h"

#include "board.h"

#include "cluster_os.h"
#include "health.h"
#include "mem.h"

#define CHUNK 64
/* After an end nothing is heard for so long: one end is less than a signal's time, and one that
 * ends each time leaves the CPU to the others. */
#define LISTEN_DEAF_MS 50

OS_DATA(Listener) static struct bus heard;
OS_DATA(Listener) static struct {
    uint8_t bytes[CHUNK];
    uint32_t count, now_ms;
} inbox;

TASK(ListenTask)
{
    bus_feed(&heard, inbox.bytes, inbox.count, inbox.now_ms);
    (void)TerminateTask();
}

/* True if it has run to its end; else what it knew is not believed any more. */
static bool run_listener(void)
{
    /* Its priority is higher: this returns when it has ended. Its time frame is a microsecond. */
    while (ActivateTask(ListenTask) == E_OS_PROTECTION_ARRIVAL)
        ;
    if (!health_was_ended(ListenTask))
        return true;
    memset(&heard, 0, sizeof(heard));
    return false;
}

bool listen(struct bus *bus, uint32_t now_ms)
{
    static uint32_t deaf_since_ms;
    static bool deaf;
    size_t n = bus_receive(inbox.bytes, sizeof(inbox.bytes));

    deaf = deaf && now_ms - deaf_since_ms < LISTEN_DEAF_MS;
    if (!n || deaf)
        return n;
    inbox.count = (uint32_t)n;
    inbox.now_ms = now_ms;
    if (!run_listener()) {
        deaf = true;
        deaf_since_ms = now_ms;
        return true;
    }
    SuspendAllInterrupts(); /* others read it */
    bus_take(bus, &heard);
    ResumeAllInterrupts();
    heard.stats_wanted = false;
    return true;
}
