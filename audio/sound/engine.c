/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the mixer's node and the order of things in a quantum. */
#include "engine.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

static bool start_chime(void *data, uint32_t chime)
{
    return chimes_start(data, chime);
}

static struct node_port *output(struct engine *e, uint32_t port)
{
    return &e->port[e->node.inputs + port];
}

/* Where output `port` wants its samples; NULL: nowhere. */
static float *room(struct engine *e, uint32_t port, unsigned frames)
{
    return node_samples(output(e, port), frames);
}

static void collect(struct engine *e, struct mixer_io *io)
{
    for (unsigned i = 0; i < e->mixer.strips * 2; i++) {
        uint32_t bytes;
        const float *in = node_input(&e->port[i], &bytes);

        io->in[i / 2][i % 2] = bytes >= io->frames * sizeof(float) ? in : NULL;
    }
    for (unsigned c = 0; c < 2; c++) {
        io->out[c] = room(e, ENGINE_MAIN + c, io->frames);
        if (!io->out[c])
            io->out[c] = e->spare[c];
        for (unsigned vm = 0; vm < e->mixer.policy.vms; vm++)
            io->monitor[vm][c] = room(e, ENGINE_MONITOR(vm) + c, io->frames);
    }
}

static void hand_over(struct engine *e, const struct mixer_io *io)
{
    const uint32_t bytes = io->frames * (uint32_t)sizeof(float);

    for (unsigned c = 0; c < 2; c++) {
        float *silence = room(e, ENGINE_SILENCE + c, io->frames);

        if (io->out[c] != e->spare[c])
            node_put(output(e, ENGINE_MAIN + c), bytes);
        if (silence) {
            memset(silence, 0, bytes);
            node_put(output(e, ENGINE_SILENCE + c), bytes);
        }
        for (unsigned vm = 0; vm < e->mixer.policy.vms; vm++)
            if (io->monitor[vm][c])
                node_put(output(e, ENGINE_MONITOR(vm) + c), bytes);
    }
}

static uint64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int run(void *data)
{
    struct engine *e = data;
    struct mixer_io io = {.frames = node_quantum(&e->node)};

    requests_poll(&e->requests, __rdtsc(), start_chime, &e->mixer.chimes);
    collect(e, &io);
    mixer_run(&e->mixer, &io);
    tap_write(&e->tap, io.out[0], io.out[1], io.frames);
    hand_over(e, &io);
    requests_answer(&e->requests, e->mixer.chimes.played, now_ns(), atomic_load(&e->audible));
    atomic_fetch_add_explicit(&e->cycles, 1, memory_order_relaxed);
    if (e->after)
        e->after(e->after_data);
    return SPA_STATUS_HAVE_DATA | SPA_STATUS_NEED_DATA;
}

int engine_init(struct engine *e, struct graph *g, const struct bn_scenario *s)
{
    uint32_t inputs, outputs;
    int rc = mixer_init(&e->mixer, s);

    if (rc)
        return rc;
    inputs = e->mixer.strips * 2;
    outputs = ENGINE_MONITOR(e->mixer.policy.vms);
    for (uint32_t i = 0; i < inputs; i++)
        node_dsp_port(&e->port[i], SPA_DIRECTION_INPUT, "strip", i);
    for (uint32_t i = 0; i < outputs; i++)
        node_dsp_port(&e->port[inputs + i], SPA_DIRECTION_OUTPUT, "bus", i);
    node_init(&e->node, g->data_loop, e->port, inputs, outputs, MIXER_QUANTUM, run, e);
    e->impl = graph_add_node(g, &e->node, "mixer");
    if (!e->impl) {
        rc = -errno;
        mixer_finish(&e->mixer);
    }
    return rc;
}

void engine_finish(struct engine *e)
{
    mixer_finish(&e->mixer);
    tap_finish(&e->tap);
}
