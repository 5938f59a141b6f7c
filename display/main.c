/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the command line of binnacle-display, its priority and its signals. */
#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <wlr/util/log.h>

#include "server.h"

#define REALTIME_PRIORITY 20

static const char usage[] =
    "usage: binnacle-display [--shm NODE] [--scenario FILE] [--realtime] [--statistics SECONDS] "
    "[--verbose]\n"
    "  --shm         the shared window: a device-dax node, or a file laid out like it\n"
    "  --scenario    layout from this file instead of the window's\n"
    "  --realtime    run with fixed priority, memory locked\n"
    "  --statistics  print counters this often\n";

static int handle_signal(int number, void *data)
{
    (void)number;
    wl_display_terminate(data);
    return 0;
}

struct statistics {
    struct server *server;
    struct wl_event_source *timer;
    int interval_ms;
};

static int print_statistics(void *data)
{
    struct statistics *st = data;
    const struct server *s = st->server;
    const struct bn_display_status *n = &s->status.now;

    printf("display: shown %u total %u missed %u late %u worst %llu us, ticks %llu composed %llu, "
           "uploads %llu "
           "bytes %llu\n",
           n->shown, n->shown_total, n->missed, n->late, (unsigned long long)n->worst_ns / 1000,
           (unsigned long long)s->clock.ticks, (unsigned long long)s->clock.composed,
           (unsigned long long)s->cluster.uploads, (unsigned long long)s->cluster.upload_bytes);
    fflush(stdout);
    wl_event_source_timer_update(st->timer, st->interval_ms);
    return 0;
}

/* The picture that matters must not wait for anything else this VM does. */
static void go_realtime(void)
{
    const struct sched_param p = {.sched_priority = REALTIME_PRIORITY};

    if (sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &p) < 0)
        wlr_log_errno(WLR_ERROR, "no fixed priority");
    if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
        wlr_log_errno(WLR_ERROR, "memory is not locked");
}

struct arguments {
    struct server_options server;
    bool realtime, verbose;
    int statistics;
};

static int parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"shm", required_argument, NULL, 's'},
        {"scenario", required_argument, NULL, 'c'},
        {"realtime", no_argument, NULL, 'r'},
        {"statistics", required_argument, NULL, 't'},
        {"verbose", no_argument, NULL, 'v'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int c;

    memset(a, 0, sizeof(*a));
    while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        switch (c) {
        case 's':
            a->server.shm = optarg;
            break;
        case 'c':
            a->server.scenario = optarg;
            break;
        case 'r':
            a->realtime = true;
            break;
        case 't':
            a->statistics = atoi(optarg);
            break;
        case 'v':
            a->verbose = true;
            break;
        default:
            fputs(usage, c == 'h' ? stdout : stderr);
            return c == 'h' ? 1 : 2;
        }
    }
    if (optind < argc || a->statistics < 0 || a->statistics > 86400) {
        fputs(usage, stderr);
        return 2;
    }
    return 0;
}

static void run(struct server *server, const struct arguments *a)
{
    struct wl_event_source *term =
        wl_event_loop_add_signal(server->loop, SIGTERM, handle_signal, server->display);
    struct wl_event_source *interrupt =
        wl_event_loop_add_signal(server->loop, SIGINT, handle_signal, server->display);
    struct statistics st = {.server = server, .interval_ms = a->statistics * 1000};

    st.timer = wl_event_loop_add_timer(server->loop, print_statistics, &st);
    if (st.timer && st.interval_ms)
        wl_event_source_timer_update(st.timer, st.interval_ms);
    printf("display: ready\n");
    fflush(stdout);
    wl_display_run(server->display);
    if (st.timer)
        wl_event_source_remove(st.timer);
    if (interrupt)
        wl_event_source_remove(interrupt);
    if (term)
        wl_event_source_remove(term);
}

int main(int argc, char **argv)
{
    static struct server server;
    struct arguments a;
    int rc = parse(argc, argv, &a);

    if (rc)
        return rc == 1 ? 0 : rc;
    wlr_log_init(a.verbose ? WLR_DEBUG : WLR_INFO, NULL);
    if (a.realtime)
        go_realtime();
    if (server_init(&server, &a.server) < 0)
        return 1;
    run(&server, &a);
    server_finish(&server);
    return 0;
}
