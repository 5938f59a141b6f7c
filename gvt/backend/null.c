/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the GPU that draws nothing. */
#include "null.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "soft2d.h"

#define FIRST_HANDLE 1000u /* no guest's handle is taken for one of these by chance */

static void capset(void *gpu, struct gvt_capset *set)
{
    (void)gpu;
    set->id = VGPU_CAPSET_VIRGL2;
    set->version = 2;
    set->bytes = 1408;
    memset(set->data, 0xFF, set->bytes);
}

static int context_create(void *gpu, struct context *c)
{
    struct null_gpu *n = gpu;

    if (n->failing)
        return -ENOMEM;
    n->contexts++;
    c->fd = -1;
    return 0;
}

static void context_destroy(void *gpu, struct context *c)
{
    struct null_gpu *n = gpu;

    n->attachments -= c->attached;
    n->contexts--;
}

static size_t room(size_t bytes)
{
    return bytes ? bytes * 2 : 1;
}

static void drop_fd(struct resource *r)
{
    if (r->fd >= 0)
        close(r->fd);
    r->fd = -1;
}

static struct resource **at_handle(struct null_gpu *n, uint32_t handle)
{
    return &n->of[(handle - FIRST_HANDLE) % NULL_HANDLES];
}

/* The mirror, which may be shown, and behind it the GPU's own memory. */
static int create(void *gpu, struct resource *r, size_t bytes)
{
    struct null_gpu *n = gpu;
    void *p;

    if (n->failing)
        return -ENOMEM;
    r->fd = memfd_create("mirror", MFD_CLOEXEC);
    p = r->fd < 0 || ftruncate(r->fd, (off_t)room(bytes)) < 0
            ? MAP_FAILED
            : mmap(NULL, room(bytes), PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
    if (p == MAP_FAILED) {
        drop_fd(r);
        return -ENOMEM;
    }
    r->pixels = p;
    r->mirror_bytes = bytes;
    r->physical = FIRST_HANDLE + ++n->last_handle;
    *at_handle(n, r->physical) = r;
    n->resources++;
    return 0;
}

static void destroy(void *gpu, struct resource *r)
{
    struct null_gpu *n = gpu;

    n->resources--;
    if (*at_handle(n, r->physical) == r)
        *at_handle(n, r->physical) = NULL;
    munmap(r->pixels, room(r->mirror_bytes));
    r->pixels = NULL;
    drop_fd(r);
    r->physical = 0;
}

static int attach(void *gpu, struct context *c, struct resource *r, uint32_t *token)
{
    struct null_gpu *n = gpu;

    (void)c, (void)r;
    if (n->failing)
        return -ENOMEM;
    n->attachments++;
    *token = ++n->last_token;
    return 0;
}

static void detach(void *gpu, struct context *c, uint32_t token)
{
    (void)c, (void)token;
    ((struct null_gpu *)gpu)->attachments--;
}

static int add(struct null_gpu *n, struct gvt_job *job)
{
    if (n->failing || n->jobs == NULL_MAX_JOBS)
        return -ENOMEM;
    n->job[n->jobs++] = job;
    return 0;
}

/* The two commands that the canary takes, on the GPU's own memory of a buffer. */
static void canary(struct null_gpu *n, const uint32_t *batch, uint32_t dwords)
{
    const struct resource *r;
    uint8_t *own;

    if (dwords != 27 || batch[0] != (VIRGL_OP_RESOURCE_INLINE_WRITE | 12u << 16))
        return;
    r = *at_handle(n, batch[1]);
    /* A guest may send the like. */
    if (!r || r->mirror_bytes < 4 || batch[6] > r->mirror_bytes - 4 ||
        batch[16] > r->mirror_bytes - 4 || batch[21] > r->mirror_bytes - 4)
        return;
    own = r->pixels + r->mirror_bytes;
    memcpy(own + batch[6], &batch[12], 4);
    memmove(own + batch[16], own + batch[21], 4);
}

static int submit(void *gpu, struct context *c, const uint32_t *batch, uint32_t dwords,
                  struct gvt_job *job)
{
    struct null_gpu *n = gpu;
    const uint32_t kept = dwords < 16 ? dwords : 16;

    if (c->id != n->dead)
        canary(n, batch, dwords);
    memcpy(n->batch, batch, kept * sizeof(*batch));
    n->dwords = dwords;
    return add(n, job);
}

static int transfer(void *gpu, struct context *c, struct resource *r, uint32_t token,
                    const struct vgpu_transfer_3d *t, bool to_gpu, struct gvt_job *job)
{
    uint8_t *own = r->pixels + r->mirror_bytes;

    (void)c, (void)token, (void)t;
    memcpy(to_gpu ? own : r->pixels, to_gpu ? r->pixels : own, r->mirror_bytes);
    return add(gpu, job);
}

static void forget(void *gpu, struct gvt_job *job)
{
    struct null_gpu *n = gpu;

    for (unsigned i = 0; i < n->jobs; i++) {
        if (n->job[i] != job)
            continue;
        memmove(&n->job[i], &n->job[i + 1], (n->jobs - i - 1) * sizeof(n->job[0]));
        n->jobs--;
        return;
    }
}

static int64_t fetch(void *gpu, struct resource *r, const struct vgpu_rect *rect)
{
    struct null_gpu *n = gpu;
    const size_t stride = (size_t)r->width * VGPU_BYTES_PER_PIXEL;
    const size_t line = (size_t)rect->width * VGPU_BYTES_PER_PIXEL;

    if (n->failing)
        return -ENOMEM;
    n->fetched++;
    for (size_t y = rect->y; line && y < (size_t)rect->y + rect->height; y++) {
        const size_t at = y * stride + (size_t)rect->x * VGPU_BYTES_PER_PIXEL;

        if (at + line > r->mirror_bytes)
            break; /* its backing is smaller than its picture */
        memcpy(r->pixels + at, r->pixels + r->mirror_bytes + at, line);
    }
    return (int64_t)rect->width * rect->height * VGPU_BYTES_PER_PIXEL;
}

void null_finish(struct null_gpu *n, int status)
{
    struct gvt_job *job = n->job[0];

    if (!n->jobs)
        return;
    forget(n, job);
    job->done(job, status);
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

const struct gvt_backend gvt_backend_null = {"null", soft2d_create, soft2d_destroy,
                                             soft2d_transfer_in, &render};
