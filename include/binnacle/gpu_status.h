/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a guest's GPU mediator says of itself: a file of this structure in the service VM,
 * BN_GPU_STATUS_DIR/<vm>, which the mediator maps and binnaclectl reads. Each member is written as
 * a whole; they are of one moment only when nothing happens. Counters begin with the mediator.
 */
#ifndef BINNACLE_GPU_STATUS_H
#define BINNACLE_GPU_STATUS_H

#include "binnacle/abi.h"

#define BN_GPU_STATUS_DIR     "/run/gpu/status"
#define BN_GPU_STATUS_MAGIC   BN_FOURCC('B', 'N', 'G', 'S')
#define BN_GPU_STATUS_VERSION 1

struct bn_gpu_status {
    uint32_t magic, version;
    char vm[BN_NAME_BYTES], backend[BN_NAME_BYTES];
    uint32_t pid; /* of the mediator: whoever finds it dead finds the rest as it was */
    uint32_t weight, priority;
    uint32_t arbiter; /* 1: shares by one, 0: there is none */
    uint32_t max_resources, max_contexts;
    uint64_t max_bytes;
    /* now */
    uint32_t resources, contexts;
    uint64_t bytes;
    uint32_t in_flight; /* pieces */
    /* so far */
    uint32_t lost; /* contexts that the physical GPU has ended */
    uint64_t commands, errors, batches, dwords, refused;
    uint64_t copies, copied_bytes;
    uint64_t postponed; /* requests that had to wait for the physical GPU */
    uint64_t waits;     /* of those for the guest's turn among others */
    uint64_t resets;    /* of the device, by the guest or by its end */
};
BN_SIZE_IS(struct bn_gpu_status, 176);

#endif
