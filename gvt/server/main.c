/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the command line of binnacle-gvt and the order in which a vGPU comes up. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "backend/virtgpu.h"
#include "device.h"
#include "display/include/display.h"
#include "wayland.h"

/* With 3D a resource is counted twice: on the physical GPU and as its mirror. */
#define MAX_RESOURCES   1024
#define MAX_RESOURCES3D 4096
#define MAX_MIB         256
#define MAX_MIB3D       512
#define MAX_CONTEXTS    64
#define MAX_BATCHES     8
#define RENDER_NODE     "/dev/dri/renderD128"

static const char usage[] =
    "usage: binnacle-gvt (--socket-path PATH | --fd N) (--scenario FILE --vm NAME | --scanout "
    "WxH...)\n"
    "                    [--gpu auto|soft2d|virtgpu] [--render-node PATH] [--wayland PATH]\n"
    "                    [--statistics SECONDS] [--no-sandbox]\n"
    "  --socket-path  vhost-user socket to listen on; --fd: one that is connected already\n"
    "  --scenario     scenario, or shared window that holds it; --vm: whose scanouts there\n"
    "  --scanout      size of the next scanout, at 60 Hz\n"
    "  --gpu          3D on the physical GPU where its render node (" RENDER_NODE ") has it;\n"
    "                 2D alone; 3D or nothing\n"
    "  --wayland      socket of the compositor for this VM ($XDG_RUNTIME_DIR/binnacle/<vm>)\n";

struct arguments {
    const char *socket, *scenario, *vm, *wayland, *gpu, *node;
    int fd, statistics;
    bool no_sandbox;
    unsigned scanouts;
    struct vgpu_mode mode[VGPU_MAX_SCANOUTS];
};

static bool add_scanout(struct arguments *a, const char *text)
{
    unsigned w, h;
    char end;

    if (a->scanouts == VGPU_MAX_SCANOUTS || sscanf(text, "%ux%u%c", &w, &h, &end) != 2 || !w ||
        w > 4095 || !h || h > 4095)
        return false;
    a->mode[a->scanouts++] = (struct vgpu_mode){w, h, 60000};
    return true;
}

static int load_modes(struct arguments *a)
{
    static struct bn_scenario s;
    struct bn_scanout_size size[BN_MAX_SCANOUTS];
    const char *why;
    int rc = bn_scenario_load(a->scenario, &s, &why);

    if (rc == 0) {
        why = "no such VM";
        rc = bn_scenario_vm_by_name(&s, a->vm);
    }
    if (rc < 0) {
        fprintf(stderr, "gvt: %s: %s (%s)\n", a->scenario, why, strerror(-rc));
        return rc;
    }
    a->scanouts = bn_scenario_scanouts(&s, (unsigned)rc, size);
    for (unsigned i = 0; i < a->scanouts; i++)
        a->mode[i] = (struct vgpu_mode){size[i].width, size[i].height, size[i].refresh_mhz};
    return 0;
}

static bool complete(const struct arguments *a)
{
    return (a->socket != NULL) != (a->fd >= 0) && (a->scenario != NULL) != (a->scanouts > 0) &&
           (!a->scenario || a->vm) && (a->wayland || a->vm) &&
           (!strcmp(a->gpu, "auto") || !strcmp(a->gpu, "soft2d") || !strcmp(a->gpu, "virtgpu"));
}

static bool parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"socket-path", required_argument, NULL, 's'},
        {"fd", required_argument, NULL, 'f'},
        {"scenario", required_argument, NULL, 'c'},
        {"vm", required_argument, NULL, 'v'},
        {"scanout", required_argument, NULL, 'o'},
        {"gpu", required_argument, NULL, 'g'},
        {"render-node", required_argument, NULL, 'r'},
        {"wayland", required_argument, NULL, 'w'},
        {"statistics", required_argument, NULL, 't'},
        {"no-sandbox", no_argument, NULL, 'n'},
        {NULL, 0, NULL, 0},
    };
    bool ok = true;
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        switch (c) {
        case 's':
            a->socket = optarg;
            break;
        case 'f':
            a->fd = atoi(optarg);
            break;
        case 'c':
            a->scenario = optarg;
            break;
        case 'v':
            a->vm = optarg;
            break;
        case 'o':
            ok = ok && add_scanout(a, optarg);
            break;
        case 'g':
            a->gpu = optarg;
            break;
        case 'r':
            a->node = optarg;
            break;
        case 'w':
            a->wayland = optarg;
            break;
        case 't':
            a->statistics = atoi(optarg);
            break;
        case 'n':
            a->no_sandbox = true;
            break;
        default:
            ok = false;
        }
    }
    ok = ok && optind == argc && complete(a);
    if (!ok)
        fputs(usage, stderr);
    return ok;
}

struct server {
    struct vu_loop loop;
    struct device device;
    struct wayland wayland;
    struct vu_source signals, timer;
    const struct gvt_backend *backend;
    struct virtgpu virtgpu;
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
    uint64_t expired, pictures = 0;

    (void)events;
    if (read(source->fd, &expired, sizeof(expired)) != sizeof(expired))
        return;
    for (unsigned i = 0; i < VGPU_MAX_SCANOUTS; i++)
        pictures += s->wayland.view[i].pictures;
    printf("gvt: commands %llu errors %llu scanouts %llu flushes %llu pictures %llu copies %llu "
           "bytes %llu resources %u batches %llu dwords %llu refused %llu postponed %llu "
           "contexts %u\n",
           (unsigned long long)n->commands, (unsigned long long)n->errors,
           (unsigned long long)n->scanouts, (unsigned long long)n->flushes,
           (unsigned long long)pictures, (unsigned long long)n->copies,
           (unsigned long long)n->copied_bytes, s->device.gpu.resources.count,
           (unsigned long long)n->batches, (unsigned long long)n->dwords,
           (unsigned long long)n->refused, (unsigned long long)n->postponed,
           s->device.gpu.contexts.count);
    fflush(stdout);
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
    rc = vu_loop_add(&s->loop, &s->signals, EPOLLIN);
    if (rc == 0)
        rc = vu_loop_add(&s->loop, &s->timer, EPOLLIN);
    if (rc == 0 && a->statistics > 0)
        (void)timerfd_settime(s->timer.fd, 0, &period, NULL);
    return rc;
}

static void flush(void *data)
{
    wayland_flush(data);
}

/* Which back end, and with it what the guest may have. */
static int choose(struct server *s, const struct arguments *a, struct vgpu_limits *limits)
{
    struct rlimit files;
    int rc = -ENODEV;

    *limits = (struct vgpu_limits){.quota = {MAX_RESOURCES, (uint64_t)MAX_MIB << 20}};
    s->backend = &gvt_backend_soft2d;
    if (strcmp(a->gpu, "soft2d"))
        rc = virtgpu_init(&s->virtgpu, &s->loop, a->node);
    if (rc && !strcmp(a->gpu, "virtgpu"))
        return rc;
    if (rc == 0) {
        s->backend = &gvt_backend_virtgpu;
        *limits = (struct vgpu_limits){
            {MAX_RESOURCES3D, (uint64_t)MAX_MIB3D << 20}, MAX_CONTEXTS, MAX_BATCHES};
    }
    /* A resource is a descriptor, a context and a batch in flight are one too. */
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    return 0;
}

static int start(struct server *s, struct arguments *a)
{
    struct vgpu_limits limits;
    static char path[256];
    int rc;

    if (!a->wayland) {
        const char *runtime = getenv("XDG_RUNTIME_DIR");

        snprintf(path, sizeof(path), "%s/" BN_DISPLAY_DIR "/%s", runtime ? runtime : "/run", a->vm);
        a->wayland = path;
    }
    if ((rc = vu_loop_init(&s->loop)) || (rc = choose(s, a, &limits)))
        return rc;
    vgpu_init(&s->device.gpu, s->backend, &s->virtgpu, &wayland_sink, &s->wayland, a->mode,
              a->scanouts, &limits);
    s->device.processed = flush;
    s->device.processed_data = &s->wayland;
    if ((rc = add_sources(s, a)) || (rc = device_init(&s->device, &s->loop)) ||
        (rc = wayland_init(&s->wayland, &s->loop, a->wayland, &s->device.gpu)))
        return rc;
    rc = a->socket ? vu_device_listen(&s->device.vhost, a->socket)
                   : vu_device_attach(&s->device.vhost, a->fd);
    if (rc)
        return rc;
    if (!a->no_sandbox)
        rc = bn_backend_sandbox(virtgpu_ioctls, s->backend->render ? VIRTGPU_IOCTLS : 0);
    return rc;
}

int main(int argc, char **argv)
{
    static struct server s;
    static struct arguments a = {.fd = -1, .gpu = "auto", .node = RENDER_NODE};
    int rc;

    if (!parse(argc, argv, &a) || (a.scenario && load_modes(&a) < 0))
        return 2;
    rc = start(&s, &a);
    if (rc == 0) {
        printf("gvt: ready, %s, %u scanouts\n", s.backend->name, a.scanouts);
        fflush(stdout);
        rc = vu_loop_run(&s.loop);
    }
    if (rc) {
        fprintf(stderr, "gvt: %s\n", strerror(-rc));
        return 1;
    }
    device_finish(&s.device);
    if (s.backend->render)
        virtgpu_finish(&s.virtgpu);
    wayland_finish(&s.wayland);
    vu_loop_finish(&s.loop);
    return 0;
}
