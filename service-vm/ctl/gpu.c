/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns binnaclectl's table of the GPU's guests. */
#include "gpu.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int read_status(const char *folder, const char *name, struct bn_gpu_status *s)
{
    char path[512];
    ssize_t n;
    int fd;

    if ((size_t)snprintf(path, sizeof(path), "%s/%s", folder, name) >= sizeof(path))
        return -ENAMETOOLONG;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return -errno;
    n = read(fd, s, sizeof(*s));
    close(fd);
    if (n != sizeof(*s) || s->magic != BN_GPU_STATUS_MAGIC || s->version != BN_GPU_STATUS_VERSION)
        return -EPROTO;
    s->vm[sizeof(s->vm) - 1] = s->backend[sizeof(s->backend) - 1] = 0;
    return 0;
}

/* A mediator that was started again counts from 0. */
static uint64_t batches_before(const struct gpu_guest *old, unsigned count,
                               const struct bn_gpu_status *s)
{
    for (unsigned i = 0; i < count; i++)
        if (!strcmp(old[i].s.vm, s->vm) && old[i].s.pid == s->pid)
            return old[i].s.batches;
    return 0;
}

int gpu_look(const char *folder, struct gpu_guest *guest, unsigned before)
{
    struct gpu_guest old[GPU_MAX_GUESTS];
    struct dirent **name;
    int count = 0, n = scandir(folder, &name, NULL, alphasort);

    if (n < 0)
        return -errno;
    memcpy(old, guest, before * sizeof(*guest));
    for (int i = 0; i < n; i++) {
        struct gpu_guest *g = &guest[count];

        if ((unsigned)count < GPU_MAX_GUESTS && read_status(folder, name[i]->d_name, &g->s) == 0) {
            g->before = batches_before(old, before, &g->s);
            g->alive = kill((pid_t)g->s.pid, 0) == 0 || errno == EPERM;
            count++;
        }
        free(name[i]);
    }
    free(name);
    return count;
}

unsigned gpu_share(const struct gpu_guest *guest, unsigned count, unsigned i)
{
    uint64_t all = 0;

    for (unsigned j = 0; j < count; j++)
        all += guest[j].s.batches - guest[j].before;
    return all ? (unsigned)((guest[i].s.batches - guest[i].before) * 100 / all) : 0;
}

static void print(const struct gpu_guest *guest, unsigned count)
{
    printf("%-12s %-8s %6s %4s %9s %13s %9s %6s %10s %6s %9s %8s %6s %4s\n", "VM", "by", "weight",
           "prio", "MiB", "resources", "contexts", "flight", "batches", "share", "postponed",
           "waits", "resets", "lost");
    for (unsigned i = 0; i < count; i++) {
        const struct bn_gpu_status *s = &guest[i].s;
        char mib[32], resources[32], contexts[32];

        snprintf(mib, sizeof(mib), "%" PRIu64 "/%" PRIu64, s->bytes >> 20, s->max_bytes >> 20);
        snprintf(resources, sizeof(resources), "%u/%u", s->resources, s->max_resources);
        snprintf(contexts, sizeof(contexts), "%u/%u", s->contexts, s->max_contexts);
        printf("%-12s %-8s %6u %4u %9s %13s %9s %6u %10" PRIu64 " %5u%% %9" PRIu64 " %8" PRIu64
               " %6" PRIu64 " %4u%s%s\n",
               s->vm, s->backend, s->weight, s->priority, mib, resources, contexts, s->in_flight,
               s->batches, gpu_share(guest, count, i), s->postponed, s->waits, s->resets, s->lost,
               s->arbiter || !s->max_contexts ? "" : "  without an arbiter",
               guest[i].alive ? "" : "  its mediator has died");
    }
    fflush(stdout);
}

int gpu_show(const char *folder, unsigned seconds)
{
    struct gpu_guest guest[GPU_MAX_GUESTS];
    int count = 0;

    for (unsigned s = 0; s <= seconds; s++) {
        count = gpu_look(folder, guest, (unsigned)count);
        if (count < 0) {
            (void)fprintf(stderr, "binnaclectl: %s: %s\n", folder,
                          count == -ENOENT ? "no guest has a mediator" : strerror(-count));
            return 1;
        }
        print(guest, (unsigned)count);
        if (s < seconds)
            (void)sleep(1);
    }
    return 0;
}
