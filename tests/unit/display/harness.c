/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the compositor under test. */
#include "harness.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <wlr/backend/headless.h>
#include <wlr/interfaces/wlr_output.h>
#include <wlr/types/wlr_buffer.h>
#include <wlr/types/wlr_output.h>
#include <wlr/util/log.h>

#include "screen.h"

static struct harness *starting; /* the backend's constructor has no argument for it */

static void handle_commit(struct wl_listener *listener, void *data)
{
    struct capture *c = wl_container_of(listener, c, commit);
    const struct wlr_output_event_commit *e = data;
    void *pixels;
    uint32_t format;
    size_t stride;

    if (!(e->state->committed & WLR_OUTPUT_STATE_BUFFER))
        return;
    c->width = e->state->buffer->width;
    c->height = e->state->buffer->height;
    assert(c->width <= TEST_WIDTH && c->height <= TEST_HEIGHT);
    assert(wlr_buffer_begin_data_ptr_access(e->state->buffer, WLR_BUFFER_DATA_PTR_ACCESS_READ,
                                            &pixels, &format, &stride));
    for (size_t y = 0; y < (size_t)c->height; y++)
        memcpy(c->pixels + y * TEST_WIDTH, (uint8_t *)pixels + y * stride, (size_t)c->width * 4);
    wlr_buffer_end_data_ptr_access(e->state->buffer);
    c->commits++;
}

static void handle_destroy(struct wl_listener *listener, void *data)
{
    struct capture *c = wl_container_of(listener, c, destroy);

    (void)data;
    wl_list_remove(&c->commit.link);
    wl_list_remove(&c->destroy.link);
    c->output = NULL;
}

static void add_output(struct harness *h, struct wlr_backend *b, unsigned screen)
{
    struct wlr_output *o = wlr_headless_add_output(b, TEST_WIDTH, TEST_HEIGHT);
    struct capture *c = &h->screen[screen];
    char name[16];

    assert(o);
    snprintf(name, sizeof(name), "HEADLESS-%u", screen + 1);
    wlr_output_set_name(o, name); /* they are counted on from test to test */
    c->output = o;
    c->commit.notify = handle_commit;
    wl_signal_add(&o->events.commit, &c->commit);
    c->destroy.notify = handle_destroy;
    wl_signal_add(&o->events.destroy, &c->destroy);
}

static struct wlr_backend *make_backend(struct wl_event_loop *loop, struct wlr_session **session)
{
    struct wlr_backend *b = wlr_headless_backend_create(loop);

    *session = NULL;
    for (unsigned i = 0; b && i < 2; i++) {
        starting->screen[i].pixels = calloc(TEST_WIDTH * TEST_HEIGHT, 4);
        add_output(starting, b, i);
    }
    return b;
}

void harness_unplug(struct harness *h, unsigned screen)
{
    wlr_output_destroy(h->screen[screen].output);
}

/* On a backend of its own: one that runs announces an output before it can be given its name. */
void harness_plug(struct harness *h, unsigned screen, struct wlr_output_mode *modes, unsigned count)
{
    struct wlr_backend *b = wlr_headless_backend_create(h->server.loop);
    struct wlr_output *o;

    assert(b);
    add_output(h, b, screen);
    assert(wlr_backend_start(b));
    o = h->screen[screen].output;
    for (unsigned i = 0; i < count; i++)
        wl_list_insert(o->modes.prev, &modes[i].link);
    wl_signal_emit_mutable(&h->server.backend->events.new_output, o);
}

void harness_resize(struct harness *h, unsigned screen, int width, int height)
{
    struct wlr_output_state state;

    wlr_output_state_init(&state);
    wlr_output_state_set_custom_mode(&state, width, height, 0);
    wlr_output_send_request_state(h->screen[screen].output, &state);
    wlr_output_state_finish(&state);
}

static void make_window(struct harness *h)
{
    struct bn_shm_directory *d;
    int fd;

    snprintf(h->shm, sizeof(h->shm), "%s/window", h->dir);
    fd = open(h->shm, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert(fd >= 0 && ftruncate(fd, WINDOW_SIZE) == 0);
    h->window = mmap(NULL, WINDOW_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert(h->window != MAP_FAILED);
    close(fd);
    d = (struct bn_shm_directory *)(void *)h->window;
    d->magic = BN_SHM_DIR_MAGIC;
    d->version = BN_SHM_VERSION;
    d->count = 2;
    d->window_bytes = WINDOW_SIZE;
    d->entry[0] = (struct bn_shm_entry){"cluster-frames", BN_SHM_CLUSTER_FRAMES, BN_SHM_READ,
                                        FRAMES_AT, FRAMES_SIZE};
    d->entry[1] = (struct bn_shm_entry){"display-status", BN_SHM_DISPLAY_STATUS,
                                        BN_SHM_READ | BN_SHM_WRITE, STATUS_AT, BN_SHM_ALIGN};
    d->crc = bn_crc32(0, d, offsetof(struct bn_shm_directory, crc));
}

static void write_scenario(struct harness *h, struct bn_scenario s)
{
    const size_t covered = offsetof(struct bn_scenario, crc) + sizeof(s.crc);
    int fd;

    s.crc = bn_crc32(0, (uint8_t *)&s + covered, sizeof(s) - covered);
    snprintf(h->scenario, sizeof(h->scenario), "%s/scenario", h->dir);
    fd = open(h->scenario, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert(fd >= 0 && write(fd, &s, sizeof(s)) == (ssize_t)sizeof(s));
    close(fd);
}

void harness_start(struct harness *h, const struct bn_scenario *s, bool with_window)
{
    struct server_options o = {.backend = make_backend};

    memset(h, 0, sizeof(*h));
    snprintf(h->dir, sizeof(h->dir), "/tmp/test-display-XXXXXX");
    assert(mkdtemp(h->dir));
    setenv("XDG_RUNTIME_DIR", h->dir, 1);
    setenv("WLR_RENDERER", "pixman", 1);
    wlr_log_init(getenv("V") ? WLR_DEBUG : WLR_SILENT, NULL);
    if (with_window) {
        make_window(h);
        o.shm = h->shm;
    }
    if (s) {
        write_scenario(h, *s);
        o.scenario = h->scenario;
    }
    starting = h;
    assert(server_init(&h->server, &o) == 0);
}

void harness_stop(struct harness *h)
{
    char command[160];

    server_finish(&h->server);
    for (unsigned i = 0; i < 2; i++)
        free(h->screen[i].pixels);
    if (h->window)
        munmap(h->window, WINDOW_SIZE);
    snprintf(command, sizeof(command), "rm -r '%s'", h->dir);
    assert(system(command) == 0);
}

void harness_run(struct harness *h, int ms)
{
    const uint64_t end = clock_now_ns() + (uint64_t)ms * 1000000u;

    for (int turns = 0; turns < ms / 2 || clock_now_ns() < end; turns++) {
        wl_event_loop_dispatch(h->server.loop, 1);
        wl_display_flush_clients(h->server.display);
    }
}

void harness_wait(struct harness *h, const unsigned *counter)
{
    const unsigned before = *counter;

    for (int i = 0; i < 400 && *counter == before; i++)
        harness_run(h, 5);
}

uint32_t harness_pixel(const struct harness *h, unsigned screen, int x, int y)
{
    return h->screen[screen].pixels[y * TEST_WIDTH + x] & 0xFFFFFF;
}

struct bn_cluster_frames *harness_frames(struct harness *h)
{
    return (struct bn_cluster_frames *)(void *)(h->window + FRAMES_AT +
                                                sizeof(struct bn_shm_header));
}

const struct bn_display_status *harness_status(struct harness *h)
{
    return (struct bn_display_status *)(void *)(h->window + STATUS_AT +
                                                sizeof(struct bn_shm_header));
}

uint32_t *harness_buffer(struct harness *h, uint32_t counter)
{
    return (uint32_t *)(void *)(h->window + FRAMES_AT +
                                harness_frames(h)->buffer_offset[counter % BN_FRAME_BUFFERS]);
}

void harness_cluster_begin(struct harness *h)
{
    struct bn_shm_header *header = (struct bn_shm_header *)(void *)(h->window + FRAMES_AT);
    struct bn_cluster_frames *f = harness_frames(h);

    *f = (struct bn_cluster_frames){.width = TEST_WIDTH,
                                    .height = TEST_HEIGHT,
                                    .pitch = TEST_WIDTH * 4,
                                    .buffers = BN_FRAME_BUFFERS};
    for (unsigned i = 0; i < BN_FRAME_BUFFERS; i++)
        f->buffer_offset[i] = 4096 + i * TEST_WIDTH * TEST_HEIGHT * 4;
    *header = (struct bn_shm_header){.magic = BN_SHM_MAGIC,
                                     .version = BN_SHM_VERSION,
                                     .data_id = BN_SHM_CLUSTER_FRAMES,
                                     .counter = 1};
    header->crc = bn_shm_crc(header, NULL);
}

void harness_publish(struct harness *h, uint32_t counter, const struct bn_rect *damage,
                     unsigned count)
{
    struct bn_cluster_frames *f = harness_frames(h);
    struct bn_frame *frame = &f->frame[counter % BN_FRAME_BUFFERS];

    frame->damage_count = count;
    for (unsigned i = 0; i < count; i++)
        frame->damage[i] = damage[i];
    if (!count) {
        frame->damage_count = 1;
        frame->damage[0] = (struct bn_rect){0, 0, TEST_WIDTH, TEST_HEIGHT};
    }
    __atomic_store_n(&frame->counter, counter, __ATOMIC_RELEASE);
    __atomic_store_n(&f->latest, counter, __ATOMIC_RELEASE);
}

void harness_fill(struct harness *h, uint32_t counter, int x, int y, int w, int ht, uint32_t colour)
{
    uint32_t *p = harness_buffer(h, counter);

    for (int j = y; j < y + ht; j++)
        for (int i = x; i < x + w; i++)
            p[j * TEST_WIDTH + i] = colour;
}
