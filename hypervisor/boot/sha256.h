/* SPDX-License-Identifier: BSD-3-Clause */
/* SHA-256 (FIPS 180-4 §6.2), freestanding: the loader checks files with it, bn-sums makes the list.
 */
#ifndef BOOT_SHA256_H
#define BOOT_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32
#define SHA256_BLOCK 64u

/* By the processor's instructions where it has them. */
void sha256(const void *data, size_t bytes, uint8_t sum[SHA256_BYTES]);

/* What does the work: takes `count` blocks of 64 bytes into the state, a to h. */
typedef void sha256_blocks(uint32_t state[8], const uint8_t *block, size_t count);
sha256_blocks sha256_plain, sha256_instructions;
extern const uint32_t sha256_k[64]; /* §4.2.2 */
bool sha256_has_instructions(void);
void sha256_with(sha256_blocks *blocks, const void *data, size_t bytes, uint8_t sum[SHA256_BYTES]);

#endif
