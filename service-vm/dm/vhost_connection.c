/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the connection to a vhost-user back end: what comes by it, losing it, finding it again. */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "vhost_device_internal.h"

#define ANSWER_MS                                                                                  \
    20000 /* a back end that says nothing for so long is lost; emulated machines are slow */
/* A sound card that stands still for 100 ms is broken to Linux (wait_for_avail() in
 * sound/core/pcm_lib.c). */
#define RETRY_MS 10

static void arm_retry(struct vhost_device *v, bool on)
{
    struct itimerspec t = {.it_value.tv_nsec = on ? RETRY_MS * 1000000 : 0};

    if (timerfd_settime(v->retry.fd, 0, &t, NULL) < 0)
        log_line("%s: no timer: %s", v->d.name, strerror(errno));
}

void vhost_connection_lost(struct vhost_device *v, const char *why)
{
    if (v->f.fd < 0)
        return;
    vu_loop_remove(&v->d.m->loop, &v->peer);
    vu_loop_remove(&v->d.m->loop, &v->backend);
    vhf_finish(&v->f);
    v->running = v->shown = false;
    log_line("%s: back end lost (%s)", v->d.name, why);
    if (v->kind->has_state && v->d.started)
        machine_end(v->d.m, END_GPU_LOST, v->d.name);
    else
        arm_retry(v, true);
}

static void on_peer(struct vu_source *source, uint32_t events)
{
    struct vhost_device *v = source->priv;

    (void)events; /* EPOLLRDHUP, EPOLLHUP or EPOLLERR */
    pthread_mutex_lock(&v->d.m->lock);
    vhost_connection_lost(v, "it ended");
    pthread_mutex_unlock(&v->d.m->lock);
}

static void on_backend(struct vu_source *source, uint32_t events)
{
    struct vhost_device *v = source->priv;
    int rc;

    (void)events;
    pthread_mutex_lock(&v->d.m->lock);
    rc = vhf_backend(&v->f);
    if (rc == 1)
        virtio_config_changed(&v->d);
    else if (rc < 0 && rc != -EAGAIN)
        vhost_connection_lost(v, strerror(-rc));
    pthread_mutex_unlock(&v->d.m->lock);
}

static void on_err(struct vu_source *source, uint32_t events)
{
    struct vhost_device *v = source->priv;
    uint64_t n;

    (void)events;
    pthread_mutex_lock(&v->d.m->lock);
    if (read(source->fd, &n, sizeof(n)) == sizeof(n))
        virtio_needs_reset(&v->d, "the driver broke a queue");
    pthread_mutex_unlock(&v->d.m->lock);
}

static int watch(struct vhost_device *v)
{
    struct vu_loop *loop = &v->d.m->loop;
    int rc;

    v->peer = (struct vu_source){.fd = v->f.fd, .ready = on_peer, .priv = v};
    v->backend = (struct vu_source){.fd = v->f.backend_fd, .ready = on_backend, .priv = v};
    /* only its end: EPOLLIN would fire on every answer that another thread is about to read */
    rc = vu_loop_add(loop, &v->peer, EPOLLRDHUP);
    if (rc == 0 && v->backend.fd >= 0)
        rc = vu_loop_add(loop, &v->backend, EPOLLIN);
    return rc;
}

static void on_retry(struct vu_source *source, uint32_t events)
{
    struct vhost_device *v = source->priv;
    uint64_t n;
    int rc;

    (void)events;
    pthread_mutex_lock(&v->d.m->lock);
    if (read(source->fd, &n, sizeof(n)) < 0 || v->f.fd >= 0)
        goto out;
    rc = vhf_connect(&v->f, v->socket, ANSWER_MS);
    if (rc == 0 && (v->features & ~vhost_device_offers(v))) {
        log_line("%s: the back end came back with less than it had", v->d.name);
        vhf_finish(&v->f);
        rc = -ENOTSUP;
    }
    if (rc == 0)
        rc = watch(v);
    if (rc == 0 && v->d.started)
        rc = vhost_device_run(v);
    if (rc == 0) {
        uint64_t one = 1;

        log_line("%s: back end is back", v->d.name);
        /* an interrupt that was due when it went may be lost: one too many harms nobody */
        for (unsigned i = 0; i < v->d.queues && v->d.started; i++)
            rc |= write(v->d.queue[i].call_fd, &one, sizeof(one)) < 0;
    } else if (v->f.fd >= 0) {
        vhost_connection_lost(v, strerror(-rc));
    } else {
        arm_retry(v, true);
    }
out:
    pthread_mutex_unlock(&v->d.m->lock);
}

int vhost_connection_open(struct vhost_device *v, unsigned wait_ms)
{
    uint64_t until = monotonic_ns() + wait_ms * 1000000ull;
    struct timespec pause = {0, 20000000};
    int rc;

    for (;;) {
        rc = vhf_connect(&v->f, v->socket, ANSWER_MS);
        if ((rc != -ENOENT && rc != -ECONNREFUSED) || monotonic_ns() >= until)
            return rc;
        (void)nanosleep(&pause, NULL);
    }
}

int vhost_connection_watch(struct vhost_device *v)
{
    struct vu_loop *loop = &v->d.m->loop;
    int rc;

    v->err_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    v->err = (struct vu_source){.fd = v->err_fd, .ready = on_err, .priv = v};
    v->retry = (struct vu_source){.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC),
                                  .ready = on_retry,
                                  .priv = v};
    if (v->err_fd < 0 || v->retry.fd < 0)
        return -errno;
    rc = vu_loop_add(loop, &v->err, EPOLLIN);
    if (rc == 0)
        rc = vu_loop_add(loop, &v->retry, EPOLLIN);
    return rc < 0 ? rc : watch(v);
}
