/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the record of what the mixer gave. */
#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

int tap_init(struct tap *t, const char *path, uint64_t frames)
{
    const size_t bytes = sizeof(struct tap_file) + frames * 2 * sizeof(float);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), rc = 0;
    void *p = MAP_FAILED;

    if (fd < 0)
        return -errno;
    if (ftruncate(fd, (off_t)bytes) == 0)
        p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        rc = -errno;
    close(fd);
    if (rc)
        return rc;
    *t = (struct tap){.file = p, .bytes = bytes};
    t->file->room = frames;
    return 0;
}

void tap_finish(struct tap *t)
{
    if (t->file)
        munmap(t->file, t->bytes);
    t->file = NULL;
}

void tap_write(struct tap *t, const float *left, const float *right, unsigned frames)
{
    struct tap_file *f = t->file;
    uint64_t at;

    if (!f)
        return;
    at = atomic_load_explicit(&f->frames, memory_order_relaxed);
    for (unsigned i = 0; i < frames && at < f->room; i++, at++) {
        f->sample[at * 2] = left[i];
        f->sample[at * 2 + 1] = right[i];
    }
    atomic_store_explicit(&f->frames, at, memory_order_release);
}
