/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the hypervisor tells a pre-launched VM about its machine: the first Multiboot module (string
 * "binnacle.guest_info"). A guest that finds no such module runs on bare hardware and finds out for
 * itself.
 */
#ifndef BINNACLE_GUEST_INFO_H
#define BINNACLE_GUEST_INFO_H

#include "binnacle/abi.h"

#define BN_GUEST_INFO_MAGIC   BN_FOURCC('B', 'N', 'G', 'I')
#define BN_GUEST_INFO_VERSION 1
#define BN_GUEST_INFO_MODULE  "binnacle.guest_info"

#define BN_GUEST_X2APIC                                                                            \
    (1u << 0) /* local APIC is in x2APIC mode and its MSRs are the guest's own, except ICR and     \
                 APIC base */
#define BN_GUEST_SPKR (1u << 1) /* PC speaker (ports 42h, 43h, 61h) is the guest's own */
#define BN_GUEST_PCI                                                                               \
    (1u << 2) /* functions of the machine are the guest's own: ports CF8h, CFCh                    \
               */

struct bn_guest_framebuffer { /* the boot framebuffer, 32 bits a pixel, XRGB8888; gpa 0 if the VM
                                 has none */
    uint64_t gpa;
    uint32_t width, height; /* pixels */
    uint32_t pitch;         /* bytes a line */
    uint32_t reserved;
};

struct bn_guest_uart { /* a 16550 of the guest's own; port 0 if absent */
    uint16_t port;
    uint8_t vector; /* edge interrupt, delivered directly to the guest's CPU at this vector, EOI at
                       the local APIC */
    uint8_t reserved[5];
};

struct bn_guest_info {
    uint32_t magic;
    uint16_t version;
    uint16_t bytes;
    uint32_t crc; /* bn_crc32 over the structure with this member 0 */
    uint32_t flags;
    char vm_name[BN_NAME_BYTES];
    uint64_t tsc_hz;        /* calibrated, not believed */
    uint64_t apic_timer_hz; /* local APIC timer input clock, before its divider */
    uint64_t boot_tsc;      /* TSC at the loader's first instruction: time zero of boot figures */
    struct bn_guest_framebuffer framebuffer;
    struct bn_guest_uart bus; /* the vehicle bus */
    uint64_t shm_gpa;         /* shared window (shm.h); 0 if none */
    uint64_t shm_bytes;
};
BN_SIZE_IS(struct bn_guest_info, 104);

#endif
