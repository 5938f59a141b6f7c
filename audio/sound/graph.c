/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns PipeWire: its configuration, which is here and in no file, its nodes and links. */
#include "graph.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <pipewire/impl.h>
#include <spa/param/audio/format-utils.h>
#include <spa/param/param.h>
#include <spa/pod/builder.h>

static const struct {
    const char *factory, *library;
} libraries[] = {
    {"audio.convert.*", "audioconvert/libspa-audioconvert"},
    {"audio.adapt", "audioconvert/libspa-audioconvert"},
    {"audio.mixer.*", "audiomixer/libspa-audiomixer"},
    {"api.alsa.*", "alsa/libspa-alsa"},
    {"support.*", "support/libspa-support"},
};

/* A file would raise the smallest quantum on virtual machines, and ask for a bus. */
static struct pw_properties *configuration(unsigned quantum)
{
    struct pw_properties *p = pw_properties_new(
        PW_KEY_CONFIG_NAME, "null", PW_KEY_CORE_NAME, "binnacle-sound", "support.dbus", "false",
        "default.clock.allowed-rates", "[ 48000 ]", "mem.warn-mlock", "false", NULL);

    if (p) {
        pw_properties_setf(p, "default.clock.rate", "%u", GRAPH_RATE);
        pw_properties_setf(p, "default.clock.quantum", "%u", quantum);
        pw_properties_setf(p, "default.clock.min-quantum", "%u", quantum);
        pw_properties_setf(p, "default.clock.max-quantum", "%u", quantum);
        pw_properties_setf(p, "default.clock.quantum-limit", "%u", GRAPH_LIMIT);
    }
    return p;
}

struct call {
    void (*fn)(void *data);
    void *data;
};

static int run_call(struct spa_loop *loop, bool async, uint32_t seq, const void *data, size_t size,
                    void *user)
{
    const struct call *c = data;

    (void)loop;
    (void)async;
    (void)seq;
    (void)size;
    (void)user;
    c->fn(c->data);
    return 0;
}

void graph_in_data_thread(struct graph *g, void (*fn)(void *data), void *data)
{
    const struct call c = {fn, data};

    (void)pw_loop_invoke(g->data_loop, run_call, 0, &c, sizeof(c), true, NULL);
}

static void become_realtime(void *data)
{
    const struct sched_param p = {.sched_priority = GRAPH_RT_PRIORITY};

    *(int *)data = pthread_setschedparam(pthread_self(), SCHED_FIFO | SCHED_RESET_ON_FORK, &p);
}

static int load(struct graph *g)
{
    for (size_t i = 0; i < SPA_N_ELEMENTS(libraries); i++)
        if (pw_context_add_spa_lib(g->context, libraries[i].factory, libraries[i].library) < 0)
            return -ENOMEM;
    if (!pw_context_load_module(g->context, "libpipewire-module-adapter", NULL, NULL))
        return errno ? -errno : -ENOENT;
    g->adapter = pw_context_find_factory(g->context, "adapter");
    g->data_loop = pw_context_acquire_loop(g->context, &SPA_DICT_INIT(NULL, 0));
    return g->adapter && g->data_loop ? 0 : -ENOENT;
}

int graph_init(struct graph *g, unsigned quantum, bool realtime)
{
    int rc = -ENOMEM, failed = 0;

    *g = (struct graph){0};
    pw_init(NULL, NULL);
    /* it would warn of a configuration without modules */
    pw_log_set_level(SPA_LOG_LEVEL_ERROR);
    g->main = pw_main_loop_new(NULL);
    if (g->main) {
        g->loop = pw_main_loop_get_loop(g->main);
        g->context = pw_context_new(g->loop, configuration(quantum), 0);
    }
    if (g->context)
        rc = load(g);
    if (rc == 0 && realtime) {
        graph_in_data_thread(g, become_realtime, &failed);
        rc = -failed;
    }
    if (rc)
        graph_finish(g);
    return rc;
}

void graph_finish(struct graph *g)
{
    if (g->context)
        pw_context_destroy(g->context);
    if (g->main)
        pw_main_loop_destroy(g->main);
    if (g->main || g->context)
        pw_deinit();
    *g = (struct graph){0};
}

/* Nodes are never suspended: nothing waits for a card to start. */
static struct pw_properties *node_properties(const char *name)
{
    return pw_properties_new(PW_KEY_NODE_NAME, name, PW_KEY_NODE_PAUSE_ON_IDLE, "false",
                             PW_KEY_NODE_SUSPEND_ON_IDLE, "false", NULL);
}

/* The node at work, if all went well so far (rc). */
static struct pw_impl_node *activate(struct pw_impl_node *node, int rc)
{
    if (rc >= 0)
        rc = pw_impl_node_set_active(node, true);
    if (rc < 0) {
        pw_impl_node_destroy(node);
        errno = -rc;
        return NULL;
    }
    return node;
}

struct pw_impl_node *graph_add_node(struct graph *g, struct node *n, const char *name)
{
    struct pw_properties *p = node_properties(name);
    struct pw_impl_node *node;
    int rc;

    if (!p)
        return NULL;
    pw_properties_set(p, PW_KEY_NODE_ALWAYS_PROCESS, "true");
    node = pw_context_create_node(g->context, p, 0);
    if (!node)
        return NULL;
    rc = pw_impl_node_set_implementation(node, &n->spa);
    if (rc >= 0)
        rc = pw_impl_node_register(node, NULL);
    return activate(node, rc);
}

/* What a session manager would ask of the converter: stereo DSP ports. */
static int configure_ports(struct pw_impl_node *node, enum spa_direction direction)
{
    struct spa_audio_info_raw raw = {.format = SPA_AUDIO_FORMAT_F32P,
                                     .rate = GRAPH_RATE,
                                     .channels = GRAPH_CHANNELS,
                                     .position = {SPA_AUDIO_CHANNEL_FL, SPA_AUDIO_CHANNEL_FR}};
    uint8_t space[1024];
    struct spa_pod_builder b = SPA_POD_BUILDER_INIT(space, sizeof(space));
    struct spa_pod *format, *param;

    format = spa_format_audio_raw_build(&b, SPA_PARAM_Format, &raw);
    param = spa_pod_builder_add_object(&b, SPA_TYPE_OBJECT_ParamPortConfig, SPA_PARAM_PortConfig,
                                       SPA_PARAM_PORT_CONFIG_direction, SPA_POD_Id(direction),
                                       SPA_PARAM_PORT_CONFIG_mode,
                                       SPA_POD_Id(SPA_PARAM_PORT_CONFIG_MODE_dsp),
                                       SPA_PARAM_PORT_CONFIG_format, SPA_POD_Pod(format));
    return spa_node_set_param(pw_impl_node_get_implementation(node), SPA_PARAM_PortConfig, 0,
                              param);
}

static struct pw_impl_node *adapt(struct graph *g, struct pw_properties *p,
                                  enum spa_direction direction)
{
    struct pw_impl_node *node =
        p ? pw_impl_factory_create_object(g->adapter, NULL, PW_TYPE_INTERFACE_Node, PW_VERSION_NODE,
                                          p, 0)
          : NULL;
    int rc;

    if (!node)
        return NULL;
    rc = configure_ports(node, direction);
    return activate(node, rc);
}

struct pw_impl_node *graph_add_stream(struct graph *g, struct node *n, const char *name)
{
    struct pw_properties *p = node_properties(name);

    if (!p)
        return NULL;
    pw_properties_setf(p, "adapt.follower.spa-node", "pointer:%p", (void *)&n->spa);
    pw_properties_set(p, "channelmix.upmix", "false");
    /* many channels at full scale are two at full scale */
    pw_properties_set(p, "channelmix.normalize", "true");
    return adapt(g, p, n->outputs ? SPA_DIRECTION_OUTPUT : SPA_DIRECTION_INPUT);
}

static void describe_alsa(struct pw_properties *p, const struct graph_card *card, bool playback)
{
    pw_properties_set(p, SPA_KEY_FACTORY_NAME,
                      playback ? "api.alsa.pcm.sink" : "api.alsa.pcm.source");
    pw_properties_set(p, "api.alsa.path", card->path);
    pw_properties_set(p, "api.alsa.disable-tsched", card->irq ? "true" : "false");
    pw_properties_set(p, "resample.disable", playback ? "true" : "false");
    if (card->period)
        pw_properties_setf(p, "api.alsa.period-size", "%u", card->period);
    if (card->periods)
        pw_properties_setf(p, "api.alsa.period-num", "%u", card->periods);
    if (card->headroom)
        pw_properties_setf(p, "api.alsa.headroom", "%u", card->headroom);
}

struct pw_impl_node *graph_add_card(struct graph *g, const struct graph_card *card, bool playback,
                                    const char *name)
{
    struct pw_properties *p = node_properties(name);

    if (!p)
        return NULL;
    pw_properties_set(p, PW_KEY_MEDIA_CLASS, playback ? "Audio/Sink" : "Audio/Source");
    pw_properties_setf(p, SPA_KEY_AUDIO_RATE, "%u", GRAPH_RATE);
    pw_properties_setf(p, SPA_KEY_AUDIO_CHANNELS, "%u", GRAPH_CHANNELS);
    pw_properties_set(p, SPA_KEY_AUDIO_POSITION, "[ FL FR ]");
    pw_properties_set(p, PW_KEY_PRIORITY_DRIVER, playback ? "2000" : "1000");
    if (card->path)
        describe_alsa(p, card, playback);
    else
        pw_properties_set(p, SPA_KEY_FACTORY_NAME, "support.null-audio-sink");
    return adapt(g, p, playback ? SPA_DIRECTION_INPUT : SPA_DIRECTION_OUTPUT);
}

struct pw_impl_link *graph_link(struct graph *g, struct pw_impl_node *from, uint32_t output,
                                struct pw_impl_node *to, uint32_t input)
{
    struct pw_impl_port *out = pw_impl_node_find_port(from, PW_DIRECTION_OUTPUT, output);
    struct pw_impl_port *in = pw_impl_node_find_port(to, PW_DIRECTION_INPUT, input);
    struct pw_impl_link *link;
    int rc;

    if (!out || !in) {
        errno = ENOENT;
        return NULL;
    }
    link = pw_context_create_link(g->context, out, in, NULL, NULL, 0);
    if (!link)
        return NULL;
    rc = pw_impl_link_register(link, NULL);
    if (rc < 0) {
        pw_impl_link_destroy(link);
        errno = -rc;
        return NULL;
    }
    return link;
}
