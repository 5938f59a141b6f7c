/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owns the way to a GL driver by virglrenderer: contexts, resources and fences under numbers of our
 * own. Like the physical GPU's, its resources have a mirror for backing and never see the guest's
 * memory. A thread of virglrenderer's waits for the GPU, except for a transfer from it, which
 * stands until the pixels are there.
 */
#include "virgl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include <virgl/virglrenderer.h>
#include <xf86drm.h>

#include "soft2d.h"

#define MAX_JOBS       64u /* as many as a vGPU has */
#define MAX_COMPLAINTS 20u

struct virgl_box { /* as virglrenderer has it */
    uint32_t x, y, z, w, h, d;
};

struct virgl {
    struct vu_loop *loop;
    struct vu_source poll;
    int node; /* -1: none; virglrenderer's once it has asked for it */
    uint32_t last_resource, last_context, last_fence;
    uint32_t reached; /* the fence that virglrenderer has told last */
    struct {
        struct gvt_job *job;
        uint32_t fence;
    } wait[MAX_JOBS]; /* in order */
    unsigned waits;
};

/* Every fence before it is reached, too. */
static void write_fence(void *cookie, uint32_t fence)
{
    ((struct virgl *)cookie)->reached = fence;
}

static int get_drm_fd(void *cookie)
{
    struct virgl *v = cookie;
    const int fd = v->node;

    v->node = -1;
    return fd;
}

/* A guest can make it complain as often as it likes. */
static void complain(enum virgl_log_level_flags level, const char *message, void *data)
{
    static unsigned complaints;

    (void)data;
    if (level < VIRGL_LOG_LEVEL_WARNING || complaints == MAX_COMPLAINTS)
        return;
    complaints++;
    fprintf(stderr, "gvt: virglrenderer: %s%s", message,
            complaints == MAX_COMPLAINTS ? "gvt: no more of this is told\n" : "");
}

static struct virgl_renderer_callbacks callbacks = {
    .version = 2, .write_fence = write_fence, .get_drm_fd = get_drm_fd};

static void drop_wait(struct virgl *v, unsigned at)
{
    v->waits--;
    memmove(&v->wait[at], &v->wait[at + 1], (v->waits - at) * sizeof(v->wait[0]));
}

static void handle_poll(struct vu_source *source, uint32_t events)
{
    struct virgl *v = source->priv;

    (void)events;
    virgl_renderer_poll();
    while (v->waits && (int32_t)(v->reached - v->wait[0].fence) >= 0) {
        struct gvt_job *job = v->wait[0].job;

        drop_wait(v, 0);
        job->done(job, 0);
    }
}

static int wait_for(struct virgl *v, struct context *c, struct gvt_job *job)
{
    if (v->waits == MAX_JOBS)
        return -EBUSY;
    if (virgl_renderer_create_fence((int)++v->last_fence, (uint32_t)c->fd))
        return -EIO;
    v->wait[v->waits].job = job;
    v->wait[v->waits++].fence = v->last_fence;
    return 0;
}

static void forget(void *gpu, struct gvt_job *job)
{
    struct virgl *v = gpu;

    for (unsigned i = 0; i < v->waits; i++) {
        if (v->wait[i].job == job) {
            drop_wait(v, i);
            return;
        }
    }
}

static void capset(void *gpu, struct gvt_capset *set)
{
    uint32_t bytes;

    (void)gpu;
    memset(set, 0, sizeof(*set));
    set->id = VGPU_CAPSET_VIRGL2;
    virgl_renderer_get_cap_set(set->id, &set->version, &bytes);
    if (bytes > sizeof(set->data))
        return; /* virgl_init() has made sure */
    set->bytes = bytes;
    virgl_renderer_fill_caps(set->id, set->version, set->data);
}

/* What is not done in a context of the guest's needs GL's own to be current, which is none at all
 * after one of them has been destroyed. */
static void in_no_context(void)
{
    virgl_renderer_force_ctx_0();
}

static int context_create(void *gpu, struct context *c)
{
    struct virgl *v = gpu;

    if (v->last_context == INT32_MAX)
        return -ENOMEM;
    in_no_context();
    if (virgl_renderer_context_create(++v->last_context, 5, "guest"))
        return -ENOMEM;
    c->fd = (int)v->last_context;
    return 0;
}

static void context_destroy(void *gpu, struct context *c)
{
    (void)gpu;
    in_no_context();
    virgl_renderer_context_destroy((uint32_t)c->fd);
    c->fd = -1;
}

/* The mirror, in a file that the compositor may map. */
static int make_mirror(struct resource *r, size_t bytes)
{
    void *p;

    r->fd = memfd_create("mirror", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (r->fd < 0)
        return -errno;
    if (ftruncate(r->fd, (off_t)bytes) < 0 ||
        fcntl(r->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
        return -errno;
    p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
    if (p == MAP_FAILED)
        return -errno;
    r->pixels = p;
    r->mirror_bytes = bytes;
    return 0;
}

static void drop_mirror(struct resource *r)
{
    if (r->pixels)
        munmap(r->pixels, r->mirror_bytes);
    if (r->fd >= 0)
        close(r->fd);
    r->pixels = NULL;
    r->fd = -1;
    r->dmabuf = false;
}

/* A picture that the GL driver lets out is shown as it is, in place of the mirror. */
static void let_out(struct resource *r)
{
    struct virgl_renderer_resource_info_ext info = {0};
    int fd, stride, offset;

    if (!(r->shape.bind & VIRGL_RES_BIND_SCANOUT) ||
        virgl_renderer_resource_get_info_ext((int)r->physical, &info) || !info.has_dmabuf_export ||
        info.planes != 1 ||
        virgl_renderer_get_fd_for_texture2(info.base.tex_id, &fd, &stride, &offset))
        return;
    /* Mesa's driver for a virtio-gpu has a page of its own for a picture that it never maps, and a
     * compositor wants to see all lines in there. */
    if (stride <= 0 || offset || lseek(fd, 0, SEEK_END) < (off_t)stride * r->height) {
        close(fd);
        return;
    }
    close(r->fd);
    r->fd = fd;
    r->dmabuf = true;
    r->stride = (uint32_t)stride;
    r->modifier = info.modifiers;
}

static void destroy(void *gpu, struct resource *r)
{
    struct iovec *iov = NULL;
    int count;

    (void)gpu;
    in_no_context();
    virgl_renderer_resource_detach_iov((int)r->physical, &iov, &count);
    virgl_renderer_resource_unref(r->physical);
    free(iov);
    drop_mirror(r);
    r->physical = 0;
}

static int create(void *gpu, struct resource *r, size_t bytes)
{
    struct virgl *v = gpu;
    const struct vgpu_create_3d *s = &r->shape;
    struct virgl_renderer_resource_create_args a = {
        v->last_resource + 1, s->target,     s->format,     s->bind, s->width, s->height, s->depth,
        s->array_size,        s->last_level, s->nr_samples, s->flags};
    struct iovec *iov = malloc(sizeof(*iov));
    int rc = v->last_resource == INT32_MAX || !iov ? -ENOMEM : make_mirror(r, bytes);

    in_no_context();
    if (rc == 0 && virgl_renderer_resource_create(&a, NULL, 0))
        rc = -EINVAL;
    if (rc) {
        free(iov);
        drop_mirror(r);
        r->mirror_bytes = 0;
        return rc;
    }
    r->physical = ++v->last_resource;
    *iov = (struct iovec){r->pixels, bytes};
    if (virgl_renderer_resource_attach_iov((int)r->physical, iov, 1)) {
        free(iov);
        destroy(gpu, r);
        r->mirror_bytes = 0;
        return -ENOMEM;
    }
    let_out(r);
    return 0;
}

static int attach(void *gpu, struct context *c, struct resource *r, uint32_t *token)
{
    (void)gpu;
    virgl_renderer_ctx_attach_resource(c->fd, (int)r->physical);
    *token = r->physical;
    return 0;
}

static void detach(void *gpu, struct context *c, uint32_t token)
{
    (void)gpu;
    virgl_renderer_ctx_detach_resource(c->fd, (int)token);
}

static int submit(void *gpu, struct context *c, const uint32_t *batch, uint32_t dwords,
                  struct gvt_job *job)
{
    /* It is read only. */
    if (virgl_renderer_submit_cmd((void *)(uintptr_t)batch, c->fd, (int)dwords))
        return -EINVAL;
    return wait_for(gpu, c, job);
}

static int move(struct resource *r, uint32_t context, const struct vgpu_transfer_3d *t, bool to_gpu)
{
    struct virgl_box b = {t->box.x, t->box.y, t->box.z, t->box.width, t->box.height, t->box.depth};
    struct iovec iov = {r->pixels, r->mirror_bytes};
    const int rc = to_gpu ? virgl_renderer_transfer_write_iov(r->physical, context, (int)t->level,
                                                              t->stride, 0, &b, t->offset, &iov, 1)
                          : virgl_renderer_transfer_read_iov(r->physical, context, t->level,
                                                             t->stride, 0, &b, t->offset, &iov, 1);

    return rc ? -EINVAL : 0;
}

static int transfer(void *gpu, struct context *c, struct resource *r, uint32_t token,
                    const struct vgpu_transfer_3d *t, bool to_gpu, struct gvt_job *job)
{
    const int rc = move(r, (uint32_t)c->fd, t, to_gpu);

    (void)token;
    return rc ? rc : wait_for(gpu, c, job);
}

/* A picture that cannot be let out is copied into the mirror, where the compositor reads it. */
static int64_t fetch(void *gpu, struct resource *r, const struct vgpu_rect *rect)
{
    const uint64_t stride = (uint64_t)r->width * VGPU_BYTES_PER_PIXEL;
    const struct vgpu_transfer_3d t = {.box = {rect->x, rect->y, 0, rect->width, rect->height, 1},
                                       .offset = rect->y * stride + rect->x * VGPU_BYTES_PER_PIXEL,
                                       .stride = (uint32_t)stride};
    int rc;

    (void)gpu;
    if (r->dmabuf)
        return 0;
    if (stride * r->height > r->mirror_bytes)
        return -ENOMEM;
    rc = move(r, 0, &t, false);
    return rc ? rc : (int64_t)rect->width * rect->height * VGPU_BYTES_PER_PIXEL;
}

static const struct gvt_render render = {
    .capset = capset,
    .context_create = context_create,
    .context_destroy = context_destroy,
    .create = create,
    .destroy = destroy,
    .attach = attach,
    .detach = detach,
    .submit = submit,
    .transfer = transfer,
    .forget = forget,
    .fetch = fetch,
};

static const struct gvt_backend backend = {"virgl", soft2d_create, soft2d_destroy,
                                           soft2d_transfer_in, &render};

/* virglrenderer's desktop GL does not work on a virtio-gpu's GL (an error at the first sampler
 * state); its GLES does. Without a node GL is a program's, which needs no display. */
static int flags_for(int node)
{
    const int flags = VIRGL_RENDERER_USE_EGL | VIRGL_RENDERER_THREAD_SYNC;
    drmVersionPtr version = node < 0 ? NULL : drmGetVersion(node);
    const bool gles = version && !strcmp(version->name, "virtio_gpu");

    drmFreeVersion(version);
    return flags | (node < 0 ? VIRGL_RENDERER_USE_SURFACELESS : 0) |
           (gles ? VIRGL_RENDERER_USE_GLES : 0);
}

static int start(struct virgl *v, const char *node)
{
    uint32_t version, bytes;
    int flags;

    v->node = open(node, O_RDWR | O_CLOEXEC);
    if (v->node < 0 && errno != ENOENT)
        return -errno;
    flags = flags_for(v->node);
    /* What the driver writes down would be files of a process that may open none. */
    if (setenv("MESA_SHADER_CACHE_DISABLE", "true", 1) < 0)
        return -errno;
    virgl_set_log_callback(complain, NULL, NULL);
    if (virgl_renderer_init(v, flags, &callbacks))
        return -ENODEV;
    virgl_renderer_get_cap_set(VGPU_CAPSET_VIRGL2, &version, &bytes);
    v->poll =
        (struct vu_source){.fd = virgl_renderer_get_poll_fd(), .ready = handle_poll, .priv = v};
    if (v->poll.fd < 0 || !bytes || bytes > GVT_CAPSET_BYTES) {
        virgl_renderer_cleanup(v);
        return -ENOTSUP;
    }
    return vu_loop_add(v->loop, &v->poll, EPOLLIN);
}

static int virgl_init(void **gpu, struct vu_loop *loop, const char *node)
{
    static struct virgl v;
    int rc;

    v = (struct virgl){.loop = loop, .node = -1};
    rc = start(&v, node);
    if (v.node >= 0)
        close(v.node);
    *gpu = &v;
    return rc;
}

static void virgl_finish(void *gpu)
{
    struct virgl *v = gpu;

    vu_loop_remove(v->loop, &v->poll);
    virgl_renderer_cleanup(v);
}

const struct gvt_virgl gvt_virgl = {&backend, virgl_init, virgl_finish};
