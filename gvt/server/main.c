/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the order in which a vGPU comes up. */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "arbiter.h"
#include "arguments.h"
#include "backend/virgl.h"
#include "backend/virtgpu.h"
#include "core/health.h"
#include "device.h"
#include "display/include/display.h"
#include "remote.h"
#include "status.h"
#include "turns.h"
#include "wayland.h"

#define MAX_BATCHES SCHEDULE_BURST
#define OTHER_FILES 256u /* descriptors beside the guest's */

struct server;

/* The two places that pictures can go to. */
struct screens {
    const struct vgpu_sink *sink;
    struct device_watch watch;
    uint64_t (*pictures)(const struct server *s);
};

struct server {
    struct vu_loop loop;
    struct device device;
    const struct screens *screens; /* where pictures go, and its end */
    void *screens_data;
    struct device_watch processing; /* theirs, and what is ours to do */
    struct wayland wayland;
    struct remote remote;
    struct turns turns;
    struct status status;
    struct arbiter arbiter;
    struct vu_source signals, timer, watch; /* watch: over the physical GPU */
    bool watching;
    uint32_t lost; /* contexts, told of */
    int failure;
    const struct gvt_backend *backend;
    void *render; /* what its 3D part works with */
    struct virtgpu virtgpu;
    const struct gvt_virgl *virgl; /* NULL: it is not that */
};

static void handle_signal(struct vu_source *source, uint32_t events)
{
    struct server *s = source->priv;

    (void)events;
    vu_loop_stop(&s->loop);
}

static void handle_statistics(struct vu_source *source, uint32_t events)
{
    struct server *s = source->priv;
    const struct vgpu_statistics *n = &s->device.gpu.statistics;
    uint64_t expired;

    (void)events;
    if (read(source->fd, &expired, sizeof(expired)) != sizeof(expired))
        return;
    printf("gvt: commands %llu errors %llu scanouts %llu flushes %llu pictures %llu copies %llu "
           "bytes %llu resources %u batches %llu dwords %llu refused %llu postponed %llu "
           "contexts %u sent %llu\n",
           (unsigned long long)n->commands, (unsigned long long)n->errors,
           (unsigned long long)n->scanouts, (unsigned long long)n->flushes,
           (unsigned long long)s->screens->pictures(s), (unsigned long long)n->copies,
           (unsigned long long)n->copied_bytes, s->device.gpu.resources.count,
           (unsigned long long)n->batches, (unsigned long long)n->dwords,
           (unsigned long long)n->refused, (unsigned long long)n->postponed,
           s->device.gpu.contexts.count, (unsigned long long)s->remote.sent_bytes);
    fflush(stdout);
}

/* A second from now, and on until there is nothing to look after; 0: not at all. */
static void set_watch(struct server *s, bool on)
{
    const struct itimerspec t = {{on, 0}, {on, 0}};

    if (s->watching != on)
        (void)timerfd_settime(s->watch.fd, 0, &t, NULL);
    s->watching = on;
}

static void handle_watch(struct vu_source *source, uint32_t events)
{
    struct server *s = source->priv;
    struct vgpu *g = &s->device.gpu;
    uint64_t expired;

    (void)events;
    if (read(source->fd, &expired, sizeof(expired)) != sizeof(expired))
        return;
    switch (health_look(g)) {
    case HEALTH_IDLE:
        set_watch(s, false);
        break;
    case HEALTH_WORKS:
        break;
    case HEALTH_STANDS:
        fprintf(stderr, "gvt: the physical GPU has ended nothing for %u s, %u batches wait\n",
                HEALTH_PATIENCE, g->batches);
        s->failure = -EIO;
        vu_loop_stop(&s->loop);
    }
    if (g->statistics.lost > s->lost) {
        printf("gvt: the physical GPU has ended %u contexts\n", g->statistics.lost - s->lost);
        fflush(stdout);
    }
    s->lost = g->statistics.lost;
    status_update(&s->status);
}

static int add_sources(struct server *s, const struct arguments *a)
{
    const struct itimerspec period = {{a->statistics, 0}, {a->statistics, 0}};
    sigset_t set;
    int rc;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    s->signals = (struct vu_source){signalfd(-1, &set, SFD_CLOEXEC), handle_signal, s};
    s->timer = (struct vu_source){timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                                  handle_statistics, s};
    s->watch = (struct vu_source){timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                                  handle_watch, s};
    rc = vu_loop_add(&s->loop, &s->signals, EPOLLIN);
    if (rc == 0)
        rc = vu_loop_add(&s->loop, &s->timer, EPOLLIN);
    if (rc == 0)
        rc = vu_loop_add(&s->loop, &s->watch, EPOLLIN);
    if (rc == 0 && a->statistics > 0)
        (void)timerfd_settime(s->timer.fd, 0, &period, NULL);
    return rc;
}

static uint64_t wayland_pictures(const struct server *s)
{
    uint64_t pictures = 0;

    for (unsigned i = 0; i < VGPU_MAX_SCANOUTS; i++)
        pictures += s->wayland.view[i].pictures;
    return pictures;
}

static void flush_wayland(void *data)
{
    wayland_flush(data);
}

static void handle_output(void *data, unsigned n, const struct vgpu_mode *mode)
{
    device_set_mode(data, n, mode);
}

static bool wayland_is_ready(void *data, const union vgpu_request *r, size_t bytes)
{
    return wayland_ready(data, r, bytes);
}

static uint64_t remote_pictures(const struct server *s)
{
    return s->remote.pictures;
}

static void flush_remote(void *data)
{
    remote_flush(data);
}

static bool remote_is_ready(void *data, const union vgpu_request *r, size_t bytes)
{
    return remote_ready(data, r, bytes);
}

static int connect_remote(void *data, int fd)
{
    return remote_connect(data, fd);
}

static const struct screens on_compositor = {
    &wayland_sink, {flush_wayland, wayland_is_ready, NULL}, wayland_pictures};
static const struct screens on_front_end = {
    &remote_sink, {flush_remote, remote_is_ready, connect_remote}, remote_pictures};

static void processed(void *data)
{
    struct server *s = data;

    s->screens->watch.processed(s->screens_data);
    status_update(&s->status);
    if (s->device.gpu.health.work)
        set_watch(s, true);
}

static bool screens_ready(void *data, const union vgpu_request *r, size_t bytes)
{
    const struct server *s = data;

    return s->screens->watch.ready(s->screens_data, r, bytes);
}

static int screens_socket(void *data, int fd)
{
    const struct server *s = data;

    return s->screens->watch.socket(s->screens_data, fd);
}

/* virglrenderer with a GL driver under it, from beside the program. */
static int load_virgl(struct server *s, const char *node)
{
    void *library = dlopen(GVT_VIRGL_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    const struct gvt_virgl *virgl = library ? dlsym(library, GVT_VIRGL_SYMBOL) : NULL;
    int rc;

    if (!virgl) {
        fprintf(stderr, "gvt: %s\n", dlerror());
        return -ENOENT;
    }
    rc = virgl->init(&s->render, &s->loop, node);
    if (rc == 0) {
        s->virgl = virgl;
        s->backend = virgl->backend;
    }
    return rc;
}

static int choose_3d(struct server *s, const struct arguments *a)
{
    const bool any = !strcmp(a->gpu, "auto");
    int rc = -ENODEV;

    if (any || !strcmp(a->gpu, "virtgpu"))
        rc = virtgpu_init(&s->virtgpu, &s->loop, a->node);
    if (rc == 0) {
        s->render = &s->virtgpu;
        s->backend = &gvt_backend_virtgpu;
        return 0;
    }
    /* GL without a GPU is what a guest's own software is better at: that has to be asked for. */
    if (!strcmp(a->gpu, "virgl") || (any && access(a->node, F_OK) == 0))
        rc = load_virgl(s, a->node);
    return any ? 0 : rc;
}

/* A resource is a descriptor, a context and a batch in flight are one too. With fewer the guest is
 * told OUT_OF_MEMORY before it has all that its type gives it. */
static void reserve(const struct vgpu_limits *l)
{
    const rlim_t wanted = l->quota.max_resources + l->contexts + VGPU_MAX_JOBS + OTHER_FILES;
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) < 0)
        return;
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    if (files.rlim_max >= wanted)
        return;
    files.rlim_cur = files.rlim_max = wanted;
    if (setrlimit(RLIMIT_NOFILE, &files) < 0)
        fprintf(stderr, "gvt: fewer descriptors than the %llu that the vGPU may need\n",
                (unsigned long long)wanted);
}

/* Which back end, and with it what the guest may have. */
static int choose(struct server *s, const struct arguments *a, struct vgpu_limits *limits)
{
    const struct bn_scenario_vgpu *type = &a->type;
    int rc = 0;

    s->backend = &gvt_backend_soft2d;
    if (strcmp(a->gpu, "soft2d"))
        rc = choose_3d(s, a);
    *limits = (struct vgpu_limits){{type->resources, type->memory_bytes / 2}, 0, 0};
    if (s->backend->render)
        *limits = (struct vgpu_limits){
            {type->resources, type->memory_bytes}, type->contexts, MAX_BATCHES};
    if (rc == 0)
        reserve(limits);
    return rc;
}

static void finish_3d(struct server *s)
{
    if (s->virgl)
        s->virgl->finish(s->render);
    else if (s->backend->render)
        virtgpu_finish(&s->virtgpu);
}

static int confine(const struct server *s)
{
    if (s->virgl)
        return bn_driver_sandbox();
    return bn_backend_sandbox(virtgpu_ioctls, s->backend->render ? VIRTGPU_IOCTLS : 0);
}

/* The compositor's socket of this VM. */
static const char *wayland_path(const struct arguments *a)
{
    static char path[256];
    const char *runtime = getenv("XDG_RUNTIME_DIR");

    if (a->wayland)
        return a->wayland;
    snprintf(path, sizeof(path), "%s/" BN_DISPLAY_DIR "/%s", runtime ? runtime : "/run", a->vm);
    return path;
}

static int start(struct server *s, const struct arguments *a)
{
    void *screens = a->remote ? (void *)&s->remote : &s->wayland;
    struct vgpu *gpu = &s->device.gpu;
    struct vgpu_limits limits;
    int rc;

    if ((rc = choose(s, a, &limits)))
        return rc;
    s->screens = a->remote ? &on_front_end : &on_compositor;
    s->screens_data = screens;
    s->processing = (struct device_watch){processed, s->screens->watch.ready ? screens_ready : NULL,
                                          s->screens->watch.socket ? screens_socket : NULL};
    vgpu_init(gpu, s->backend, s->render, s->screens->sink, screens, a->mode, a->scanouts, &limits);
    gpu->gate = &turns_gate;
    gpu->gate_data = &s->turns;
    s->device.watch = &s->processing;
    s->device.watch_data = s;
    if ((rc = add_sources(s, a)) || (rc = device_init(&s->device, &s->loop)))
        return rc;
    vu_device_poll(&s->device.vhost, a->type.poll_us);
    rc = a->remote
             ? remote_init(&s->remote, &s->loop, gpu)
             : wayland_init(&s->wayland, &s->loop, wayland_path(a), &gpu->resources, gpu->scanouts);
    if (!a->remote) {
        s->wayland.gpu = gpu;
        s->wayland.outputs.changed = handle_output;
        s->wayland.outputs.data = &s->device;
    }
    if (rc == 0)
        rc = turns_init(&s->turns, &s->loop, gpu, s->backend->render ? a->arbiter : NULL, a->vm);
    if (rc == 0)
        rc = status_init(&s->status, a->status, a->vm, &a->type, gpu, &s->turns);
    if (rc)
        return rc;
    status_update(&s->status);
    rc = a->socket ? vu_device_listen(&s->device.vhost, a->socket)
                   : vu_device_attach(&s->device.vhost, a->fd);
    if (rc == 0 && !a->no_sandbox)
        rc = confine(s);
    return rc;
}

static int start_arbiter(struct server *s, const struct arguments *a)
{
    int rc = add_sources(s, a);

    if (rc == 0)
        rc = arbiter_init(&s->arbiter, &s->loop, a->plan, a->arbitrate);
    if (rc == 0 && !a->no_sandbox)
        rc = bn_backend_sandbox(NULL, 0);
    return rc;
}

static void finish(struct server *s, const struct arguments *a)
{
    if (a->arbitrate) {
        arbiter_finish(&s->arbiter);
    } else {
        device_finish(&s->device);
        turns_finish(&s->turns);
        finish_3d(s);
        if (a->remote)
            remote_finish(&s->remote);
        else
            wayland_finish(&s->wayland);
    }
    vu_loop_finish(&s->loop);
}

int main(int argc, char **argv)
{
    static struct server s;
    static struct arguments a;
    int rc;

    if (arguments_parse(&a, argc, argv) < 0)
        return 2;
    rc = vu_loop_init(&s.loop);
    if (rc == 0)
        rc = a.arbitrate ? start_arbiter(&s, &a) : start(&s, &a);
    if (rc == 0) {
        if (a.arbitrate)
            printf("gvt: arbiter ready\n");
        else
            printf("gvt: ready, %s, %u scanouts\n", s.backend->name, a.scanouts);
        fflush(stdout);
        rc = vu_loop_run(&s.loop);
        rc = rc ? rc : s.failure;
    }
    if (rc) {
        fprintf(stderr, "gvt: %s\n", strerror(-rc));
        return 1;
    }
    finish(&s, &a);
    return 0;
}
