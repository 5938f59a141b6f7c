/* SPDX-License-Identifier: BSD-3-Clause */
/* The shared window as the service VM sees it: its directory and the scenario in it. */
#ifndef DM_SHM_WINDOW_H
#define DM_SHM_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "binnacle/scenario.h"

struct shm_window {
    uint8_t *base; /* NULL: not open */
    uint64_t bytes;
};

/* Maps a device-dax file (or a file with the same content, for tests). 0 or -errno; -EPROTO: no
 * valid directory in it. */
int shm_window_open(struct shm_window *w, const char *path) __attribute__((warn_unused_result));
void shm_window_close(struct shm_window *w);

/* Copies the scenario out of the window, checked (magic, version, size, CRC). 0, -ENOENT: no such
 * region, -EPROTO. */
int shm_window_scenario(const struct shm_window *w, struct bn_scenario *s)
    __attribute__((warn_unused_result));
/* The same from a file that holds nothing else. */
int scenario_read_file(const char *path, struct bn_scenario *s) __attribute__((warn_unused_result));
/* Where the region of that name lies in the window; 0, or -ENOENT. */
int shm_window_find(const struct shm_window *w, const char *name, uint64_t *offset, uint64_t *bytes)
    __attribute__((warn_unused_result));
/* The post-launched VM of that name, -1: there is none. */
int scenario_find_vm(const struct bn_scenario *s, const char *name);

#endif
