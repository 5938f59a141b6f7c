/* SPDX-License-Identifier: BSD-3-Clause */
/* Owns access to the shared window and the reading of the scenario that lies in it. */
#include "window.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "layout.h"

#define WINDOW_MAX (1ull << 32)

const char *window_directory_fault(const struct bn_shm_directory *dir)
{
    if (dir->magic != BN_SHM_DIR_MAGIC || dir->version != BN_SHM_VERSION)
        return "no directory of a shared window of this version";
    if (dir->crc != bn_crc32(0, dir, offsetof(struct bn_shm_directory, crc)))
        return "the shared window's directory has a wrong checksum";
    if (dir->count > BN_SHM_MAX_REGIONS || dir->window_bytes > WINDOW_MAX)
        return "the shared window's directory is too large";
    for (unsigned i = 0; i < dir->count; i++) {
        const struct bn_shm_entry *e = &dir->entry[i];

        if (e->offset % BN_SHM_ALIGN || e->bytes % BN_SHM_ALIGN || !e->bytes ||
            e->offset < BN_SHM_ALIGN || e->offset > dir->window_bytes ||
            e->bytes > dir->window_bytes - e->offset)
            return "a region lies outside the shared window";
    }
    return NULL;
}

/* device-dax maps whole large pages only and cannot be read(), so the directory is mapped and
 * copied out. */
static int copy_head(int fd, void *to, size_t bytes)
{
    const struct stat none = {0};
    struct stat st = none;
    void *p;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (S_ISREG(st.st_mode) && st.st_size < (off_t)bytes)
        return -EINVAL; /* touching pages beyond a file's end would be a signal */
    p = mmap(NULL, BN_SHM_ALIGN, PROT_READ, MAP_SHARED, fd, 0);
    if (p == MAP_FAILED)
        return -errno;
    memcpy(to, p, bytes);
    munmap(p, BN_SHM_ALIGN);
    return 0;
}

int window_open(struct window *w, const char *path, const char **why)
{
    struct stat st;
    int rc;

    *why = "cannot open the shared window";
    w->fd = open(path, O_RDWR | O_CLOEXEC);
    if (w->fd < 0 && (errno == EACCES || errno == EROFS))
        w->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (w->fd < 0)
        return -errno;
    rc = copy_head(w->fd, &w->dir, sizeof(w->dir));
    if (rc == 0) {
        *why = window_directory_fault(&w->dir);
        if (*why)
            rc = -EINVAL;
    }
    if (rc == 0 && fstat(w->fd, &st) == 0 && S_ISREG(st.st_mode) &&
        (uint64_t)st.st_size < w->dir.window_bytes) {
        *why = "the shared window's file is shorter than its directory says";
        rc = -EINVAL;
    }
    if (rc)
        window_close(w);
    return rc;
}

void window_close(struct window *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

int window_map(const struct window *w, uint32_t kind, uint32_t rights, size_t min_bytes,
               struct window_region *r)
{
    const int prot = PROT_READ | (rights & BN_SHM_WRITE ? PROT_WRITE : 0);

    r->base = NULL;
    if (w->fd < 0)
        return -ENOENT;
    for (unsigned i = 0; i < w->dir.count; i++) {
        const struct bn_shm_entry *e = &w->dir.entry[i];
        void *p;

        if (e->kind != kind)
            continue;
        if ((e->rights & rights) != rights)
            return -EACCES;
        if (e->bytes < min_bytes)
            return -EINVAL;
        p = mmap(NULL, e->bytes, prot, MAP_SHARED, w->fd, (off_t)e->offset);
        if (p == MAP_FAILED)
            return -errno;
        *r = (struct window_region){.base = p, .bytes = e->bytes};
        return 0;
    }
    return -ENOENT;
}

void window_unmap(struct window_region *r)
{
    if (r->base)
        munmap(r->base, r->bytes);
    r->base = NULL;
}

int bn_region_map(const char *path, uint32_t kind, uint32_t rights, size_t min_bytes, void **base,
                  const char **why)
{
    const char *ignored;
    struct window_region r;
    struct window w;
    int rc;

    why = why ? why : &ignored;
    rc = window_open(&w, path, why);
    if (rc)
        return rc;
    *why = "the shared window's directory does not give us the region";
    rc = window_map(&w, kind, rights, min_bytes, &r);
    window_close(&w);
    if (rc == 0)
        *base = r.base;
    return rc;
}

static const char *scenario_fault(const struct bn_scenario *s)
{
    const size_t covered = offsetof(struct bn_scenario, crc) + sizeof(s->crc);

    if (s->magic != BN_SCENARIO_MAGIC || s->version != BN_SCENARIO_VERSION ||
        s->bytes != sizeof(*s))
        return "no scenario of this version";
    if (s->crc != bn_crc32(0, (const uint8_t *)s + covered, sizeof(*s) - covered))
        return "the scenario has a wrong checksum";
    return layout_fault(s);
}

/* The region holds bn_shm_header and the structure, or the bare structure. */
static int load_from_window(const struct window *w, struct bn_scenario *s)
{
    struct window_region r;
    const size_t need = sizeof(struct bn_shm_header) + sizeof(*s);
    int rc = window_map(w, BN_SHM_SCENARIO, BN_SHM_READ, need, &r);
    uint32_t magic;

    if (rc)
        return rc;
    memcpy(&magic, r.base, sizeof(magic));
    memcpy(s, r.base + (magic == BN_SHM_MAGIC ? sizeof(struct bn_shm_header) : 0), sizeof(*s));
    window_unmap(&r);
    return 0;
}

int bn_scenario_load(const char *path, struct bn_scenario *s, const char **why)
{
    const char *ignored;
    struct window w = {.fd = -1};
    uint32_t magic = 0;
    int rc, fd;

    why = why ? why : &ignored;
    *why = "cannot read the scenario";
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    rc = copy_head(fd, &magic, sizeof(magic));
    if (rc == 0 && magic == BN_SCENARIO_MAGIC)
        rc = copy_head(fd, s, sizeof(*s));
    close(fd);
    if (rc == 0 && magic != BN_SCENARIO_MAGIC) {
        rc = window_open(&w, path, why);
        if (rc == 0) {
            *why = "the shared window has no scenario";
            rc = load_from_window(&w, s);
        }
        window_close(&w);
    }
    if (rc)
        return rc;
    *why = scenario_fault(s);
    return *why ? -EINVAL : 0;
}
