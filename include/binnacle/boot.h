/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the loader hands to the hypervisor, and how. Firmware is gone when the hypervisor's entry is
 * jumped to: long mode, interrupts off, RDI = physical address of bn_boot_info, RSP = 0. The page
 * tables and the GDT are still the firmware's: memory is identity-mapped at least below 4 GiB and
 * wherever the loader put things, but the tables themselves lie in memory that this very map calls
 * usable, as do bn_boot_info, the scenario and the modules: replace the former and copy the latter
 * before you give memory away.
 *
 * The hypervisor is \binnacle\hypervisor.bin, a flat image that begins with struct bn_image. It
 * lies at image_base = scenario.hypervisor.hpa and is entered at its first byte; what follows the
 * file up to image_base + image_bytes is zero.
 */
#ifndef BINNACLE_BOOT_H
#define BINNACLE_BOOT_H

#include "binnacle/abi.h"
#include "binnacle/scenario.h"

#define BN_IMAGE_MAGIC BN_FOURCC('B', 'N', 'I', 'M')

struct bn_image {    /* first bytes of hypervisor.bin */
    uint8_t jump[8]; /* the first instruction: over this */
    uint32_t magic;
    uint32_t version; /* BN_BOOT_VERSION: how it wants to be entered */
    uint64_t bytes;   /* of memory, whole pages, from its first byte */
};
BN_SIZE_IS(struct bn_image, 24);

#define BN_BOOT_MAGIC       BN_FOURCC('B', 'N', 'B', 'T')
#define BN_BOOT_VERSION     1
#define BN_BOOT_MAX_MEMORY  192
#define BN_BOOT_MAX_MODULES 16

enum bn_memory_type {                       /* as e820 */
                      BN_MEMORY_USABLE = 1, /* also what boot services held, and what the scenario
                                               gives to someone */
                      BN_MEMORY_RESERVED = 2,
                      BN_MEMORY_ACPI = 3,
                      BN_MEMORY_ACPI_NVS = 4,
                      BN_MEMORY_MMIO = 5,
};

struct bn_memory {
    uint64_t base, bytes;
    uint32_t type; /* enum bn_memory_type */
    uint32_t reserved;
};

struct bn_module {            /* a file the loader read and whose SHA-256 it checked */
    char name[BN_PATH_BYTES]; /* as in the scenario */
    uint64_t base, bytes;     /* physical, page-aligned, in usable memory that the scenario gives to
                                 nobody but the service VM */
};

struct bn_boot_framebuffer {
    uint64_t base, bytes; /* physical; base 0: none */
    uint32_t width, height;
    uint32_t pitch;  /* bytes a line */
    uint32_t format; /* BN_FORMAT_XRGB8888 */
};
#define BN_FORMAT_XRGB8888 1

struct bn_boot_info {
    uint32_t magic;
    uint16_t version;
    uint16_t reserved0;
    uint32_t bytes;
    uint32_t crc;                     /* bn_crc32 over the structure with this member 0 */
    uint64_t image_base, image_bytes; /* where the hypervisor was loaded (physical) */
    uint64_t scenario;                /* physical address of struct bn_scenario, checked */
    uint64_t rsdp;                    /* ACPI root pointer, physical; 0: the firmware has none */
    uint64_t low_page;                /* a free page below 1 MiB for starting the other CPUs */
    uint64_t tsc_entry;               /* TSC at the loader's first instruction */
    uint64_t tsc_exit;                /* TSC when boot services ended */
    struct bn_boot_framebuffer framebuffer;
    uint32_t memory_count, module_count;
    struct bn_memory memory[BN_BOOT_MAX_MEMORY]; /* sorted, not overlapping */
    struct bn_module module[BN_BOOT_MAX_MODULES];
};
BN_OFFSET_IS(struct bn_boot_info, memory, 112);

#endif
