/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the nodes of the sound card. */
#include "card.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <pipewire/impl.h>

#include "levels.h"
#include "note.h"
#include "status.h"

#define CARDS   8u
#define DEVICES 4u /* of a card; later ones are HDMI's */

/* The name of the first card that plays (or records), "" if there is none. */
static void find(char name[BN_NAME_BYTES], bool playback)
{
    name[0] = 0;
    for (unsigned i = 0; i < CARDS * DEVICES && !name[0]; i++) {
        char path[40];

        (void)snprintf(path, sizeof(path), "/dev/snd/pcmC%uD%u%c", i / DEVICES, i % DEVICES,
                       playback ? 'p' : 'c');
        if (access(path, R_OK | W_OK) == 0)
            (void)snprintf(name, BN_NAME_BYTES, "hw:%u,%u", i / DEVICES, i % DEVICES);
    }
}

static void choose(char name[BN_NAME_BYTES], const char *wanted, bool playback)
{
    if (strcmp(wanted, "auto") == 0)
        find(name, playback);
    else
        (void)snprintf(name, BN_NAME_BYTES, "%s", wanted);
}

/* May come while the node is being made; it is looked at by the timer. */
static void handle_state(void *data, enum pw_node_state old, enum pw_node_state state,
                         const char *error)
{
    struct card *c = data;

    (void)old;
    if (state != PW_NODE_STATE_ERROR)
        return;
    note("%s: %s", c->name, error ? error : "fails");
    c->failed = true;
}

static const struct pw_impl_node_events sink_events = {PW_VERSION_IMPL_NODE_EVENTS,
                                                       .state_changed = handle_state};

static void close_sink(struct card *c)
{
    atomic_store(&c->engine->audible, false);
    if (!c->sink)
        return;
    spa_hook_remove(&c->sink_listener);
    pw_impl_node_destroy(c->sink);
    c->sink = NULL;
}

static int open_sink(struct card *c, const char *path)
{
    struct graph_card alsa = c->config.alsa;

    alsa.path = path;
    if (path && levels_set(path, true) < 0)
        note("%s: its controls cannot be set: it may be muted", path);
    (void)snprintf(c->name, sizeof(c->name), "%s", path ? path : "null");
    c->failed = false;
    c->sink = graph_add_card(c->graph, &alsa, true, "loudspeaker");
    if (!c->sink)
        return -errno;
    pw_impl_node_add_listener(c->sink, &c->sink_listener, &sink_events, c);
    for (uint32_t i = 0; i < GRAPH_CHANNELS; i++)
        if (!graph_link(c->graph, c->engine->impl, ENGINE_MAIN + i, c->sink, i)) {
            const int rc = -errno;

            close_sink(c);
            return rc;
        }
    return 0;
}

static struct pw_impl_node *open_input(struct card *c, const char *name)
{
    struct graph_card alsa = c->config.alsa;

    alsa.path = name;
    if (levels_set(name, false) < 0)
        note("%s: its controls cannot be set: it may be muted", name);
    return graph_add_card(c->graph, &alsa, false, "microphone");
}

static bool is_file(const char *source)
{
    return strncmp(source, CARD_FILE, strlen(CARD_FILE)) == 0;
}

static void open_source(struct card *c)
{
    const char *wanted = c->config.source, *from = wanted;
    char name[BN_NAME_BYTES] = "";

    if (is_file(wanted)) {
        c->source = recording_open(&c->recording, c->graph, wanted + strlen(CARD_FILE));
    } else {
        if (strcmp(wanted, "none") != 0)
            choose(name, wanted, false);
        if (!name[0])
            return;
        from = name;
        c->source = open_input(c, name);
    }
    if (c->source)
        note("records from %s", from);
    else
        note("no microphone: %s: %s", from, strerror(errno));
    links_microphone(c->links, c->source);
    links_jack(c->links, LINKS_JACK_MICROPHONE, c->source != NULL);
}

static void close_source(struct card *c)
{
    links_microphone(c->links, NULL);
    links_jack(c->links, LINKS_JACK_MICROPHONE, false);
    if (c->source)
        pw_impl_node_destroy(c->source);
    c->source = NULL;
    recording_close(&c->recording);
}

/* The card if there is one, else the clock; which of both is said when it changes. */
static int reopen(struct card *c)
{
    const bool deaf = strcmp(c->config.sink, "null") == 0;
    char name[BN_NAME_BYTES] = "", before[BN_NAME_BYTES];
    int rc = -ENODEV;

    memcpy(before, c->name, sizeof(before));
    if (!deaf)
        choose(name, c->config.sink, true);
    if (!deaf && !name[0] && c->sink && !c->failed && strcmp(c->name, "null") == 0)
        return 0; /* still none */
    close_source(c);
    close_sink(c);
    if (name[0]) {
        rc = open_sink(c, name);
        if (rc)
            note("%s cannot be opened: %s", name, strerror(-rc));
    }
    /* who asks for "null" listens to it in some other way */
    atomic_store(&c->engine->audible, rc == 0 || deaf);
    if (rc == 0)
        note("plays on %s", name);
    else
        rc = open_sink(c, NULL);
    if (rc == 0 && !deaf && strcmp(c->name, "null") == 0 && strcmp(before, "null") != 0)
        note("no sound card: nothing is heard, chimes are left to the cluster's own speaker; "
             "a card that comes is found");
    if (c->status)
        status_card(c->status, c->name);
    links_jack(c->links, LINKS_JACK_SPEAKER, atomic_load(&c->engine->audible));
    open_source(c);
    return rc;
}

/* The card is what it was, and asks for sound. */
static bool goes_on(struct card *c)
{
    const uint64_t cycles = atomic_load(&c->engine->cycles);
    const bool moved = cycles != c->cycles;

    c->cycles = cycles;
    return moved && !c->failed;
}

static void look(void *data, uint64_t expirations)
{
    struct card *c = data;
    const bool is_null = strcmp(c->name, "null") == 0;
    const bool wants_null = strcmp(c->config.sink, "null") == 0;

    (void)expirations;
    if (goes_on(c) && is_null == wants_null)
        return;
    if (!is_null)
        note("%s has stopped", c->name);
    if (reopen(c) < 0)
        note("not even a clock: nothing is mixed");
}

int card_init(struct card *c, struct graph *g, struct engine *e, struct links *l,
              const struct card_config *config)
{
    struct timespec every = {.tv_sec = CARD_LOOK_S};
    int rc;

    *c = (struct card){.config = *config, .graph = g, .engine = e, .links = l, .status = c->status};
    c->timer = pw_loop_add_timer(g->loop, look, c);
    if (!c->timer)
        return -ENOMEM;
    rc = reopen(c);
    if (rc)
        return rc;
    pw_loop_update_timer(g->loop, c->timer, &every, &every, false);
    return 0;
}

void card_finish(struct card *c)
{
    close_source(c);
    close_sink(c);
    if (c->timer)
        pw_loop_destroy_source(c->graph->loop, c->timer);
    c->timer = NULL;
}
