/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Owns the way to a physical virtio-gpu. A context of the guest is one open file of the render
 * node, and so a context on the physical GPU; a resource is made in the vGPU's own file and comes
 * into a context by PRIME. Nothing here waits: what is done says a sync file.
 */
#include "virtgpu.h"

#include <drm/virtgpu_drm.h>
#include <drm_fourcc.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xf86drm.h>

#include "soft2d.h"

const unsigned long virtgpu_ioctls[VIRTGPU_IOCTLS] = {
    DRM_IOCTL_VIRTGPU_CONTEXT_INIT,
    DRM_IOCTL_VIRTGPU_RESOURCE_CREATE,
    DRM_IOCTL_VIRTGPU_MAP,
    DRM_IOCTL_VIRTGPU_EXECBUFFER,
    DRM_IOCTL_VIRTGPU_TRANSFER_TO_HOST,
    DRM_IOCTL_VIRTGPU_TRANSFER_FROM_HOST,
    DRM_IOCTL_PRIME_HANDLE_TO_FD,
    DRM_IOCTL_PRIME_FD_TO_HANDLE,
    DRM_IOCTL_GEM_CLOSE,
    DMA_BUF_IOCTL_EXPORT_SYNC_FILE,
};

static int call(int fd, unsigned long request, void *arg)
{
    return drmIoctl(fd, request, arg) < 0 ? -errno : 0;
}

static void capset(void *gpu, struct gvt_capset *set)
{
    *set = ((struct virtgpu *)gpu)->capset;
}

/* Makes the file's context one that takes virgl streams. */
static int init_context(int fd)
{
    struct drm_virtgpu_context_set_param p = {VIRTGPU_CONTEXT_PARAM_CAPSET_ID, VGPU_CAPSET_VIRGL2};
    struct drm_virtgpu_context_init init = {.num_params = 1, .ctx_set_params = (uintptr_t)&p};

    return call(fd, DRM_IOCTL_VIRTGPU_CONTEXT_INIT, &init);
}

static int context_create(void *gpu, struct context *c)
{
    const int fd = opener_open(&((struct virtgpu *)gpu)->opener);
    int rc;

    if (fd < 0)
        return fd;
    rc = init_context(fd);
    if (rc)
        close(fd);
    else
        c->fd = fd;
    return rc;
}

static void context_destroy(void *gpu, struct context *c)
{
    (void)gpu;
    close(c->fd);
    c->fd = -1;
}

static void gem_close(int fd, uint32_t handle)
{
    struct drm_gem_close c = {.handle = handle};

    (void)call(fd, DRM_IOCTL_GEM_CLOSE, &c);
}

static void destroy(void *gpu, struct resource *r)
{
    if (r->pixels)
        munmap(r->pixels, r->mirror_bytes);
    if (r->fd >= 0)
        close(r->fd);
    gem_close(((struct virtgpu *)gpu)->fd, r->token);
    r->pixels = NULL;
    r->fd = -1;
    r->physical = 0;
}

static int map(struct virtgpu *v, struct resource *r, size_t bytes)
{
    struct drm_virtgpu_map m = {.handle = r->token};
    struct drm_prime_handle prime = {.handle = r->token, .flags = DRM_CLOEXEC | DRM_RDWR};
    int rc = call(v->fd, DRM_IOCTL_VIRTGPU_MAP, &m);
    void *p;

    if (rc)
        return rc;
    p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, (off_t)m.offset);
    if (p == MAP_FAILED)
        return -errno;
    r->pixels = p;
    r->mirror_bytes = bytes;
    rc = call(v->fd, DRM_IOCTL_PRIME_HANDLE_TO_FD, &prime);
    if (rc)
        return rc;
    /* How it lies in memory is the GPU's own affair: both sides are its driver. */
    r->fd = prime.fd;
    r->dmabuf = true;
    r->stride = r->width * r->block.bytes;
    r->modifier = DRM_FORMAT_MOD_INVALID;
    return 0;
}

static int create(void *gpu, struct resource *r, size_t bytes)
{
    struct virtgpu *v = gpu;
    const struct vgpu_create_3d *s = &r->shape;
    struct drm_virtgpu_resource_create c = {
        .target = s->target,
        .format = s->format,
        .bind = s->bind,
        .width = s->width,
        .height = s->height,
        .depth = s->depth,
        .array_size = s->array_size,
        .last_level = s->last_level,
        .nr_samples = s->nr_samples,
        .flags = s->flags,
        .size = (uint32_t)bytes,
    };
    int rc;

    if (bytes > UINT32_MAX)
        return -ENOMEM;
    rc = call(v->fd, DRM_IOCTL_VIRTGPU_RESOURCE_CREATE, &c);
    if (rc)
        return rc;
    r->token = c.bo_handle;
    r->physical = c.res_handle;
    rc = map(v, r, bytes);
    if (rc) {
        destroy(gpu, r);
        r->mirror_bytes = 0;
    }
    return rc;
}

static int attach(void *gpu, struct context *c, struct resource *r, uint32_t *token)
{
    struct drm_prime_handle prime = {.fd = r->fd};
    const int rc = call(c->fd, DRM_IOCTL_PRIME_FD_TO_HANDLE, &prime);

    (void)gpu;
    *token = prime.handle;
    return rc;
}

static void detach(void *gpu, struct context *c, uint32_t token)
{
    (void)gpu;
    gem_close(c->fd, token);
}

static void forget(void *gpu, struct gvt_job *job)
{
    struct virtgpu *v = gpu;

    vu_loop_remove(v->loop, &job->fence);
    close(job->fence.fd);
    job->fence.fd = -1;
}

static void handle_fence(struct vu_source *source, uint32_t events)
{
    struct gvt_job *job = (struct gvt_job *)((uint8_t *)source - offsetof(struct gvt_job, fence));
    const int fd = source->fd;

    /* The guest, which waits for it, first; its end may be the beginning of another. The loop's
     * epoll drops a descriptor that is closed. */
    source->fd = -1;
    job->done(job, events & EPOLLERR ? -EIO : 0);
    close(fd);
}

/* Takes the sync file. */
static int wait_for(struct virtgpu *v, int fd, struct gvt_job *job)
{
    int rc;

    job->fence = (struct vu_source){.fd = fd, .ready = handle_fence, .priv = v};
    rc = vu_loop_add(v->loop, &job->fence, EPOLLIN);
    if (rc)
        close(fd);
    return rc;
}

static int submit(void *gpu, struct context *c, const uint32_t *batch, uint32_t dwords,
                  struct gvt_job *job)
{
    struct drm_virtgpu_execbuffer e = {.flags = VIRTGPU_EXECBUF_FENCE_FD_OUT,
                                       .size = dwords * 4,
                                       .command = (uintptr_t)batch,
                                       .fence_fd = -1};
    const int rc = call(c->fd, DRM_IOCTL_VIRTGPU_EXECBUFFER, &e);

    return rc ? rc : wait_for(gpu, e.fence_fd, job);
}

/* Both directions of the kernel's interface have one layout. */
_Static_assert(sizeof(struct drm_virtgpu_3d_transfer_to_host) ==
                   sizeof(struct drm_virtgpu_3d_transfer_from_host),
               "transfers");

static int transfer(void *gpu, struct context *c, struct resource *r, uint32_t token,
                    const struct vgpu_transfer_3d *t, bool to_gpu, struct gvt_job *job)
{
    const struct vgpu_box *b = &t->box;
    struct drm_virtgpu_3d_transfer_to_host x = {
        .bo_handle = token,
        .box = {b->x, b->y, b->z, b->width, b->height, b->depth},
        .level = t->level,
        .offset = (uint32_t)t->offset,
    };
    struct dma_buf_export_sync_file fence = {.flags = DMA_BUF_SYNC_READ, .fd = -1};
    int rc = call(
        c->fd, to_gpu ? DRM_IOCTL_VIRTGPU_TRANSFER_TO_HOST : DRM_IOCTL_VIRTGPU_TRANSFER_FROM_HOST,
        &x);

    /* What the transfer has left on the buffer as its last writer. */
    if (rc == 0)
        rc = call(r->fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &fence);
    return rc ? rc : wait_for(gpu, fence.fd, job);
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
};

const struct gvt_backend gvt_backend_virtgpu = {"virtgpu", soft2d_create, soft2d_destroy,
                                                soft2d_transfer_in, &render};

static int parameter(int fd, uint64_t which)
{
    int value = 0;
    struct drm_virtgpu_getparam p = {.param = which, .value = (uintptr_t)&value};

    return call(fd, DRM_IOCTL_VIRTGPU_GETPARAM, &p) ? 0 : value;
}

static int get_caps(int fd, uint32_t version, uint8_t *to)
{
    struct drm_virtgpu_get_caps c = {.cap_set_id = VGPU_CAPSET_VIRGL2,
                                     .cap_set_ver = version,
                                     .addr = (uintptr_t)to,
                                     .size = GVT_CAPSET_BYTES};

    return call(fd, DRM_IOCTL_VIRTGPU_GET_CAPS, &c);
}

/* The kernel says neither how long the set is nor its highest version: the one is what it writes,
 * the other the last that it takes. */
static int read_capset(struct virtgpu *v)
{
    struct gvt_capset *s = &v->capset;
    uint8_t again[GVT_CAPSET_BYTES];
    int rc;

    s->id = VGPU_CAPSET_VIRGL2;
    s->version = 2;
    memset(s->data, 0, sizeof(s->data));
    memset(again, 0xFF, sizeof(again));
    while ((rc = get_caps(v->fd, s->version, s->data)) && s->version)
        s->version--;
    if (rc == 0)
        rc = get_caps(v->fd, s->version, again);
    s->bytes = sizeof(s->data);
    while (s->bytes && s->data[s->bytes - 1] != again[s->bytes - 1])
        s->bytes--;
    return rc;
}

static bool is_ours(int fd)
{
    drmVersionPtr version = drmGetVersion(fd);
    const bool ours = version && !strcmp(version->name, "virtio_gpu");

    drmFreeVersion(version);
    return ours && parameter(fd, VIRTGPU_PARAM_3D_FEATURES) &&
           parameter(fd, VIRTGPU_PARAM_CAPSET_QUERY_FIX) &&
           parameter(fd, VIRTGPU_PARAM_CONTEXT_INIT) &&
           parameter(fd, VIRTGPU_PARAM_SUPPORTED_CAPSET_IDs) & 1 << VGPU_CAPSET_VIRGL2;
}

int virtgpu_init(struct virtgpu *v, struct vu_loop *loop, const char *node)
{
    int rc;

    *v = (struct virtgpu){.loop = loop, .opener.fd = -1, .fd = -1};
    rc = opener_init(&v->opener, node);
    if (rc)
        return rc;
    v->fd = opener_open(&v->opener);
    if (v->fd < 0)
        rc = v->fd;
    else if (!is_ours(v->fd))
        rc = -ENODEV;
    else
        rc = init_context(v->fd);
    if (rc == 0)
        rc = read_capset(v);
    if (rc)
        virtgpu_finish(v);
    return rc;
}

void virtgpu_finish(struct virtgpu *v)
{
    if (v->fd >= 0)
        close(v->fd);
    opener_finish(&v->opener);
    v->fd = -1;
}
