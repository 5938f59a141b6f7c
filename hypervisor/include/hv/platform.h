/* SPDX-License-Identifier: BSD-3-Clause */
/* The devices around a VM's CPUs, by kind of VM; and the building of the VMs that boot by
 * themselves. */
#ifndef HV_PLATFORM_H
#define HV_PLATFORM_H

#include <asm/bootparam.h>

#include "hv/vm.h"

void vm_init_all(void); /* names the slots by the scenario */

enum bn_status platform_create(struct vm *vm);
void platform_reset(struct vm *vm);
void platform_destroy(struct vm *vm);
/* Claims the ports of interrupt controllers and timer that no VM has. */
void legacy_init(struct vm *vm);

struct bn_module;

/* Makes and fills a VM, ready for vm_start, of its image; by kind of VM. What is wrong is told in
 * the log by name. */
enum bn_status vm_build(struct vm *vm);
enum bn_status prelaunched_build(struct vm *vm, const struct bn_module *image);
enum bn_status service_build(struct vm *vm, const struct bn_module *kernel);

/* Where the parts of a kernel lie, all in the VM's memory below 4 GiB, page-aligned. */
struct linux_place {
    gpa_t kernel; /* init_size bytes, kernel_alignment */
    gpa_t initrd; /* 0: none */
    uint64_t initrd_bytes;
    gpa_t blob; /* LINUX_BLOB_BYTES: boot parameters, command line, GDT */
    gpa_t rsdp;
};
#define LINUX_BLOB_BYTES 0x2000u

/* Checks a bzImage (Linux x86 boot protocol 2.12 or later, 64-bit): how much room it needs, how it
 * must be aligned. BN_EINVAL: not one. */
enum bn_status linux_check(const struct boot_params *image, uint64_t bytes, uint64_t *room,
                           uint64_t *alignment);
/* Copies it in, writes boot parameters, sets vCPU 0 to its 32-bit entry. */
enum bn_status linux_load(struct vm *vm, const struct boot_params *image, uint64_t bytes,
                          const struct linux_place *place, const struct boot_e820_entry *e820,
                          uint32_t e820_count);

/* Multiboot1 ELF32 and its information, as guest_info.h says; sets vCPU 0 to its entry. */
struct bn_guest_info;
enum bn_status multiboot_load(struct vm *vm, const uint8_t *image, uint64_t bytes,
                              const struct bn_guest_info *info);

#endif
