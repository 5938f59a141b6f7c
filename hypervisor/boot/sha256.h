/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 (FIPS 180-4 §6.2), freestanding: the loader checks files with it, bn-sums makes the list.
 */
#ifndef BOOT_SHA256_H
#define BOOT_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32

struct sha256 {
    uint32_t state[8];
    uint64_t bytes; /* hashed so far, the part in `block` included */
    uint8_t block[64];
};

void sha256_start(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t bytes);
void sha256_end(struct sha256 *h, uint8_t sum[SHA256_BYTES]);

#endif
