/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One vGPU: the device of one guest. Requests come in as bytes, answers go out as bytes; pixels are
 * the back end's, pictures the sink's. Nothing a guest sends is fatal: it gets the error of
 * VIRTIO 1.2 §5.7.6.8, and the device goes on.
 */
#ifndef GVT_CORE_VGPU_H
#define GVT_CORE_VGPU_H

#include <sys/uio.h>

#include "backend/backend.h"
#include "core/context.h"
#include "core/fence.h"
#include "core/monitor.h"
#include "core/resource.h"
#include "proto/capset.h"
#include "proto/command.h"

struct vgpu;

/* Where the scanouts go. All callbacks may be told the same thing twice. */
struct vgpu_sink {
    /* Scanout n now shows `rect` of the resource; NULL: nothing. */
    void (*scanout)(void *sink, unsigned n, struct resource *r, const struct vgpu_rect *rect);
    /* `damage` of the resource has changed and is to be seen. */
    void (*flush)(void *sink, unsigned n, struct resource *r, const struct vgpu_rect *damage);
    /* Cursor of scanout n: picture (NULL: none) and its top left corner. update: the picture is
     * new. */
    void (*cursor)(void *sink, unsigned n, struct resource *r, int32_t x, int32_t y, bool update);
    /* The resource is about to go. */
    void (*forget)(void *sink, struct resource *r);
};

/* What the physical GPU is given goes through here, piece by piece, where guests share it. */
struct vgpu_gate {
    /* Whether a piece may start now. False: progress() will be called when it may. */
    bool (*open)(void *gate);
    void (*started)(void *gate);
    void (*ended)(void *gate);
    void (*reset)(void *gate); /* those in flight are of no interest any more */
};

struct vgpu_scanout {
    struct monitor monitor;
    struct resource *resource; /* shown now, NULL: off */
    struct vgpu_rect rect;
    struct resource *cursor;
    uint32_t hot_x, hot_y;        /* of the cursor */
    const struct vgpu_edid *edid; /* a display's own, NULL: one is made of the mode */
};

struct vgpu_statistics {
    uint64_t commands, errors, scanouts, flushes; /* scanouts: how often one was set */
    uint64_t copies, copied_bytes; /* between guest memory and pixels or mirror: the only copy */
    uint64_t batches, dwords;      /* handed to the physical GPU */
    uint64_t refused;              /* batches with a command or a handle that does not pass */
    uint64_t postponed;            /* how often the queue had to wait for the physical GPU */
    uint64_t resets;
    uint32_t lost; /* contexts that the physical GPU has ended, so far */
};

#define VGPU_MAX_JOBS 64u /* batches and transfers in flight */

struct vgpu_job { /* what waits for the physical GPU */
    struct gvt_job work;
    struct vgpu *gpu;
    bool busy, batch;
    struct fence *fence;       /* of the request, NULL: it asked for none */
    struct resource *resource; /* a transfer to the guest: copied when the job is done; else NULL */
    uint32_t context;          /* of a batch with results of queries, else 0 */
    const struct vq_mem *mem;
    struct vgpu_transfer_3d transfer;
};

struct vgpu_health { /* core/health.h */
    struct resource canary;
    uint64_t ended, seen; /* jobs; at the last look */
    uint32_t still;       /* looks in turn without an end, 0 at the next one */
    uint32_t word;
    bool work; /* since there was nothing to look after */
};

struct vgpu {
    const struct gvt_backend *backend;
    const struct vgpu_sink *sink;
    void *sink_data;
    struct resources resources;
    unsigned scanouts;
    struct vgpu_scanout scanout[VGPU_MAX_SCANOUTS];
    struct vgpu_config config;
    struct vgpu_statistics statistics;
    uint64_t features; /* VGPU_F_*, offered */
    /* 3D, with a back end that has it */
    void *render_data;
    struct gvt_capset capset;
    struct contexts contexts;
    struct vgpu_job job[VGPU_MAX_JOBS];
    uint32_t batches, max_batches; /* in flight; how many may be */
    struct vgpu_health health;
    struct fences fences;
    const struct vgpu_gate *gate; /* NULL: the physical GPU is this guest's alone */
    void *gate_data;
    struct virgl_findings
        found; /* in the batch in hand; its fault is that of the last refused one */
    /* An answer that was waited for may be taken, a request that was postponed be tried again. */
    void (*progress)(void *data);
    void *progress_data;
};

struct vgpu_answer { /* header plus what follows it */
    union {
        struct vgpu_header header;
        struct vgpu_display_info display_info;
        struct vgpu_edid edid;
        struct vgpu_capset_info capset_info;
        struct vgpu_capset {
            struct vgpu_header header;
            uint8_t data[GVT_CAPSET_BYTES];
        } capset;
    } u;
    size_t bytes;
    struct fence *fence; /* NULL: it is given at once; else when vgpu_settled() returns this */
};

struct vgpu_limits {
    struct quota quota;
    uint32_t contexts; /* at most VGPU_MAX_CONTEXTS */
    uint32_t batches;  /* in flight, at most VGPU_MAX_JOBS */
};

/* modes[0 .. scanouts); render_data: what the back end opened for its 3D part. */
void vgpu_init(struct vgpu *g, const struct gvt_backend *backend, void *render_data,
               const struct vgpu_sink *sink, void *sink_data, const struct vgpu_mode *modes,
               unsigned scanouts, const struct vgpu_limits *limits);
void vgpu_reset(struct vgpu *g); /* device reset: nothing of the guest's is left */

/* Scanout n has another monitor, or (mode's width 0) none any more. True: the guest sees an event
 * in its configuration space and is to be told that this has changed. */
bool vgpu_set_mode(struct vgpu *g, unsigned n, const struct vgpu_mode *mode);

/* The configuration space: 0, or -EINVAL for what is not all inside. Only events_clear can be
 * written, and what is written there is cleared in events_read (§5.7.4). */
int vgpu_config_read(const struct vgpu *g, uint32_t offset, uint32_t bytes, void *to)
    __attribute__((warn_unused_result));
int vgpu_config_write(struct vgpu *g, uint32_t offset, uint32_t bytes, const void *from)
    __attribute__((warn_unused_result));

/*
 * Whether the request can be executed now. False: it has to wait for the physical GPU (8 batches of
 * this guest are in flight, it is another guest's turn, as many answers are outstanding as a queue
 * is long, or the physical GPU seems to stand still), and with it all that come behind it, since
 * Linux orders contexts that share a picture by the order of its queue alone; progress() says when
 * to try again. r as in vgpu_execute().
 */
bool vgpu_ready(struct vgpu *g, unsigned queue, const union vgpu_request *r, size_t bytes);

/*
 * Executes one request. `r` holds its first vgpu_fixed_bytes(bytes) bytes; `payload` what follows
 * its fixed part, vgpu_payload() bytes of it, which the guest cannot reach any more; NULL: none, or
 * it could not be read. The answer is always filled.
 */
void vgpu_execute(struct vgpu *g, const struct vq_mem *mem, unsigned queue,
                  const union vgpu_request *r, size_t bytes, void *payload, struct vgpu_answer *a);

/* Bytes that follow this request's fixed part: memory entries, a command stream; 0 if it is none
 * that has any (or a bad one). At most VGPU_PAYLOAD_BYTES. */
size_t vgpu_payload(const struct vgpu *g, const union vgpu_request *r, size_t bytes);
#define VGPU_PAYLOAD_BYTES (1u << 20)

/* The next fence whose answer is to be given now, in order; NULL: none. */
struct fence *vgpu_settled(struct vgpu *g);

#endif
