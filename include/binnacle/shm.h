/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The shared window: every region of memory that two VMs share, behind one directory.
 *
 * The hypervisor lays all regions of the scenario into one contiguous, 2 MiB aligned window and
 * writes the directory into its first page. A VM sees the window at one guest-physical address
 * (Linux: a soft-reserved range, /dev/dax0.0; a pre-launched VM: bn_guest_info.shm_gpa; a
 * post-launched VM: BAR 2 of the ivshmem-shaped PCI function). Nested paging enforces the rights: a
 * region a VM may not read is not mapped, a region it may not write is mapped read-only.
 *
 * Exchange is protected as AUTOSAR E2E asks: identity (data_id), sequence (counter), integrity
 * (crc), and time-out by the reader, who watches the counter advance.
 */
#ifndef BINNACLE_SHM_H
#define BINNACLE_SHM_H

#include "binnacle/abi.h"

#define BN_SHM_DIR_MAGIC   BN_FOURCC('B', 'N', 'S', 'D')
#define BN_SHM_MAGIC       BN_FOURCC('B', 'N', 'S', 'H')
#define BN_SHM_VERSION     1
#define BN_SHM_MAX_REGIONS 16
#define BN_SHM_ALIGN                                                                               \
    0x200000u /* regions start on 2 MiB so that nested paging and device-dax can map them large */

/* What a region holds; also the E2E data id that enters its CRC, so that one region can never pass
 * for another. */
enum bn_shm_kind {
    BN_SHM_SCENARIO = 1, /* struct bn_scenario (scenario.h); hypervisor writes, service VM reads */
    BN_SHM_CLUSTER_FRAMES = 2, /* cluster_frames.h; cluster writes, service VM reads */
    BN_SHM_DISPLAY_STATUS =
        3,                   /* cluster_frames.h; service VM writes, cluster and hypervisor read */
    BN_SHM_VEHICLE = 4,      /* vehicle.h; cluster writes, service VM and IVI read */
    BN_SHM_CHIME = 5,        /* chime.h; cluster writes, service VM reads */
    BN_SHM_CHIME_STATUS = 6, /* chime.h; service VM writes, cluster reads */
};

#define BN_SHM_READ  1u
#define BN_SHM_WRITE 2u

struct bn_shm_entry {
    char name[BN_NAME_BYTES];
    uint32_t kind; /* enum bn_shm_kind */
    uint32_t
        rights; /* BN_SHM_READ | BN_SHM_WRITE of the VM that reads this directory; 0: not mapped */
    uint64_t offset; /* from the start of the window, multiple of BN_SHM_ALIGN */
    uint64_t bytes;
};
BN_SIZE_IS(struct bn_shm_entry, 40);

/* First page of the window, read-only to every VM, one copy per VM (rights differ). */
struct bn_shm_directory {
    uint32_t magic; /* BN_SHM_DIR_MAGIC */
    uint16_t version;
    uint16_t count;
    uint64_t window_bytes;
    char vm_name[BN_NAME_BYTES]; /* who is reading */
    struct bn_shm_entry entry[BN_SHM_MAX_REGIONS];
    uint32_t crc; /* bn_crc32 over everything before this member */
    uint32_t reserved;
};
BN_SIZE_IS(struct bn_shm_directory, 680);

/*
 * Every region starts with this header; the payload follows at offset 64. Writers of small payloads
 * bump `sequence` to odd, write, set counter and crc, bump it to even; a reader copies out, then
 * accepts only an even, unchanged sequence and a right CRC. Regions with their own progress
 * counters (frames) set crc over the header alone (payload_bytes = 0).
 */
struct bn_shm_header {
    uint32_t magic; /* BN_SHM_MAGIC */
    uint16_t version;
    uint16_t reserved0;
    uint32_t data_id;       /* enum bn_shm_kind */
    uint32_t payload_bytes; /* bytes after this header that the CRC covers */
    uint32_t sequence;      /* odd while the writer is inside */
    uint32_t counter;       /* +1 per update, wraps */
    uint64_t time_ns;       /* writer's monotonic time of the update */
    uint32_t crc;           /* bn_shm_crc() */
    uint8_t reserved1[28];
};
BN_SIZE_IS(struct bn_shm_header, 64);

/* CRC over data id, length, counter, time and payload: what E2E calls the protected data element.
 */
static inline uint32_t bn_shm_crc(const struct bn_shm_header *h, const void *payload)
{
    uint32_t crc = bn_crc32(0, &h->data_id, sizeof(h->data_id));

    crc = bn_crc32(crc, &h->payload_bytes, sizeof(h->payload_bytes));
    crc = bn_crc32(crc, &h->counter, sizeof(h->counter));
    crc = bn_crc32(crc, &h->time_ns, sizeof(h->time_ns));
    return bn_crc32(crc, payload, h->payload_bytes);
}

#endif
