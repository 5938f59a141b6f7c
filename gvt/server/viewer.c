/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the framing of a back end's messages: nothing is executed before all of it has come and its
 * length is what its kind and its fields say. */
#include "viewer.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define HEAD      sizeof(struct vds_header)
#define MAX_BYTES (256ull << 20) /* of all pictures */

/* Bytes of header and fixed part, as far as that is known. */
static size_t wanted(const struct viewer *v)
{
    return v->have < HEAD ? HEAD : HEAD + v->rule->bytes;
}

/* Bytes that follow the fixed part, which has been checked. */
static uint64_t pixels_wanted(const struct viewer *v)
{
    return v->in.request == VDS_UPDATE ? v->in.bytes - sizeof(struct vds_update) : 0;
}

size_t viewer_room(struct viewer *v, void **to)
{
    static uint8_t nowhere[65536];
    const struct vds_update *u = &v->body.update;
    struct resource *r;
    uint64_t left, line;

    if (v->have < wanted(v)) {
        *to = v->have < HEAD ? (uint8_t *)&v->in + v->have : (uint8_t *)&v->body + v->have - HEAD;
        return wanted(v) - v->have;
    }
    left = pixels_wanted(v) - v->pixel_bytes;
    r = viewer_target(v);
    if (!r || r->dmabuf) {
        *to = nowhere;
        return left < sizeof(nowhere) ? left : sizeof(nowhere);
    }
    line = (uint64_t)u->width * VGPU_BYTES_PER_PIXEL;
    *to = r->pixels + ((u->y + v->pixel_bytes / line) * r->width + u->x) * VGPU_BYTES_PER_PIXEL +
          v->pixel_bytes % line;
    return u->width == r->width ? left : line - v->pixel_bytes % line;
}

static int check_header(struct viewer *v)
{
    v->rule = viewer_rule(v->in.request);
    if (!v->rule || v->in.bytes < v->rule->bytes)
        return -EPROTO;
    return v->in.request == VDS_UPDATE || v->in.bytes == v->rule->bytes ? 0 : -EPROTO;
}

static int check_body(const struct viewer *v)
{
    const struct vds_update *u = &v->body.update;
    const uint64_t pixels = pixels_wanted(v);

    if (v->in.request != VDS_UPDATE)
        return 0;
    return pixels % VGPU_BYTES_PER_PIXEL == 0 &&
                   pixels / VGPU_BYTES_PER_PIXEL == (uint64_t)u->width * u->height
               ? 0
               : -EPROTO;
}

static void take_fd(struct viewer *v, int fd)
{
    if (v->fd >= 0)
        close(v->fd);
    v->fd = fd;
}

int viewer_filled(struct viewer *v, size_t bytes, int fd)
{
    int rc = 0;

    if (fd >= 0)
        take_fd(v, fd);
    if (v->have < wanted(v)) {
        const bool head = v->have < HEAD;

        v->have += bytes;
        if (head && v->have == HEAD)
            rc = check_header(v);
        if (rc || v->have < wanted(v))
            return rc;
        rc = check_body(v);
    } else {
        v->pixel_bytes += bytes;
    }
    if (rc || v->pixel_bytes < pixels_wanted(v))
        return rc;
    rc = v->rule->execute(v);
    take_fd(v, -1);
    v->have = 0;
    v->pixel_bytes = 0;
    return rc;
}

void viewer_init(struct viewer *v, const struct vgpu_sink *sink, void *sink_data,
                 const struct vgpu_mode *modes, unsigned scanouts)
{
    memset(v, 0, sizeof(*v));
    v->sink = sink;
    v->sink_data = sink_data;
    v->resources.quota = (struct quota){2 * VGPU_MAX_SCANOUTS, MAX_BYTES};
    v->scanouts = scanouts < VGPU_MAX_SCANOUTS ? scanouts : VGPU_MAX_SCANOUTS;
    for (unsigned i = 0; i < v->scanouts; i++)
        v->scanout[i].monitor.mode = modes[i];
    v->fd = -1;
}

bool viewer_set_mode(struct viewer *v, unsigned n, const struct vgpu_mode *mode)
{
    return n < v->scanouts && monitor_set(&v->scanout[n].monitor, mode);
}

void viewer_finish(struct viewer *v)
{
    for (unsigned i = 0; i < v->scanouts; i++) {
        viewer_turn_off(v, i);
        if (!v->scanout[i].cursor)
            continue;
        v->sink->cursor(v->sink_data, i, NULL, 0, 0, true);
        viewer_drop(v, v->scanout[i].cursor);
        v->scanout[i].cursor = NULL;
    }
    if (v->fd >= 0)
        close(v->fd);
    v->fd = -1;
}
