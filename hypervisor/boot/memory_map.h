/* SPDX-License-Identifier: BSD-3-Clause */
/* Firmware's memory map in the hypervisor's terms. Freestanding, tested on the host. */
#ifndef BOOT_MEMORY_MAP_H
#define BOOT_MEMORY_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "binnacle/boot.h"

/*
 * Turns the EFI memory map at `map` (`bytes` long, descriptors `stride` bytes apart; UEFI 2.10
 * §7.2.3) into to[0..max): sorted, not overlapping, neighbours of one type joined, memory of boot
 * services usable. Returns the number of entries, or max + 1 if they do not fit.
 */
uint32_t memory_map_read(const void *map, size_t bytes, size_t stride, struct bn_memory *to,
                         uint32_t max);

#endif
