/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the process that shows a foreign back end's pictures: its loop, its socket, its connection
 * to the compositor. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "display/include/display.h"
#include "include/gvt.h"
#include "viewer.h"
#include "wayland.h"

#define MESSAGES_AT_ONCE 64 /* then the compositor has its turn */

_Static_assert(GVT_DISPLAY_SCANOUTS == VGPU_MAX_SCANOUTS && BN_MAX_SCANOUTS == VGPU_MAX_SCANOUTS,
               "scanouts");

struct display {
    struct vu_loop loop;
    struct vu_source socket;
    struct wayland wayland;
    struct viewer viewer;
    int changed; /* eventfd of who serves the guest's configuration space */
    int end;     /* why the loop was left */
};

void gvt_display_scanouts(struct gvt_display *d, const struct bn_scenario *s, unsigned vm)
{
    struct bn_scanout_size size[BN_MAX_SCANOUTS];

    d->scanouts = bn_scenario_scanouts(s, vm, size);
    for (unsigned i = 0; i < d->scanouts; i++)
        d->mode[i] = (struct gvt_display_mode){size[i].width, size[i].height, size[i].refresh_mhz};
}

/* A back end that does not read its answers is not waited for. */
static int answer(void *data, const void *bytes, size_t count)
{
    const struct display *d = data;
    const ssize_t n = send(d->socket.fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n < 0)
        return -errno;
    return (size_t)n == count ? 0 : -EPROTO;
}

/* What is there of the bytes that come next: 0, -EAGAIN: nothing, -ECONNRESET: the end. */
static int receive_some(struct display *d)
{
    union {
        struct cmsghdr header;
        uint8_t room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov;
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control)};
    const struct cmsghdr *c;
    int fd = -1;
    ssize_t n;

    iov.iov_len = viewer_room(&d->viewer, &iov.iov_base);
    n = recvmsg(d->socket.fd, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n <= 0)
        return n < 0 ? -errno : -ECONNRESET;
    c = CMSG_FIRSTHDR(&m);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    return viewer_filled(&d->viewer, (size_t)n, fd);
}

static void handle_socket(struct vu_source *source, uint32_t events)
{
    struct display *d = source->priv;
    int rc = 0;

    (void)events;
    for (unsigned i = 0; rc == 0 && i < MESSAGES_AT_ONCE; i++)
        rc = receive_some(d);
    wayland_flush(&d->wayland);
    if (rc == 0 || rc == -EAGAIN)
        return;
    d->end = rc == -ECONNRESET ? 0 : rc;
    vu_loop_stop(&d->loop);
}

static void handle_output(void *data, unsigned n, const struct vgpu_mode *mode)
{
    struct display *d = data;
    const uint64_t one = 1;

    if (viewer_set_mode(&d->viewer, n, mode) && write(d->changed, &one, sizeof(one)) < 0)
        fprintf(stderr, "display: the guest cannot be told of scanout %u: %s\n", n,
                strerror(errno));
}

static int start(struct display *d, int socket, const struct gvt_display *g)
{
    struct vgpu_mode mode[VGPU_MAX_SCANOUTS];
    int rc = vu_loop_init(&d->loop);

    for (unsigned i = 0; i < g->scanouts; i++)
        mode[i] = (struct vgpu_mode){g->mode[i].width, g->mode[i].height, g->mode[i].refresh_mhz};
    viewer_init(&d->viewer, &wayland_sink, &d->wayland, mode, g->scanouts);
    d->viewer.answer = answer;
    d->viewer.answer_data = d;
    d->socket = (struct vu_source){.fd = socket, .ready = handle_socket, .priv = d};
    if (rc == 0)
        rc = vu_loop_add(&d->loop, &d->socket, EPOLLIN);
    if (rc == 0)
        rc = wayland_init(&d->wayland, &d->loop, g->wayland, &d->viewer.resources, g->scanouts);
    d->wayland.outputs.changed = handle_output;
    d->wayland.outputs.data = d;
    return rc == 0 ? bn_backend_sandbox(NULL, 0) : rc;
}

int gvt_display_run(int socket, int changed, const struct gvt_display *g)
{
    static struct display d;
    int rc;

    d.changed = changed;
    rc = start(&d, socket, g);
    if (rc == 0)
        rc = vu_loop_run(&d.loop);
    if (rc)
        return rc;
    if (d.end)
        fprintf(stderr, "display: the GPU's back end: %s\n", strerror(-d.end));
    viewer_finish(&d.viewer);
    wayland_finish(&d.wayland);
    close(socket);
    close(changed);
    vu_loop_finish(&d.loop);
    return d.end;
}
