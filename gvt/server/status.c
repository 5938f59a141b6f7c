/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the mapping of the status file and what is written there. */
#include "status.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int status_init(struct status *s, const char *path, const char *vm,
                const struct bn_scenario_vgpu *type, const struct vgpu *gpu,
                const struct turns *turns)
{
    char folder[256];
    int fd, rc = 0;
    void *p;

    *s = (struct status){.gpu = gpu, .turns = turns};
    if (!path)
        return 0;
    snprintf(folder, sizeof(folder), "%s", path);
    if (mkdir(dirname(folder), 0755) < 0 && errno != EEXIST)
        return -errno;
    (void)unlink(path); /* who has the old one mapped keeps it */
    fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    if (ftruncate(fd, sizeof(*s->file)) < 0)
        rc = -errno;
    p = mmap(NULL, sizeof(*s->file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (rc == 0 && p == MAP_FAILED)
        rc = -errno;
    close(fd);
    if (rc)
        return rc;
    s->file = p;
    *s->file = (struct bn_gpu_status){.version = BN_GPU_STATUS_VERSION,
                                      .pid = (uint32_t)getpid(),
                                      .weight = type->weight,
                                      .priority = type->priority,
                                      .max_resources = gpu->resources.quota.max_resources,
                                      .max_bytes = gpu->resources.quota.max_bytes,
                                      .max_contexts = gpu->contexts.max};
    snprintf(s->file->vm, sizeof(s->file->vm), "%s", vm);
    snprintf(s->file->backend, sizeof(s->file->backend), "%s", gpu->backend->name);
    __atomic_store_n(&s->file->magic, BN_GPU_STATUS_MAGIC, __ATOMIC_RELEASE);
    return 0;
}

void status_update(struct status *s)
{
    volatile struct bn_gpu_status *f = s->file;
    const struct vgpu_statistics *n = &s->gpu->statistics;

    if (!f)
        return;
    f->arbiter = s->turns->socket.fd >= 0;
    f->resources = s->gpu->resources.count;
    f->contexts = s->gpu->contexts.count;
    f->bytes = s->gpu->resources.bytes;
    f->in_flight = s->turns->in_flight;
    f->lost = n->lost;
    f->commands = n->commands;
    f->errors = n->errors;
    f->batches = n->batches;
    f->dwords = n->dwords;
    f->refused = n->refused;
    f->copies = n->copies;
    f->copied_bytes = n->copied_bytes;
    f->postponed = n->postponed;
    f->waits = s->turns->waits;
    f->resets = n->resets;
}
