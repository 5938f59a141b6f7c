/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the files of the state folder: "state", and "ring-N" of each stream. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/device.h"

/* A file of the folder, or one without a name whose size nobody can take back. */
static int open_file(int folder, const char *name, off_t bytes)
{
    int fd;

    if (folder >= 0) {
        fd = openat(folder, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
        return fd < 0 ? -errno : fd;
    }
    fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0 && (ftruncate(fd, bytes) < 0 ||
                    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)) {
        const int rc = -errno;

        close(fd);
        return rc;
    }
    return fd < 0 ? -errno : fd;
}

static int open_state(struct audio *a, int folder, bool *fresh)
{
    const int fd = open_file(folder, "state", sizeof(struct state));
    int rc = fd;

    if (fd >= 0) {
        rc = state_map(&a->state, fd, &a->card, fresh);
        close(fd);
    }
    return rc;
}

static int open_ring(struct audio *a, int folder, unsigned stream)
{
    char name[16];
    int fd, rc;

    (void)snprintf(name, sizeof(name), "ring-%u", stream);
    fd = open_file(folder, name, (off_t)RING_MAP_BYTES);
    if (fd < 0)
        return fd;
    rc = ring_init(&a->ring[stream], fd);
    if (rc < 0)
        close(fd);
    return rc;
}

int device_open_state(struct audio *a, const char *folder, bool *fresh)
{
    int at = -1, rc = 0;

    if (folder) {
        if (mkdir(folder, 0700) < 0 && errno != EEXIST)
            return -errno;
        at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (at < 0)
            return -errno;
    }
    rc = open_state(a, at, fresh);
    for (unsigned i = 0; i < card_streams(&a->card) && rc == 0; i++)
        rc = open_ring(a, at, i);
    if (at >= 0)
        close(at);
    return rc;
}
