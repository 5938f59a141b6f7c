/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns the device model's view of the shared window. */
#include "shm_window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "binnacle/shm.h"

/* A device-dax file has no length of its own: sysfs knows it. */
static uint64_t length_of(int fd)
{
    char path[64];
    struct stat st;
    unsigned long long bytes = 0;
    FILE *f;

    if (fstat(fd, &st) < 0)
        return 0;
    if (S_ISREG(st.st_mode))
        return (uint64_t)st.st_size;
    (void)snprintf(path, sizeof(path), "/sys/dev/char/%u:%u/size", major(st.st_rdev),
                   minor(st.st_rdev));
    f = fopen(path, "re");
    if (!f)
        return 0;
    if (fscanf(f, "%llu", &bytes) != 1)
        bytes = 0;
    (void)fclose(f);
    return bytes;
}

static const struct bn_shm_directory *directory(const struct shm_window *w)
{
    const struct bn_shm_directory *d = (const struct bn_shm_directory *)w->base;

    if (w->bytes < BN_SHM_ALIGN || d->magic != BN_SHM_DIR_MAGIC || d->version != BN_SHM_VERSION ||
        d->count > BN_SHM_MAX_REGIONS ||
        d->crc != bn_crc32(0, d, offsetof(struct bn_shm_directory, crc)))
        return NULL;
    return d;
}

int shm_window_open(struct shm_window *w, const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC), rc = 0;
    void *base;

    *w = (struct shm_window){0};
    if (fd < 0)
        return -errno;
    w->bytes = length_of(fd);
    base = w->bytes ? mmap(NULL, w->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    if (base == MAP_FAILED)
        rc = w->bytes ? -errno : -ENODEV;
    else
        w->base = base;
    /* A child that shows a GPU's pictures has no part in it. */
    if (rc == 0 && madvise(base, w->bytes, MADV_DONTFORK) < 0)
        rc = -errno;
    close(fd);
    if (rc == 0 && !directory(w))
        rc = -EPROTO;
    if (rc < 0)
        shm_window_close(w);
    return rc;
}

void shm_window_close(struct shm_window *w)
{
    if (w->base)
        munmap(w->base, w->bytes);
    *w = (struct shm_window){0};
}

static int check(const struct bn_scenario *s)
{
    size_t from = offsetof(struct bn_scenario, crc) + sizeof(s->crc);

    if (s->magic != BN_SCENARIO_MAGIC || s->version != BN_SCENARIO_VERSION ||
        s->bytes != sizeof(*s) ||
        s->crc != bn_crc32(0, (const uint8_t *)s + from, sizeof(*s) - from) ||
        s->vm_count > BN_MAX_VMS || s->region_count > BN_MAX_REGIONS)
        return -EPROTO;
    return 0;
}

int shm_window_scenario(const struct shm_window *w, struct bn_scenario *s)
{
    const struct bn_shm_directory *d = directory(w);

    for (unsigned i = 0; d && i < d->count; i++) {
        const struct bn_shm_entry *e = &d->entry[i];
        uint64_t from = e->offset + sizeof(struct bn_shm_header);

        if (e->kind != BN_SHM_SCENARIO || !(e->rights & BN_SHM_READ))
            continue;
        if (from < e->offset || from > w->bytes || w->bytes - from < sizeof(*s))
            return -EPROTO;
        memcpy(s, w->base + from, sizeof(*s));
        return check(s);
    }
    return -ENOENT;
}

int shm_window_find(const struct shm_window *w, const char *name, uint64_t *offset, uint64_t *bytes)
{
    const struct bn_shm_directory *d = directory(w);

    for (unsigned i = 0; d && i < d->count; i++) {
        const struct bn_shm_entry *e = &d->entry[i];

        if (strncmp(e->name, name, sizeof(e->name)) || e->offset > w->bytes ||
            e->bytes > w->bytes - e->offset)
            continue;
        *offset = e->offset;
        *bytes = e->bytes;
        return 0;
    }
    return -ENOENT;
}

int scenario_read_file(const char *path, struct bn_scenario *s)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return -errno;
    n = read(fd, s, sizeof(*s));
    close(fd);
    if (n < 0)
        return -errno;
    return n == (ssize_t)sizeof(*s) ? check(s) : -EPROTO;
}

int scenario_find_vm(const struct bn_scenario *s, const char *name)
{
    for (unsigned i = 0; i < s->vm_count; i++) {
        if (s->vm[i].kind == BN_VM_POSTLAUNCHED && strncmp(s->vm[i].name, name, BN_NAME_BYTES) == 0)
            return (int)i;
    }
    return -1;
}
