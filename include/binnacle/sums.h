/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The list of files a loader trusts: it sits in the loader's own PE section, is filled in after the
 * build (bn-sums), and so is covered by a signature over the loader. SHA-256 is FIPS 180-4.
 */
#ifndef BINNACLE_SUMS_H
#define BINNACLE_SUMS_H

#include "binnacle/abi.h"

#define BN_SUMS_SECTION    ".bnsums"
#define BN_SUMS_MAGIC      BN_FOURCC('B', 'N', 'S', '2')
#define BN_SUMS_VERSION    1
#define BN_SUMS_MAX        20
#define BN_SUMS_NAME_BYTES 64 /* BN_PATH_BYTES of scenario.h */
#define BN_SHA256_BYTES    32

struct bn_sum {
    char name[BN_SUMS_NAME_BYTES]; /* file name in \binnacle\, zero-terminated */
    uint8_t sha256[BN_SHA256_BYTES];
};
BN_SIZE_IS(struct bn_sum, 96);

struct bn_sums {
    uint32_t magic;
    uint16_t version;
    uint16_t count;
    uint64_t reserved;
    struct bn_sum sum[BN_SUMS_MAX];
};
BN_SIZE_IS(struct bn_sums, 1936);

#endif
