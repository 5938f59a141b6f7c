/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the choice of the back end, and what comes with it: the guest's limits, the process's. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "backend/soft2d.h"
#include "display/include/display.h"
#include "server.h"

#define MAX_BATCHES SCHEDULE_BURST
#define OTHER_FILES 256u /* descriptors beside the guest's */

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

int choice_init(struct server *s, const struct arguments *a, struct vgpu_limits *limits)
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

void choice_finish(struct server *s)
{
    if (s->virgl)
        s->virgl->finish(s->render);
    else if (s->backend->render)
        virtgpu_finish(&s->virtgpu);
}

int choice_confine(const struct server *s)
{
    if (s->virgl)
        return bn_driver_sandbox();
    return bn_backend_sandbox(virtgpu_ioctls, s->backend->render ? VIRTGPU_IOCTLS : 0);
}
