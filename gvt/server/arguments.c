/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the command line. */
#include "arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "display/include/display.h"

#define RENDER_NODE "/dev/dri/renderD128"

static const char usage[] =
    "usage: binnacle-gvt (--socket-path PATH | --fd N) (--scenario FILE --vm NAME | --scanout "
    "WxH...)\n"
    "                    [--gpu auto|soft2d|virtgpu|virgl] [--render-node PATH]\n"
    "                    [--display wayland|socket] [--wayland PATH]\n"
    "                    [--arbiter PATH] [--status FILE] [--statistics SECONDS] [--no-sandbox]\n"
    "       binnacle-gvt --arbitrate PATH --scenario FILE [--no-sandbox]\n"
    "  --socket-path  vhost-user socket to listen on; --fd: one that is connected already\n"
    "  --scenario     scenario, or shared window that holds it; --vm: whose vGPU there\n"
    "  --scanout      size of the next scanout, at 60 Hz\n"
    "  --gpu          what the render node (" RENDER_NODE ") says: 3D on a virtio-gpu, by\n"
    "                 virglrenderer on another GPU, else 2D alone; or one of these or nothing\n"
    "  --display      pictures go to the compositor, or to the display of the vhost-user front\n"
    "                 end, which then says which scanouts there are: scenario and sizes may be "
    "left out\n"
    "  --wayland      socket of the compositor for this VM ($XDG_RUNTIME_DIR/binnacle/<vm>)\n"
    "  --arbiter      socket of the process that shares the GPU out to several guests, which is\n"
    "                 --arbitrate\n"
    "  --status       file for binnaclectl gpu\n";

/* A guest of which no scenario says anything. */
static const struct bn_scenario_vgpu usual = {.memory_bytes = UINT64_C(512) << 20,
                                              .resources = 4096,
                                              .contexts = 64,
                                              .weight = 100,
                                              .poll_us = BN_VGPU_POLL_US};

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

/* The checks of bn-scenario again, since what lies there may have been written by somebody else. */
static const char *type_fault(const struct bn_scenario_vgpu *g)
{
    if (!g->weight)
        return "this VM has no vGPU: only post-launched ones do (docs/scenario.md)";
    if (g->memory_bytes < BN_VGPU_MIN_MEMORY || g->memory_bytes > BN_VGPU_MAX_MEMORY ||
        !g->resources || g->resources > BN_VGPU_MAX_RESOURCES || !g->contexts ||
        g->contexts > BN_VGPU_MAX_CONTEXTS || g->weight > BN_VGPU_MAX_WEIGHT ||
        g->priority > BN_VGPU_MAX_PRIORITY || g->outputs > BN_VGPU_MAX_OUTPUTS ||
        g->poll_us > BN_VGPU_MAX_POLL_US)
        return "its vGPU (node gpu of the VM) is not possible: compile the scenario again";
    return NULL;
}

static int load_modes(struct arguments *a)
{
    static struct bn_scenario s;
    struct bn_scanout_size size[BN_MAX_SCANOUTS];
    const char *why;
    int rc = bn_scenario_load(a->scenario, &s, &why);

    if (rc == 0 && a->vm) {
        why = "no such VM";
        rc = bn_scenario_vm_by_name(&s, a->vm);
    }
    if (rc < 0) {
        fprintf(stderr, "gvt: %s: %s (%s)\n", a->scenario, why, strerror(-rc));
        return rc;
    }
    a->plan = &s;
    if (!a->vm)
        return 0;
    a->type = s.vm[rc].gpu;
    why = type_fault(&a->type);
    if (why) {
        fprintf(stderr, "gvt: %s: VM %s: %s\n", a->scenario, a->vm, why);
        return -EINVAL;
    }
    a->scanouts = bn_scenario_scanouts(&s, (unsigned)rc, size);
    for (unsigned i = 0; i < a->scanouts; i++)
        a->mode[i] = (struct vgpu_mode){size[i].width, size[i].height, size[i].refresh_mhz};
    if (a->type.outputs)
        a->scanouts = a->type.outputs; /* what no layer shows is not connected */
    return 0;
}

static bool complete(const struct arguments *a)
{
    if (a->arbitrate)
        return a->scenario && !a->vm && !a->socket && a->fd < 0;
    return (!(a->arbiter || a->status) || a->vm) && (a->socket != NULL) != (a->fd >= 0) &&
           !(a->scenario && a->scanouts) && (a->scenario || a->scanouts || a->remote) &&
           (!a->scenario || a->vm) && (a->wayland || a->vm || a->remote) &&
           (!strcmp(a->gpu, "auto") || !strcmp(a->gpu, "soft2d") || !strcmp(a->gpu, "virtgpu") ||
            !strcmp(a->gpu, "virgl"));
}

int arguments_parse(struct arguments *a, int argc, char **argv)
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
        {"display", required_argument, NULL, 'd'},
        {"statistics", required_argument, NULL, 't'},
        {"no-sandbox", no_argument, NULL, 'n'},
        {"arbiter", required_argument, NULL, 'a'},
        {"arbitrate", required_argument, NULL, 'A'},
        {"status", required_argument, NULL, 'S'},
        {NULL, 0, NULL, 0},
    };
    bool ok = true;
    int c;

    *a = (struct arguments){.fd = -1, .gpu = "auto", .node = RENDER_NODE, .type = usual};
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
        case 'd':
            a->remote = !strcmp(optarg, "socket");
            ok = ok && (a->remote || !strcmp(optarg, "wayland"));
            break;
        case 'a':
            a->arbiter = optarg;
            break;
        case 'A':
            a->arbitrate = optarg;
            break;
        case 'S':
            a->status = optarg;
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
    if (!ok || optind < argc || !complete(a)) {
        fputs(usage, stderr);
        return -EINVAL;
    }
    if (a->remote && !a->scenario && !a->scanouts)
        a->scanouts = VGPU_MAX_SCANOUTS; /* the front end knows which of them there are */
    return a->scenario ? load_modes(a) : 0;
}
