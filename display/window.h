/* SPDX-License-Identifier: BSD-3-Clause */
/* The shared window (binnacle/shm.h) as this process sees it: directory checked, regions mapped one
 * by one. */
#ifndef DISPLAY_WINDOW_H
#define DISPLAY_WINDOW_H

#include <stddef.h>

#include "binnacle/shm.h"

struct window {
    int fd; /* -1: none */
    struct bn_shm_directory dir;
};

struct window_region {
    uint8_t *base; /* NULL: not there */
    size_t bytes;
};

/* Opens a device-dax node or a file laid out like it and checks its directory. 0 or -errno; `why`
 * gets a sentence. */
int window_open(struct window *w, const char *path, const char **why)
    __attribute__((warn_unused_result));
void window_close(struct window *w);

/* NULL when the directory is sound for a window of window_bytes, else a sentence. */
const char *window_directory_fault(const struct bn_shm_directory *dir);

/*
 * Maps the region of that kind with the rights asked for (BN_SHM_READ, BN_SHM_WRITE), at least
 * min_bytes long. 0, -ENOENT (no such region), -EACCES (the directory does not grant the rights),
 * -EINVAL (too small), or what mmap says.
 */
int window_map(const struct window *w, uint32_t kind, uint32_t rights, size_t min_bytes,
               struct window_region *r) __attribute__((warn_unused_result));
void window_unmap(struct window_region *r);

#endif
