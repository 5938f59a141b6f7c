/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the sound service's start, its order, and its end. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "arguments.h"
#include "card.h"
#include "control.h"
#include "display/include/display.h"
#include "guard.h"
#include "note.h"
#include "sandbox.h"
#include "status.h"
#include "tsc.h"

struct service {
    struct graph graph;
    struct engine engine;
    struct links links;
    struct card card;
    struct status status;
    struct control control;
    struct spa_source *attention; /* from the data thread to the main thread */
};

static struct service service;

/* In the data thread. */
static void after_quantum(void *data)
{
    struct service *s = data;

    status_update(&s->status);
    if (links_untidy(&s->links))
        (void)pw_loop_signal_event(s->graph.loop, s->attention);
}

static void handle_attention(void *data, uint64_t count)
{
    struct service *s = data;

    (void)count;
    links_tidy(&s->links);
}

static void handle_signal(void *data, int number)
{
    (void)number;
    (void)pw_main_loop_quit(data);
}

/* The chime regions; without them the service plays for the guests alone. */
static void open_requests(struct engine *e, const char *window)
{
    void *requests = NULL, *answer = NULL;
    const char *why;
    int rc;

    if (window) {
        rc = bn_region_map(window, BN_SHM_CHIME, BN_SHM_READ, REQUESTS_BYTES, &requests, &why);
        if (rc)
            note("%s: chime: %s (%s): nobody can ask for chimes", window, why, strerror(-rc));
        rc = bn_region_map(window, BN_SHM_CHIME_STATUS, BN_SHM_READ | BN_SHM_WRITE, STATUS_BYTES,
                           &answer, &why);
        if (rc)
            note("%s: chime-status: %s (%s): the cluster cannot know that it is heard", window, why,
                 strerror(-rc));
    }
    requests_init(&e->requests, requests, answer, tsc_khz());
}

static int render(const char *folder)
{
    static struct chimes c;
    int rc = chimes_init(&c);

    for (uint32_t i = 1; rc == 0 && i < BN_CHIME_END; i++) {
        char path[256];
        FILE *f;

        (void)snprintf(path, sizeof(path), "%s/%s.f32", folder, chime_name(i));
        f = fopen(path, "w");
        if (!f ||
            fwrite(c.sound[i].sample, sizeof(float), c.sound[i].length, f) != c.sound[i].length)
            rc = -errno;
        if (f && fclose(f))
            rc = -errno;
    }
    chimes_finish(&c);
    return rc;
}

static int start_sound(struct service *s, const struct arguments *a)
{
    const struct stream_place place = {&s->graph, &s->engine, NULL};
    int rc = graph_init(&s->graph, a->quantum, a->realtime);

    if (rc) {
        note("PipeWire: %s", strerror(-rc));
        return rc;
    }
    s->attention = pw_loop_add_event(s->graph.loop, handle_attention, s);
    if (!s->attention ||
        !pw_loop_add_signal(s->graph.loop, SIGTERM, handle_signal, s->graph.main) ||
        !pw_loop_add_signal(s->graph.loop, SIGINT, handle_signal, s->graph.main))
        return -ENOMEM;
    open_requests(&s->engine, a->window);
    rc = engine_init(&s->engine, &s->graph, &a->scenario);
    if (rc == 0)
        rc = links_init(&s->links, &place, &a->scenario, a->links, a->quantum, a->realtime);
    return rc;
}

/* In every thread, so that the main loop is who gets them. */
static void block_signals(void)
{
    sigset_t ends;

    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &ends, NULL);
}

static int start(struct service *s, const struct arguments *a)
{
    int rc = guard_init();

    if (rc == 0 && a->record)
        rc = tap_init(&s->engine.tap, a->record, (uint64_t)a->record_seconds * GRAPH_RATE);
    if (rc == 0)
        rc = start_sound(s, a);
    if (rc == 0)
        rc = status_init(&s->status, a->status, &s->engine, &s->links, a->quantum);
    if (rc == 0)
        rc = control_init(&s->control, &s->graph, &s->engine, a->control);
    if (rc)
        return rc;
    /* nothing has driven the graph so far */
    s->engine.after = after_quantum;
    s->engine.after_data = s;
    s->card.status = &s->status;
    rc = card_init(&s->card, &s->graph, &s->engine, &s->links, &a->card);
    if (rc == 0 && a->realtime && mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
        note("memory is not locked: %s", strerror(errno));
    if (rc == 0 && a->sandbox)
        rc = sandbox_enter();
    return rc;
}

static void finish(struct service *s)
{
    control_finish(&s->control);
    card_finish(&s->card);
    links_finish(&s->links);
    graph_finish(&s->graph);
    status_finish(&s->status);
    engine_finish(&s->engine);
}

int main(int argc, char **argv)
{
    static struct arguments a;
    int rc;

    if (arguments_parse(&a, argc, argv) < 0)
        return 2;
    (void)umask(0077);
    block_signals();
    if (a.render) {
        rc = render(a.render);
        if (rc)
            note("%s: %s", a.render, strerror(-rc));
        return rc != 0;
    }
    rc = start(&service, &a);
    if (rc) {
        note("%s", strerror(-rc));
        return 1;
    }
    printf("sound: ready, %u streams, quantum %u\n", service.engine.mixer.strips, a.quantum);
    (void)fflush(stdout);
    rc = pw_main_loop_run(service.graph.main);
    finish(&service);
    return rc < 0;
}
