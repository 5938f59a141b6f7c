/* SPDX-License-Identifier: BSD-3-Clause */
/* Opening a block device through dm-verity, without a library: one fixed table, one mapping. */
#ifndef VERITY_H
#define VERITY_H

#include <stddef.h>
#include <stdint.h>

struct verity_spec {
    char device[64];  /* partname:NAME or path:/dev/X */
    char fstype[16];  /* file system of the data */
    char table[512];  /* parameters of the "verity" target; each "@" stands for the device */
    uint64_t sectors; /* data, in 512-byte sectors */
};

/* Parses the text of a table file (NUL-terminated). 0, or -EINVAL when a key is missing, unknown,
 * repeated or too long. */
int verity_parse_spec(const char *text, struct verity_spec *spec)
    __attribute__((warn_unused_result));

/* Reads and parses a table file of at most 4 KiB. 0 or negative errno. */
int verity_read_spec(const char *path, struct verity_spec *spec)
    __attribute__((warn_unused_result));

/* Writes the target's parameters with the device's name in the place of each "@". 0 or -E2BIG. */
int verity_expand(const char *table, const char *device, char *out, size_t size)
    __attribute__((warn_unused_result));

/* Finds the node of the device that the spec names, e.g. /dev/nvme0n1p2. 0, -ENOENT while it is not
 * there, -EINVAL. */
int verity_find_device(const char *device, char *path, size_t size)
    __attribute__((warn_unused_result));

/* Makes the read-only mapping NAME over the device; it appears as /dev/dm-0. 0 or negative errno.
 */
int verity_open(const struct verity_spec *spec, const char *device, const char *name)
    __attribute__((warn_unused_result));

#endif
