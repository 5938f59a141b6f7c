/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns binnacle-input: a keyboard or a tablet of one guest as a vhost-user process, fed by the
 * compositor. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include "vhost/backend.h"
#include "virtio_input.h"

#define RETRY_NS 200000000L

static const char usage[] =
    "usage: binnacle-input (--socket-path PATH | --fd N) --device keyboard|tablet --vm NAME "
    "[--scanout N]\n"
    "                      [--events PATH] [--no-sandbox]\n"
    "  --socket-path  vhost-user socket to listen on; --fd: one that is connected already\n"
    "  --events       the compositor's socket for this VM ($XDG_RUNTIME_DIR/binnacle/<vm>.input)\n"
    "  --scanout      of a tablet: the scanout it lies over (0)\n";

struct process {
    struct vu_loop loop;
    struct vu_device vhost;
    struct vu_source compositor, timer, signals; /* compositor.fd -1: not connected */
    struct input input;
    struct vq_chain chain;
    char events[sizeof(((struct sockaddr_un *)0)->sun_path)];
};

static void deliver(struct process *p)
{
    if (vu_queue_running(&p->vhost, INPUT_QUEUE_EVENT) &&
        input_deliver(&p->input, vu_queue(&p->vhost, INPUT_QUEUE_EVENT), &p->chain))
        vu_notify(&p->vhost, INPUT_QUEUE_EVENT);
}

static void process_queue(struct vu_device *dev, unsigned queue)
{
    struct process *p = dev->priv;

    if (queue == INPUT_QUEUE_EVENT) {
        deliver(p);
        return;
    }
    while (virtq_pop(vu_queue(dev, queue), &p->chain) == 1) /* LEDs: nobody has any */
        virtq_push(vu_queue(dev, queue), p->chain.head, 0);
    vu_notify(dev, queue);
}

static int get_config(struct vu_device *dev, uint32_t offset, uint32_t bytes, void *to)
{
    const struct process *p = dev->priv;

    if (offset > sizeof(p->input.config) || bytes > sizeof(p->input.config) - offset)
        return -EINVAL;
    memcpy(to, (const uint8_t *)&p->input.config + offset, bytes);
    return 0;
}

/* §5.8.4: only select and subsel can be written. A driver may write them one by one; QEMU sends all
 * of the space. */
static int set_config(struct vu_device *dev, uint32_t offset, uint32_t bytes, const void *from)
{
    struct process *p = dev->priv;
    struct input_config c = p->input.config;

    if (offset > sizeof(c) || bytes > sizeof(c) - offset)
        return -EINVAL;
    memcpy((uint8_t *)&c + offset, from, bytes);
    input_select(&p->input, c.select, c.subsel);
    return 0;
}

static void reset(struct vu_device *dev)
{
    struct process *p = dev->priv;

    input_reset(&p->input);
}

static const struct vu_ops ops = {
    .queues = INPUT_QUEUES,
    .process = process_queue,
    .get_config = get_config,
    .set_config = set_config,
    .reset = reset,
    .disconnected = reset,
};

static void retry(struct process *p)
{
    const struct itimerspec t = {.it_value.tv_nsec = RETRY_NS};

    (void)timerfd_settime(p->timer.fd, 0, &t, NULL);
}

static void handle_events(struct vu_source *source, uint32_t events)
{
    struct process *p = source->priv;
    struct bn_input_event e[BN_INPUT_BATCH];
    const ssize_t n = recv(source->fd, e, sizeof(e), MSG_DONTWAIT);

    (void)events;
    if (n > 0) {
        input_report(&p->input, e, (unsigned)((size_t)n / sizeof(e[0])));
        deliver(p);
        return;
    }
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    vu_loop_remove(&p->loop, source);
    close(source->fd);
    source->fd = -1;
    retry(p);
}

static void try_to_connect(struct process *p)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

    memcpy(a.sun_path, p->events, sizeof(a.sun_path));
    p->compositor = (struct vu_source){fd, handle_events, p};
    if (fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 &&
        vu_loop_add(&p->loop, &p->compositor, EPOLLIN) == 0)
        return;
    if (fd >= 0)
        close(fd);
    p->compositor.fd = -1;
    retry(p);
}

static void handle_timer(struct vu_source *source, uint32_t events)
{
    struct process *p = source->priv;
    uint64_t expired;

    (void)events;
    if (read(source->fd, &expired, sizeof(expired)) == sizeof(expired) && p->compositor.fd < 0)
        try_to_connect(p);
}

static void handle_signal(struct vu_source *source, uint32_t events)
{
    struct process *p = source->priv;

    (void)events;
    vu_loop_stop(&p->loop);
}

struct arguments {
    const char *socket, *vm, *events;
    int fd, device, scanout;
    bool no_sandbox;
};

static bool parse(int argc, char **argv, struct arguments *a)
{
    static const struct option options[] = {
        {"socket-path", required_argument, NULL, 's'}, {"fd", required_argument, NULL, 'f'},
        {"device", required_argument, NULL, 'd'},      {"vm", required_argument, NULL, 'v'},
        {"scanout", required_argument, NULL, 'o'},     {"events", required_argument, NULL, 'e'},
        {"no-sandbox", no_argument, NULL, 'n'},        {NULL, 0, NULL, 0},
    };
    bool ok = true;
    int c;

    while ((c = getopt_long(argc, argv, "", options, NULL)) >= 0) {
        if (c == 's')
            a->socket = optarg;
        else if (c == 'f')
            a->fd = atoi(optarg);
        else if (c == 'd')
            a->device = !strcmp(optarg, "tablet")     ? BN_INPUT_TABLET
                        : !strcmp(optarg, "keyboard") ? BN_INPUT_KEYBOARD
                                                      : -1;
        else if (c == 'v')
            a->vm = optarg;
        else if (c == 'o')
            a->scanout = atoi(optarg);
        else if (c == 'e')
            a->events = optarg;
        else if (c == 'n')
            a->no_sandbox = true;
        else
            ok = false;
    }
    ok = ok && optind == argc && (a->socket != NULL) != (a->fd >= 0) && a->device >= 0 &&
         (a->vm || a->events) && a->scanout >= 0 && a->scanout < BN_MAX_SCANOUTS;
    if (!ok)
        fputs(usage, stderr);
    return ok;
}

static int start(struct process *p, const struct arguments *a)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    sigset_t set;
    int rc;

    if (a->events)
        rc = snprintf(p->events, sizeof(p->events), "%s", a->events);
    else
        rc = snprintf(p->events, sizeof(p->events), "%s/" BN_DISPLAY_DIR "/%s.input",
                      runtime ? runtime : "/run", a->vm);
    if (rc < 0 || (size_t)rc >= sizeof(p->events))
        return -ENAMETOOLONG;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    p->signals = (struct vu_source){signalfd(-1, &set, SFD_CLOEXEC), handle_signal, p};
    p->timer = (struct vu_source){timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
                                  handle_timer, p};
    input_init(&p->input, (enum bn_input_device)a->device, (uint16_t)a->scanout);
    if ((rc = vu_loop_init(&p->loop)) || (rc = vu_loop_add(&p->loop, &p->signals, EPOLLIN)) ||
        (rc = vu_loop_add(&p->loop, &p->timer, EPOLLIN)) ||
        (rc = vu_device_init(&p->vhost, &p->loop, &ops, p)))
        return rc;
    try_to_connect(p);
    rc = a->socket ? vu_device_listen(&p->vhost, a->socket) : vu_device_attach(&p->vhost, a->fd);
    if (rc == 0 && !a->no_sandbox)
        rc = bn_backend_sandbox(NULL, 0);
    return rc;
}

int main(int argc, char **argv)
{
    static struct process p;
    static struct arguments a = {.fd = -1, .device = -1};
    int rc;

    if (!parse(argc, argv, &a))
        return 2;
    rc = start(&p, &a);
    if (rc == 0) {
        printf("input: %s of %s ready\n", a.device == BN_INPUT_TABLET ? "tablet" : "keyboard",
               a.vm ? a.vm : a.events);
        fflush(stdout);
        rc = vu_loop_run(&p.loop);
    }
    if (rc) {
        fprintf(stderr, "input: %s\n", strerror(-rc));
        return 1;
    }
    vu_device_finish(&p.vhost);
    vu_loop_finish(&p.loop);
    return 0;
}
